"""Questions about a school calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.schedule.calendar import (
    add_school_days,
    instructional_days,
    is_instructional,
    minimum_day_ends,
)
from assistant.schedule.types import Break, SchoolCalendar
from tests.schedule.schedule_strategies import calendars, days

CALENDAR = SchoolCalendar(
    zone=ZoneInfo("America/Los_Angeles"),
    first_day=date(2026, 8, 17),
    last_day=date(2027, 6, 4),
    days_off=frozenset({date(2026, 11, 11)}),
    breaks=(Break(date(2026, 11, 23), date(2026, 11, 27)), Break(date(2026, 1, 1), date(2026, 8, 18))),
    minimum_days={date(2026, 10, 9): time(12, 30)},
)


@pytest.mark.parametrize(
    ("day", "school"),
    [
        (date(2026, 8, 14), False),  # before the first day
        (date(2026, 8, 18), False),  # a break that began in summer
        (date(2026, 8, 19), True),
        (date(2026, 8, 22), False),  # a Saturday
        (date(2026, 11, 10), True),
        (date(2026, 11, 11), False),
        (date(2026, 11, 20), True),
        (date(2026, 11, 23), False),
        (date(2026, 11, 27), False),
        (date(2026, 11, 30), True),
        (date(2027, 6, 4), True),  # the last day itself
        (date(2027, 6, 7), False),
    ],
)
def test_which_days_have_school(day: date, school: bool) -> None:
    assert is_instructional(CALENDAR, day) is school
    assert instructional_days(CALENDAR, day, day) == ([day] if school else [])


def test_a_changed_calendar_has_its_own_days() -> None:
    changed = replace(CALENDAR, days_off=frozenset())
    assert is_instructional(changed, date(2026, 11, 11))
    assert not is_instructional(CALENDAR, date(2026, 11, 11))


def test_minimum_days() -> None:
    assert minimum_day_ends(CALENDAR, date(2026, 10, 9)) == time(12, 30)
    assert minimum_day_ends(CALENDAR, date(2026, 10, 8)) is None


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 11, 10), 0, date(2026, 11, 10)),
        (date(2026, 11, 10), 1, date(2026, 11, 12)),  # over a day off
        (date(2026, 11, 20), 1, date(2026, 11, 30)),  # over a break
        (date(2026, 11, 25), 1, date(2026, 11, 30)),  # from inside a break
        (date(2026, 11, 30), -1, date(2026, 11, 20)),
        (date(2027, 6, 4), 10, date(2027, 6, 18)),  # after the year: Monday to Friday
        (date(2026, 9, 1), 10, date(2026, 9, 15)),
    ],
)
def test_school_days_from_a_day(day: date, count: int, expected: date) -> None:
    assert add_school_days(CALENDAR, day, count) == expected


@given(calendars(), days, days)
def test_the_list_is_the_single_answers(calendar: SchoolCalendar, first: date, last: date) -> None:
    every = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert instructional_days(calendar, first, last) == [
        day for day in every if is_instructional(calendar, day)
    ]


@given(calendars(), days, st.integers(0, 40), st.integers(0, 40))
def test_school_days_add_up(calendar: SchoolCalendar, day: date, one: int, two: int) -> None:
    step = add_school_days(calendar, day, one)
    assert add_school_days(calendar, step, two) == add_school_days(calendar, day, one + two)


@given(calendars(), days, st.integers(1, 40))
def test_within_the_year_it_counts_instructional_days(
    calendar: SchoolCalendar, day: date, count: int
) -> None:
    found = add_school_days(calendar, day, count)
    if calendar.first_day <= day and found <= calendar.last_day:
        assert len(instructional_days(calendar, day + timedelta(days=1), found)) == count
        assert is_instructional(calendar, found)
