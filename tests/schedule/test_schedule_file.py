"""A schedule file read whole, and every way in which it can be wrong named in one line."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.schedule.file import Schedule, ScheduleError, parse_schedule, read_schedule
from assistant.schedule.types import Break, KnownSlots, ServiceLine, WeeklySlot

FIXTURES = Path(__file__).parent / "fixtures"

GOOD = """
timezone = "America/Los_Angeles"
[calendar]
first_day = 2026-08-17
last_day = 2027-06-04
days_off = [2026-09-07]
breaks = [{ from = 2026-11-23, to = 2026-11-27 }]
minimum_days = [{ date = 2026-10-09, ends = 12:30:00 }]
[[services]]
name = "Speech therapy"
alias = "speech"
minutes = 30
times = ["tue 14:00"]
"""
SECOND = """
[[services]]
name = "OT"
minutes = 45
times = ["mon 09:00"]
"""


def _problems(text: str, base_dir: Path | None = None) -> list[str]:
    with pytest.raises(ScheduleError) as caught:
        parse_schedule(text, "rivera.toml", base_dir)
    assert all(line.startswith("rivera.toml: ") and "\n" not in line for line in caught.value.problems)
    return [line.removeprefix("rivera.toml: ") for line in caught.value.problems]


def _changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


def test_a_whole_file() -> None:
    schedule = read_schedule(FIXTURES / "rivera.toml")

    assert schedule.zone.key == "America/Los_Angeles"
    assert schedule.calendar.breaks == (Break(date(2026, 12, 21), date(2027, 1, 1), "Winter"),)
    assert schedule.calendar.minimum_days == {date(2026, 10, 8): time(12, 30)}
    assert {date(2026, 9, 7), date(2026, 10, 12), date(2026, 11, 26)} <= schedule.calendar.days_off
    assert schedule.ics_days[date(2026, 10, 12)] == "Staff Only Professional Development"
    assert schedule.services == (
        ServiceLine(
            name="Speech therapy",
            alias="speech",
            minutes=30,
            frequency=KnownSlots((WeeklySlot(1, time(14)), WeeklySlot(3, time(14)))),
            starts=date(2026, 9, 1),
            mode="group",
            delivery="push_in",
        ),
        ServiceLine(
            name="OT",
            alias="ot",
            minutes=45,
            frequency=KnownSlots((WeeklySlot(0, time(9, 5)),), every=2, anchor=date(2026, 8, 17)),
            ends=date(2026, 12, 18),
        ),
    )
    assert len(schedule.warnings) == 3  # what the calendar file leaves in doubt
    assert all("alder.ics" in line and "rivera.toml: calendar.ics: " in line for line in schedule.warnings)


def test_the_calendar_alone_needs_little() -> None:
    schedule = parse_schedule(
        'timezone = "UTC"\n[calendar]\nfirst_day = 2026-08-17\nlast_day = 2026-08-21\n' + SECOND
    )
    assert isinstance(schedule, Schedule)
    assert schedule.warnings == ()


BAD = [
    ('timezone = "America/Los_Angeles"', "", "timezone: is missing, expected a text in quotes"),
    (
        "America/Los_Angeles",
        "America/Los_Angelos",
        'timezone: "America/Los_Angelos" is not a known time zone, expected one like "America/Los_Angeles"; '
        'did you mean "America/Los_Angeles"?',
    ),
    ('"America/Los_Angeles"', "-7", "timezone: -7 is not right, expected a text in quotes"),
    (
        "last_day = 2027-06-04",
        "last_day = 2026-06-04",
        "calendar.last_day: 2026-06-04 is before first_day, 2026-08-17",
    ),
    ("first_day = 2026-08-17", "", "calendar.first_day: is missing, expected a date like 2026-08-17"),
    (
        "first_day = 2026-08-17",
        'first_day = "2026-08-17"',
        'calendar.first_day: "2026-08-17" is not right, expected a date without quotes like 2026-08-17',
    ),
    (
        "first_day = 2026-08-17",
        "first_day = 2026-08-17T08:00:00",
        "calendar.first_day: 2026-08-17 08:00:00 is not right, "
        "expected a date without quotes like 2026-08-17",
    ),
    (
        "first_day = 2026-08-17",
        "first_day = 0206-08-17",
        "calendar.first_day: 0206-08-17 is not in the years 1990 to 2199, expected a school day",
    ),
    ("last_day = 2027-06-04", "last_day = 2026-08-17\nends = 5", "calendar.ends: unknown key"),
    ("days_off", "day_off", 'calendar.day_off: unknown key; did you mean "days_off"?'),
    ("[2026-09-07]", "2026-09-07", "calendar.days_off: 2026-09-07 is not right, expected a list of dates"),
    (
        "[2026-09-07]",
        '[2026-09-07, "soon"]',
        'calendar.days_off[1]: "soon" is not right, expected a date without quotes like 2026-08-17',
    ),
    ("to = 2026-11-27", "to = 2026-11-20", "calendar.breaks[0].to: 2026-11-20 is before from, 2026-11-23"),
    (", to = 2026-11-27", "", "calendar.breaks[0].to: is missing, expected a date like 2026-08-17"),
    (
        "to = 2026-11-27 }",
        "to = 2026-11-27 }, { from = 2026-11-27, to = 2026-11-30 }",
        "calendar.breaks[1]: 2026-11-27 to 2026-11-30 overlaps the break 2026-11-23 to 2026-11-27, "
        "expected each day in one break",
    ),
    (
        "{ from = 2026-11-23, to = 2026-11-27 }",
        "2026-11-23",
        "calendar.breaks[0]: 2026-11-23 is not a table like { from = 2026-11-23, to = 2026-11-27 }",
    ),
    (
        "12:30:00",
        '"12:30"',
        'calendar.minimum_days[0].ends: "12:30" is not right, '
        "expected a local time without quotes like 12:30:00",
    ),
    (
        "date = 2026-10-09",
        "date = 2026-09-07",
        "calendar.minimum_days[0].date: 2026-09-07 is a day off too, expected a school day",
    ),
    (
        "breaks = [{ from = 2026-11-23",
        "breaks = [{ from = 2026-08-01, to = 2026-11-22 }, { from = 2026-11-23",
        "calendar.minimum_days[0].date: 2026-10-09 is a day off too, expected a school day",
    ),
    ('name = "Speech therapy"', "", "services[0].name: is missing, expected a text in quotes"),
    ('"Speech therapy"', '" "', "services[0].name: is empty, expected a text"),
    (
        '"Speech therapy"',
        r'"Speech\ntherapy"',
        "services[0].name: holds a line break or control character, expected one line",
    ),
    ('"speech"', '"' + 41 * "s" + '"', "services[0].alias: is 41 characters long, expected at most 40"),
    ("minutes = 30", "", "services[0].minutes: is missing, expected a whole number from 1 to 720"),
    (
        "minutes = 30",
        "minutes = 0",
        "services[0].minutes: 0 is not right, expected a whole number from 1 to 720",
    ),
    (
        "minutes = 30",
        "minutes = -5",
        "services[0].minutes: -5 is not right, expected a whole number from 1 to 720",
    ),
    (
        "minutes = 30",
        "minutes = 30.5",
        "services[0].minutes: 30.5 is not right, expected a whole number from 1 to 720",
    ),
    (
        "minutes = 30",
        "minutes = true",
        "services[0].minutes: true is not right, expected a whole number from 1 to 720",
    ),
    ("minutes = 30", "minuts = 30", 'services[0].minuts: unknown key; did you mean "minutes"?'),
    (
        '"tue 14:00"',
        '"tues 25:00"',
        'services[0].times[0]: "tues 25:00" is not a weekday and time like "tue 14:00"',
    ),
    (
        '"tue 14:00"',
        '"tue 14:00", "someday 14:00"',
        'services[0].times[1]: "someday 14:00" is not a weekday and time like "tue 14:00"',
    ),
    (
        '"tue 14:00"',
        '"tue 2 pm"',
        'services[0].times[0]: "tue 2 pm" is not a weekday and time like "tue 14:00"',
    ),
    (
        '"tue 14:00"',
        "14",
        'services[0].times[0]: "14" is not a weekday and time like "tue 14:00"',
    ),
    (
        '"tue 14:00"',
        '"sat 14:00"',
        "services[0].times[0]: Saturday is never a school day, expected mon to fri",
    ),
    (
        '"tue 14:00"',
        '"tue 14:00", "Tuesday 14:00"',
        'services[0].times[1]: "tue 14:00" is there twice, as times[0] already',
    ),
    ('["tue 14:00"]', "[]", 'services[0].times: is empty, expected a weekday and time like "tue 14:00"'),
    (
        '["tue 14:00"]',
        '"tue 14:00"',
        'services[0].times: "tue 14:00" is not right, expected a list of weekdays and times',
    ),
    (
        'times = ["tue 14:00"]',
        "",
        "services[0]: has no frequency, "
        "expected one of: times, cycle, daily, count, total_minutes, kind, as_needed",
    ),
    (
        'times = ["tue 14:00"]',
        'times = ["tue 14:00"]\ndaily = true',
        "services[0]: has both times and daily, expected one frequency",
    ),
    (
        'times = ["tue 14:00"]',
        'times = ["tue 14:00"]\nper = "week"',
        "services[0].per: has no meaning beside times, which takes only every and anchor",
    ),
    (
        'times = ["tue 14:00"]',
        'times = ["tue 14:00"]\nevery = 2',
        'services[0].anchor: is missing, expected the date of a day in an "on" week, as every = 2',
    ),
    (
        'times = ["tue 14:00"]',
        'times = ["tue 14:00"]\nanchor = 2026-08-17',
        "services[0].every: is missing, expected a number of weeks such as 2, as there is an anchor",
    ),
    (
        'times = ["tue 14:00"]',
        'times = ["tue 14:00"]\nevery = 0',
        "services[0].every: 0 is not right, expected a whole number from 1 to 52",
    ),
    (
        "minutes = 30",
        "minutes = 30\nstarts = 2026-09-01\nends = 2026-08-31",
        "services[0].ends: 2026-08-31 is before starts, 2026-09-01",
    ),
    (
        "minutes = 30",
        "minutes = 30\nends = 2026-08-01",
        "services[0].ends: 2026-08-01 is before the calendar's first_day, 2026-08-17",
    ),
    (
        "minutes = 30",
        "minutes = 30\nstarts = 2027-08-01",
        "services[0].starts: 2027-08-01 is after the calendar's last_day, 2027-06-04",
    ),
    (
        "minutes = 30",
        'minutes = 30\nmode = "grup"',
        'services[0].mode: "grup" is not one of these, '
        'expected individual | group | either; did you mean "group"?',
    ),
    (
        "minutes = 30",
        "minutes = 30\ndelivery = 1",
        "services[0].delivery: 1 is not one of these, expected direct | push_in | consult | teletherapy",
    ),
    (
        "[[services]]",
        "[services]",
        "services: a table is not right, expected a list, each entry a table [[services]]",
    ),
    ("[calendar]", "[calender]", "calendar: is missing, expected a table [calendar]"),
    ("[calendar]", '[school]\nname = "x"\n[calendar]', "school: unknown key"),
]


@pytest.mark.parametrize(("old", "new", "line"), BAD, ids=[line for _, _, line in BAD])
def test_one_thing_wrong(old: str, new: str, line: str) -> None:
    assert line in _problems(_changed(old, new))


@pytest.mark.parametrize(
    "number", [n for n, bad in enumerate(BAD) if "minuts" not in bad[1] and "calender" not in bad[1]]
)
def test_one_fault_gives_one_line(number: int) -> None:
    old, new, line = BAD[number]
    assert _problems(_changed(old, new)) == [line]


@pytest.mark.parametrize(
    "time", ["14:00-07:00", "14:00Z", "14:00 +01:00", "14:00 PST", "14:00 America/New_York"]
)
def test_times_take_no_offset(time: str) -> None:
    (line,) = _problems(_changed("tue 14:00", f"tue {time}"))
    assert line.startswith(f'services[0].times[0]: "tue {time}" carries an offset or zone; times are')


def test_every_problem_is_named_at_once() -> None:
    text = GOOD.replace("Los_Angeles", "Nowhere").replace("2026-11-27", "2026-11-01").replace("= 30", "= -1")
    found = _problems(text + SECOND.replace("mon", "moon"))
    assert [line.split(": ")[0] for line in found] == [
        "timezone",
        "calendar.breaks[0].to",
        "services[0].minutes",
        "services[1].times[0]",
    ]


@pytest.mark.parametrize(
    ("name", "problems"),
    [
        (
            'name = "speech THERAPY"',
            ['services[1].name: "speech THERAPY" is services[0]\'s already, expected one'],
        ),
        (
            'name = "OT"\nalias = "Speech"',
            ['services[1].alias: "Speech" is services[0]\'s already, expected one a service and time'],
        ),
    ],
)
def test_names_and_aliases_are_each_used_once(name: str, problems: list[str]) -> None:
    found = _problems(GOOD + SECOND.replace('name = "OT"', name))
    assert len(found) == len(problems)
    assert all(line.startswith(start) for line, start in zip(found, problems, strict=True))


def test_no_services() -> None:
    without = GOOD[: GOOD.index("[[services]]")]
    assert _problems(without) == ["services: is missing, expected a list, each entry a table [[services]]"]
    assert _problems("services = []" + without) == [
        "services: is empty, expected at least one table [[services]]"
    ]


def test_a_year_without_school() -> None:
    text = _changed("2027-06-04", "2026-08-18").replace("[2026-09-07]", "[2026-08-17, 2026-08-18]")
    assert _problems(text) == ["calendar: has no school day from 2026-08-17 to 2026-08-18"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (_changed("[calendar]", "[calendar"), "line 3, column 10: is not valid TOML: "),
        (_changed("2026-09-07", "2026-02-30"), "line 6, column "),
        (_changed("12:30:00", "12:30"), "line 8, column "),
        (GOOD + "timezone", "is not valid TOML: "),
        ("a = " + "[" * 5000, "is "),
        ("a = " + "9" * 5000, "is not valid TOML: "),
    ],
)
def test_broken_toml_names_the_line(text: str, line: str) -> None:
    (found,) = _problems(text)
    assert found.startswith(line)


def test_a_time_without_seconds_gets_a_hint() -> None:
    (found,) = _problems(_changed("12:30:00", "12:30"))
    assert found.endswith("a time needs its seconds, like 12:30:00")


def test_unreadable_files(tmp_path: Path) -> None:
    def problems(path: Path) -> list[str]:
        with pytest.raises(ScheduleError) as caught:
            read_schedule(path)
        return caught.value.problems

    missing, latin, large = tmp_path / "none.toml", tmp_path / "latin.toml", tmp_path / "large.toml"
    latin.write_bytes(b"# fine\nname = 'D\xeda'\n")
    large.write_bytes(b"#" * 1_000_001)
    assert problems(missing) == [f"{missing}: cannot be read: no such file or directory"]
    assert problems(tmp_path) == [f"{tmp_path}: cannot be read: is a directory"]
    assert problems(latin) == [f"{latin}: line 2: is not UTF-8 text, expected a TOML file"]
    assert problems(large) == [f"{large}: is larger than 1 MB, expected a schedule"]


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "schedule.toml"
    path.write_text(GOOD, encoding="utf-8-sig")
    assert len(read_schedule(path).services) == 1


LITERALS = st.sampled_from(
    [
        "true",
        "-1",
        "1e400",
        "nan",
        '""',
        "'x'",
        "[]",
        "[[]]",
        "{}",
        "{ a = 1 }",
        "[{}]",
        "999999999999",
        '"\\u0000"',
        "12:30:00",
        "2026-08-20",
        "9999-12-31",
        "0001-01-01",
        "2026-08-17T10:00:00Z",
        "[2026-08-20]",
        '["mon 10:00"]',
    ]
)


@given(st.lists(st.tuples(st.integers(0, 40), LITERALS), min_size=1, max_size=3))
def test_no_value_anywhere_breaks_the_reader(changes: list[tuple[int, str]]) -> None:
    lines = (GOOD + SECOND).splitlines()
    for number, literal in changes:
        key, equals, _ = lines[number % len(lines)].partition("=")
        if equals:
            lines[number % len(lines)] = f"{key}= {literal}"
    try:
        schedule = parse_schedule("\n".join(lines), "rivera.toml")
    except ScheduleError as error:
        problems = error.problems
    else:
        problems = list(schedule.warnings) or ["rivera.toml: "]
    assert problems
    assert all(line.startswith("rivera.toml: ") and "\n" not in line for line in problems)


WITH_ICS = GOOD.replace("[[services]]", 'ics = "district.ics"\n[[services]]')


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (None, '"district.ics" cannot be read: no such file or directory, expected a calendar file'),
        (b"", '"district.ics" is empty, expected a calendar that begins with BEGIN:VCALENDAR'),
        (
            b"<html>",
            '"district.ics" is a web page, not a calendar; expected a file that begins with BEGIN:VCALENDAR',
        ),
        (
            b"BEGIN:VCALENDAR\nBEGIN:VEV",
            '"district.ics" is cut off before its first event is complete; fetch it again',
        ),
    ],
)
def test_a_broken_calendar_file(tmp_path: Path, data: bytes | None, line: str) -> None:
    if data is not None:
        (tmp_path / "district.ics").write_bytes(data)
    assert _problems(WITH_ICS, tmp_path) == [f"calendar.ics: {line}"]


def test_a_schedule_in_no_folder_has_no_calendar_file() -> None:
    (line,) = _problems(WITH_ICS)
    assert line.startswith("calendar.ics: cannot be looked for")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            "[2026-09-07]",
            "[2025-09-07]",
            "calendar.days_off[0]: 2025-09-07 is outside the school year, 2026-08-17 to",
        ),
        (
            "from = 2026-11-23, to = 2026-11-27",
            "from = 2025-11-24, to = 2025-11-28",
            "calendar.breaks[0]: 2025-11-24",
        ),
        ("2026-10-09", "2026-10-10", "calendar.minimum_days[0]: 2026-10-10 is no school day"),
        ("minutes = 30", "minutes = 30\nstarts = 2025-01-01\nends = 2025-06-01", "services[0]: is never due"),
        (
            '["tue 14:00"]',
            '["tue 14:00", "tue 14:20"]',
            'services[0].times: "tue 14:00" and "tue 14:20" overlap',
        ),
    ],
)
def test_what_is_odd_is_a_warning(old: str, new: str, line: str) -> None:
    (found,) = parse_schedule(_changed(old, new), "rivera.toml").warnings
    assert found.startswith(f"rivera.toml: {line}")
