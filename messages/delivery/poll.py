"""Asking the provider what became of texts whose callbacks did not come, a few times and ever more seldom."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.store import OutgoingMessage, Store
from messages.channels.twilio_codes import status_rank
from messages.channels.types import CannotAskError
from messages.delivery.status import next_look, note_status
from messages.delivery.types import Channels

ROUND = 50  # rows of a round: each is a question to the provider
TRY_LATER = timedelta(minutes=5)


def poll(store: Store, clock: Clock, channels: Channels) -> int:
    """Ask about sent texts that are due; returns how many. A provider that cannot be asked ends the round.

    The next look is planned before anything is asked, so a process that dies costs one look, no more.
    """
    with store.write() as session:
        due = _take(session, clock.now())
    for index, (number, provider_id, reference) in enumerate(due):
        try:
            found = channels.text.fetch(provider_id)
        except CannotAskError:
            _ask_later(store, [one for one, _, _ in due[index:]], clock.now() + TRY_LATER)
            break
        with store.write() as session:
            if found is None:
                _no_more(session, number)
            else:
                code = found.error_code or ""
                note_status(session, provider_id, reference, found.status, code, clock.now())
    return len(due)


def _take(session: Session, now: datetime) -> list[tuple[int, str, str]]:
    rows = session.execute(
        select(
            OutgoingMessage.id,
            OutgoingMessage.provider_id,
            OutgoingMessage.reference,
            OutgoingMessage.sent_at,
            OutgoingMessage.provider_status,
        )
        .where(OutgoingMessage.state == "sent", OutgoingMessage.next_at <= now)
        .order_by(OutgoingMessage.next_at, OutgoingMessage.id)
        .limit(ROUND)
        .with_for_update(skip_locked=True)
    ).all()
    if rows:
        looks = [
            {"row": row.id, "until": next_look(row.sent_at or now, status_rank(row.provider_status), now)}
            for row in rows
        ]
        session.connection().execute(_LOOK, looks)
    return [(row.id, row.provider_id or "", row.reference) for row in rows]


def _ask_later(store: Store, ids: list[int], until: datetime) -> None:
    with store.write() as session:
        session.connection().execute(
            update(OutgoingMessage)
            .where(OutgoingMessage.id.in_(ids), OutgoingMessage.state == "sent")
            .values(next_at=until)
        )


def _no_more(session: Session, number: int) -> None:
    session.connection().execute(_LOOK, [{"row": number, "until": None}])


_LOOK = (
    update(OutgoingMessage)
    .where(OutgoingMessage.id == bindparam("row"), OutgoingMessage.state == "sent")
    .values(next_at=bindparam("until"))
)
