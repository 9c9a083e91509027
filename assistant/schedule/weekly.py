"""A weekly moment on a local clock, and the week and month that lie before it. Pure.

Walking from week to week is done on the calendar and turned into moments last: a clock change moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from assistant.schedule.zones import moment

_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)

Span = tuple[date, date]  # first and last day, both included


@dataclass(frozen=True, slots=True)
class Weekly:
    """Every week on `weekday` (Monday is 0) when clocks in `zone` show `at`."""

    weekday: int
    at: time
    zone: ZoneInfo

    def newest(self, now: datetime) -> datetime:
        """The last such moment up to and including `now`, in UTC."""
        today = now.astimezone(self.zone).date()
        day = today - timedelta(days=(today.weekday() - self.weekday) % 7)
        found = self._on(day)
        return found if found <= now else self._on(day - _WEEK)

    def after(self, now: datetime) -> datetime:
        """The first such moment after `now`, in UTC."""
        return self._on(self.day_of(self.newest(now)) + _WEEK)

    def between(self, first: datetime, last: datetime) -> Iterator[datetime]:
        """Every such moment from `first` to `last`, both included, in UTC; none where `first` is none."""
        found = first
        while found == self.newest(found) and found <= last:
            yield found
            found = self.after(found)

    def day_of(self, found: datetime) -> date:
        """The local day of such a moment."""
        return found.astimezone(self.zone).date()

    def _on(self, day: date) -> datetime:
        return moment(day, self.at, self.zone).astimezone(UTC)


def week_before(day: date) -> Span:
    """The last Monday to Sunday that is over on `day`."""
    monday = day - timedelta(days=day.weekday())
    return monday - _WEEK, monday - _DAY


def month_before(day: date) -> Span:
    """The calendar month before the one of `day`."""
    last = day.replace(day=1) - _DAY
    return last.replace(day=1), last


def is_first_of_month(day: date) -> bool:
    """Whether `day` is the first of its weekday in its month."""
    return day.day <= 7
