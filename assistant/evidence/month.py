"""A month of marks: for each day and service the one thing that is to be drawn. Pure.

What fell due is drawn by what the log says of it, under the kinds that summaries count by (`weeks`), so a
month's marks hold the very sessions and minutes of its ledger. What has not fallen due is `expected` and is
in no count. A make-up is a credit: it stands beside the day as a mark of its own, as in the ledger.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from assistant.escalation.types import Occasion
from assistant.evidence.weeks import Kind, kind_of
from assistant.schedule.calendar import is_instructional
from assistant.schedule.types import SchoolCalendar

_DAY = timedelta(days=1)
_SATURDAY = 5
_DECEMBER = 12


class State(StrEnum):
    """What a mark shows. The order is that of the legend."""

    HELD = "held"
    PARTIAL = "partial"
    OTHER = "other"
    MISSED = "missed"  # on the school's side
    EVENT = "event"
    AWAY = "away"  # the child was absent or did not want to
    UNKNOWN = "unknown"
    UNANSWERED = "unanswered"
    MIXED = "mixed"  # several sessions of one service, not all alike
    EXPECTED = "expected"  # has not fallen due; never drawn as if it happened
    MAKE_UP = "make_up"
    PROMISED = "promised"  # a make-up, not known to have been given
    NOT_MADE_UP = "not_made_up"
    NO_SCHOOL = "no_school"


_STATES: Mapping[Kind, State] = {
    Kind.HELD: State.HELD,
    Kind.PARTIAL: State.PARTIAL,
    Kind.OTHER: State.OTHER,
    Kind.MISSED: State.MISSED,
    Kind.EVENT: State.EVENT,
    Kind.AWAY: State.AWAY,
    Kind.REFUSED: State.AWAY,
    Kind.CLOSED: State.NO_SCHOOL,
    Kind.UNKNOWN: State.UNKNOWN,
    Kind.UNANSWERED: State.UNANSWERED,
}
_CREDITS: Mapping[str, State] = {
    "given": State.MAKE_UP,
    "promised": State.PROMISED,
    "not_given": State.NOT_MADE_UP,
}


@dataclass(frozen=True, slots=True)
class Stand:
    """Something due of a service line (by number), and what the log says of it.

    `number` is the expectation's; None for what lies beyond what is planned. `over`: it has fallen due.
    """

    number: int | None
    line: int
    day: date
    over: bool
    occasions: tuple[Occasion, ...] = ()


@dataclass(frozen=True, slots=True)
class Credit:
    """A make-up with a day: its state as the store has it, and the expectation whose page tells of it."""

    line: int
    day: date
    state: str
    number: int | None


@dataclass(frozen=True, slots=True)
class Mark:
    """One sign of one service on one day. `number`: the expectation that it opens; None opens nothing.

    `occasions` are the sessions that it stands for; an expected one, and a make-up, stand for none.
    """

    line: int
    state: State
    number: int | None = None
    occasions: tuple[Occasion, ...] = ()

    @property
    def kinds(self) -> tuple[tuple[Kind, int], ...]:
        """How many sessions of which kind."""
        count = Counter(map(kind_of, self.occasions))
        return tuple((kind, count[kind]) for kind in Kind if count[kind])


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the month; `school` is whether pupils had or have school by the calendar."""

    day: date
    school: bool
    marks: tuple[Mark, ...] = ()

    @property
    def closed(self) -> bool:
        """A weekday without school, on which nothing else is to be drawn."""
        return not self.school and not self.marks and self.day.weekday() < _SATURDAY


@dataclass(frozen=True, slots=True)
class Month:
    """The days of a month, in weeks that begin on Monday; None where a week reaches out of the month."""

    first: date
    weeks: tuple[tuple[Day | None, ...], ...]

    @property
    def days(self) -> tuple[Day, ...]:
        return tuple(day for week in self.weeks for day in week if day is not None)

    @property
    def weekends(self) -> bool:
        """Whether anything is to be drawn on a Saturday or Sunday."""
        return any(day.marks for day in self.days if day.day.weekday() >= _SATURDAY)

    @property
    def states(self) -> tuple[State, ...]:
        """Those that occur, in the legend's order."""
        found = {mark.state for day in self.days for mark in day.marks}
        found.update(State.NO_SCHOOL for day in self.days if day.closed)
        return tuple(state for state in State if state in found)


def after(first: date) -> date:
    """The first day of the next month."""
    year, month = (first.year + 1, 1) if first.month == _DECEMBER else (first.year, first.month + 1)
    return date(year, month, 1)


def month_of(
    first: date, stands: Iterable[Stand], make_ups: Iterable[Credit], calendar: SchoolCalendar
) -> Month:
    """The month that begins on `first`, with all of `stands` and `make_ups` that lie in it."""
    stop = after(first)
    by_day: dict[date, list[Mark]] = defaultdict(list)
    for (day, _line), mark in sorted(_due(stands).items()):
        by_day[day].append(mark)
    for one in sorted(make_ups, key=lambda one: (one.day, one.line, one.number or 0)):
        if one.state in _CREDITS:
            by_day[one.day].append(Mark(one.line, _CREDITS[one.state], one.number))
    days: list[Day | None] = [None] * first.weekday()
    day = first
    while day < stop:
        days.append(Day(day, is_instructional(calendar, day), tuple(by_day[day])))
        day += _DAY
    days += [None] * (-len(days) % 7)
    return Month(first, tuple(tuple(days[start : start + 7]) for start in range(0, len(days), 7)))


def _due(stands: Iterable[Stand]) -> dict[tuple[date, int], Mark]:
    """Exactly one mark for each day and line on which something was or is due."""
    told: dict[tuple[date, int], list[Occasion]] = defaultdict(list)
    opens: dict[tuple[date, int], int | None] = {}
    for one in stands:
        if not one.over:
            opens.setdefault((one.day, one.line), one.number)
        for occasion in one.occasions:
            told[occasion.date, one.line].append(occasion)
            opens.setdefault((occasion.date, one.line), one.number)
    return {
        key: Mark(key[1], state_of(told.get(key, ())), number, tuple(told.get(key, ())))
        for key, number in opens.items()
    }


def state_of(occasions: Sequence[Occasion]) -> State:
    """The one state that these sessions of a day and service are drawn as; nothing told yet is `expected`."""
    states = {_STATES[kind_of(one)] for one in occasions}
    if not states:
        return State.EXPECTED
    return states.pop() if len(states) == 1 else State.MIXED
