"""Business days: Monday to Friday without the federal holidays, worked out from their rules."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

_MONDAY, _THURSDAY, _SATURDAY, _SUNDAY = 0, 3, 5, 6
_DAY = timedelta(days=1)


def is_business_day(day: date) -> bool:
    """Whether `day` is Monday to Friday and no federal holiday is observed on it."""
    return day.weekday() < _SATURDAY and day not in federal_holidays(day.year)


@lru_cache(maxsize=64)
def federal_holidays(year: int) -> frozenset[date]:
    """The days of `year` on which a federal holiday is observed.

    A Saturday's holiday is observed the Friday before (New Year's Day perhaps in the year before),
    a Sunday's the Monday after.
    """
    fixed = [(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)]
    days = [_observed(date(year, month, day)) for month, day in fixed] + [
        _nth(year, 1, _MONDAY, 3),  # Martin Luther King Jr.
        _nth(year, 2, _MONDAY, 3),  # Washington
        _nth(year, 6, _MONDAY, 1) - 7 * _DAY,  # Memorial Day: the last Monday of May
        _nth(year, 9, _MONDAY, 1),  # Labor Day
        _nth(year, 10, _MONDAY, 2),  # Columbus, Indigenous Peoples
        _nth(year, 11, _THURSDAY, 4),  # Thanksgiving
    ]
    if year < date.max.year:
        days.append(_observed(date(year + 1, 1, 1)))
    return frozenset(day for day in days if day.year == year)


def _observed(day: date) -> date:
    if day.weekday() == _SATURDAY:
        return day - _DAY
    return day + _DAY if day.weekday() == _SUNDAY else day


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta((weekday - first.weekday()) % 7 + 7 * (n - 1))
