"""The ways a schedule file writes a frequency (contracts, section 3), one reader each.

The seam for further forms: a class in types.py, a reader here, an expander in expand.py, a case in
jsonable.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from typing import Literal, cast, get_args

from assistant.schedule.fields import Table, shown
from assistant.schedule.types import (
    Accommodation,
    AsNeeded,
    CountPerPeriod,
    CountPerWeeks,
    Daily,
    Exceptions,
    Frequency,
    KnownSlots,
    MinutesPerPeriod,
    Per,
    Rotation,
    WeeklySlot,
)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LIKE = 'a weekday and time like "tue 14:00"'
_SLOT = re.compile(r"^([A-Za-z]+)\s+(\d{1,2}):(\d{2})$")
_WITH_OFFSET = re.compile(r"\d{1,2}:\d{2}(:\d{2})?\s*(Z|[+-]\d{1,2}(:?\d{2})?|[A-Z]{2,5}|[A-Za-z_]+/\w+)$")
_WEEKS = re.compile(r"^(\d{1,3}) weeks$")
_LONGEST_GAP = 52  # weeks
_LONGEST_CYCLE = 30  # instructional days
_MOST_SESSIONS = 400  # of one period
_MOST_MINUTES = 120_000  # of one period: more than a whole year of school days
PERS: tuple[str, ...] = get_args(Per)
_MINUTES_PER = ("week", "month", "year")


def slot_from_text(text: str) -> WeeklySlot:
    """The slot that a text like "tue 14:00" names, on any weekday.

    Raises ValueError with what is wrong and what was expected.
    """
    text = text.strip()
    found = _SLOT.match(text)
    if found is None:
        if _WITH_OFFSET.search(text):
            raise ValueError(
                f"{shown(text)} carries an offset or zone; times are the school's own, expected {_LIKE}"
            )
        raise ValueError(f"{shown(text)} is not {_LIKE}")
    weekday, hour, minute = weekday_from_text(found[1]), int(found[2]), int(found[3])
    if weekday is None or hour > 23 or minute > 59:
        raise ValueError(f"{shown(text)} is not {_LIKE}")
    return WeeklySlot(weekday, time(hour, minute))


def weekday_from_text(word: str) -> int | None:
    """0 (Monday) to 6 for an English weekday or its first three or more letters; None for anything else."""
    word = word.lower()
    if len(word) < 3:
        return None
    return next((number for number, name in enumerate(WEEKDAYS) if name.startswith(word)), None)


def slot_text(slot: WeeklySlot) -> str:
    """The slot as a schedule file writes it."""
    return f"{WEEKDAYS[slot.weekday][:3]} {slot.at.isoformat(timespec='minutes')}"


def needs_minutes(table: Table) -> bool:
    """Whether the frequency of a service's table says nothing without the minutes of one session."""
    return all(form.needs_minutes for key, form in _FORMS.items() if key in table)


def read_frequency(table: Table) -> Frequency | None:
    """The one frequency of a service's table, or None with the problems named."""
    for form in _FORMS.values():
        table.known({form.key, *form.companions})
    given = [key for key in _FORMS if key in table]
    if not given:
        table.problems.add(table.path, f"has no frequency, expected one of: {', '.join(_FORMS)}")
        return None
    if len(given) > 1:
        table.problems.add(table.path, f"has both {' and '.join(given)}, expected one frequency")
        return None
    form = _FORMS[given[0]]
    takes = " and ".join(sorted(form.companions, reverse=True))
    only = f"which takes only {takes}" if takes else "which takes no other key"
    for key in sorted({key for other in _FORMS.values() for key in other.companions - form.companions}):
        if key in table:
            table.problem(key, f"has no meaning beside {form.key}, {only}")
    return form.read(table)


@dataclass(frozen=True, slots=True)
class _Form:
    """One way to write a frequency: the key that marks it, those that go with it, and its reader."""

    key: str
    companions: frozenset[str]
    read: Callable[[Table], Frequency | None]
    needs_minutes: bool = True  # of one session


def _read_known_slots(table: Table) -> KnownSlots | None:
    every = table.whole("every", 1, _LONGEST_GAP)
    anchor = table.date("anchor")
    slots = _read_slots(table)
    if "every" in table and every is None:
        return None
    if every is not None and every > 1 and "anchor" not in table:
        table.problem("anchor", f'is missing, expected the date of a day in an "on" week, as every = {every}')
        return None
    if "anchor" in table and every is None:
        table.problem("every", "is missing, expected a number of weeks such as 2, as there is an anchor")
        return None
    return KnownSlots(slots, every or 1, anchor) if slots else None


