"""Brakes that one process keeps in memory: a flood of one kind from one place. They forget at a restart.

What has to hold across processes is counted in the database (families.attempts).
"""

from __future__ import annotations

from flask import Flask, Response, abort, request
from flask_limiter import Limiter
from limits import parse

BAD_WEBHOOKS = parse("30 per minute")  # posts without a right signature or token, from one address
POSTS = parse("120 per minute")  # forms from one address, right or wrong; a centre's staff may share one

_WEBHOOKS = ("twilio", "mail_hook")  # floods of right ones come from the provider, and are welcome
_FREE = ("twilio_check", "sandbox")


def install(app: Flask) -> None:
    """Limit forms by address of the net; of webhooks only those that are refused."""
    window = Limiter(_place, app=app, storage_uri="memory://", strategy="moving-window").limiter

    @app.before_request
    def brake() -> None:
        if request.method != "POST" or request.blueprint in _FREE:
            return
        if request.blueprint in _WEBHOOKS:
            if not window.test(BAD_WEBHOOKS, "webhook", _place()):
                abort(429)
        elif not window.hit(POSTS, "post", _place()):
            abort(429)

    @app.after_request
    def refused(response: Response) -> Response:
        if request.blueprint in _WEBHOOKS and response.status_code in (401, 403):
            window.hit(BAD_WEBHOOKS, "webhook", _place())
        return response


def _place() -> str:
    return request.remote_addr or ""
