"""What was due and what the log says of it, as the escalation room's occasions: one a session or day.

A week of two sessions of which one was held is two occasions. What is counted in minutes is one occasion, and
so is whatever nobody has told more about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from assistant.escalation.types import Occasion
from assistant.store import Expectation, LogEntry, MakeUp, Repaid
from assistant.words import Asks, Cause, Outcome, bucket_of


@dataclass(frozen=True, slots=True)
class Told:
    """What an entry says, as far as occasions need it. `minutes`, `sessions` and `chances` as in the log."""

    outcome: Outcome
    cause: Cause | None = None
    minutes: int | None = None
    sessions: int | None = None
    chances: int | None = None
    number: int | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """What was due. `sessions` counts sessions, or school days for what is there all the time."""

    day: date
    minutes: int
    sessions: int = 1
    asks: Asks = Asks.HAPPENED


NOBODY = Told(Outcome.UNANSWERED)


def occasions_of(session: Session, service_line_id: int, as_of: datetime) -> tuple[Occasion, ...]:
    """Every expectation of the line that has fallen due by `as_of`, as the log had it then, in date order.

    One that nobody has answered yet is `unanswered`, with no entry. A day without what should be there all
    the time is an occasion from the moment it is told, before its week is over. Make-ups that were promised
    are no occasions: they were not due, they repay.
    """
    about = {"line": service_line_id, "as_of": as_of}
    progress = progress_of(session, service_line_id, as_of)
    repaid = {number: int(minutes) for number, minutes in session.execute(_REPAID, about)}
    found: list[Occasion] = []
    for row in session.execute(_FALLEN_DUE, {**about, "early": list(progress)}):
        number, due_at, day, minutes, sessions, asks, *said = row
        due = Due(day, minutes, sessions, Asks(asks))
        told = _told(said) if said[0] is not None else NOBODY
        so_far = progress.get(number, ())
        found += occasions_in(due, told, so_far, over=due_at <= as_of, repaid=repaid.get(number, 0))
    return tuple(sorted(found, key=lambda one: one.date))


def occasions_in(
    due: Due, told: Told, so_far: Sequence[Told] = (), *, over: bool = True, repaid: int = 0
) -> list[Occasion]:
    """What one expectation comes to: `over` once it has fallen due, before that only what is told early.

    `repaid`: minutes that make-ups have repaid of it.
    """
    parts = split(due, told, so_far) if over else _told_early(due, so_far)
    return list(_with_make_ups(parts, repaid))


def split(due: Due, told: Told, so_far: Sequence[Told] = ()) -> list[Occasion]:
    """One expectation as occasions whose minutes add up to its own. `so_far` was told during the period.

    What was told during a period stands for it where nobody answered at its end.
    """
    if told.outcome is Outcome.UNANSWERED and so_far:
        return _of_progress(due, so_far)
    if due.asks is Asks.GIVEN:
        return _by_chance(due, told)
    if due.asks not in (Asks.COUNT, Asks.WITHOUT) or told.sessions is None or due.sessions < 1:
        return [_whole(due, told)]
    held = min(told.sessions, due.sessions)
    extra = told.sessions - held
    each = _shares(due.minutes, due.sessions)
    early = _by_day(due, so_far) if due.asks is Asks.WITHOUT else []
    parts = [
        _one(due.day, minutes, replace(told, outcome=Outcome.HELD, cause=None)) for minutes in each[:held]
    ]
    for place, minutes in enumerate(each[held:]):
        missed = replace(told, outcome=_not_held(told))
        if place < len(early):  # that day was told of when it was missed; that entry is the better one
            missed = replace(early[place], cause=early[place].cause or told.cause)
        parts.append(_one(missed.day or due.day, minutes, missed))
    if extra and parts:
        parts[-1] = replace(parts[-1], surplus=extra * each[-1])
    return parts


def _of_progress(due: Due, so_far: Sequence[Told]) -> list[Occasion]:
    if due.asks is Asks.WITHOUT:
        missed = _told_early(due, so_far)
        each = _shares(due.minutes, due.sessions)
        return [*missed, *(_one(due.day, minutes, NOBODY) for minutes in each[len(missed) :])]
    last = so_far[-1]
    if due.asks is Asks.COUNT and last.sessions is not None:
        held = min(last.sessions, due.sessions)
        each = _shares(due.minutes, due.sessions)
        said = replace(last, outcome=Outcome.HELD, cause=None)
        return [
            _one(due.day, minutes, said if place < held else NOBODY) for place, minutes in enumerate(each)
        ]
    if due.asks is Asks.MINUTES and last.minutes is not None:
        given = min(last.minutes, due.minutes)
        parts = [_one(due.day, given, replace(last, outcome=Outcome.HELD, minutes=None))] if given else []
        return [*parts, _one(due.day, due.minutes - given, NOBODY)] if given < due.minutes else parts
    if due.asks is Asks.GIVEN:
        return [part for one in so_far for part in _by_chance(replace(due, day=one.day or due.day), one)]
    return [_whole(due, last if last.outcome is Outcome.HELD else NOBODY)]


def _told_early(due: Due, so_far: Sequence[Told]) -> list[Occasion]:
    """Days without what should be there, and accommodations not given, told before the week is over."""
    if due.asks not in (Asks.WITHOUT, Asks.GIVEN):
        return []
    told = _by_day(due, so_far)
    each = _shares(due.minutes, due.sessions) if due.asks is Asks.WITHOUT else [0] * len(told)
    return [_one(one.day or due.day, minutes, one) for one, minutes in zip(told, each, strict=False)]


def _by_day(due: Due, so_far: Sequence[Told]) -> list[Told]:
    """The misses told during a period, one a day, in the days' order: in whatever order they were told."""
    told = {one.day or due.day: one for one in so_far if one.outcome is Outcome.MISSED}
    return [told[day] for day in sorted(told)]


