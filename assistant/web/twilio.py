"""Twilio's webhooks: a text that comes in, and what became of one that went out.

Nothing is believed, and nothing stored, before the signature over the configured public address is right.
A text is kept by one statement and answered; a job reads it. Only who wants no more texts is heard at once.
"""

from __future__ import annotations

import logging
import re

from flask import Blueprint, Response, abort, request
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from assistant.conversation.arriving import Arrival, Picture, Source, keep
from assistant.conversation.inbound import obey
from assistant.replies.stopping import stops_at_once
from assistant.store import StoreError
from assistant.web.current import the_house
from assistant.web.house import House
from assistant.web.refusals import because
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
# Twilio gives up on an answer after 15 s, and after 5 s with the overrides that docs/operating.md asks for;
# a clean 503 before that makes it try again.
PATIENCE_SECONDS = 4.0
TRY_AGAIN_SECONDS = 5
MAX_PICTURES = 10
_OPT_OUT_TYPES = ("STOP", "START", "HELP")
_REFERENCE = re.compile(r"[0-9a-f]{1,40}")
_PICTURE = re.compile(r"ME[0-9a-f]{32}")
_NO_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

Fields = list[tuple[str, str]]


@blueprint.before_request
def cap() -> None:
    """A text has at most a few kilobytes; nothing larger is even read."""
    request.max_content_length = MAX_BYTES


@blueprint.post("/sms")
def sms() -> Response:
    """Keep the text. Twilio gets an empty answer; ours leaves through the outbox."""
    return _take_in("webhook")


@blueprint.post("/sms/fallback")
def fallback() -> Response:
    """The address that Twilio calls when the first one failed: the same text again, taken the same way."""
    return _take_in("fallback")


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
    except (StoreError, SQLAlchemyError) as error:
        log.error("a delivery status could not be kept (%s)", type(error).__name__)
        return _later()
    return Response(status=204)


def _take_in(source: Source) -> Response:
    house, fields, signature = _genuine_fields()
    twilio = house.settings.twilio
    senders = () if twilio.messaging_service_sid or not twilio.from_number else (twilio.from_number,)
    _refuse(shape_problem(fields, twilio.account_sid, senders))
    arrival = _arrival(house, dict(fields), signature, source)
    try:
        new = _keep(house, arrival)
    except (StoreError, SQLAlchemyError) as error:
        # Only the kind of fault: its message can hold a family's number and words. Twilio tries again.
        log.error("a text could not be kept (%s); Twilio is asked to try again", type(error).__name__)
        return _later()
    if new is not None:
        house.wake("read_replies")
    return Response(_NO_ANSWER, mimetype="text/xml")


def _later() -> Response:
    return Response(status=503, headers={"Retry-After": str(TRY_AGAIN_SECONDS)})


def _genuine_fields() -> tuple[House, Fields, str]:
    """The posted fields, once their signature is right; 403 otherwise, and always without a token."""
    house = the_house()
    twilio = house.settings.twilio
    fields = list(request.form.items(multi=True))
    signature = request.headers.get("X-Twilio-Signature", "")
    url = public_request_url(
        house.settings.base_url(), request.path, str(request.environ.get("QUERY_STRING", ""))
    )
    if not is_genuine((twilio.auth_token, twilio.next_auth_token), url, fields, signature):
        log.warning("a webhook without a right signature was refused; is server.public_url right?")
        abort(403)
    return house, fields, signature


def _refuse(problem: str | None) -> None:
    if problem:
        log.warning("a signed webhook was refused: %s", problem)
        because("shape")
        abort(403)


def _arrival(house: House, form: dict[str, str], signature: str, source: Source) -> Arrival:
    media = min(_count(form.get("NumMedia", "")), MAX_PICTURES)
    return Arrival(
        provider_id=form["MessageSid"],
        channel="sms",
        from_address=form["From"],
        to_address=form["To"],
        body=form["Body"],
        received_at=house.clock.now(),
        signature_hash=replay_key(signature),
        media=media,
        opt_out_type=_opt_out_type(form.get("OptOutType", "")),
        source=source,
        error_code=_error_code(form.get("ErrorCode", "")),
        pictures=_pictures(form, media) if media else (),
    )


def _keep(house: House, arrival: Arrival) -> int | None:
    """Store the text; None when it was stored before, also by another process at this very moment.

    Who says STOP is obeyed in the same transaction: no text may leave between the two.
    """
    if stops_at_once(arrival.body) or arrival.opt_out_type == "STOP":
        with (
            house.store.brief(PATIENCE_SECONDS) as connection,
            Session(connection, join_transaction_mode="rollback_only") as session,
        ):
            number = keep(connection, arrival)
            if number is not None:
                obey(session, number, house.clock.now(), house.settings)
                session.flush()
            return number
    with house.store.brief(PATIENCE_SECONDS, single=not arrival.media) as connection:
        return keep(connection, arrival)


def _pictures(form: dict[str, str], media: int) -> tuple[Picture, ...]:
    """Only the names: where a picture is fetched from is ours to say, not the form's."""
    found = (
        (_PICTURE.search(form.get(f"MediaUrl{place}", "")), form.get(f"MediaContentType{place}", ""))
        for place in range(media)
    )
    return tuple(Picture(name[0], kind[:80]) for name, kind in found if name)


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _error_code(text: str) -> str:
    """The code of the text itself. The fallback is told 11xxx: what was wrong with the address before it."""
    return "" if text.startswith("11") else text


def _opt_out_type(text: str) -> str:
    return text.upper() if text.upper() in _OPT_OUT_TYPES else ""


def _reference(text: str) -> str:
    return text if _REFERENCE.fullmatch(text) else ""
