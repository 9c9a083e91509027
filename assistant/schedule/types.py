"""The values of the schedule room: a service line, a school calendar, an expectation.

Dates are the school's local dates; `start`, `end` and `due_at` carry the school's offset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from assistant.words import Asks

Mode = Literal["individual", "group", "either"]
Delivery = Literal["direct", "push_in", "consult", "teletherapy"]
Per = Literal["week", "month", "semester", "year"]


@dataclass(frozen=True, slots=True)
class WeeklySlot:
    """One slot of a week: `weekday` 0 (Monday) to 6, `at` in the school's local time."""

    weekday: int
    at: time


@dataclass(frozen=True, slots=True)
class KnownSlots:
    """Known weekly slots, in every `every`-th week from the Monday of `anchor`'s week."""

    slots: tuple[WeeklySlot, ...]
    every: int = 1
    anchor: date | None = None


@dataclass(frozen=True, slots=True)
class Rotation:
    """A cycle of `days` instructional days; sessions at `at` on the cycle days `on` (from 1).

    The first instructional day from `anchor` on is cycle day 1. Only instructional days advance the cycle.
    """

    days: int
    on: tuple[int, ...]
    at: time
    anchor: date


@dataclass(frozen=True, slots=True)
class Daily:
    """A session on each instructional day, at `at` where the time is known."""

    at: time | None = None


@dataclass(frozen=True, slots=True)
class CountPerPeriod:
    """`count` sessions in each period, on days nobody has told."""

    count: int
    per: Per


@dataclass(frozen=True, slots=True)
class CountPerWeeks:
    """`count` sessions in each window of `weeks` calendar weeks, from the Monday of `anchor`'s week."""

    count: int
    weeks: int
    anchor: date


@dataclass(frozen=True, slots=True)
class MinutesPerPeriod:
    """`total` minutes in each period, in sessions of whatever length. A year's are due month by month."""

    total: int
    per: Literal["week", "month", "year"]


@dataclass(frozen=True, slots=True)
class Exceptions:
    """There all the time (an aide, a nurse, a ride, a device): only a day without it is told."""

    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Accommodation:
    """Due at each occasion (extra time on tests): how many there were, and how often it was given."""


@dataclass(frozen=True, slots=True)
class AsNeeded:
    """Nothing can be counted beforehand ("as needed"): nothing is expected, what the parent tells is kept."""


# One class per way an IEP writes a frequency (contracts, section 3). A new form is a new class here, a reader
# in forms.py, an expander in expand.py and a case in jsonable.py.
Frequency = (
    KnownSlots
    | Rotation
    | Daily
    | CountPerPeriod
    | CountPerWeeks
    | MinutesPerPeriod
    | Exceptions
    | Accommodation
    | AsNeeded
)


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """One service line of an IEP, as far as expectations need it.

    `minutes` are of one session, 0 where the IEP states none; `minimum_day_minutes` of one on a minimum day,
    where the IEP says so. `starts`/`ends` (inclusive) default to the calendar's first and last day.
    `esy`: an extended-school-year line, due from `starts` to `ends` whether or not the school year runs then.
    `consented`: False for a line that the parent has not agreed to; nothing is expected of it.
    """

    name: str
    alias: str
    minutes: int
    frequency: Frequency
    starts: date | None = None
    ends: date | None = None
    mode: Mode = "individual"
    delivery: Delivery = "direct"
    esy: bool = False
    consented: bool = True
    minimum_day_minutes: int | None = None
    wording: str = ""  # the IEP's own words


@dataclass(frozen=True, slots=True)
class Break:
    """Days without school, `first` to `last` inclusive."""

    first: date
    last: date
    name: str = ""


@dataclass(frozen=True, slots=True)
class SchoolCalendar:
    """A school year: which days are instructional, and which end early. All dates inclusive.

    `semesters` are the first days of its semesters (or trimesters), in order; empty for the usual two.
    `school_days` are the instructional days, in order.
    """

    zone: ZoneInfo
    first_day: date
    last_day: date
    days_off: frozenset[date] = frozenset()
    breaks: tuple[Break, ...] = ()
    minimum_days: Mapping[date, time] = field(default_factory=dict)
    semesters: tuple[date, ...] = ()
    off: frozenset[date] = field(init=False, repr=False, compare=False)
    school_days: tuple[date, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Gather days off and instructional days, once: every question about a day asks them."""
        days = set(self.days_off)
        for pause in self.breaks:
            first, last = max(pause.first, self.first_day), min(pause.last, self.last_day)
            days.update(first + timedelta(n) for n in range((last - first).days + 1))
        object.__setattr__(self, "off", frozenset(days))
        start, weekday = self.first_day, self.first_day.weekday()
        school = tuple(
            day
            for n in range((self.last_day - start).days + 1)
            if (weekday + n) % 7 < 5 and (day := start + timedelta(n)) not in days
        )
        object.__setattr__(self, "school_days", school)


class Expected(NamedTuple):
    """Something that the school owes on a day or within a period.

    form "slot": `date` is set and `due_sessions` is 1; `start` and `end` too, where the time of day is known.
    form "period": `period_from` and `period_to` (inclusive) are set. `due_sessions` is the number of sessions
    for a line that counts them, of school days for what is there all the time, else 1.
    `due_at` is a slot's end, or 15:00 local on its day or on the period's last instructional day.
    `asks` is what a parent can say about it.
    """

    service: str
    form: Literal["slot", "period"]
    due_sessions: int
    due_minutes: int
    due_at: datetime
    start: datetime | None = None
    end: datetime | None = None
    period_from: date | None = None
    period_to: date | None = None
    minimum_day: bool = False
    date: date | None = None
    asks: Asks = Asks.HAPPENED
