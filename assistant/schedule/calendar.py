"""Questions about a school calendar. Dates are school-local; ranges include both ends."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date, time, timedelta

from assistant.schedule.types import SchoolCalendar

_DAY = timedelta(days=1)
_SATURDAY = 5


def is_instructional(calendar: SchoolCalendar, day: date) -> bool:
    """Whether pupils have school: Monday to Friday inside the school year, no day off, no break."""
    return (
        day.weekday() < _SATURDAY
        and calendar.first_day <= day <= calendar.last_day
        and day not in calendar.off
    )


def instructional_days(calendar: SchoolCalendar, first: date, last: date) -> list[date]:
    """The instructional days from `first` to `last`, both included, in order."""
    days = calendar.school_days
    return list(days[bisect_left(days, first) : bisect_right(days, last)])


def minimum_day_ends(calendar: SchoolCalendar, day: date) -> time | None:
    """The local time at which school ends early on `day`; None where it does not."""
    return calendar.minimum_days.get(day)


def add_school_days(calendar: SchoolCalendar, day: date, count: int) -> date:
    """The `count`-th instructional day after `day` (before it, where `count` is negative); 0 is `day` itself.

    `day` is not counted. Outside the school year, where the calendar knows no days off, Monday to Friday
    count as school days, so that there is always a date.
    """
    days, off, left = calendar.school_days, calendar.off, abs(count)
    step = _DAY if count > 0 else -_DAY
    if days and count and calendar.first_day <= day <= calendar.last_day:  # mostly it stays within the year
        place = bisect_right(days, day) - 1 + count if count > 0 else bisect_left(days, day) + count
        if 0 <= place < len(days):
            return days[place]
        day = calendar.last_day if count > 0 else calendar.first_day
        left = place - len(days) + 1 if count > 0 else -place
    while left:
        day += step
        left -= day.weekday() < _SATURDAY and day not in off
    return day
