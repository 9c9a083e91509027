"""A number for each request, in every line that is logged while it is answered; and one line about it.

The line names the rule of the address ("/family/enter/<token>"), never the address itself: tokens stand in
paths, and anything in a query.
"""

from __future__ import annotations

import logging
import secrets

import structlog
from flask import Flask, Response, g, request

from assistant.clock import monotonic

log = logging.getLogger("access")
HEADER = "X-Request-Id"
_WATCHED = ("/healthz", "/readyz", "/metrics", "/static/<path:filename>")  # asked every few seconds


def install(app: Flask) -> None:
    """Before everything else that looks at a request."""

    @app.before_request
    def begin() -> None:
        g.request_number, g.request_began = f"r{secrets.token_hex(4)}", monotonic()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=g.request_number)

    @app.after_request
    def told(response: Response) -> Response:
        rule = request.url_rule.rule if request.url_rule else "(no such page)"
        if "request_number" in g:
            response.headers[HEADER] = g.request_number
            milliseconds = (monotonic() - g.request_began) * 1000
            level = logging.DEBUG if rule in _WATCHED else logging.INFO
            log.log(level, "%s %s %d in %.1f ms", request.method, rule, response.status_code, milliseconds)
        return response

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        structlog.contextvars.clear_contextvars()
