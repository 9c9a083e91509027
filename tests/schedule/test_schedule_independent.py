"""`expect` beside other libraries: dateutil for the days off, iCalendar for the sessions."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from dateutil.rrule import rrule, rruleset, rrulestr

from assistant.schedule.file import Schedule, read_schedule
from assistant.schedule.report import expect
from assistant.schedule.types import KnownSlots

FIRST, LAST = date(2026, 8, 17), date(2027, 6, 4)
ZONES = ("America/Los_Angeles", "America/New_York", "Europe/Madrid")

# Summary, first day, days it lasts, rule, extra days, days left out.
EVENTS: tuple[tuple[str, date, int, str, tuple[date, ...], tuple[date, ...]], ...] = (
    (
        "No School - Staff Day",
        date(2026, 9, 4),
        1,
        "FREQ=WEEKLY;INTERVAL=3;COUNT=8",
        (),
        (date(2026, 10, 16),),
    ),
    ("Student Holiday", date(2026, 9, 14), 1, "FREQ=MONTHLY;BYDAY=2MO;UNTIL=20270430", (), ()),
    ("No Students", date(2026, 10, 31), 3, "", (), ()),  # Saturday to Monday, over the clock change
    ("Thanksgiving Break", date(2026, 11, 23), 5, "", (), ()),
    ("Winter Break", date(2026, 12, 21), 14, "", (), ()),
    (
        "Pupil Free Day",
        date(2027, 3, 12),
        1,
        "FREQ=DAILY;COUNT=2",
        (date(2027, 3, 15), date(2027, 3, 19)),
        (),
    ),
    ("Cesar Chavez Day - No School", date(2025, 3, 31), 1, "FREQ=YEARLY", (), ()),
    ("Back to School Night", date(2026, 9, 10), 1, "FREQ=WEEKLY;COUNT=4", (), ()),
)
SERVICES = """
[[services]]
name = "Speech"
minutes = 30
times = ["tue 14:00", "thu 09:30"]

[[services]]
name = "PT"
minutes = 45
times = ["mon 10:15", "fri 13:00"]
every = 2
anchor = 2026-08-26

[[services]]
name = "OT"
minutes = 60
times = ["wed 08:00"]
every = 3
anchor = 2026-09-09
starts = 2026-09-07
ends = 2027-05-14
"""


def ics() -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Test//EN"]
    for number, (summary, day, length, rule, more, less) in enumerate(EVENTS):
        lines += ["BEGIN:VEVENT", f"UID:{number}", f"SUMMARY:{summary}"]
        lines += [f"DTSTART;VALUE=DATE:{day:%Y%m%d}", f"DTEND;VALUE=DATE:{day + timedelta(length):%Y%m%d}"]
        lines += [f"RRULE:{rule}"] if rule else []
        lines += [f"RDATE;VALUE=DATE:{one:%Y%m%d}" for one in more]
        lines += [f"EXDATE;VALUE=DATE:{one:%Y%m%d}" for one in less]
        lines += ["END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def days_off() -> set[date]:
    """The same days by dateutil, from the same rules."""
    found: set[date] = set()
    for summary, day, length, rule_, more, less in EVENTS:
        if summary == "Back to School Night":
            continue
        starts = rruleset()
        begin = datetime.combine(day, time())
        if rule_:
            repeats = rrulestr(rule_, dtstart=begin)
            assert isinstance(repeats, rrule)
            starts.rrule(repeats)
        else:
            starts.rdate(begin)
        for one in more:
            starts.rdate(datetime.combine(one, time()))
        for one in less:
            starts.exdate(datetime.combine(one, time()))
        for start in starts.between(begin - timedelta(1), datetime.combine(LAST, time()), inc=True):
            found |= {start.date() + timedelta(n) for n in range(length)}
    return {day for day in found if FIRST <= day <= LAST}


def schedule(folder: Path, zone: str) -> Schedule:
    (folder / "district.ics").write_text(ics(), encoding="utf-8")
    text = f'timezone = "{zone}"\n[calendar]\nfirst_day = {FIRST}\nlast_day = {LAST}\nics = "district.ics"\n'
    file = folder / "schedule.toml"
    file.write_text(text + SERVICES, encoding="utf-8")
    return read_schedule(file)


def sessions(found: Schedule) -> list[tuple[str, str, str]]:
    """Every session as an event of its own with a weekly rule in the school's zone, expanded by iCalendar."""
    off, zone = days_off(), found.zone
    rows = []
    for line in found.services:
        frequency = line.frequency
        assert isinstance(frequency, KnownSlots)
        anchor = frequency.anchor or FIRST
        monday = anchor - timedelta(anchor.weekday())
        while monday > FIRST - timedelta(7):
            monday -= timedelta(weeks=frequency.every)
        for slot in frequency.slots:
            event = icalendar.Event()
            start = datetime.combine(monday + timedelta(slot.weekday), slot.at, zone)
            event.add("uid", f"{line.name}-{slot.weekday}")
            event.add("dtstart", start)
            event.add("duration", timedelta(minutes=line.minutes))
            event.add("rrule", {"freq": "weekly", "interval": frequency.every})
            calendar = icalendar.Calendar()
            calendar.add_component(event)
            for one in recurring_ical_events.of(calendar).between(FIRST, LAST + timedelta(1)):
                begin, end = one["DTSTART"].dt, one["DTEND"].dt
                first, last = max(FIRST, line.starts or FIRST), min(LAST, line.ends or LAST)
                if first <= begin.date() <= last and begin.date() not in off:
                    rows.append((begin.isoformat(), end.isoformat(), line.name))
    return sorted(rows, key=lambda row: (datetime.fromisoformat(row[1]), row[2]))


@pytest.mark.parametrize("zone", ZONES)
def test_expect_agrees_with_two_other_libraries_over_a_whole_year(tmp_path: Path, zone: str) -> None:
    found = schedule(tmp_path, zone)
    ours = [
        (one.start.isoformat(), one.end.isoformat(), one.service)
        for one in expect(found, FIRST, LAST)
        if one.start and one.end
    ]
    assert ours == sessions(found)
    assert len(ours) > 100
    for change in (date(2026, 11, 1), date(2027, 3, 14)):  # sessions in the week before and after each
        near = {row[0][:10] for row in ours if abs((date.fromisoformat(row[0][:10]) - change).days) <= 7}
        assert {date.fromisoformat(day) > change for day in near} == {True, False}


def test_the_days_off_of_the_file_are_those_of_dateutil(tmp_path: Path) -> None:
    found = schedule(tmp_path, ZONES[0])
    assert set(found.ics_days) == days_off()
    assert date(2026, 10, 16) not in found.ics_days  # left out of its series
    assert date(2027, 3, 19) in found.ics_days  # added to its series
    assert date(2027, 3, 31) in found.ics_days  # the third year of a yearly event


def test_offsets_change_with_the_clocks(tmp_path: Path) -> None:
    found = schedule(tmp_path, "America/Los_Angeles")
    starts = {
        one.date: one.start.isoformat()[-6:]
        for one in expect(found, date(2026, 10, 27), date(2026, 11, 5))
        if one.start and one.service == "Speech"
    }
    assert starts == {
        date(2026, 10, 27): "-07:00",
        date(2026, 10, 29): "-07:00",
        date(2026, 11, 3): "-08:00",
        date(2026, 11, 5): "-08:00",
    }
    assert ZoneInfo("America/Los_Angeles") == found.zone
