"""Which days of a school calendar do not count in a clock that leaves out long vacations.

A vacation is long when it takes more than five school days. A Thanksgiving week of exactly five counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from assistant.schedule.types import SchoolCalendar

Span = tuple[date, date]  # both ends included

_SATURDAY = 5
_DAY = timedelta(days=1)
_LONGER_THAN = 5
_YEAR_OF_WEEKS = timedelta(weeks=52)


def long_vacations(calendar: SchoolCalendar) -> list[Span]:
    """The narrow reading: from a long vacation's first weekday to its last.

    Breaks are taken one by one; days off that belong to no break make a vacation where they run on.
    """
    in_breaks: set[date] = set()
    spans: list[Span] = []
    for one in calendar.breaks:
        days = _weekdays(one.first, one.last)
        in_breaks.update(days)
        spans += _runs(days)
    spans += _runs(calendar.days_off - in_breaks)
    return [span for span in spans if _is_long(span)]


def long_vacations_at_most(calendar: SchoolCalendar) -> list[Span]:
    """The wide reading: single days off beside a break belong to it, and so do the weekends that touch it."""
    return [
        (_back_over_weekend(first), _on_over_weekend(last))
        for first, last in _runs(calendar.off)
        if _is_long((first, last))
    ]


def between_terms(calendar: SchoolCalendar, next_first_day: date | None) -> list[Span]:
    """The days without a term before and after this school year.

    Raises ValueError for a `next_first_day` that is not after this year's last day.
    """
    following = next_first_day or calendar.first_day + _YEAR_OF_WEEKS
    if next_first_day is not None and next_first_day <= calendar.last_day:
        raise ValueError("next_first_day: expected a day after the school year's last")
    before = (calendar.last_day - _YEAR_OF_WEEKS + _DAY, calendar.first_day - _DAY)
    return [before, (calendar.last_day + _DAY, following - _DAY)]


def _runs(days: Iterable[date]) -> list[Span]:
    """Weekdays that follow each other, weekends between them passed over."""
    spans: list[Span] = []
    for day in sorted(day for day in days if day.weekday() < _SATURDAY):
        if spans and _on_over_weekend(spans[-1][1]) + _DAY >= day:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return spans


def _weekdays(first: date, last: date) -> list[date]:
    days = (first + timedelta(n) for n in range((last - first).days + 1))
    return [day for day in days if day.weekday() < _SATURDAY]


def _is_long(span: Span) -> bool:
    return len(_weekdays(*span)) > _LONGER_THAN


def _back_over_weekend(day: date) -> date:
    while (day - _DAY).weekday() >= _SATURDAY:
        day -= _DAY
    return day


def _on_over_weekend(day: date) -> date:
    while (day + _DAY).weekday() >= _SATURDAY:
        day += _DAY
    return day
