"""A service line and a school calendar -> what the school owes.

The seam for further frequency forms: one class in types.py, one expander registered here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import singledispatch

from assistant.schedule.types import Expected, KnownSlots, SchoolCalendar, ServiceLine, WeeklySlot
from assistant.schedule.zones import session

_DAY = timedelta(days=1)


def in_force(line: ServiceLine, calendar: SchoolCalendar) -> tuple[date, date]:
    """First and last date (inclusive) on which the line can be due; the first is later where it never is."""
    return (
        max(line.starts or calendar.first_day, calendar.first_day),
        min(line.ends or calendar.last_day, calendar.last_day),
    )


def expand(line: ServiceLine, calendar: SchoolCalendar, first: date, stop: date) -> Iterator[Expected]:
    """What is expected of `line` on the school-local dates from `first` up to, not including, `stop`.

    Ordered by date, then by due time. What falls on a day depends on that day alone, so the expectations of
    [a, b) followed by those of [b, c) are those of [a, c).
    """
    from_, to = in_force(line, calendar)
    first, last = max(first, from_), min(stop - _DAY, to)
    if first > last:
        return iter(())
    return _expand(line.frequency, line, calendar, first, last)


@singledispatch
def _expand(
    frequency: object, line: ServiceLine, calendar: SchoolCalendar, first: date, last: date
) -> Iterator[Expected]:
    raise TypeError(f"no expander for a frequency of {type(frequency).__name__}")


@_expand.register
def _known_slots(
    frequency: KnownSlots, line: ServiceLine, calendar: SchoolCalendar, first: date, last: date
) -> Iterator[Expected]:
    by_weekday: dict[int, list[WeeklySlot]] = {}
    for slot in frequency.slots:
        by_weekday.setdefault(slot.weekday, []).append(slot)
    weekdays, off = sorted(by_weekday), calendar.off
    for monday in _on_weeks(frequency, line, calendar, first, last):
        for weekday in weekdays:
            day = monday + timedelta(days=weekday)
            if first <= day <= last and weekday < 5 and day not in off:
                sessions = [_slot(line, calendar, day, slot) for slot in by_weekday[weekday]]
                if len(sessions) > 1:  # a clock change can bring two out of their order on the wall
                    sessions.sort(key=lambda one: one.due_at.timestamp())
                yield from sessions


def _on_weeks(
    frequency: KnownSlots, line: ServiceLine, calendar: SchoolCalendar, first: date, last: date
) -> Iterator[date]:
    """The Mondays of the line's "on" weeks that touch the dates from `first` to `last`."""
    step = timedelta(weeks=frequency.every)
    anchor = _monday(frequency.anchor or in_force(line, calendar)[0])
    monday = _monday(first)
    monday += (anchor - monday) % step
    while monday <= last:
        yield monday
        monday += step


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _slot(line: ServiceLine, calendar: SchoolCalendar, day: date, slot: WeeklySlot) -> Expected:
    start, end = session(day, slot.at, line.minutes, calendar.zone)
    ends_early = calendar.minimum_days.get(day)
    return Expected(
        service=line.name,
        form="slot",
        date=day,
        start=start,
        end=end,
        due_sessions=1,
        due_minutes=line.minutes,
        due_at=end,
        minimum_day=ends_early is not None and slot.at >= ends_early,
    )