def _read_slots(table: Table) -> tuple[WeeklySlot, ...]:
    entries = table.entries("times", "a list of weekdays and times")
    if entries == []:
        table.problem("times", f"is empty, expected {_LIKE}")
    slots: dict[WeeklySlot, int] = {}
    for number, entry in enumerate(entries or []):
        key = f"times[{number}]"
        try:
            slot = slot_from_text(entry if isinstance(entry, str) else str(entry))
        except ValueError as error:
            table.problem(key, str(error))
            continue
        if slot.weekday > 4:
            table.problem(key, f"{WEEKDAYS[slot.weekday].title()} is never a school day, expected mon to fri")
        elif slot in slots:
            table.problem(key, f'"{slot_text(slot)}" is there twice, as times[{slots[slot]}] already')
        slots.setdefault(slot, number)
    return tuple(slots)


def _read_cycle(table: Table) -> Rotation | None:
    cycle = table.table("cycle")
    if cycle is None:
        return None
    days = cycle.whole("days", 2, _LONGEST_CYCLE, required=True)
    at, anchor = cycle.time("at", required=True), cycle.date("anchor", required=True)
    entries = cycle.entries("on", "a list of cycle days like [1, 4]", required=True)
    cycle.finish()
    wanted = f"a cycle day, 1 to {days or 'the last of the cycle'}"
    on: list[int] = []
    for number, entry in enumerate(entries or []):
        if not isinstance(entry, int) or isinstance(entry, bool) or not 1 <= entry <= (days or entry):
            cycle.problem(f"on[{number}]", f"{shown(entry)} is not right, expected {wanted}")
        elif entry in on:
            cycle.problem(f"on[{number}]", f"{entry} is there twice, expected each cycle day once")
        else:
            on.append(entry)
    if entries == []:
        cycle.problem("on", f"is empty, expected {wanted}")
    if days is None or at is None or anchor is None or not on or len(on) < len(entries or []):
        return None
    return Rotation(days, tuple(sorted(on)), at, anchor)


def _read_daily(table: Table) -> Daily | None:
    at = table.time("at")
    if not table.yes("daily") or ("at" in table and at is None):
        return None
    return Daily(at)


def _read_count(table: Table) -> CountPerPeriod | CountPerWeeks | None:
    count = table.whole("count", 1, _MOST_SESSIONS, required=True)
    anchor = table.date("anchor")
    per = table.text("per", longest=20, required=True)
    if per is None:
        return None
    weeks = _WEEKS.match(per)
    if weeks is None:
        if "anchor" in table:
            table.problem("anchor", 'has a meaning only beside per = "4 weeks" or another number of weeks')
            return None
        chosen = table.choice("per", (*PERS, "4 weeks"))
        return CountPerPeriod(count, cast(Per, chosen)) if count and chosen else None
    number = int(weeks[1])
    if not 2 <= number <= _LONGEST_GAP:
        table.problem(
            "per", f'{shown(per)} is not right, expected "2 weeks" to "{_LONGEST_GAP} weeks", or "week"'
        )
        return None
    if "anchor" not in table:
        table.problem("anchor", f"is missing, expected the date of a day in the first week of {shown(per)}")
    return CountPerWeeks(count, number, anchor) if count and anchor else None


def _read_total_minutes(table: Table) -> MinutesPerPeriod | None:
    total = table.whole("total_minutes", 1, _MOST_MINUTES, required=True)
    if "per" not in table:
        table.problem("per", "is missing, expected " + " | ".join(_MINUTES_PER))
        return None
    per = table.choice("per", _MINUTES_PER)
    if total is None or per is None:
        return None
    return MinutesPerPeriod(total, cast(Literal["week", "month", "year"], per))


def _read_kind(table: Table) -> Exceptions | Accommodation | None:
    kind = table.choice("kind", ("exception", "accommodation"))
    if kind == "accommodation":
        if "urgent" in table:
            table.problem("urgent", 'has a meaning only beside kind = "exception"')
            return None
        return Accommodation()
    urgent = table.flag("urgent")
    if kind is None or ("urgent" in table and urgent is None):
        return None
    return Exceptions(bool(urgent))


def _read_as_needed(table: Table) -> AsNeeded | None:
    return AsNeeded() if table.yes("as_needed") else None


_FORMS = {
    form.key: form
    for form in (
        _Form("times", frozenset({"every", "anchor"}), _read_known_slots),
        _Form("cycle", frozenset(), _read_cycle),
        _Form("daily", frozenset({"at"}), _read_daily),
        _Form("count", frozenset({"per", "anchor"}), _read_count),
        _Form("total_minutes", frozenset({"per"}), _read_total_minutes, needs_minutes=False),
        _Form("kind", frozenset({"urgent"}), _read_kind, needs_minutes=False),
        _Form("as_needed", frozenset(), _read_as_needed, needs_minutes=False),
    )
}
