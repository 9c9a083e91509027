"""A service line and a school calendar -> what the school owes.

The seam for further frequency forms: one class in types.py, one expander registered here. An expander gets
the calendar that the line lives by and yields what is due on the dates from `first` to `last`, both inside
the days the line is in force. A slot is due on its date, a period on its last instructional day; so what
falls on a day depends on that day alone, and [a, b) followed by [b, c) is [a, c).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from functools import singledispatch

from assistant.schedule.calendar import instructional_days
from assistant.schedule.periods import Span, monday_of, periods, windows
from assistant.schedule.types import (
    Accommodation,
    AsNeeded,
    CountPerPeriod,
    CountPerWeeks,
    Daily,
    Exceptions,
    Expected,
    KnownSlots,
    MinutesPerPeriod,
    Rotation,
    SchoolCalendar,
    ServiceLine,
    WeeklySlot,
)
from assistant.schedule.zones import moment, session
from assistant.words import Asks

SCHOOL_IS_OUT = time(15)  # when a period, or a session at an unknown time, falls due (contracts, section 3)
_DAY = timedelta(days=1)
_FULL_WEEK = 5  # instructional days


def calendar_for(line: ServiceLine, calendar: SchoolCalendar) -> SchoolCalendar:
    """The calendar that the line lives by: the school year's, or for an ESY line its own days.

    An ESY line without both dates is never due.
    """
    if not line.esy:
        return calendar
    first = line.starts or calendar.last_day + _DAY
    return replace(calendar, first_day=first, last_day=line.ends or first - _DAY)


def in_force(line: ServiceLine, calendar: SchoolCalendar) -> Span:
    """First and last date (inclusive) on which the line can be due; the first is later where it never is."""
    return _in_force(line, calendar_for(line, calendar))


def expand(line: ServiceLine, calendar: SchoolCalendar, first: date, stop: date) -> Iterator[Expected]:
    """What is expected of `line` on the school-local dates from `first` up to, not including, `stop`.

    Ordered by date, then by due time.
    """
    own = calendar_for(line, calendar)
    from_, to = _in_force(line, own)
    first, last = max(first, from_), min(stop - _DAY, to)
    return _expand(line.frequency, line, own, first, last) if first <= last else iter(())


def asked(line: ServiceLine, calendar: SchoolCalendar, first: date, stop: date) -> Iterator[Expected]:
    """The same in the portions that a parent is asked about: the daily sessions of a week are one.

    Over whole weeks, sessions and minutes add up to those of `expand`.
    """
    if not isinstance(line.frequency, Daily):
        return expand(line, calendar, first, stop)
    own = calendar_for(line, calendar)
    from_, to = _in_force(line, own)
    first, last = max(first, from_), min(stop - _DAY, to)
    return _daily_by_week(line.frequency, line, own, first, last) if first <= last else iter(())


def _in_force(line: ServiceLine, own: SchoolCalendar) -> Span:
    first = max(line.starts or own.first_day, own.first_day)
    last = min(line.ends or own.last_day, own.last_day)
    return (first, last) if line.consented else (first, first - _DAY)


@singledispatch
def _expand(
    frequency: object, line: ServiceLine, calendar: SchoolCalendar, first: date, last: date
) -> Iterator[Expected]:
    raise TypeError(f"no expander for a frequency of {type(frequency).__name__}")


# Sessions on known days


@_expand.register
def _known_slots(
    frequency: KnownSlots, line: ServiceLine, calendar: SchoolCalendar, first: date, last: date
) -> Iterator[Expected]:
    by_weekday: dict[int, list[WeeklySlot]] = {}
    for slot in frequency.slots:
        by_weekday.setdefault(slot.weekday, []).append(slot)
    days, every = calendar.school_days, frequency.every
    on_week = monday_of(frequency.anchor or _in_force(line, calendar)[0]).toordinal()
    for day in days[bisect_left(days, first) : bisect_right(days, last)]:
        slots = by_weekday.get(day.weekday())
        if slots is None or (every > 1 and (day.toordinal() - on_week) // 7 % every):
            continue
        if len(slots) == 1:
            yield _slot(line, calendar, day, slots[0].at)
        else:  # a clock change can bring two out of their order on the wall
            sessions = [_slot(line, calendar, day, slot.at) for slot in slots]
            yield from sorted(sessions, key=lambda one: one.due_at.timestamp())


@_expand.register
def _rotation(
    frequency: Rotation, line: ServiceLine, calendar: SchoolCalendar, first: date, last: date
) -> Iterator[Expected]:
    days = calendar.school_days
    day_one = bisect_left(days, frequency.anchor)
    for place in range(bisect_left(days, first), bisect_right(days, last)):
        if (place - day_one) % frequency.days + 1 in frequency.on:
            yield _slot(line, calendar, days[place], frequency.at)


@_expand.register
def _daily(
    frequency: Daily, line: ServiceLine, calendar: SchoolCalendar, first: date, last: date
) -> Iterator[Expected]:
    for day in instructional_days(calendar, first, last):
        yield _slot(line, calendar, day, frequency.at)


def _daily_by_week(
    frequency: Daily, line: ServiceLine, calendar: SchoolCalendar, first: date, last: date
) -> Iterator[Expected]:
    for span, days in _with_school(windows(1, first, first, last), line, calendar, first, last):
        sessions = [_slot(line, calendar, day, frequency.at) for day in days]
        minutes = sum(one.due_minutes for one in sessions)
        week = _period(line, calendar, span, days, len(days), minutes, Asks.COUNT)
        yield week._replace(due_at=max(week.due_at, sessions[-1].due_at))


def _slot(line: ServiceLine, calendar: SchoolCalendar, day: date, at: time | None) -> Expected:
    minutes, early = line.minutes, False
    if calendar.minimum_days and (ends_early := calendar.minimum_days.get(day)) is not None:
        early = at is not None and at >= ends_early
        minutes = minutes if line.minimum_day_minutes is None else line.minimum_day_minutes
    if at is None:
        due_at = moment(day, SCHOOL_IS_OUT, calendar.zone)
        return Expected(line.name, "slot", 1, minutes, due_at, date=day)
    start, end = session(day, at, minutes, calendar.zone)
    return Expected(line.name, "slot", 1, minutes, end, start, end, None, None, early, day)


# Sessions or minutes of a period


@_expand.register
def _count(
    frequency: CountPerPeriod, line: ServiceLine, calendar: SchoolCalendar, first: date, last: date
) -> Iterator[Expected]:
    spans = periods(frequency.per, calendar, _in_force(line, calendar), first, last)
    return _counted(frequency.count, spans, line, calendar, first, last)


@_expand.register
def _count_in_weeks(
    frequency: CountPerWeeks, line: ServiceLine, calendar: SchoolCalendar, first: date, last: date
) -> Iterator[Expected]:
    spans = windows(frequency.weeks, frequency.anchor, first, last)
    return _counted(frequency.count, spans, line, calendar, first, last)


def _counted(
    count: int, spans: Iterable[Span], line: ServiceLine, calendar: SchoolCalendar, first: date, last: date
) -> Iterator[Expected]:
    for span, days in _with_school(spans, line, calendar, first, last):
        sessions = min(count, len(days))
        yield _period(line, calendar, span, days, sessions, sessions * line.minutes, _asks(line, Asks.COUNT))


@_expand.register
def _minutes(
    frequency: MinutesPerPeriod, line: ServiceLine, calendar: SchoolCalendar, first: date, last: date
) -> Iterator[Expected]:
    if frequency.per == "year":
        return _year_at_pace(frequency.total, line, calendar, first, last)
    if frequency.per == "week" and line.delivery != "consult":
        return _weekly_minutes(frequency.total, line, calendar, first, last)
    return _monthly_minutes(frequency, line, calendar, first, last)


def _weekly_minutes(
    total: int, line: ServiceLine, calendar: SchoolCalendar, first: date, last: date
) -> Iterator[Expected]:
    for span, days in _with_school(windows(1, first, first, last), line, calendar, first, last):
        minutes = _rounded(total * len(days), _FULL_WEEK)
        yield _period(line, calendar, span, days, 1, minutes, _asks(line, Asks.MINUTES))


def _monthly_minutes(
    frequency: MinutesPerPeriod, line: ServiceLine, calendar: SchoolCalendar, first: date, last: date
) -> Iterator[Expected]:
    """A month's minutes; less where the line is in force for a part of its instructional days only.

    A consult written by the week is due by the month all the same: nobody hears of it more often.
    """
    months = periods("month", calendar, (first, last), first, last)
    for span, days in _with_school(months, line, calendar, first, last):
        if frequency.per == "week":
            minutes = _rounded(frequency.total * len(days), _FULL_WEEK)
        else:
            month = span[0].replace(day=1)
            whole = len(instructional_days(calendar, month, (month + timedelta(31)).replace(day=1) - _DAY))
            minutes = _rounded(frequency.total * len(days), whole)
        yield _period(line, calendar, span, days, 1, minutes, _asks(line, Asks.MINUTES))


def _year_at_pace(
    total: int, line: ServiceLine, calendar: SchoolCalendar, first: date, last: date
) -> Iterator[Expected]:
    """A year's minutes month by month, by instructional days; what rounding leaves goes to the last month."""
    force = _in_force(line, calendar)
    every = len(instructional_days(calendar, *force))
    months = list(_with_school(periods("month", calendar, force, *force), line, calendar, *force))
    left = total
    for number, (span, days) in enumerate(months, start=1):
        pace = _rounded(total * len(days), every)
        minutes = left if number == len(months) else min(pace, left)
        left -= minutes
        if first <= days[-1] <= last:
            yield _period(line, calendar, span, days, 1, minutes, _asks(line, Asks.MINUTES))


