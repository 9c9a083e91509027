"""The 31 lines that a form has to hold, each with figures worked out without the room."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from assistant.schedule.expand import asked, expand, in_force
from assistant.schedule.file import read_schedule
from assistant.schedule.types import AsNeeded, Expected, ServiceLine
from assistant.words import Asks

SCHEDULE = read_schedule(Path(__file__).parent / "iep_lines.toml")
OFF = {date(2026, 9, 7), date(2026, 11, 11), date(2027, 1, 18), date(2027, 2, 12), date(2027, 2, 15)}
OFF |= {date(2027, 5, 31), date(2027, 7, 5)}
for first, length in ((date(2026, 11, 23), 5), (date(2026, 12, 21), 19), (date(2027, 4, 5), 5)):
    OFF |= {first + timedelta(n) for n in range(length)}
SHORT = {date(2026, 10, 9), date(2027, 3, 12)}


def days(first: date, last: date) -> list[date]:
    """School days by plain counting."""
    every = [first + timedelta(n) for n in range((last - first).days + 1)]
    return [day for day in every if day.weekday() < 5 and day not in OFF]


YEAR = days(date(2026, 8, 17), date(2027, 6, 4))


def on(*weekdays: int, first: date = YEAR[0], last: date = YEAR[-1]) -> list[date]:
    return [day for day in days(first, last) if day.weekday() in weekdays]


def weeks(school: list[date]) -> dict[date, list[date]]:
    found: dict[date, list[date]] = {}
    for day in school:
        found.setdefault(day - timedelta(day.weekday()), []).append(day)
    return found


def months(school: list[date]) -> dict[tuple[int, int], list[date]]:
    found: dict[tuple[int, int], list[date]] = {}
    for day in school:
        found.setdefault((day.year, day.month), []).append(day)
    return found


def half_up(minutes: float) -> int:
    return int(minutes + 0.5)


def lines(number: int) -> list[ServiceLine]:
    return [line for line in SCHEDULE.services if line.wording.startswith(f"{number}. ")]


def due(line: ServiceLine) -> list[Expected]:
    first, last = in_force(line, SCHEDULE.calendar)
    return list(expand(line, SCHEDULE.calendar, first, last + timedelta(1)))


def dates(line: ServiceLine) -> list[date | None]:
    return [one.date for one in due(line)]


def minutes(line: ServiceLine) -> list[int]:
    return [one.due_minutes for one in due(line)]


def sessions(line: ServiceLine) -> list[int]:
    return [one.due_sessions for one in due(line)]


def test_the_year_has_as_many_school_days_as_were_counted() -> None:
    # 42 weeks of five days from 17 August to 4 June, less six single days and 5 + 15 + 5 of the breaks.
    assert len(YEAR) == 42 * 5 - 6 - 25 == 179


def test_all_31_lines_are_there() -> None:
    numbers = {int(re.match(r"\d+", line.wording)[0]) for line in SCHEDULE.services}  # type: ignore[index]
    assert numbers == set(range(1, 32))
    assert [number for number in range(1, 32) if len(lines(number)) == 2] == [3, 4, 14, 18, 20, 23, 31]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, on(1, 3, first=date(2026, 9, 14))),
        (9, on(0, 2)),
        (19, on(4)),
        (24, on(0, 2)),
        (25, on(1, 3, first=date(2027, 6, 14), last=date(2027, 7, 9))),
    ],
)
def test_known_slots_fall_on_their_school_days(number: int, expected: list[date]) -> None:
    (line,) = lines(number)
    assert dates(line) == expected
    assert set(minutes(line)) == {line.minutes}


def test_8_every_other_week_counts_weeks_of_break_too() -> None:
    (line,) = lines(8)
    mondays = [date(2026, 8, 17) + timedelta(weeks=2 * n) for n in range(21)]
    assert dates(line) == [day for day in mondays if day in YEAR]


@pytest.mark.parametrize(("number", "place", "a_week"), [(2, 0, 3), (3, 0, 1), (3, 1, 1), (20, 0, 2)])
def test_n_a_week_is_never_more_than_the_days_of_the_week(number: int, place: int, a_week: int) -> None:
    line = lines(number)[place]
    expected = [min(a_week, len(school)) for school in weeks(YEAR).values()]
    assert sessions(line) == expected
    assert minutes(line) == [line.minutes * count for count in expected]
    assert [one.due_at.date() for one in due(line)] == [school[-1] for school in weeks(YEAR).values()]


def test_4_three_of_four_weeks_and_the_consult_of_the_fourth() -> None:
    session, consult = lines(4)
    windows = [date(2026, 8, 17) + timedelta(weeks=4 * n) for n in range(11)]
    with_school = [first for first in windows if days(first, min(first + timedelta(27), YEAR[-1]))]
    assert len(with_school) == 11
    assert sessions(session) == [3] * 11
    assert [one.period_from for one in due(session)] == with_school
    assert due(session)[-1].period_to == date(2027, 6, 4)  # cut to the last day in force
    assert sessions(consult) == [1] * 11
    assert {one.asks for one in due(consult)} == {Asks.HEARD}


@pytest.mark.parametrize(("number", "place", "total"), [(5, 0, 1800), (23, 0, 1200)])
def test_a_year_is_due_at_the_pace_of_its_months(number: int, place: int, total: int) -> None:
    line = lines(number)[place]
    every = list(months(YEAR).values())
    expected = [half_up(total * len(school) / len(YEAR)) for school in every[:-1]]
    assert minutes(line) == [*expected, total - sum(expected)]
    assert sum(minutes(line)) == total
    assert len(every) == 11


@pytest.mark.parametrize(("number", "place", "a_month"), [(6, 0, 60), (7, 0, 15), (14, 1, 60), (20, 1, 30)])
def test_minutes_a_month_are_whole_in_every_month_of_school(number: int, place: int, a_month: int) -> None:
    line = lines(number)[place]
    assert minutes(line) == [a_month] * 11  # August to June; the line is in force on all of their school days
    consult = line.delivery == "consult"
    assert {one.asks for one in due(line)} == {Asks.HEARD if consult else Asks.MINUTES}


@pytest.mark.parametrize(("number", "place", "a_week"), [(10, 0, 300), (12, 0, 1500), (14, 0, 120)])
def test_minutes_a_week_shrink_with_the_days_of_the_week(number: int, place: int, a_week: int) -> None:
    line = lines(number)[place]
    assert minutes(line) == [half_up(a_week * len(school) / 5) for school in weeks(YEAR).values()]


def test_11_daily_minutes_are_fewer_on_short_days() -> None:
    (line,) = lines(11)
    assert dates(line) == YEAR
    assert minutes(line) == [30 if day in SHORT else 50 for day in YEAR]
    by_week = list(asked(line, SCHEDULE.calendar, YEAR[0], YEAR[-1] + timedelta(1)))
    assert [one.due_sessions for one in by_week] == [len(school) for school in weeks(YEAR).values()]
    assert sum(one.due_minutes for one in by_week) == 50 * 179 - 20 * 2


@pytest.mark.parametrize(("number", "place"), [(13, 0), (18, 1), (21, 0), (22, 0), (29, 0), (30, 0)])
def test_what_is_there_all_day_is_due_by_the_week(number: int, place: int) -> None:
    line = lines(number)[place]
    by_week = list(weeks(YEAR).values())
    assert sessions(line) == [len(school) for school in by_week]
    assert minutes(line) == [line.minutes * len(school) for school in by_week]
    assert {one.asks for one in due(line)} == {Asks.WITHOUT}


def test_13_an_aide_of_370_minutes_a_day_makes_a_week_of_1850() -> None:
    (line,) = lines(13)
    assert minutes(line)[0] == 1850
    assert sum(minutes(line)) == 370 * 179


def test_15_a_line_that_starts_in_mid_week_is_cut_to_its_days() -> None:
    (line,) = lines(15)
    first = due(line)[0]
    assert (first.period_from, first.period_to) == (date(2026, 10, 14), date(2026, 10, 18))
    assert len(due(line)) == len(weeks(days(date(2026, 10, 14), YEAR[-1])))


def test_16_ten_sessions_a_semester_are_two_expectations() -> None:
    (line,) = lines(16)
    assert sessions(line) == [10, 10]
    assert minutes(line) == [450, 450]
    assert [(one.period_from, one.period_to) for one in due(line)] == [
        (date(2026, 8, 17), date(2027, 1, 10)),
        (date(2027, 1, 11), date(2027, 6, 4)),
    ]
    assert [one.due_at.date() for one in due(line)] == [date(2026, 12, 18), date(2027, 6, 4)]


def test_17_four_times_a_year_is_one_expectation_at_its_end() -> None:
    (line,) = lines(17)
    (one,) = due(line)
    assert (one.due_sessions, one.due_minutes, one.due_at.date()) == (4, 240, date(2027, 6, 4))


def test_18_twice_a_month_is_due_in_every_month_of_school() -> None:
    line = lines(18)[0]
    assert sessions(line) == [2] * 11
    assert sum(minutes(line)) == 11 * 120


def test_23_job_coaching_begins_in_january() -> None:
    line = lines(23)[1]
    by_week = list(weeks(days(date(2027, 1, 11), YEAR[-1])).values())
    assert minutes(line) == [half_up(120 * len(school) / 5) for school in by_week]
    assert minutes(line)[1] == 96  # the week of Martin Luther King Day has four days


@pytest.mark.parametrize("number", [26, 28])
def test_an_accommodation_is_asked_about_by_the_week_and_owes_no_minutes(number: int) -> None:
    (line,) = lines(number)
    assert len(due(line)) == len(weeks(YEAR))
    assert set(minutes(line)) == {0}
    assert {one.asks for one in due(line)} == {Asks.GIVEN}


def test_27_what_is_only_as_needed_is_kept_and_never_expected() -> None:
    (line,) = lines(27)
    assert isinstance(line.frequency, AsNeeded)
    assert due(line) == []
    (warning,) = [text for text in SCHEDULE.warnings if "cannot be counted" in text]
    assert "text" in warning


def test_31_a_staged_line_is_two_lines_one_after_the_other() -> None:
    before, after = lines(31)
    assert before.name == after.name
    assert dates(before) == on(1, 3, last=date(2027, 1, 31))
    assert dates(after) == on(1, first=date(2027, 2, 1))
