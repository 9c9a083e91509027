"""One pass: every job that is due, then the outbox, again and again until nothing more is due now."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.store import Fact, OutgoingMessage, Store
from jobs.timetable import TIMETABLE
from messages.deliver import Channels, deliver, reconcile

ROUNDS = 1_000  # a pass that never comes to rest is a fault; it goes on in the next one

# The outbox has its own rounds: (column, what must hold for the row to count).
_OUTBOX: tuple[InstrumentedAttribute[Any], ColumnElement[bool]] = (
    OutgoingMessage.next_at,
    OutgoingMessage.state.in_(("queued", "sending", "unsure")),
)
# One statement asks for all of it.
_ANYTHING = select(
    *(exists().where(entry.when, entry.column <= bindparam("now")) for entry in TIMETABLE),
    exists().where(_OUTBOX[1], _OUTBOX[0] <= bindparam("now")),
)


def run_pass(store: Store, clock: Clock, settings: Settings, channels: Channels) -> dict[str, int]:
    """Run all that is due at the clock's now. Returns how many rows each job moved."""
    done: Counter[str] = Counter()
    for _ in range(ROUNDS):
        moved = _round(store, clock, settings, channels)
        if not moved:
            break
        done.update(moved)
    with store.write() as session:
        session.merge(Fact(key="last_tick", value=clock.now().isoformat(), until=None))
    return dict(done)


def next_due(session: Session) -> datetime | None:
    """The earliest moment (UTC) at which any job will find something; None when nothing is planned."""
    wanted = [(entry.column, entry.when) for entry in TIMETABLE] + [_OUTBOX]
    moments = [session.scalar(select(func.min(column)).where(when)) for column, when in wanted]
    return min((moment for moment in moments if moment is not None), default=None)


def _round(store: Store, clock: Clock, settings: Settings, channels: Channels) -> Counter[str]:
    """Only what is due opens a transaction; but what one job moved may be the next one's work at once."""
    moved: Counter[str] = Counter()
    with store.read() as session:
        *due, outbox = session.execute(_ANYTHING, {"now": clock.now()}).one()
    for entry, is_due in zip(TIMETABLE, due, strict=True):
        if is_due or moved:
            with store.write() as session:
                moved[entry.name] = entry.run(session, clock, settings)
                moved = +moved
    if outbox or moved:
        moved["reconcile"] = reconcile(store, clock, settings, channels)
        moved["deliver"] = deliver(store, clock, settings, channels)
    return +moved
