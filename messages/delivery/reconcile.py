"""Asking the provider about texts of which nobody knows whether they left, before they are sent again.

A text is sent again only when the provider was asked twice, a minute apart, and did not have it. E-mail
cannot be asked; it is sent again under the same Message-ID, so that a mailbox can tell the second copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.store import OutgoingMessage, Store
from messages.channels.types import CannotAskError, FoundMessage, Text
from messages.delivery.claim import LOOK_AGAIN
from messages.delivery.due import due, plan
from messages.delivery.status import locked, next_look, note_answer
from messages.delivery.types import LEASE, Channels

LOOKS = 2
MATCH_BACK = timedelta(seconds=60)
ROUND = 20  # rows of a round: each is a question to the provider, and all have to fit into a lease


@dataclass(frozen=True, slots=True)
class _Doubt:
    """A row to ask about; nobody else does until its `next_at` has come again."""

    id: int
    channel: str
    text: Text
    started: datetime


def settle_doubts(store: Store, clock: Clock, channels: Channels) -> int:
    """Ask about `unsure` rows; returns how many. A provider that cannot be asked ends the round."""
    with store.write() as session:
        doubts = _take(session, clock.now())
        for doubt in doubts:
            if doubt.channel != "sms":
                _settle(session, doubt, None, clock.now())
    texts = [doubt for doubt in doubts if doubt.channel == "sms"]
    for index, doubt in enumerate(texts):
        if channels.stopping.is_set():
            _ask_later(store, clock, texts[index:])
            break
        try:
            found = _ask(store, channels, doubt)
        except CannotAskError:
            _ask_later(store, clock, texts[index:])
            break
        with store.write() as session:
            _settle(session, doubt, found, clock.now())
    return len(doubts)


def _take(session: Session, now: datetime) -> list[_Doubt]:
    row = OutgoingMessage
    columns = (row.channel, row.to_address, row.body, row.reference, row.started_at, row.created_at)
    rows = due(session, "unsure", now, ROUND, *columns)
    plan(session, "unsure", dict.fromkeys((one.id for one in rows), now + LEASE))
    return [
        _Doubt(
            one.id,
            one.channel,
            Text(one.to_address, one.body, one.reference),
            one.started_at or one.created_at,
        )
        for one in rows
    ]


def _ask(store: Store, channels: Channels, doubt: _Doubt) -> FoundMessage | None:
    """The provider's message that is this text and no other row's. Raises CannotAskError."""
    for candidate in channels.text.find(doubt.text, doubt.started - MATCH_BACK):
        if not _linked(store, candidate.provider_id):
            return candidate
    return None


def _settle(session: Session, doubt: _Doubt, found: FoundMessage | None, now: datetime) -> None:
    row = locked(session, doubt.id)
    if row.state != "unsure":
        return  # a status callback was quicker
    if found is not None:
        row.state, row.provider_id, row.error_code, row.error = "sent", found.provider_id, "", ""
        row.sent_at = row.sent_at or found.created
        row.next_at = next_look(row.sent_at, None, now)
        note_answer(session, row, found.status, found.error_code or "", now)
        return
    row.looks += 1
    if row.channel == "sms" and row.looks < LOOKS:
        row.next_at = now + LOOK_AGAIN
    else:
        row.state, row.next_at = "queued", now


def _ask_later(store: Store, clock: Clock, doubts: Sequence[_Doubt]) -> None:
    with store.write() as session:
        plan(session, "unsure", dict.fromkeys((one.id for one in doubts), clock.now() + LOOK_AGAIN))


def _linked(store: Store, provider_id: str) -> bool:
    with store.read() as session:
        return (
            session.scalars(
                select(OutgoingMessage.id).where(OutgoingMessage.provider_id == provider_id)
            ).first()
            is not None
        )
