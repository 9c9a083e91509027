"""The values of the schedule room: a service line, a school calendar, an expectation.

Dates are the school's local dates; `start`, `end` and `due_at` carry the school's offset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Mode = Literal["individual", "group", "either"]
Delivery = Literal["direct", "push_in", "consult", "teletherapy"]


@dataclass(frozen=True, slots=True)
class WeeklySlot:
    """One slot of a week: `weekday` 0 (Monday) to 6, `at` in the school's local time."""

    weekday: int
    at: time


@dataclass(frozen=True, slots=True)
class KnownSlots:
    """Known weekly slots, in every `every`-th week counted from the Monday of `anchor`'s week."""

    slots: tuple[WeeklySlot, ...]
    every: int = 1
    anchor: date | None = None


# One class per way an IEP writes a frequency. A new form is a new class here, a reader in file.py
# and an expander in expand.py; nothing else in the program asks which form a line has.
Frequency = KnownSlots


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """One service line of an IEP, as far as expectations need it.

    `minutes` are of one session. `starts`/`ends` (inclusive) default to the calendar's first and last day.
    """

    name: str
    alias: str
    minutes: int
    frequency: Frequency
    starts: date | None = None
    ends: date | None = None
    mode: Mode = "individual"
    delivery: Delivery = "direct"


@dataclass(frozen=True, slots=True)
class Break:
    """Days without school, `first` to `last` inclusive."""

    first: date
    last: date
    name: str = ""


@dataclass(frozen=True, slots=True)
class SchoolCalendar:
    """A school year: which days are instructional, and which end early. All dates inclusive."""

    zone: ZoneInfo
    first_day: date
    last_day: date
    days_off: frozenset[date] = frozenset()
    breaks: tuple[Break, ...] = ()
    minimum_days: Mapping[date, time] = field(default_factory=dict)
    off: frozenset[date] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Gather days off and the days of breaks into `off`, once: every question about a day asks it."""
        days = set(self.days_off)
        for pause in self.breaks:
            first, last = max(pause.first, self.first_day), min(pause.last, self.last_day)
            days.update(first + timedelta(n) for n in range((last - first).days + 1))
        object.__setattr__(self, "off", frozenset(days))


@dataclass(frozen=True, slots=True)
class Expected:
    """Something that the school owes on a day or within a period.

    form "slot": `date`, `start`, `end` are set and `due_sessions` is 1.
    form "period": `period_from` and `period_to` (inclusive) are set.
    `due_at` is a slot's end, or 15:00 local on the period's last instructional day.
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
