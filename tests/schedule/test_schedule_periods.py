"""What holds for every frequency form, whatever the calendar; and periods worked out another way."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.schedule.calendar import instructional_days
from assistant.schedule.expand import asked, calendar_for, expand, in_force
from assistant.schedule.jsonable import frequency_from_json, frequency_to_json
from assistant.schedule.nudge import nudge_day
from assistant.schedule.types import (
    Accommodation,
    AsNeeded,
    CountPerPeriod,
    CountPerWeeks,
    Daily,
    Exceptions,
    Expected,
    Frequency,
    MinutesPerPeriod,
    Per,
    Rotation,
    SchoolCalendar,
    ServiceLine,
)
from assistant.words import Asks
from tests.schedule.schedule_strategies import calendars, days, frequencies, times
from tests.support.examples import some

PERS: tuple[Per, ...] = ("week", "month", "semester", "year")
DAY = timedelta(days=1)
LA = ZoneInfo("America/Los_Angeles")


@st.composite
def rotations(draw: st.DrawFn) -> Rotation:
    length = draw(st.integers(2, 10))
    on = draw(st.sets(st.integers(1, length), min_size=1))
    return Rotation(length, tuple(sorted(on)), draw(times), draw(days))


every_form: st.SearchStrategy[Frequency] = st.one_of(
    frequencies,
    rotations(),
    st.builds(Daily, st.none() | times),
    st.builds(CountPerPeriod, st.integers(1, 30), st.sampled_from(PERS)),
    st.builds(CountPerWeeks, st.integers(1, 8), st.integers(2, 6), days),
    st.builds(MinutesPerPeriod, st.integers(1, 3000), st.sampled_from(("week", "month", "year"))),
    st.builds(Exceptions, st.booleans()),
    st.just(Accommodation()),
    st.just(AsNeeded()),
)


@st.composite
def lines(draw: st.DrawFn, forms: st.SearchStrategy[Frequency] = every_form) -> ServiceLine:
    starts, ends = draw(st.none() | days), draw(st.none() | days)
    if starts and ends and ends < starts:
        starts, ends = ends, starts
    return ServiceLine(
        name="Service",
        alias="service",
        minutes=draw(st.integers(1, 120)),
        frequency=draw(forms),
        starts=starts,
        ends=ends,
        delivery=draw(st.sampled_from(["direct", "consult"])),
        minimum_day_minutes=draw(st.none() | st.integers(0, 60)),
    )


def whole(line: ServiceLine, calendar: SchoolCalendar) -> list[Expected]:
    first, last = in_force(line, calendar)
    return list(expand(line, calendar, first, last + DAY))


def due_on(one: Expected) -> date:
    return one.date or one.due_at.date()


@settings(max_examples=some(250))
@given(lines(), calendars(), st.lists(days, min_size=3, max_size=3))
def test_a_to_b_and_b_to_c_is_a_to_c(line: ServiceLine, calendar: SchoolCalendar, cuts: list[date]) -> None:
    a, b, c = sorted(cuts)
    for way in (expand, asked):
        assert [*way(line, calendar, a, b), *way(line, calendar, b, c)] == list(way(line, calendar, a, c))


@settings(max_examples=some(250))
@given(lines(), calendars())
def test_nothing_is_due_on_a_day_without_school(line: ServiceLine, calendar: SchoolCalendar) -> None:
    first, last = in_force(line, calendar)
    school = set(instructional_days(calendar, first, last))
    for one in whole(line, calendar):
        assert due_on(one) in school
        if one.period_from and one.period_to:
            assert first <= one.period_from <= one.period_to <= last
            inside = instructional_days(calendar, one.period_from, one.period_to)
            assert inside[-1] == one.due_at.date()
            assert one.due_at.time() == time(15)
            assert one.due_sessions <= max(len(inside), 1)


@settings(max_examples=some(150))
@given(lines(), calendars())
def test_due_dates_only_go_forward(line: ServiceLine, calendar: SchoolCalendar) -> None:
    found = [due_on(one) for one in whole(line, calendar)]
    assert found == sorted(found)


@settings(max_examples=some(150))
@given(lines(), calendars())
def test_what_is_asked_adds_up_to_what_is_expected(line: ServiceLine, calendar: SchoolCalendar) -> None:
    first, last = in_force(line, calendar)
    portions = list(asked(line, calendar, first, last + DAY))
    every = whole(line, calendar)
    assert sum(one.due_minutes for one in portions) == sum(one.due_minutes for one in every)
    assert sum(one.due_sessions for one in portions) == sum(one.due_sessions for one in every)
    assert len({due_on(one) for one in portions}) == len(portions) or not isinstance(line.frequency, Daily)


@settings(max_examples=some(150))
@given(lines(st.builds(MinutesPerPeriod, st.integers(1, 3000), st.just("year"))), calendars())
def test_the_months_of_a_year_add_up_to_it(line: ServiceLine, calendar: SchoolCalendar) -> None:
    assert isinstance(line.frequency, MinutesPerPeriod)
    found = [one.due_minutes for one in whole(line, calendar)]
    assert sum(found) == (line.frequency.total if found else 0)
    assert all(minutes >= 0 for minutes in found)
    first, last = in_force(line, calendar)
    every = len(instructional_days(calendar, first, last))
    left = line.frequency.total
    for one in whole(line, calendar)[:-1]:
        assert one.period_from
        assert one.period_to
        share = len(instructional_days(calendar, one.period_from, one.period_to))
        pace = int(line.frequency.total * share / every + 0.5 + 1e-9)
        assert one.due_minutes == min(pace, left)
        left -= one.due_minutes


@settings(max_examples=some(150))
@given(
    lines(st.builds(MinutesPerPeriod, st.integers(1, 3000), st.sampled_from(("week", "month")))), calendars()
)
def test_minutes_of_a_period_follow_its_school_days(line: ServiceLine, calendar: SchoolCalendar) -> None:
    assert isinstance(line.frequency, MinutesPerPeriod)
    total, per = line.frequency.total, line.frequency.per
    for one in whole(line, calendar):
        assert one.period_from
        assert one.period_to
        inside = len(instructional_days(calendar, one.period_from, one.period_to))
        if per == "week":
            assert one.due_minutes == (2 * total * inside + 5) // 10
        else:
            month = one.period_from.replace(day=1)
            following = (month + timedelta(31)).replace(day=1)
            all_days = len(instructional_days(calendar, month, following - DAY))
            assert one.due_minutes == (2 * total * inside + all_days) // (2 * all_days)
            assert inside < all_days or one.due_minutes == total


@settings(max_examples=some(150))
@given(lines(st.builds(CountPerPeriod, st.integers(1, 30), st.sampled_from(PERS))), calendars())
def test_a_count_is_never_more_than_the_school_days(line: ServiceLine, calendar: SchoolCalendar) -> None:
    assert isinstance(line.frequency, CountPerPeriod)
    for one in whole(line, calendar):
        assert one.period_from
        assert one.period_to
        inside = len(instructional_days(calendar, one.period_from, one.period_to))
        assert one.due_sessions == min(line.frequency.count, inside)
        assert one.due_minutes == one.due_sessions * line.minutes


@settings(max_examples=some(150))
@given(lines(), calendars())
def test_periods_of_a_line_never_overlap_and_leave_no_school_day_out(
    line: ServiceLine, calendar: SchoolCalendar
) -> None:
    spans = [(one.period_from, one.period_to) for one in whole(line, calendar) if one.period_from]
    covered = [
        day for first, last in spans if first and last for day in instructional_days(calendar, first, last)
    ]
    first, last = in_force(line, calendar)
    assert len(covered) == len(set(covered))
    if spans:
        assert covered == instructional_days(calendar, first, last)


@settings(max_examples=some(100))
@given(lines(rotations()), calendars())
def test_a_rotation_walks_the_school_days_only(line: ServiceLine, calendar: SchoolCalendar) -> None:
    """The cycle day of each school day, counted by hand from the anchor on."""
    frequency = line.frequency
    assert isinstance(frequency, Rotation)
    from_anchor = instructional_days(calendar, frequency.anchor, calendar.last_day)
    first, last = in_force(line, calendar)
    expected = []
    cycle_day = 0
    for day in from_anchor:
        cycle_day = cycle_day % frequency.days + 1
        if cycle_day in frequency.on and first <= day <= last:
            expected.append(day)
    found = [one.date for one in whole(line, calendar) if one.date and one.date >= frequency.anchor]
    assert found == expected


@given(lines(), calendars())
def test_without_consent_nothing_is_due(line: ServiceLine, calendar: SchoolCalendar) -> None:
    refused = replace(line, consented=False)
    assert list(expand(refused, calendar, calendar.first_day, calendar.last_day + DAY)) == []
    assert list(asked(refused, calendar, calendar.first_day, calendar.last_day + DAY)) == []


@given(lines(), calendars(), days, st.integers(0, 40))
def test_an_esy_line_lives_by_its_own_dates(
    line: ServiceLine, calendar: SchoolCalendar, starts: date, length: int
) -> None:
    summer = replace(line, esy=True, starts=starts, ends=starts + timedelta(length))
    own = calendar_for(summer, calendar)
    for one in whole(summer, calendar):
        assert starts <= due_on(one) <= starts + timedelta(length)
        assert due_on(one).weekday() < 5
        assert due_on(one) not in calendar.days_off
    counted = isinstance(line.frequency, Daily | Exceptions)
    assert not counted or sum(one.due_sessions for one in whole(summer, calendar)) == len(own.school_days)


@given(every_form)
def test_every_form_comes_back_from_json_as_it_was(frequency: Frequency) -> None:
    assert frequency_from_json(json.loads(json.dumps(frequency_to_json(frequency)))) == frequency


@settings(max_examples=some(200))
@given(lines(), calendars(), st.integers(0, 40))
def test_a_nudge_comes_only_where_the_rest_no_longer_fits(
    line: ServiceLine, calendar: SchoolCalendar, known: int
) -> None:
    for one in whole(line, calendar):
        day = nudge_day(one, calendar, line.minutes, known)
        if day is None:
            continue
        assert one.period_from
        assert one.period_to
        inside = instructional_days(calendar, one.period_from, one.period_to)
        left = len([later for later in inside if later > day])
        wanted = one.due_sessions if one.asks is Asks.COUNT else -(-one.due_minutes // line.minutes)
        assert left < wanted - known  # it no longer fits
        assert left >= 3  # early enough to be worth a text
        assert inside.index(day) >= len(inside) // 2  # not in the first half
        assert inside.index(day) == len(inside) // 2 or left + 1 >= wanted - known or len(inside) % 2


def test_twice_a_month_needs_no_nudge_and_ten_a_semester_do() -> None:
    calendar = SchoolCalendar(LA, date(2026, 8, 17), date(2026, 12, 18))
    monthly = ServiceLine("PT", "PT", 30, CountPerPeriod(2, "month"))
    assert all(nudge_day(one, calendar, 30) is None for one in whole(monthly, calendar))
    group = ServiceLine("Group", "group", 45, CountPerPeriod(10, "semester"))
    (one,) = whole(group, calendar)
    # Ten sessions, one a day at most: after 7 December nine school days are left (8 to 18 December).
    assert nudge_day(one, calendar, 45) == date(2026, 12, 7)
    # With four told of, six are left to fit: after 10 December they no longer do.
    assert nudge_day(one, calendar, 45, 4) == date(2026, 12, 11)
    assert nudge_day(one, calendar, 45, 9) is None


def test_fifteen_hours_is_the_same_wall_time_on_both_sides_of_a_clock_change() -> None:
    calendar = SchoolCalendar(LA, date(2026, 10, 26), date(2026, 11, 13))
    aide = ServiceLine("Aide", "aide", 0, Exceptions())
    found = [one.due_at.isoformat() for one in whole(aide, calendar)]
    assert found == [
        "2026-10-30T15:00:00-07:00",
        "2026-11-06T15:00:00-08:00",
        "2026-11-13T15:00:00-08:00",
    ]
    assert all(datetime.fromisoformat(text).hour == 15 for text in found)


def test_without_semesters_the_year_has_two() -> None:
    calendar = SchoolCalendar(LA, date(2026, 8, 17), date(2027, 6, 4))
    line = ServiceLine("Group", "group", 45, CountPerPeriod(10, "semester"))
    spans = [(one.period_from, one.period_to) for one in whole(line, calendar)]
    assert spans == [
        (date(2026, 8, 17), date(2026, 12, 31)),
        (date(2027, 1, 1), date(2027, 6, 4)),
    ]
