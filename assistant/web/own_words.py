"""Before a page is made: the centre's own footers and words, also those that another process let in."""

from __future__ import annotations

from contextlib import suppress

from flask import Flask, request
from sqlalchemy.exc import SQLAlchemyError

from assistant.store import StoreError
from assistant.web.current import the_house
from messages.templates import use_own_words

# They say no words of ours, and are asked often.
_WITHOUT = frozenset({None, "health", "metrics", "twilio", "twilio_check", "mail_hook"})


def install(app: Flask) -> None:
    """Look once a page; a database that is away is the page's own trouble."""

    @app.before_request
    def look() -> None:
        if request.blueprint in _WITHOUT:
            return
        with suppress(SQLAlchemyError, StoreError), the_house().store.read() as session:
            use_own_words(session)
