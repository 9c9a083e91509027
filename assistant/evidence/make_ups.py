"""Make-ups: what the school said about repaying a miss, and what came of it.

Each act is an entry of the record about the misses it is for; a promise for a date is an expectation of its
own that is asked about like any other. Minutes given repay the misses they are for, oldest first; the
missed days are never edited, and minutes beyond them stay a surplus.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assistant.evidence.log import Said, current_entry, record
from assistant.schedule.zones import moment
from assistant.store import Calendar, Child, Expectation, LogEntry, MakeUp, Repaid
from assistant.words import Asks, Cause, Knows, Outcome

Act = Literal["offered", "declined", "promised", "given"]
_SCHOOL_IS_OUT = time(15)


@dataclass(frozen=True, slots=True)
class Source:
    """Who told of a make-up, in which words, and how they know. `answered_at` in UTC."""

    knows: Knows = Knows.NOT_SAID
    words: str = ""
    caregiver_id: int | None = None
    inbound_id: int | None = None
    answered_at: datetime | None = None


class MakeUpError(ValueError):
    """A make-up that cannot be kept; the text says why in one line."""


def make_up(
    session: Session,
    act: Act,
    misses: Sequence[Expectation],
    now: datetime,
    *,
    minutes: int | None = None,
    on: date | None = None,
    source: Source | None = None,
    ask_after: timedelta = timedelta(0),
) -> MakeUp:
    """Record what was said about making up these misses, all of one service line.

    `minutes` are those offered, promised or given; without them, all that is missing. `on`: the school-local
    day it is promised for, or was given on; a promise for a day is asked about `ask_after` its 15:00.
    Raises MakeUpError for misses of several lines,
    for what was not missed, and for a promise or a gift without a day.
    """
    if not misses or len({one.service_line_id for one in misses}) != 1:
        raise MakeUpError("a make-up is for missed sessions of one service")
    short = {one.id: short_of(session, one) for one in misses}
    if not all(short.values()):
        raise MakeUpError(
            "a make-up is for sessions that were missed, and something of each is still missing"
        )
    if on is None and act in ("promised", "given"):
        raise MakeUpError(f"a make-up that was {act} needs its day")
    total = minutes if minutes is not None else sum(short.values())
    row = MakeUp(service_line_id=misses[0].service_line_id, state=act, minutes=total, day=on, created_at=now)
    row.repays = [Repaid(expectation_id=one.id) for one in sorted(misses, key=lambda one: one.due_at)]
    if act == "promised" and on is not None:
        row.expectation_id = _promise(session, misses[0], on, total, now, ask_after).id
    session.add(row)
    session.flush()
    if act == "given":
        _repay(session, row, total, now)
    elif act == "declined":
        row.settled_at = now
    for one in misses:
        _enter(session, one, row, act, source or Source(), now)
    return row


def settle(session: Session, expectation: Expectation, entry: LogEntry, now: datetime) -> None:
    """A promised make-up was answered about: given, in part or not. Does nothing for anything else."""
    if expectation.form != "make_up":
        return
    row = session.scalars(select(MakeUp).where(MakeUp.expectation_id == expectation.id)).one()
    given = {Outcome.HELD: entry.minutes or expectation.due_minutes, Outcome.PARTIAL: entry.minutes or 0}
    minutes = given.get(Outcome(entry.outcome))
    for one in row.repays:
        one.minutes = 0  # a corrected answer begins again
    row.settled_at = None
    if minutes:
        row.state = "given"
        _repay(session, row, minutes, now)
    elif entry.outcome in (Outcome.MISSED, Outcome.NO_SCHOOL):
        row.state, row.settled_at = "not_given", now
    else:
        row.state = "promised"


def short_of(session: Session, expectation: Expectation) -> int:
    """Minutes of a miss that are still missing: not given, and not repaid by a make-up; 0 for no miss."""
    entry = current_entry(session, expectation.id)
    if entry is None or expectation.form == "make_up":
        return 0
    if entry.outcome == Outcome.MISSED:
        missing = expectation.due_minutes
    elif entry.outcome == Outcome.PARTIAL and entry.minutes is not None:
        missing = expectation.due_minutes - entry.minutes
    else:
        return 0
    repaid = session.scalar(
        select(func.coalesce(func.sum(Repaid.minutes), 0)).where(Repaid.expectation_id == expectation.id)
    )
    return max(0, missing - int(repaid or 0))


def make_ups_of(session: Session, expectation_id: int) -> tuple[MakeUp, ...]:
    """What was said about making up one miss, in the order it was told."""
    return tuple(
        session.scalars(
            select(MakeUp)
            .join(Repaid, Repaid.make_up_id == MakeUp.id)
            .where(Repaid.expectation_id == expectation_id)
            .order_by(MakeUp.id)
        )
    )


def _repay(session: Session, row: MakeUp, minutes: int, now: datetime) -> None:
    """Spread the minutes over the misses, oldest first; what is left over repays nothing."""
    row.minutes, row.settled_at = minutes, now
    for one in row.repays:
        missed = session.get_one(Expectation, one.expectation_id)
        one.minutes = min(minutes, short_of(session, missed))
        minutes -= one.minutes
        session.flush()


def _promise(
    session: Session, miss: Expectation, on: date, minutes: int, now: datetime, ask_after: timedelta
) -> Expectation:
    zone = session.scalars(
        select(Calendar.zone).join(Child, Child.calendar_id == Calendar.id).where(Child.id == miss.child_id)
    ).one()
    due_at = moment(on, _SCHOOL_IS_OUT, ZoneInfo(zone)).astimezone(UTC)
    if due_at <= now:
        raise MakeUpError(f"a make-up is promised for a day to come, and {on} is over")
    row = Expectation(
        service_line_id=miss.service_line_id,
        child_id=miss.child_id,
        form="make_up",
        asks=Asks.HAPPENED.value,
        day=on,
        start_at=due_at,
        due_at=due_at,
        due_sessions=1,
        due_minutes=minutes,
        state="planned",
        ask_at=due_at + ask_after,
    )
    session.add(row)
    session.flush()
    return row


def _enter(session: Session, miss: Expectation, row: MakeUp, act: Act, source: Source, now: datetime) -> None:
    """The act as an entry about the miss: its outcome stays what it was."""
    about: dict[str, Any] = {
        "act": act,
        "minutes": row.minutes,
        "day": row.day.isoformat() if row.day else None,
    }
    entry = current_entry(session, miss.id)
    assert entry is not None  # a miss is one because an entry says so
    about["miss"] = entry.number
    record(
        session,
        miss,
        Said(
            outcome=Outcome(entry.outcome),
            cause=Cause(entry.cause) if entry.cause else None,
            knows=source.knows,
            words=source.words,
            caregiver_id=source.caregiver_id,
            inbound_id=source.inbound_id,
            answered_at=source.answered_at,
            kind="make_up",
            about=about,
        ),
        now,
    )
