"""Calendars and frequencies as plain JSON values, for whoever has to keep them. The words are the file's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Any

from assistant.schedule.forms import WEEKDAYS, weekday_from_text
from assistant.schedule.types import (
    Accommodation,
    AsNeeded,
    Break,
    CountPerPeriod,
    CountPerWeeks,
    Daily,
    Exceptions,
    Frequency,
    KnownSlots,
    MinutesPerPeriod,
    Rotation,
    SchoolCalendar,
    WeeklySlot,
)
from assistant.schedule.zones import zone


def calendar_to_json(calendar: SchoolCalendar) -> dict[str, Any]:
    """The calendar as plain values: ISO dates in order, the zone by its name."""
    data: dict[str, Any] = {
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
    if calendar.semesters:
        data["semesters"] = [day.isoformat() for day in calendar.semesters]
    return data


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
        semesters=tuple(date.fromisoformat(day) for day in data.get("semesters", ())),
    )


def frequency_to_json(frequency: Frequency) -> dict[str, Any]:
    """The frequency as plain values; `form` says which one it is."""
    match frequency:
        case KnownSlots(slots, every, anchor):
            times = [[WEEKDAYS[slot.weekday][:3], slot.at.isoformat()] for slot in slots]
            return {"form": "times", "times": times, "every": every, "anchor": _day(anchor)}
        case Rotation(days, on, at, anchor):
            return {
                "form": "cycle",
                "days": days,
                "on": list(on),
                "at": at.isoformat(),
                "anchor": _day(anchor),
            }
        case Daily(at):
            return {"form": "daily", "at": None if at is None else at.isoformat()}
        case CountPerPeriod(count, per):
            return {"form": "count", "count": count, "per": per}
        case CountPerWeeks(count, weeks, anchor):
            return {"form": "count_in_weeks", "count": count, "weeks": weeks, "anchor": _day(anchor)}
        case MinutesPerPeriod(total, per):
            return {"form": "minutes", "total": total, "per": per}
        case Exceptions(urgent):
            return {"form": "exception", "urgent": urgent}
        case Accommodation():
            return {"form": "accommodation"}
        case AsNeeded():
            return {"form": "as_needed"}


def frequency_from_json(data: Mapping[str, Any]) -> Frequency:
    """The frequency that `frequency_to_json` wrote. Raises ValueError or KeyError for anything else."""
    match data["form"]:
        case "times":
            slots = tuple(_slot(weekday, at) for weekday, at in data["times"])
            anchor = data["anchor"]
            return KnownSlots(slots, data["every"], None if anchor is None else date.fromisoformat(anchor))
        case "cycle":
            at, first = time.fromisoformat(data["at"]), date.fromisoformat(data["anchor"])
            return Rotation(data["days"], tuple(data["on"]), at, first)
        case "daily":
            return Daily(None if data["at"] is None else time.fromisoformat(data["at"]))
        case "count":
            return CountPerPeriod(data["count"], data["per"])
        case "count_in_weeks":
            return CountPerWeeks(data["count"], data["weeks"], date.fromisoformat(data["anchor"]))
        case "minutes":
            return MinutesPerPeriod(data["total"], data["per"])
        case "exception":
            return Exceptions(data["urgent"])
        case "accommodation":
            return Accommodation()
        case "as_needed":
            return AsNeeded()
    raise ValueError(f"{data['form']!r} is not a known form of frequency")


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _slot(word: str, at: str) -> WeeklySlot:
    weekday = weekday_from_text(word)
    if weekday is None:
        raise ValueError(f"{word!r} is not a weekday")
    return WeeklySlot(weekday, time.fromisoformat(at))
