"""The ways a schedule file writes a frequency (contracts, section 3), one reader each.

The seam for further forms: a class in types.py, a reader here, an expander in expand.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import time

from assistant.schedule.fields import Table, shown
from assistant.schedule.types import Frequency, KnownSlots, WeeklySlot

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LIKE = 'a weekday and time like "tue 14:00"'
_SLOT = re.compile(r"^([A-Za-z]+)\s+(\d{1,2}):(\d{2})$")
_WITH_OFFSET = re.compile(r"\d{1,2}:\d{2}(:\d{2})?\s*(Z|[+-]\d{1,2}(:?\d{2})?|[A-Z]{2,5}|[A-Za-z_]+/\w+)$")
_LONGEST_GAP = 52  # weeks


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
        table.problems.add(table.path, 'has no frequency, expected times = ["tue 14:00"]')
        return None
    if len(given) > 1:
        table.problems.add(table.path, f"has both {' and '.join(given)}, expected one frequency")
        return None
    form = _FORMS[given[0]]
    if form.read is None:
        table.problem(form.key, 'this version reads only known times, expected times = ["tue 14:00"]')
        return None
    takes = " and ".join(sorted(form.companions, reverse=True))
    for key in sorted({key for other in _FORMS.values() for key in other.companions - form.companions}):
        if key in table:
            table.problem(key, f"has no meaning beside {form.key}, which takes only {takes}")
    return form.read(table)


@dataclass(frozen=True, slots=True)
class _Form:
    """One way to write a frequency: the key that marks it, those that go with it, and its reader."""

    key: str
    companions: frozenset[str]
    read: Callable[[Table], Frequency | None] | None
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


_FORMS = {
    form.key: form
    for form in (
        _Form("times", frozenset({"every", "anchor"}), _read_known_slots),
        # Known, and not read yet.
        _Form("cycle", frozenset(), None),
        _Form("daily", frozenset({"at"}), None),
        _Form("count", frozenset({"per", "anchor"}), None),
        _Form("total_minutes", frozenset({"per"}), None, needs_minutes=False),
        _Form("kind", frozenset({"urgent"}), None, needs_minutes=False),
    )
}