# What is there all the time, or when there is an occasion


@_expand.register
def _exceptions(
    frequency: Exceptions, line: ServiceLine, calendar: SchoolCalendar, first: date, last: date
) -> Iterator[Expected]:
    for span, days in _with_school(windows(1, first, first, last), line, calendar, first, last):
        minutes = sum(_slot(line, calendar, day, None).due_minutes for day in days)
        yield _period(line, calendar, span, days, len(days), minutes, Asks.WITHOUT)


@_expand.register
def _accommodation(
    frequency: Accommodation, line: ServiceLine, calendar: SchoolCalendar, first: date, last: date
) -> Iterator[Expected]:
    for span, days in _with_school(windows(1, first, first, last), line, calendar, first, last):
        yield _period(line, calendar, span, days, 1, 0, Asks.GIVEN)


@_expand.register
def _as_needed(
    frequency: AsNeeded, line: ServiceLine, calendar: SchoolCalendar, first: date, last: date
) -> Iterator[Expected]:
    return iter(())


def _with_school(
    spans: Iterable[Span], line: ServiceLine, calendar: SchoolCalendar, first: date, last: date
) -> Iterator[tuple[Span, Sequence[date]]]:
    """The spans cut to the days in force, with their instructional days; those due from `first` to `last`."""
    opens, closes = _in_force(line, calendar)
    school_days = calendar.school_days
    for from_, to in spans:
        from_, to = max(from_, opens), min(to, closes)
        days = school_days[bisect_left(school_days, from_) : bisect_right(school_days, to)]
        if days and first <= days[-1] <= last:
            yield (from_, to), days


def _period(
    line: ServiceLine,
    calendar: SchoolCalendar,
    span: Span,
    days: Sequence[date],
    sessions: int,
    minutes: int,
    asks: Asks,
) -> Expected:
    return Expected(
        line.name,
        "period",
        sessions,
        minutes,
        moment(days[-1], SCHOOL_IS_OUT, calendar.zone),
        period_from=span[0],
        period_to=span[1],
        asks=asks,
    )


def _asks(line: ServiceLine, usual: Asks) -> Asks:
    """A consult between staff is nothing a parent can count: they may have heard of it."""
    return Asks.HEARD if line.delivery == "consult" else usual


def _rounded(part: int, whole: int) -> int:
    """The exact fraction in whole minutes, half up."""
    return (2 * part + whole) // (2 * whole)
