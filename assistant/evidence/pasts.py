"""What was known of service lines, evening by evening: the record as it grew, for living the past again.

Read in batches, as plain columns: a preview looks at many families at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from assistant.escalation.replay import Known
from assistant.escalation.types import Occasion
from assistant.evidence.occasions import NOBODY, Due, Told, occasions_in, told_by
from assistant.store import Expectation, LogEntry, MakeUp, Repaid
from assistant.words import Asks, Outcome

AT_ONCE = 400  # lines read in one batch
_ANSWERS = ("answer", "progress")
_PLAIN = (Outcome.HELD, Outcome.NO_SCHOOL, Outcome.UNANSWERED)


def lines_short_of_something(session: Session, lines: Sequence[int]) -> set[int]:
    """Those of `lines` of which anything was ever told but that all was held, or that no school was.

    All others have nothing that a threshold counts.
    """
    short = or_(
        LogEntry.outcome.not_in(_PLAIN),
        LogEntry.sessions < Expectation.due_sessions,
        LogEntry.sessions < LogEntry.chances,
    )
    found: set[int] = set()
    for start in range(0, len(lines), AT_ONCE):
        found.update(
            number
            for number in session.scalars(
                select(LogEntry.service_line_id)
                .join(Expectation, Expectation.id == LogEntry.expectation_id)
                .where(
                    LogEntry.service_line_id.in_(lines[start : start + AT_ONCE]),
                    LogEntry.kind.in_(_ANSWERS),
                    short,
                )
                .distinct()
            )
            if number is not None
        )
    return found


def pasts(
    session: Session, zones: Mapping[int, ZoneInfo], now: datetime
) -> Iterator[tuple[int, tuple[Known, ...]]]:
    """For each line (by number, with its school's zone) what was known in the evening of every day up to
    `now` on which that changed. Agrees with `occasions_of` at the end of each of those days.
    """
    numbers = list(zones)
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        told, repaid = _told(session, some, now), _repaid(session, some, now)
        by_line: dict[int, list[Any]] = defaultdict(list)
        for one in _due(session, some, now):
            by_line[one.service_line_id].append(one)
        for number in some:
            yield number, _evenings(by_line[number], told, repaid, zones[number], now)


@dataclass(slots=True)
class _Entries:
    """What was told of one expectation, in order, with the moment it was recorded."""

    answers: list[tuple[datetime, Told]] = field(default_factory=list)
    progress: list[tuple[datetime, Told]] = field(default_factory=list)


_Repaid = Mapping[int, Sequence[tuple[datetime, int]]]


def _evenings(
    due: Sequence[Any], told: Mapping[int, _Entries], repaid: _Repaid, zone: ZoneInfo, now: datetime
) -> tuple[Known, ...]:
    changes: dict[date, list[tuple[int, list[Occasion], bool]]] = defaultdict(list)
    for place, one in enumerate(due):
        entries, paid = told.get(one.id, _Entries()), repaid.get(one.id, ())
        for day, parts, news in _life_of(one, entries, paid, zone, now):
            changes[day].append((place, parts, news))
    standing: list[list[Occasion]] = [[] for _ in due]
    evenings = []
    for day in sorted(changes):
        for place, parts, _ in changes[day]:
            standing[place] = parts
        every = [part for parts in standing for part in parts]
        every.sort(key=lambda part: part.date)
        evenings.append(Known(day, tuple(every), told=any(news for _, _, news in changes[day])))
    return tuple(evenings)


def _life_of(
    one: Any, entries: _Entries, paid: Sequence[tuple[datetime, int]], zone: ZoneInfo, now: datetime
) -> Iterator[tuple[date, list[Occasion], bool]]:
    """What one expectation came to on each day on which that changed, and whether somebody told of it."""
    due = Due(one.day, one.due_minutes, one.due_sessions, Asks(one.asks))
    due_on = one.due_at.astimezone(zone).date() if one.due_at <= now else None
    answers = [(at.astimezone(zone).date(), told) for at, told in entries.answers]
    progress = [(at.astimezone(zone).date(), told) for at, told in entries.progress]
    credited = [(at.astimezone(zone).date(), minutes) for at, minutes in paid]
    news = {day for day, told in answers if told.outcome is not Outcome.UNANSWERED}
    news.update(day for day, _ in (*progress, *credited))
    days = news | {day for day, _ in answers} | ({due_on} if due_on else set())
    for day in sorted(days):
        told = next((told for at, told in reversed(answers) if at <= day), NOBODY)
        so_far = [told for at, told in progress if at <= day]
        minutes = sum(minutes for at, minutes in credited if at <= day)
        over = due_on is not None and due_on <= day
        yield day, occasions_in(due, told, so_far, over=over, repaid=minutes), day in news


def _due(session: Session, lines: Sequence[int], now: datetime) -> Iterable[Any]:
    """What has fallen due, and what was told of before it did; make-ups were never due."""
    one = Expectation
    early = select(LogEntry.expectation_id).where(
        LogEntry.service_line_id.in_(lines), LogEntry.kind == "progress"
    )
    return session.execute(
        select(one.id, one.service_line_id, one.day, one.due_at, one.due_minutes, one.due_sessions, one.asks)
        .where(
            one.service_line_id.in_(lines),
            or_(one.due_at <= now, one.id.in_(early)),
            one.state != "withdrawn",
            one.form != "make_up",
        )
        .order_by(one.due_at, one.id)
    )


def _told(session: Session, lines: Sequence[int], now: datetime) -> dict[int, _Entries]:
    found: dict[int, _Entries] = defaultdict(_Entries)
    entry = LogEntry
    for row in session.execute(
        select(
            entry.expectation_id, entry.kind, entry.recorded_at, entry.outcome, entry.cause, entry.minutes,
            entry.sessions, entry.chances, entry.number, entry.day,
        )
        .where(
            entry.service_line_id.in_(lines),
            entry.kind.in_(_ANSWERS),
            entry.expectation_id.is_not(None),
            entry.recorded_at <= now,
        )
        .order_by(entry.child_id, entry.number)
    ):  # fmt: skip
        entries = found[row.expectation_id]
        (entries.answers if row.kind == "answer" else entries.progress).append(
            (row.recorded_at, told_by(row))
        )
    return found


def _repaid(session: Session, lines: Sequence[int], now: datetime) -> dict[int, list[tuple[datetime, int]]]:
    found: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    for row in session.execute(
        select(Repaid.expectation_id, Repaid.minutes, MakeUp.settled_at)
        .join(MakeUp, Repaid.make_up_id == MakeUp.id)
        .where(MakeUp.service_line_id.in_(lines), MakeUp.state == "given", MakeUp.settled_at <= now)
    ):
        found[row.expectation_id].append((row.settled_at, row.minutes))
    return found
