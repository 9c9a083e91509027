"""Twilio's webhooks: a text that comes in, and what became of one that went out.

Nothing is believed, and nothing stored, before the signature over the configured public address is right.
"""

from __future__ import annotations

import logging
import re

from flask import Blueprint, Response, abort, request
from sqlalchemy.exc import IntegrityError

from assistant.conversation.inbound import Arrival, receive, take
from assistant.web.current import the_house
from assistant.web.house import House
from assistant.web.twilio_signature import (
    is_genuine,
    public_request_url,
    replay_key,
    shape_problem,
    status_shape_problem,
)
from messages.delivery.status import note_status

log = logging.getLogger(__name__)
blueprint = Blueprint("twilio", __name__, url_prefix="/twilio")

MAX_BYTES = 32 * 1024
_OPT_OUT_TYPES = ("STOP", "START", "HELP")
_REFERENCE = re.compile(r"[0-9a-f]{1,40}")
_NO_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

Fields = list[tuple[str, str]]


@blueprint.before_request
def cap() -> None:
    """A text has at most a few kilobytes; nothing larger is even read."""
    request.max_content_length = MAX_BYTES


@blueprint.post("/sms")
def sms() -> Response:
    """Keep the text, then read it. Twilio gets an empty answer; ours leaves through the outbox."""
    house, fields, signature = _genuine_fields()
    twilio = house.settings.twilio
    senders = () if twilio.messaging_service_sid or not twilio.from_number else (twilio.from_number,)
    _refuse(shape_problem(fields, twilio.account_sid, senders))
    inbound_id = _keep(house, dict(fields), signature)
    if inbound_id is not None:
        _read(house, inbound_id)
    return Response(_NO_ANSWER, mimetype="text/xml")


@blueprint.post("/status")
def status() -> Response:
    """A delivery status, in any order and any number of times."""
    house, fields, _ = _genuine_fields()
    _refuse(status_shape_problem(fields, house.settings.twilio.account_sid))
    form = dict(fields)
    try:
        with house.store.write() as session:
            note_status(
                session,
                form["MessageSid"],
                _reference(request.args.get("m", "")),
                form["MessageStatus"],
                form.get("ErrorCode", ""),
                house.clock.now(),
            )
    except IntegrityError:
        log.info("a delivery status came twice at the same moment; the other one is kept")
    return Response(status=204)


def _genuine_fields() -> tuple[House, Fields, str]:
    """The posted fields, once their signature is right; 403 otherwise, and always without a token."""
    house = the_house()
    fields = list(request.form.items(multi=True))
    signature = request.headers.get("X-Twilio-Signature", "")
    url = public_request_url(
        house.settings.base_url(), request.path, str(request.environ.get("QUERY_STRING", ""))
    )
    if not is_genuine(house.settings.twilio.auth_token, url, fields, signature):
        log.warning("a webhook without a right signature was refused; is server.public_url right?")
        abort(403)
    return house, fields, signature


def _refuse(problem: str | None) -> None:
    if problem:
        log.warning("a signed webhook was refused: %s", problem)
        abort(403)


def _keep(house: House, form: dict[str, str], signature: str) -> int | None:
    """Store the text; None when it was stored before, also by another thread at this very moment."""
    arrival = Arrival(
        provider_id=form["MessageSid"],
        channel="sms",
        from_address=form["From"],
        to_address=form["To"],
        body=form["Body"],
        received_at=house.clock.now(),
        signature_hash=replay_key(signature),
        media=_count(form.get("NumMedia", "")),
        opt_out_type=_opt_out_type(form.get("OptOutType", "")),
    )
    try:
        with house.store.write() as session:
            return receive(session, arrival)
    except IntegrityError:
        return None


def _read(house: House, inbound_id: int) -> None:
    try:
        with house.store.write() as session:
            take(session, inbound_id, house.clock.now(), house.settings)
    except Exception as error:  # noqa: BLE001  whatever went wrong, the text is kept and a job reads it later
        # Only the kind of fault: its message can hold a family's number and words.
        log.error("text %d is kept and could not be read yet (%s)", inbound_id, type(error).__name__)


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _opt_out_type(text: str) -> str:
    return text.upper() if text.upper() in _OPT_OUT_TYPES else ""


def _reference(text: str) -> str:
    return text if _REFERENCE.fullmatch(text) else ""
