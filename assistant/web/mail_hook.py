"""Bounces that a mail provider posts: `POST /mail/bounce`, with `[email] bounce_token` as its bearer token.

A JSON object, or a list of them, each with one of `return_path`, `message_id` and `reference` (ours), and
`status` ("5.1.1"), and `action` ("failed" unless given). Off, as if it were not there, without a token.
"""

from __future__ import annotations

import hmac
import logging
import re
from typing import Any, get_args

from flask import Blueprint, Response, abort, request

from assistant.web.current import the_house
from messages.bounces import bounced
from messages.dsn import Action, Report
from messages.mail_tags import named_in

log = logging.getLogger(__name__)
blueprint = Blueprint("mail_hook", __name__, url_prefix="/mail")

MAX_BYTES = 64 * 1024
_MOST = 100
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_REFERENCE = re.compile(r"[0-9a-f]{1,40}")
_ID = re.compile(r"<?([0-9a-f]{1,40})@[^<>@\s]{1,255}>?")


@blueprint.before_request
def cap() -> None:
    """Nothing larger is even read."""
    request.max_content_length = MAX_BYTES


@blueprint.post("/bounce")
def bounce() -> Response:
    """Record each; one about an e-mail that is not ours is passed over. 400 for what is no such list."""
    house = the_house()
    _only_for(house.settings.email.bounce_token)
    for reference, report in _reports(request.get_json(silent=True)):
        with house.store.write() as session:
            if bounced(session, reference, report, house.clock.now(), house.settings) is None:
                log.info("a bounce was posted about an e-mail that is not ours")
    return Response(status=204)


def _only_for(token: str) -> None:
    """404 where it is off; 401 without the token. Compared in constant time."""
    if not token:
        abort(404)
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        log.warning("a bounce without the right token was refused")
        abort(401)


def _reports(posted: Any) -> list[tuple[str, Report]]:
    rows = posted if isinstance(posted, list) else [posted]
    if not rows or len(rows) > _MOST:
        abort(400)
    return [_report(row) for row in rows]


def _report(row: Any) -> tuple[str, Report]:
    if not isinstance(row, dict):
        abort(400)
    status, action = row.get("status", ""), row.get("action", "failed")
    known: tuple[Action, ...] = get_args(Action)
    found = next((one for one in known if one == action), None)
    if found is None or not isinstance(status, str) or (status and not _STATUS.fullmatch(status)):
        abort(400)
    return _reference(row), Report(found, status)


def _reference(row: dict[str, Any]) -> str:
    """Which e-mail. Who knows the token is believed, so a Return-Path's proof is not asked for."""
    given, path, name = row.get("reference"), row.get("return_path"), row.get("message_id")
    if isinstance(given, str) and _REFERENCE.fullmatch(given):
        return given
    if isinstance(path, str) and (found := named_in(path)):
        return found
    by_id = _ID.fullmatch(name) if isinstance(name, str) else None
    if by_id is None:
        abort(400)
    return by_id[1]
