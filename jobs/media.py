"""Fetches the pictures that came with texts, keeps them in the database, and deletes them at the provider.

Due: `media.next_at`. A row is leased before anything is fetched, and nothing is fetched inside a transaction.
What fails is tried again, later each time; what is too large, or no picture, is refused for good.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.store import InboundText, Media, Store
from messages.alerts import raise_alert
from messages.channels.twilio_inbound import InboundChannel, RefusedError
from messages.channels.types import CannotAskError
from messages.pictures import kind_of

log = logging.getLogger(__name__)
BATCH = 5
LEASE = timedelta(minutes=8)  # five pieces of a minute each, and room
TRIES = 8  # with the waits between them about two days
ALERT = "media_lost"
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: int
    message: str
    position: int
    number: str
    kept: bool
    tries: int


def run(store: Store, clock: Clock, settings: Settings, inbound: InboundChannel | None) -> int:
    """One batch; returns how many pieces it dealt with. Several workers may do this at once."""
    if inbound is None:
        return 0
    now = clock.now()
    with store.read() as session:
        if not session.scalar(select(exists().where(Media.next_at <= now))):
            return 0
    with store.write() as session:
        claimed = _claim(session, now)
    for one in claimed:
        _deal_with(store, clock, settings, inbound, one)
    return len(claimed)


def _claim(session: Session, now: datetime) -> list[_Claimed]:
    rows = session.execute(
        select(Media, InboundText.provider_id)
        .join(InboundText, Media.inbound_id == InboundText.id)
        .where(Media.next_at <= now)
        .order_by(Media.next_at, Media.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True, of=Media)
    ).all()
    for row, _ in rows:
        row.next_at, row.tries = now + LEASE, row.tries + 1
    return [
        _Claimed(row.id, message, row.position, row.provider_id, row.state == "kept", row.tries)
        for row, message in rows
    ]


def _deal_with(
    store: Store, clock: Clock, settings: Settings, inbound: InboundChannel, one: _Claimed
) -> None:
    number, data, why = one.number, b"", ""
    try:
        if one.kept:
            inbound.delete_picture(one.message, number)
        else:
            number = number or _number(inbound, one)
            data = inbound.picture(one.message, number)
    except RefusedError as error:
        why = str(error)
    except CannotAskError as error:
        log.warning("a picture waits: %s", error)
        _later(store, clock.now(), one)
        return
    now = clock.now()
    with store.write() as session:
        row = session.get_one(Media, one.id, with_for_update=True)
        if row.tries != one.tries:
            return  # the lease ran out, and another worker has it
        row.next_at, row.provider_id = None, number
        if one.kept:
            row.gone_at = now
            return
        kind = kind_of(data) if not why else None
        if kind is None:
            row.state, row.why = "refused", why or "type"
            return
        row.state, row.content_type, row.data, row.kept_at = "kept", kind, data, now
        if settings.twilio.delete_media:
            row.next_at, row.tries = now, 0


def _number(inbound: InboundChannel, one: _Claimed) -> str:
    """The number of a piece of which the list of texts only said that it is there."""
    numbers = inbound.pictures(one.message)
    if one.position >= len(numbers):
        raise RefusedError("gone")
    return numbers[one.position]


def _later(store: Store, now: datetime, one: _Claimed) -> None:
    with store.write() as session:
        row = session.get_one(Media, one.id, with_for_update=True)
        if row.tries != one.tries:
            return
        if one.tries < TRIES:
            row.next_at = now + min(_FIRST_WAIT * 4 ** (one.tries - 1), _LONGEST_WAIT)
            return
        row.next_at = None
        if not one.kept:
            row.state, row.why = "refused", "tries"
            raise_alert(session, ALERT, now)
