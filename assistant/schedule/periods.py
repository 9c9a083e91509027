"""The periods that an IEP counts in: weeks, windows of weeks, months, semesters, the year.

A period is a pair of school-local dates, both included, before it is cut to the days a line is in force.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from assistant.schedule.types import Per, SchoolCalendar

Span = tuple[date, date]

_DAY = timedelta(days=1)


def monday_of(day: date) -> date:
    """The Monday of that day's week; weeks run Monday to Sunday."""
    return day - timedelta(days=day.weekday())


def periods(per: Per, calendar: SchoolCalendar, force: Span, first: date, last: date) -> Iterator[Span]:
    """The periods that touch the dates from `first` to `last`, in order. The year is the line's `force`."""
    if per == "week":
        return windows(1, first, first, last)
    if per == "month":
        return _months(first, last)
    if per == "semester":
        return _semesters(calendar, first, last)
    return iter([force])


def windows(weeks: int, anchor: date, first: date, last: date) -> Iterator[Span]:
    """Windows of that many calendar weeks, one of them beginning on the Monday of `anchor`'s week."""
    step = timedelta(weeks=weeks)
    start = monday_of(anchor)
    start += (first - start) // step * step
    while start <= last:
        yield start, start + step - _DAY
        start += step


def _months(first: date, last: date) -> Iterator[Span]:
    start = first.replace(day=1)
    while start <= last:
        following = (start + timedelta(days=31)).replace(day=1)
        yield start, following - _DAY
        start = following


def semester_starts(calendar: SchoolCalendar) -> tuple[date, ...]:
    """The first day of each semester. Where the calendar names none: the year's first day and 1 January."""
    if calendar.semesters:
        return calendar.semesters
    january = date(calendar.first_day.year + 1, 1, 1)
    inside = calendar.first_day < january <= calendar.last_day
    return (calendar.first_day, january) if inside else (calendar.first_day,)


def _semesters(calendar: SchoolCalendar, first: date, last: date) -> Iterator[Span]:
    starts = [*semester_starts(calendar), calendar.last_day + _DAY]
    starts[0] = min(starts[0], calendar.first_day)  # days before the first one named belong to it
    for start, following in pairwise(starts):
        if start <= last and following > first and start < following:
            yield start, following - _DAY
