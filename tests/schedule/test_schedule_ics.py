"""District calendar files as they are: what is read as a day off, and what is said about the rest."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.schedule.dayoff import DayOffWords
from assistant.schedule.ics import IcsError, IcsReading, days_off_from_ics
from tests.support.examples import some

ALDER = (Path(__file__).parent / "fixtures" / "alder.ics").read_bytes()
FIRST, LAST = date(2026, 8, 17), date(2027, 6, 4)


def _read(data: bytes | str) -> IcsReading:
    raw = data.encode() if isinstance(data, str) else data
    return days_off_from_ics(raw, ZoneInfo("America/Los_Angeles"), FIRST, LAST)


def _calendar(*properties: str) -> str:
    return "\r\n".join(["BEGIN:VCALENDAR", *_event(*properties), "END:VCALENDAR", ""])


def _event(*properties: str) -> list[str]:
    return ["BEGIN:VEVENT", *properties, "END:VEVENT"]


def _days(first: date, last: date) -> set[date]:
    return {first + timedelta(days=n) for n in range((last - first).days + 1)}


def test_a_district_file_with_all_its_faults() -> None:
    found = _read(ALDER)

    expected = {date(2026, 9, 7), date(2026, 10, 12), date(2026, 11, 11)}
    expected |= _days(date(2026, 11, 23), date(2026, 11, 27)) | _days(date(2026, 12, 21), date(2027, 1, 1))
    expected |= {date(2027, 1, 8), date(2027, 1, 28)} | _days(date(2027, 6, 1), LAST)
    assert set(found.days_off) == expected
    assert list(found.days_off) == sorted(expected)
    assert found.warnings == ()


def test_it_names_the_days_and_what_it_doubts() -> None:
    found = _read(ALDER)
    assert found.days_off[date(2026, 9, 7)] == "Labor Day"
    assert found.days_off[date(2026, 10, 12)] == "Staff Only Professional Development"
    assert found.days_off[date(2026, 11, 11)] == "Veterans’ Day, schools closed"
    assert found.doubtful == (
        '"School Day - Snow Day Makeup" on 2027-02-05',
        '"Spring Break Camp sign-up" on 2027-03-01',
        '"No school this morning" on 2027-03-02',
    )


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r", b"\r\r\n"])
def test_line_ends_do_not_matter(newline: bytes) -> None:
    assert _read(ALDER.replace(b"\n", newline)) == _read(ALDER)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings_do_not_matter(encoding: str) -> None:
    assert _read(ALDER.decode().encode(encoding)) == _read(ALDER)


def test_latin_1_letters() -> None:
    text = _calendar("DTSTART;VALUE=DATE:20261012", "SUMMARY:Día festivo")
    assert _read(text.encode("latin-1")).days_off == {date(2026, 10, 12): "Día festivo"}


def test_a_letter_folded_in_the_middle() -> None:
    whole = _calendar("DTSTART;VALUE=DATE:20261012", "SUMMARY:Día festivo").encode()
    cut = whole.index("í".encode()) + 1
    assert _read(whole[:cut] + b"\r\n " + whole[cut:]).days_off == {date(2026, 10, 12): "Día festivo"}


@pytest.mark.parametrize(
    "properties",
    [
        ("DTSTART;VALUE=DATE:20261012",),
        ("DTSTART:20261012",),
        ("dtstart;value=date:20261012",),
        ("DTSTART;VALUE=DATE:20261012", "DTEND;VALUE=DATE:20261012"),
        ("DTSTART;VALUE=DATE:20261012", "DTEND;VALUE=DATE:20261013"),
        ("DTSTART:20261012T000000", "DTEND:20261013T000000"),
        ("DTSTART:20261012T000000", "DTEND:20261012T235900"),
        ("DTSTART:20261012T070000Z", "DTEND:20261013T070000Z"),  # midnight in Los Angeles
        ("DTSTART:20261012T000000Z", "DTEND:20261013T000000Z"),  # midnight in UTC
        ("DTSTART;TZID=America/New_York:20261012T000000", "DTEND;TZID=America/New_York:20261013T000000"),
        ("DTSTART;TZID=Pacific Standard Time:20261012T000000", "DURATION:P1D"),
        ('DTSTART;TZID="District:West":20261012T000000', "DURATION:P1D"),
    ],
)
def test_ways_to_write_one_whole_day(properties: tuple[str, ...]) -> None:
    assert _read(_calendar("SUMMARY:No School", *properties)).days_off == {date(2026, 10, 12): "No School"}


def test_events_of_one_uid_that_do_not_repeat_are_separate() -> None:
    one = _event("UID:same", "DTSTART;VALUE=DATE:20261012", "SUMMARY:No School")
    two = _event("UID:same", "DTSTART;VALUE=DATE:20261102", "SUMMARY:No School")
    found = _read("\n".join(["BEGIN:VCALENDAR", *one, *two, "END:VCALENDAR"]))
    assert set(found.days_off) == {date(2026, 10, 12), date(2026, 11, 2)}


def test_a_break_is_cut_to_the_school_year() -> None:
    found = _read(
        _calendar("SUMMARY:Summer Break", "DTSTART;VALUE=DATE:20260605", "DTEND;VALUE=DATE:20260819")
    )
    assert set(found.days_off) == {date(2026, 8, 17), date(2026, 8, 18)}


def test_the_words_can_be_changed() -> None:
    words = DayOffWords(plain=("Furlough",), some_only=(), holiday=(), against=())
    data = _calendar("SUMMARY:District FURLOUGH day", "DTSTART;VALUE=DATE:20261012").encode()
    zone = ZoneInfo("America/Los_Angeles")
    assert days_off_from_ics(data, zone, FIRST, LAST).days_off == {}
    assert set(days_off_from_ics(data, zone, FIRST, LAST, words).days_off) == {date(2026, 10, 12)}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"hello", "is not a calendar"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "is not a calendar"),
        (b"<!DOCTYPE html><html>", "is a web page"),
        (b"BEGIN:VCARD\nEND:VCARD\n", "is not a calendar"),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:2026", "is cut off"),
        (b"BEGIN:VCALENDAR\n" + b"X" * 10_000_001, "is larger than 10 MB"),
    ],
)
def test_what_is_no_calendar_is_refused_in_one_line(data: bytes, text: str) -> None:
    with pytest.raises(IcsError, match=text) as caught:
        _read(data)
    assert "\n" not in str(caught.value)


BROKEN = [
    ("DTSTART;VALUE=DATE:soon",),
    ("DTSTART;VALUE=DATE:20261345",),
    (),
    ("DTSTART;VALUE=DATE:20261012", "RRULE:FREQ=SOMETIMES"),
    ("DTSTART;VALUE=DATE:20261012", "RRULE:FREQ=WEEKLY;BYDAY=XX"),
    ("DTSTART;VALUE=DATE:20261012", "RRULE:FREQ=SECONDLY"),
    ("DTSTART;VALUE=DATE:20261012", "RRULE:FREQ=DAILY;INTERVAL=0"),
    ("DTSTART;VALUE=DATE:20261012", "DTEND;VALUE=DATE:never"),
    ("DTSTART;VALUE=DATE:20261012", "DTEND;VALUE=DATE:20251016"),
    ("DTSTART;VALUE=DATE:20261012", "DTEND;VALUE=DATE:20271016"),
    ("DTSTART;VALUE=DATE:00010101", "RRULE:FREQ=DAILY"),
    ("DTSTART;VALUE=DATE:20261012", "EXDATE:x", "RRULE:FREQ=DAILY;COUNT=2"),
]


@pytest.mark.parametrize("properties", BROKEN)
def test_one_broken_event_does_not_hide_the_others(properties: tuple[str, ...]) -> None:
    broken = _event("SUMMARY:No School", *properties)
    good = _event("SUMMARY:Labor Day", "DTSTART;VALUE=DATE:20260907")
    found = _read("\n".join(["BEGIN:VCALENDAR", *broken, *good, "END:VCALENDAR"]))
    assert set(found.days_off) == {date(2026, 9, 7)}
    assert len(found.warnings) == 1
    assert found.warnings[0].startswith('line 2: "No School" is left out: ')


def test_a_file_of_broken_events_only_is_refused() -> None:
    with pytest.raises(IcsError, match="none of its days off can be read; line 2"):
        _read(_calendar(*BROKEN[0], "SUMMARY:No School"))


def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes() -> None:
    half = ALDER[: ALDER.index(b"UID:winter") + 5]
    found = _read(half)
    assert max(found.days_off) == date(2026, 11, 27)
    assert len(found.warnings) == 2
    assert "END:VEVENT" in found.warnings[0]
    assert "END:VCALENDAR" in found.warnings[1]


def test_no_events_at_all_is_said() -> None:
    assert _read("BEGIN:VCALENDAR\nEND:VCALENDAR\n").warnings == ("holds no events",)


@given(st.binary(max_size=200), st.integers(0, len(ALDER)))
@settings(max_examples=some(50), deadline=None)
def test_damage_never_breaks_the_reader(noise: bytes, at: int) -> None:
    try:
        found = _read(ALDER[:at] + noise + ALDER[at + len(noise) :])
    except IcsError:
        return
    assert all(FIRST <= day <= LAST for day in found.days_off)


@given(
    start=st.dates(date(2020, 1, 1), LAST),
    rule=st.sampled_from(
        [
            "FREQ=WEEKLY;BYDAY=MO,FR;COUNT=30",
            "FREQ=MONTHLY;BYDAY=2WE",
            "FREQ=MONTHLY;BYMONTHDAY=-1;INTERVAL=2",
            "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
            "FREQ=WEEKLY;INTERVAL=3;UNTIL=20270401",
        ]
    ),
    gaps=st.lists(st.integers(0, 12), max_size=3),
)
@settings(max_examples=some(60), deadline=None)
def test_repetition_agrees_with_an_independent_expansion(start: date, rule: str, gaps: list[int]) -> None:
    rules = rrulestr(rule, dtstart=datetime.combine(start, time()))
    all_days = [moment.date() for moment in rules.between(datetime(2019, 1, 1), datetime(2028, 1, 1))]
    gone = [all_days[gap] for gap in gaps if gap < len(all_days)]
    expected = {day for day in all_days if FIRST <= day <= LAST and day not in gone}
    exceptions = [f"EXDATE;VALUE=DATE:{day:%Y%m%d}" for day in gone]

    found = _read(
        _calendar("SUMMARY:No School", f"DTSTART;VALUE=DATE:{start:%Y%m%d}", f"RRULE:{rule}", *exceptions)
    )

    # RFC 5545 leaves open whether a start that does not fit its rule is an occurrence.
    assert set(found.days_off) - {start} == expected - {start}
