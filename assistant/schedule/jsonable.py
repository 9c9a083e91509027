"""Calendars and frequencies as plain JSON values, for whoever has to keep them. The words are the file's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Any

from assistant.schedule.forms import WEEKDAYS, weekday_from_text
from assistant.schedule.types import Break, Frequency, KnownSlots, SchoolCalendar, WeeklySlot
from assistant.schedule.zones import zone


def calendar_to_json(calendar: SchoolCalendar) -> dict[str, Any]:
    """The calendar as plain values: ISO dates in order, the zone by its name."""
    return {
        "timezone": calendar.zone.key,
        "first_day": calendar.first_day.isoformat(),
        "last_day": calendar.last_day.isoformat(),
        "days_off": [day.isoformat() for day in sorted(calendar.days_off)],
        "breaks": [
            {"from": one.first.isoformat(), "to": one.last.isoformat(), "name": one.name}
            for one in calendar.breaks
        ],
        "minimum_days": [
            {"date": day.isoformat(), "ends": ends.isoformat()}
            for day, ends in sorted(calendar.minimum_days.items())
        ],
    }


def calendar_from_json(data: Mapping[str, Any]) -> SchoolCalendar:
    """The calendar that `calendar_to_json` wrote. Raises ValueError or KeyError for anything else."""
    return SchoolCalendar(
        zone=zone(data["timezone"]),
        first_day=date.fromisoformat(data["first_day"]),
        last_day=date.fromisoformat(data["last_day"]),
        days_off=frozenset(date.fromisoformat(day) for day in data["days_off"]),
        breaks=tuple(
            Break(date.fromisoformat(one["from"]), date.fromisoformat(one["to"]), one["name"])
            for one in data["breaks"]
        ),
        minimum_days={
            date.fromisoformat(one["date"]): time.fromisoformat(one["ends"]) for one in data["minimum_days"]
        },
    )


def frequency_to_json(frequency: Frequency) -> dict[str, Any]:
    """The frequency as plain values; `form` says which one it is."""
    return {
        "form": "times",
        "times": [[WEEKDAYS[slot.weekday][:3], slot.at.isoformat()] for slot in frequency.slots],
        "every": frequency.every,
        "anchor": None if frequency.anchor is None else frequency.anchor.isoformat(),
    }


def frequency_from_json(data: Mapping[str, Any]) -> Frequency:
    """The frequency that `frequency_to_json` wrote. Raises ValueError or KeyError for anything else."""
    if data["form"] != "times":
        raise ValueError(f"{data['form']!r} is not a known form of frequency")
    return KnownSlots(
        slots=tuple(_slot(weekday, at) for weekday, at in data["times"]),
        every=data["every"],
        anchor=None if data["anchor"] is None else date.fromisoformat(data["anchor"]),
    )


def _slot(word: str, at: str) -> WeeklySlot:
    weekday = weekday_from_text(word)
    if weekday is None:
        raise ValueError(f"{word!r} is not a weekday")
    return WeeklySlot(weekday, time.fromisoformat(at))
