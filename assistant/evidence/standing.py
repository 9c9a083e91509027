"""How everything due of a child stands, read for all its service lines at once: a page has no query a line.

Agrees with `occasions_of`, line by line; a test sees to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from assistant.escalation.types import Occasion
from assistant.evidence.ledger import Ledger, fold
from assistant.evidence.month import Credit, Stand
from assistant.evidence.occasions import NOBODY, Due, Told, occasions_in, told_by
from assistant.store import Expectation, LogEntry, MakeUp, Repaid, ServiceLine
from assistant.words import Asks, Cause, Outcome


def standing_of(session: Session, child_id: int, now: datetime, until: date) -> list[Stand]:
    """All that fell due by `now` (UTC), and what is planned up to the school-local day `until`, in order."""
    progress = _progress(session, child_id, now)
    repaid = _repaid(session, child_id, now)
    found = []
    for row in _rows(session, child_id, now, until):
        over = row.due_at <= now
        due = Due(row.day, row.due_minutes, row.due_sessions, Asks(row.asks))
        told = NOBODY if row.outcome is None else _told(row)
        occasions = occasions_in(due, told, progress.get(row.id, ()), over=over, repaid=repaid.get(row.id, 0))
        found.append(Stand(row.id, row.service_line_id, row.day, over, tuple(occasions)))
    return found


def credits_of(session: Session, child_id: int, first: date, last: date) -> list[Credit]:
    """The make-ups promised for, or given on, the days from `first` to `last`."""
    rows = session.execute(
        select(
            MakeUp.service_line_id,
            MakeUp.day,
            MakeUp.state,
            func.coalesce(MakeUp.expectation_id, func.min(Repaid.expectation_id)).label("number"),
        )
        .join(ServiceLine, ServiceLine.id == MakeUp.service_line_id)
        .outerjoin(Repaid, Repaid.make_up_id == MakeUp.id)
        .where(ServiceLine.child_id == child_id, MakeUp.day.between(first, last))
        .group_by(MakeUp.id, MakeUp.service_line_id, MakeUp.day, MakeUp.state, MakeUp.expectation_id)
        .order_by(MakeUp.day, MakeUp.id)
    )
    return [Credit(line, day, state, number) for line, day, state, number in rows if day is not None]


def _rows(session: Session, child_id: int, now: datetime, until: date) -> Iterable[Any]:
    one, entry = Expectation, aliased(LogEntry)
    newest = (
        select(LogEntry.expectation_id, func.max(LogEntry.number).label("number"))
        .where(LogEntry.child_id == child_id, LogEntry.kind == "answer", LogEntry.recorded_at <= now)
        .group_by(LogEntry.expectation_id)
        .subquery()
    )
    return session.execute(
        select(
            one.id, one.service_line_id, one.day, one.due_at, one.due_minutes, one.due_sessions, one.asks,
            entry.outcome, entry.cause, entry.minutes, entry.sessions, entry.chances, entry.number,
            entry.day.label("told_day"),
        )
        .outerjoin(newest, newest.c.expectation_id == one.id)
        .outerjoin(
            entry,
            (entry.child_id == child_id)
            & (entry.number == newest.c.number)
            & (entry.expectation_id == one.id),
        )
        .where(
            one.child_id == child_id,
            one.state != "withdrawn",
            one.form != "make_up",
            or_(one.due_at <= now, one.day <= until),
        )
        .order_by(one.due_at, one.id)
    )  # fmt: skip


def _told(row: Any) -> Told:
    """The answer of a row of `_rows`: its day has a name of its own there."""
    cause = Cause(row.cause) if row.cause else None
    return Told(Outcome(row.outcome), cause, row.minutes, row.sessions, row.chances, row.number, row.told_day)


def ledgers_of(session: Session, child_id: int, now: datetime) -> dict[int, Ledger]:
    """The ledger of each service line of a child at `now` (UTC), by the line's number."""
    found: dict[int, list[Occasion]] = defaultdict(list)
    for one in standing_of(session, child_id, now, date.min):
        found[one.line] += one.occasions
    return {line: fold(occasions) for line, occasions in found.items()}


def _progress(session: Session, child_id: int, now: datetime) -> dict[int, list[Told]]:
    """What was told during each period before its end, by expectation."""
    rows = session.scalars(
        select(LogEntry)
        .where(
            LogEntry.child_id == child_id,
            LogEntry.kind == "progress",
            LogEntry.expectation_id.is_not(None),
            LogEntry.recorded_at <= now,
        )
        .order_by(LogEntry.number)
    )
    found: dict[int, list[Told]] = defaultdict(list)
    for row in rows:
        found[row.expectation_id or 0].append(told_by(row))
    return found


def _repaid(session: Session, child_id: int, now: datetime) -> dict[int, int]:
    rows = session.execute(
        select(Repaid.expectation_id, func.sum(Repaid.minutes))
        .join(MakeUp, Repaid.make_up_id == MakeUp.id)
        .join(ServiceLine, ServiceLine.id == MakeUp.service_line_id)
        .where(ServiceLine.child_id == child_id, MakeUp.state == "given", MakeUp.settled_at <= now)
        .group_by(Repaid.expectation_id)
    )
    return {number: int(minutes) for number, minutes in rows}
