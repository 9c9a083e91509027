"""The headers of every answer. Pages load our own style sheets and nothing else; nothing is inline.

Every page works without a script. Where one makes it better, the page's template asks for it (`scripts`), and
only that page's policy allows our own script files.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, request, url_for
from markupsafe import Markup

from assistant.config import Settings

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# Beside that, for a page that asked for a script of ours: to load it, and to post its own form for a preview.
SCRIPTS = "; script-src 'self'; connect-src 'self'"
# An e-mail's own HTML, shown in the sandbox: no script, no form, nothing fetched, links in a new window.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


# Asked by what watches the program, or by Twilio, under whatever name; they show and trust no name.
_ANY_HOST = ("health", "twilio", "twilio_check", "mail_hook", "metrics")


def install(app: Flask, settings: Settings) -> None:
    """Answer to our own name only; set the headers wherever a page has not set a stricter one itself."""
    name = urlsplit(settings.server.public_url).hostname
    ours = {name, settings.server.host, "localhost", "127.0.0.1", "[::1]"} if name else set()

    @app.before_request
    def our_name() -> None:
        asked = request.headers.get("Host", "").lower()
        asked = asked.rpartition(":")[0] if asked.rpartition(":")[2].isdigit() else asked
        if ours and request.blueprint not in _ANY_HOST and asked not in ours:
            abort(400)

    @app.after_request
    def headers(response: Response) -> Response:
        policy = POLICY + SCRIPTS if g.get("scripts") else POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("X-Frame-Options", "DENY")
        # Our addresses carry signed links; they are nobody else's business.
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("X-Permitted-Cross-Domain-Policies", "none")
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        if app.config["SESSION_COOKIE_SECURE"]:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response

    @app.template_global("scripts")
    def scripts(name: str) -> Markup:
        """The tag that loads static/NAME; the page's policy then allows our scripts."""
        g.scripts = True
        return Markup('<script src="{}" defer></script>').format(url_for("static", filename=name))
