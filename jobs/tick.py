"""One pass: every job that is due, then the outbox, again and again until nothing more is due now."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.store import (
    Caregiver,
    Case,
    Enrolment,
    Expectation,
    Fact,
    IepVersion,
    InboundText,
    OutgoingMessage,
    Question,
    ServiceLine,
    StepClock,
    Store,
)
from jobs.timetable import TIMETABLE
from messages.deliver import Channels, deliver, reconcile

ROUNDS = 1_000  # a pass that never comes to rest is a fault; it goes on in the next one

# What makes a moment interesting: (column, what must hold for the row to count).
_DUE: tuple[tuple[InstrumentedAttribute[Any], ColumnElement[bool]], ...] = (
    (ServiceLine.next_plan_at, ServiceLine.next_plan_at.is_not(None)),
    (IepVersion.remind_at, IepVersion.remind_at.is_not(None)),
    (Expectation.ask_at, Expectation.state == "planned"),
    (Expectation.nudge_at, Expectation.nudge_at.is_not(None)),
    (Enrolment.nudge_at, Enrolment.nudge_at.is_not(None)),
    (Question.remind_at, Question.remind_at.is_not(None)),
    (Question.close_at, Question.state == "open"),
    (Case.look_at, Case.look_at.is_not(None)),
    (StepClock.next_at, StepClock.next_at.is_not(None)),
    (Caregiver.summary_at, Caregiver.summary_at.is_not(None)),
    (OutgoingMessage.next_at, OutgoingMessage.state.in_(("queued", "sending", "unsure"))),
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
    moments: list[datetime | None] = [
        session.scalar(select(func.min(column)).where(where)) for column, where in _DUE
    ]
    if session.scalars(select(InboundText.id).where(InboundText.handled_at.is_(None)).limit(1)).first():
        moments.append(session.scalar(select(func.min(InboundText.received_at))))
    known = [moment for moment in moments if moment is not None]
    return min(known) if known else None


def _round(store: Store, clock: Clock, settings: Settings, channels: Channels) -> Counter[str]:
    moved: Counter[str] = Counter()
    for entry in TIMETABLE:
        with store.write() as session:
            moved[entry.name] = entry.run(session, clock, settings)
    moved["reconcile"] = reconcile(store, clock, settings, channels)
    moved["deliver"] = deliver(store, clock, settings, channels)
    return +moved