def _by_chance(due: Due, told: Told) -> list[Occasion]:
    """An accommodation has no minutes: each occasion for it is one of its own, given or not."""
    if not told.chances or told.sessions is None:
        return [_whole(due, told)]
    given = replace(told, outcome=Outcome.HELD, cause=None)
    missed = replace(told, outcome=_not_held(told))
    return [_one(due.day, 0, given if place < told.sessions else missed) for place in range(told.chances)]


def _not_held(told: Told) -> Outcome:
    return Outcome.MISSED if told.outcome in (Outcome.HELD, Outcome.PARTIAL) else told.outcome


def _whole(due: Due, told: Told) -> Occasion:
    found = _one(due.day, due.minutes, told)
    extra = (told.minutes or 0) - due.minutes
    return replace(found, surplus=extra) if told.outcome is Outcome.HELD and extra > 0 else found


def _one(day: date, due: int, told: Told) -> Occasion:
    """One expectation, its minutes split by what became of them.

    A part-session whose minutes nobody stated leaves it open how much was given: it is `unknown`,
    because neither side of the split would be the parent's word.
    """
    outcome, given, other = told.outcome, 0, 0
    if outcome is Outcome.HELD:
        given = due
    elif outcome is Outcome.PARTIAL:
        if told.minutes is None:
            outcome = Outcome.UNKNOWN
        else:
            given = min(max(told.minutes, 0), due)
    elif outcome is Outcome.OTHER:
        other = due if told.minutes is None else min(max(told.minutes, 0), due)
    return Occasion(
        date=day,
        due=due,
        outcome=outcome,
        cause=told.cause,
        given=given,
        other=other,
        bucket=bucket_of(outcome, told.cause),
        entry=told.number,
    )


def _shares(minutes: int, parts: int) -> list[int]:
    """The minutes in that many whole shares, as even as can be; together they are all of them."""
    if parts < 1:
        return [minutes]
    small, more = divmod(minutes, parts)
    return [small + (place < more) for place in range(parts)]


def _with_make_ups(parts: Iterable[Occasion], minutes: int) -> Iterable[Occasion]:
    """The parts with the minutes that make-ups repaid, on the first ones still short."""
    for one in parts:
        short = one.due - one.given - one.other
        credit = min(minutes, short) if one.bucket is not None else 0
        minutes -= credit
        yield replace(one, made_up=credit) if credit else one


def told_by(entry: Any) -> Told:
    """What a log entry says, or a row with those of its columns."""
    said = entry.outcome, entry.cause, entry.minutes, entry.sessions, entry.chances, entry.number, entry.day
    return _told(said)


def _told(said: Sequence[Any]) -> Told:
    """The columns of an entry that occasions need, in the order of `_SAID`."""
    outcome, cause, minutes, sessions, chances, number, day = said
    return Told(Outcome(outcome), Cause(cause) if cause else None, minutes, sessions, chances, number, day)


def progress_of(session: Session, service_line_id: int, as_of: datetime) -> dict[int, list[Told]]:
    """What was told during each period of the line by `as_of`, before its end, by expectation."""
    found: dict[int, list[Told]] = defaultdict(list)
    for number, *said in session.execute(_PROGRESS, {"line": service_line_id, "as_of": as_of}):
        found[number or 0].append(_told(said))
    return dict(found)


# Only the columns that are read, and built once: every decision about a line, every total and every weekly
# e-mail goes through here.
_SAID = (
    LogEntry.outcome,
    LogEntry.cause,
    LogEntry.minutes,
    LogEntry.sessions,
    LogEntry.chances,
    LogEntry.number,
    LogEntry.day,
)
_THEIRS = (LogEntry.service_line_id == bindparam("line"), LogEntry.recorded_at <= bindparam("as_of"))
_NEWEST = (
    select(LogEntry.expectation_id, func.max(LogEntry.number).label("number"))
    .where(*_THEIRS, LogEntry.kind == "answer")
    .group_by(LogEntry.expectation_id)
    .subquery()
)
_FALLEN_DUE = (
    select(
        Expectation.id,
        Expectation.due_at,
        Expectation.day,
        Expectation.due_minutes,
        Expectation.due_sessions,
        Expectation.asks,
        *_SAID,
    )
    .outerjoin(_NEWEST, _NEWEST.c.expectation_id == Expectation.id)
    .outerjoin(LogEntry, (LogEntry.expectation_id == Expectation.id) & (LogEntry.number == _NEWEST.c.number))
    .where(
        Expectation.service_line_id == bindparam("line"),
        or_(Expectation.due_at <= bindparam("as_of"), Expectation.id.in_(bindparam("early", expanding=True))),
        Expectation.state != "withdrawn",
        Expectation.form != "make_up",
    )
    .order_by(Expectation.due_at, Expectation.id)
)
_PROGRESS = (
    select(LogEntry.expectation_id, *_SAID)
    .where(*_THEIRS, LogEntry.kind == "progress", LogEntry.expectation_id.is_not(None))
    .order_by(LogEntry.number)
)
# Minutes repaid by make-ups that were given, by the expectation that was missed.
_REPAID = (
    select(Repaid.expectation_id, func.sum(Repaid.minutes))
    .join(MakeUp, Repaid.make_up_id == MakeUp.id)
    .where(
        MakeUp.service_line_id == bindparam("line"),
        MakeUp.state == "given",
        MakeUp.settled_at <= bindparam("as_of"),
    )
    .group_by(Repaid.expectation_id)
)
