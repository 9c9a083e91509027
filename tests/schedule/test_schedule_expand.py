"""What a service line and a calendar expect: by hand, by property, and against an independent expansion."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil import tz
from dateutil.rrule import WEEKLY, rrule
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.schedule.calendar import is_instructional
from assistant.schedule.expand import expand
from assistant.schedule.types import Break, Expected, KnownSlots, SchoolCalendar, ServiceLine, WeeklySlot
from tests.schedule.schedule_strategies import calendars, days, lines
from tests.support.examples import some

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
TUE, THU = 1, 3
YEAR = (date(2026, 7, 1), date(2027, 8, 1))
CALENDAR = SchoolCalendar(
    zone=LOS_ANGELES,
    first_day=date(2026, 8, 17),
    last_day=date(2027, 6, 4),
    days_off=frozenset({date(2026, 9, 7), date(2026, 11, 11)}),
    breaks=(Break(date(2026, 11, 23), date(2026, 11, 27), "Thanksgiving"),),
    minimum_days={date(2026, 10, 8): time(12, 30)},
)
SPEECH = ServiceLine(
    name="Speech therapy",
    alias="speech",
    minutes=30,
    frequency=KnownSlots((WeeklySlot(TUE, time(14)), WeeklySlot(THU, time(10, 15)))),
)


def _of(line: ServiceLine, first: date, stop: date, calendar: SchoolCalendar = CALENDAR) -> list[Expected]:
    return list(expand(line, calendar, first, stop))


def _dates(found: list[Expected]) -> list[date | None]:
    return [one.date for one in found]


def test_one_week_has_its_slots_with_the_schools_offset() -> None:
    found = _of(SPEECH, date(2026, 8, 31), date(2026, 9, 7))

    assert _dates(found) == [date(2026, 9, 1), date(2026, 9, 3)]
    first = found[0]
    assert first.start is not None
    assert first.end is not None
    assert first.start.isoformat() == "2026-09-01T14:00:00-07:00"
    assert first.end.isoformat() == "2026-09-01T14:30:00-07:00"
    assert (first.due_at, first.form, first.due_sessions, first.due_minutes) == (first.end, "slot", 1, 30)


def test_wall_time_stays_across_both_clock_changes() -> None:
    autumn = _of(SPEECH, date(2026, 10, 27), date(2026, 11, 6))
    spring = _of(SPEECH, date(2027, 3, 9), date(2027, 3, 19))

    def shown(found: list[Expected]) -> list[str]:
        return [one.start.isoformat() for one in found if one.start]

    assert shown(autumn) == [
        "2026-10-27T14:00:00-07:00",
        "2026-10-29T10:15:00-07:00",
        "2026-11-03T14:00:00-08:00",
        "2026-11-05T10:15:00-08:00",
    ]
    assert shown(spring) == [
        "2027-03-09T14:00:00-08:00",
        "2027-03-11T10:15:00-08:00",
        "2027-03-16T14:00:00-07:00",
        "2027-03-18T10:15:00-07:00",
    ]


def test_days_off_and_breaks_have_no_session() -> None:
    assert _dates(_of(SPEECH, date(2026, 11, 17), date(2026, 12, 2))) == [
        date(2026, 11, 17),
        date(2026, 11, 19),
        date(2026, 12, 1),
    ]
    wednesday = replace(SPEECH, frequency=KnownSlots((WeeklySlot(2, time(9)),)))
    assert _of(wednesday, date(2026, 11, 11), date(2026, 11, 12)) == []


@pytest.mark.parametrize(
    ("at", "minimum"), [(time(12, 29), False), (time(12, 30), True), (time(14), True), (time(8), False)]
)
def test_a_slot_at_or_after_the_end_of_a_minimum_day_says_so(at: time, minimum: bool) -> None:
    line = replace(SPEECH, frequency=KnownSlots((WeeklySlot(THU, at),)))

    (on_minimum_day,) = _of(line, date(2026, 10, 8), date(2026, 10, 9))
    (week_before,) = _of(line, date(2026, 10, 1), date(2026, 10, 2))

    assert on_minimum_day.minimum_day is minimum
    assert not week_before.minimum_day


def test_every_other_week_counts_from_the_monday_of_the_anchor() -> None:
    for anchor in (
        date(2026, 8, 24),
        date(2026, 8, 30),
        date(2027, 2, 8),
        date(2026, 7, 1) - timedelta(days=2),
    ):
        line = replace(SPEECH, frequency=KnownSlots((WeeklySlot(TUE, time(14)),), every=2, anchor=anchor))
        found = _of(line, date(2026, 8, 17), date(2026, 9, 30))
        assert _dates(found) == [date(2026, 8, 25), date(2026, 9, 8), date(2026, 9, 22)], anchor


def test_every_other_week_goes_on_counting_through_a_break() -> None:
    """The week of the break counts, though nothing is due in it (24 November is an "on" week here)."""
    line = replace(SPEECH, frequency=KnownSlots((WeeklySlot(TUE, time(14)),), 2, date(2026, 11, 10)))
    assert _dates(_of(line, date(2026, 11, 9), date(2026, 12, 31))) == [
        date(2026, 11, 10),
        date(2026, 12, 8),
        date(2026, 12, 22),
    ]


def test_the_lines_own_dates_are_both_included() -> None:
    line = replace(SPEECH, starts=date(2026, 9, 3), ends=date(2026, 9, 8))
    assert _dates(_of(line, *YEAR)) == [date(2026, 9, 3), date(2026, 9, 8)]


def test_a_line_reaches_no_further_than_the_school_year() -> None:
    found = _of(replace(SPEECH, starts=date(2025, 1, 1), ends=date(2029, 1, 1)), *YEAR)
    assert found[0].date == date(2026, 8, 18)
    assert found[-1].date == date(2027, 6, 3)
    assert _of(replace(SPEECH, starts=date(2027, 7, 1)), *YEAR) == []


def test_two_slots_of_a_day_come_in_order_of_time() -> None:
    line = replace(SPEECH, frequency=KnownSlots((WeeklySlot(TUE, time(14)), WeeklySlot(TUE, time(9)))))
    starts = [one.start.time() for one in _of(line, date(2026, 9, 1), date(2026, 9, 2)) if one.start]
    assert starts == [time(9), time(14)]


def test_a_session_across_a_clock_change_takes_its_real_minutes() -> None:
    """Cairo's clocks skip 00:00 to 01:00 on Friday 30 April 2027."""
    cairo = replace(CALENDAR, zone=ZoneInfo("Africa/Cairo"))
    line = replace(SPEECH, minutes=60, frequency=KnownSlots((WeeklySlot(THU, time(23, 30)),)))

    (one,) = _of(line, date(2027, 4, 29), date(2027, 4, 30), cairo)

    assert one.end is not None
    assert one.end.isoformat() == "2027-04-30T01:30:00+03:00"


