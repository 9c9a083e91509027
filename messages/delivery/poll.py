"""Asking the provider what became of texts whose callbacks did not come, a few times and ever more seldom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.store import OutgoingMessage, Store
from messages.channels.twilio_codes import status_rank
from messages.channels.types import CannotAskError
from messages.delivery.due import due, plan
from messages.delivery.status import next_look, note_status
from messages.delivery.types import Channels

ROUND = 50  # rows of a round: each is a question to the provider
TRY_LATER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A row to ask about."""

    id: int
    provider_id: str
    reference: str


def poll(store: Store, clock: Clock, channels: Channels) -> int:
    """Ask about sent texts that are due; returns how many. A provider that cannot be asked ends the round.

    The next look is planned before anything is asked, so a process that dies costs one look, no more.
    """
    with store.write() as session:
        texts = _take(session, clock.now())
    for index, text in enumerate(texts):
        try:
            found = channels.text.fetch(text.provider_id)
        except CannotAskError:
            later = clock.now() + TRY_LATER
            with store.write() as session:
                plan(session, "sent", dict.fromkeys((one.id for one in texts[index:]), later))
            break
        with store.write() as session:
            if found is None:
                plan(session, "sent", {text.id: None})
            else:
                code, now = found.error_code or "", clock.now()
                note_status(session, text.provider_id, text.reference, found.status, code, now)
    return len(texts)


def _take(session: Session, now: datetime) -> list[_Sent]:
    row = OutgoingMessage
    columns = (row.provider_id, row.reference, row.sent_at, row.provider_status)
    rows = due(session, "sent", now, ROUND, *columns)
    looks = {one.id: next_look(one.sent_at or now, status_rank(one.provider_status), now) for one in rows}
    plan(session, "sent", looks)
    return [_Sent(one.id, one.provider_id or "", one.reference) for one in rows]
