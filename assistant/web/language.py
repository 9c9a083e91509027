"""Which language a page is in: `?lang=` (kept in a cookie), else that cookie, else what fits.

What fits is the language of the person a signed link was made for, else what the browser asks for.
"""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Flask, Response, g, request

from assistant.config import Settings
from assistant.web.speech import Speech, as_language, speech
from assistant.words import Language

COOKIE = "lang"
_YEAR = 365 * 24 * 3600  # seconds


def install(app: Flask, settings: Settings) -> None:
    """Settle the language of every request, and remember what was chosen on purpose."""
    offered = settings.program.languages

    @app.before_request
    def settle() -> None:
        asked = _offered(request.args.get("lang"), offered)
        kept = _offered(request.cookies.get(COOKIE), offered)
        g.chosen = asked or kept
        g.language = g.chosen or _offered(request.accept_languages.best_match(offered), offered) or offered[0]
        g.keep_language = asked is not None

    @app.after_request
    def keep(response: Response) -> Response:
        if g.get("keep_language"):
            response.set_cookie(
                COOKIE,
                g.language,
                max_age=_YEAR,
                httponly=True,
                samesite="Lax",
                secure=bool(app.config["SESSION_COOKIE_SECURE"]),
            )
        response.vary.update(("Accept-Language", "Cookie"))
        return response


def words() -> Speech:
    """The strings of this request's language."""
    return speech(g.get("language", "en"))


def prefer(language: str) -> None:
    """Use the language of the person that the page is for, unless the reader chose another."""
    found = as_language(language)
    if found is not None and not g.get("chosen"):
        g.language = found


def choose(language: Language) -> None:
    """From now on this browser's pages are in that language, until another is chosen."""
    g.language = g.chosen = language
    g.keep_language = True


def in_language(language: Language) -> str:
    """The address of this very page in another language."""
    query = {**request.args.to_dict(), "lang": language}
    return f"{request.path}?{urlencode(query)}"


def _offered(text: str | None, offered: tuple[Language, ...]) -> Language | None:
    found = as_language(text)
    return found if found in offered else None