def test_an_unknown_form_of_frequency_is_refused() -> None:
    line = replace(SPEECH, frequency="weekly")  # type: ignore[arg-type]  # what the test is about
    with pytest.raises(TypeError, match="str"):
        expand(line, CALENDAR, *YEAR)


@given(lines(), calendars(), st.lists(days, min_size=3, max_size=3).map(sorted))
def test_two_halves_make_the_whole(line: ServiceLine, calendar: SchoolCalendar, cuts: list[date]) -> None:
    a, b, c = cuts
    assert _of(line, a, b, calendar) + _of(line, b, c, calendar) == _of(line, a, c, calendar)


@given(lines(), calendars())
def test_nothing_is_expected_where_nothing_can_be_due(line: ServiceLine, calendar: SchoolCalendar) -> None:
    for one in _of(line, *YEAR, calendar):
        assert one.date is not None
        assert is_instructional(calendar, one.date)
        assert (line.starts or one.date) <= one.date <= (line.ends or one.date)


@given(lines(), calendars())
def test_every_session_lasts_its_minutes_and_dates_ascend(
    line: ServiceLine, calendar: SchoolCalendar
) -> None:
    found = _of(line, *YEAR, calendar)
    for one in found:
        assert one.start is not None
        assert one.end is not None
        assert one.end.astimezone(UTC) - one.start.astimezone(UTC) == timedelta(minutes=line.minutes)
        assert one.due_at == one.end
        # It is a time that clocks there really show.
        for shown in (one.start, one.end):
            assert shown.astimezone(UTC).astimezone(calendar.zone).isoformat() == shown.isoformat()
    assert _dates(found) == sorted(one.date for one in found if one.date)


@settings(max_examples=some(60))
@given(lines(), calendars())
def test_it_agrees_with_an_independent_expansion(line: ServiceLine, calendar: SchoolCalendar) -> None:
    """dateutil's rules and dateutil's own reading of the zone, on the same days."""
    assert isinstance(line.frequency, KnownSlots)
    where = tz.gettz(calendar.zone.key)
    first = line.starts or calendar.first_day
    anchor = line.frequency.anchor or max(first, calendar.first_day)
    begin = anchor - timedelta(days=anchor.weekday()) - timedelta(weeks=60 * line.frequency.every)
    expected = set()
    for slot in line.frequency.slots:
        rule = rrule(
            WEEKLY,
            interval=line.frequency.every,
            byweekday=slot.weekday,
            dtstart=datetime.combine(begin, slot.at),
            until=datetime(2027, 8, 1),
        )
        for local in rule:
            day = local.date()
            in_break = any(pause.first <= day <= pause.last for pause in calendar.breaks)
            in_year = calendar.first_day <= day <= calendar.last_day
            in_line = first <= day <= (line.ends or day)
            if in_year and in_line and day not in calendar.days_off and not in_break:
                expected.add(tz.resolve_imaginary(local.replace(tzinfo=where)).astimezone(UTC))

    found = {one.start.astimezone(UTC) for one in _of(line, *YEAR, calendar) if one.start}

    assert found == expected
