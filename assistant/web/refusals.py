"""Counts the webhooks that are refused, by hook and reason; the counts are written down now and then."""

from __future__ import annotations

import logging

from flask import Flask, Response, g, request
from sqlalchemy.exc import SQLAlchemyError

from assistant.operations.refused import Tally, note
from assistant.store import StoreError
from assistant.web.house import House

log = logging.getLogger(__name__)
PATIENCE_SECONDS = 1.0
HOOKS = {"twilio": "twilio", "mail_hook": "mail"}
REASONS = {401: "signature", 403: "signature", 413: "too_large", 429: "too_many"}


def because(reason: str) -> None:
    """Say why this request is refused, where its status alone does not."""
    g.refused_because = reason


def install(app: Flask, house: House) -> None:
    """Look at every answer; any request writes down what earlier ones left."""
    tally = Tally()

    @app.after_request
    def count(response: Response) -> Response:
        hook = HOOKS.get(request.blueprint or "")
        if hook and response.status_code in REASONS:
            tally.add((hook, g.get("refused_because") or REASONS[response.status_code]))
        counts = tally.due(house.clock.now())
        if counts:
            try:
                with house.store.brief(PATIENCE_SECONDS) as connection:
                    note(connection, counts, house.clock.now())
            except (StoreError, SQLAlchemyError) as error:
                tally.give_back(counts)
                log.warning("refused webhooks could not be counted (%s)", type(error).__name__)
        return response
