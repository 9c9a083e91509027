"""Each way to write a frequency, and each mistake one can make with it."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from assistant.schedule.file import ScheduleError, parse_schedule, read_schedule
from assistant.schedule.types import (
    Accommodation,
    AsNeeded,
    CountPerPeriod,
    CountPerWeeks,
    Daily,
    Exceptions,
    Frequency,
    KnownSlots,
    MinutesPerPeriod,
    Rotation,
    ServiceLine,
    WeeklySlot,
)

HEAD = """timezone = "America/Los_Angeles"
[calendar]
first_day = 2026-08-17
last_day = 2027-06-04
days_off = [2026-09-07]
[[services]]
name = "Speech therapy"
"""
MONDAY = date(2026, 8, 17)


def line_of(snippet: str) -> ServiceLine:
    (line,) = parse_schedule(HEAD + snippet).services
    return line


def problems_of(snippet: str) -> list[str]:
    with pytest.raises(ScheduleError) as error:
        parse_schedule(HEAD + snippet, "f")
    return [line.removeprefix("f: ") for line in error.value.problems]


@pytest.mark.parametrize(
    ("snippet", "frequency"),
    [
        ('minutes = 30\ntimes = ["tue 14:00"]', KnownSlots((WeeklySlot(1, time(14)),))),
        (
            "minutes = 30\ncycle = { days = 6, on = [4, 1], at = 10:00:00, anchor = 2026-08-17 }",
            Rotation(6, (1, 4), time(10), MONDAY),
        ),
        ("minutes = 30\ndaily = true", Daily()),
        ("minutes = 30\ndaily = true\nat = 09:15:00", Daily(time(9, 15))),
        ('minutes = 30\ncount = 2\nper = "week"', CountPerPeriod(2, "week")),
        ('minutes = 30\ncount = 10\nper = "semester"', CountPerPeriod(10, "semester")),
        ('minutes = 30\ncount = 4\nper = "year"', CountPerPeriod(4, "year")),
        ('minutes = 30\ncount = 3\nper = "4 weeks"\nanchor = 2026-08-17', CountPerWeeks(3, 4, MONDAY)),
        ('total_minutes = 60\nper = "month"', MinutesPerPeriod(60, "month")),
        ('minutes = 30\ntotal_minutes = 1800\nper = "year"', MinutesPerPeriod(1800, "year")),
        ('kind = "exception"', Exceptions()),
        ('kind = "exception"\nurgent = true\nminutes = 370', Exceptions(urgent=True)),
        ('kind = "accommodation"', Accommodation()),
        ("as_needed = true", AsNeeded()),
    ],
)
def test_every_form_is_read(snippet: str, frequency: Frequency) -> None:
    assert line_of(snippet).frequency == frequency


def test_what_else_a_line_can_say() -> None:
    line = line_of(
        'alias = "speech"\nminutes = 50\nminimum_day_minutes = 30\ndaily = true\n'
        'wording = "50 minutes daily"\nconsented = false\ndelivery = "push_in"'
    )
    assert (line.minimum_day_minutes, line.wording, line.consented) == (30, "50 minutes daily", False)
    summer = line_of("minutes = 30\ndaily = true\nesy = true\nstarts = 2027-06-14\nends = 2027-07-09")
    assert summer.esy
    assert summer.ends == date(2027, 7, 9)


BAD: tuple[tuple[str, str], ...] = (
    ('count = 2\nper = "week"', "minutes: is missing, expected a whole number from 1 to 720"),
    ("minutes = 30\ncount = 2", "per: is missing, expected"),
    ('minutes = 30\nper = "week"', "has no frequency, expected one of: times, cycle, daily, count"),
    ('minutes = 30\ncount = 0\nper = "week"', "count: 0 is not right, expected a whole number from 1"),
    ('minutes = 30\ncount = "2"\nper = "week"', 'count: "2" is not right, expected a whole number'),
    ('minutes = 30\ncount = 2\nper = "weekly"', 'per: "weekly" is not one of these, expected week | month'),
    (
        'minutes = 30\ncount = 3\nper = "4 weeks"',
        "anchor: is missing, expected the date of a day in the first",
    ),
    (
        'minutes = 30\ncount = 3\nper = "1 weeks"\nanchor = 2026-08-17',
        'per: "1 weeks" is not right, expected "2',
    ),
    ('minutes = 30\ncount = 3\nper = "99 weeks"\nanchor = 2026-08-17', 'per: "99 weeks" is not right'),
    ('minutes = 30\ncount = 2\nper = "week"\nanchor = 2026-08-17', "anchor: has a meaning only beside per ="),
    ("total_minutes = 60", "per: is missing, expected week | month | year"),
    (
        'total_minutes = 60\nper = "semester"',
        'per: "semester" is not one of these, expected week | month | year',
    ),
    ('total_minutes = -5\nper = "week"', "total_minutes: -5 is not right, expected a whole number"),
    ('total_minutes = 60\nper = "week"\nanchor = 2026-08-17', "anchor: has no meaning beside total_minutes"),
    ("minutes = 30\ndaily = false", "daily: false is not right, expected true, or no such key"),
    ("minutes = 30\ndaily = true\nat = 9", "at: 9 is not right, expected a local time"),
    ('minutes = 30\ndaily = true\nper = "week"', "per: has no meaning beside daily, which takes only at"),
    ("daily = true", "minutes: is missing"),
    ('kind = "aide"', 'kind: "aide" is not one of these, expected exception | accommodation'),
    ('kind = "accommodation"\nurgent = true', 'urgent: has a meaning only beside kind = "exception"'),
    ('kind = "exception"\nurgent = 1', "urgent: 1 is not right, expected true or false"),
    ('as_needed = "yes"', 'as_needed: "yes" is not right, expected true'),
    ("as_needed = true\nat = 09:00:00", "at: has no meaning beside as_needed, which takes no other key"),
    (
        'minutes = 30\ndaily = true\ncount = 2\nper = "week"',
        "has both daily and count, expected one frequency",
    ),
    ("minutes = 30\ncycle = 6", "cycle: 6 is not right, expected a table"),
    (
        "minutes = 30\ncycle = { days = 6, on = [1], at = 10:00:00 }",
        "cycle.anchor: is missing, expected a date",
    ),
    (
        "minutes = 30\ncycle = { days = 6, on = [7], at = 10:00:00, anchor = 2026-08-17 }",
        "cycle.on[0]: 7 is not right",
    ),
    (
        "minutes = 30\ncycle = { days = 6, on = [1, 1], at = 10:00:00, anchor = 2026-08-17 }",
        "cycle.on[1]: 1 is there",
    ),
    ("minutes = 30\ncycle = { days = 6, on = [], at = 10:00:00, anchor = 2026-08-17 }", "cycle.on: is empty"),
    (
        "minutes = 30\ncycle = { days = 1, on = [1], at = 10:00:00, anchor = 2026-08-17 }",
        "cycle.days: 1 is not right",
    ),
    (
        "minutes = 30\ncycle = { days = 6, on = [1], at = 10:00:00, anchor = 2026-08-17, of = 2 }",
        "cycle.of: unknown",
    ),
    (
        "minutes = 30\ndaily = true\nesy = true\nstarts = 2027-06-14",
        "ends: is missing, expected a date: an ESY",
    ),
    ("minutes = 30\ndaily = true\nesy = 1\nstarts = 2027-06-14\nends = 2027-07-09", "esy: 1 is not right"),
    (
        'count = 2\nper = "week"\nminutes = 30\nminimum_day_minutes = 20',
        "minimum_day_minutes: has a meaning only",
    ),
    ("minutes = 30\ndaily = true\nconsented = 0", "consented: 0 is not right, expected true or false"),
)


@pytest.mark.parametrize(("snippet", "start"), BAD, ids=[snippet.replace("\n", "; ") for snippet, _ in BAD])
def test_one_mistake_is_one_line_that_names_its_key(snippet: str, start: str) -> None:
    (line,) = problems_of(snippet)
    assert line.removeprefix("services[0]").lstrip(".: ").startswith(start), line


@pytest.mark.parametrize(
    ("calendar", "start"),
    [
        ("semesters = [2026-08-17, 2026-08-01]", "calendar.semesters[1]: 2026-08-01 is not after 2026-08-17"),
        ("semesters = [2026-09-01, 2027-01-11]", "calendar.semesters: run from 2026-09-01"),
        ('semesters = ["fall"]', 'calendar.semesters[0]: "fall" is not right, expected a date'),
        ("ics_off = [7]", "calendar.ics_off[0]: 7 is not right, expected words"),
    ],
)
def test_mistakes_of_the_calendar(calendar: str, start: str) -> None:
    text = HEAD.replace("days_off = [2026-09-07]", calendar) + "minutes = 30\ndaily = true"
    with pytest.raises(ScheduleError) as error:
        parse_schedule(text, "f")
    assert error.value.problems[0].removeprefix("f: ").startswith(start)


def test_a_file_names_the_line_of_the_text(tmp_path: Path) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(HEAD + 'minutes = 30\ncount = 2\nper = "weekly"\n', encoding="utf-8")
    with pytest.raises(ScheduleError) as error:
        read_schedule(file)
    assert error.value.problems[0].startswith(
        f'{file}: line 10: services[0].per: "weekly" is not one of these'
    )
    file.write_text(HEAD + "count = 2\n", encoding="utf-8")
    with pytest.raises(ScheduleError) as error:
        read_schedule(file)
    # What is missing has no line of its own: that of its table is named.
    assert [line.split(": ")[1] for line in error.value.problems] == ["line 6", "line 6"]


def test_a_line_that_cannot_be_counted_says_so() -> None:
    (warning,) = parse_schedule(HEAD + "as_needed = true", "f").warnings
    assert warning == (
        "f: services[0]: cannot be counted: nothing is expected or asked, what the parent texts in is kept"
    )


def test_a_cycle_that_begins_on_a_day_off_is_warned_of() -> None:
    snippet = "minutes = 30\ncycle = { days = 6, on = [1], at = 10:00:00, anchor = 2026-09-07 }"
    (warning,) = parse_schedule(HEAD + snippet, "f").warnings
    assert "services[0].cycle.anchor: 2026-09-07 is no school day; the next one is cycle day 1" in warning


def test_two_lines_may_share_a_name_one_after_the_other() -> None:
    first = 'minutes = 30\ncount = 2\nper = "week"\nends = 2027-01-31\n'
    second = '[[services]]\nname = "Speech therapy"\nminutes = 30\ncount = 1\nper = "week"\nstarts = {}\n'
    assert len(parse_schedule(HEAD + first + second.format("2027-02-01")).services) == 2
    problems = problems_of(first + second.format("2027-01-31"))
    assert problems[0].startswith('services[1].name: "Speech therapy" is services[0]\'s already')


def test_the_words_of_a_file_decide_about_its_events(tmp_path: Path) -> None:
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{n}\r\nSUMMARY:{title}\r\nDTSTART;VALUE=DATE:{day}\r\nEND:VEVENT\r\n"
        for n, (title, day) in enumerate(
            [("Founders Day", "20261005"), ("Staff Development - Students Attend", "20261006")]
        )
    )
    (tmp_path / "d.ics").write_text(f"BEGIN:VCALENDAR\r\n{events}END:VCALENDAR\r\n", encoding="utf-8")
    own = 'ics = "d.ics"\nics_off = ["founders day"]\nics_school = ["students attend"]'
    text = HEAD.replace("days_off = [2026-09-07]", own) + "minutes = 30\ndaily = true"
    found = parse_schedule(text, "f", tmp_path)
    assert set(found.ics_days) == {date(2026, 10, 5)}
    plain = text.replace('\nics_off = ["founders day"]\nics_school = ["students attend"]', "")
    assert set(parse_schedule(plain, "f", tmp_path).ics_days) == {date(2026, 10, 6)}
