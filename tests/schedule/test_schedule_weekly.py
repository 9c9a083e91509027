"""A weekly moment on a local clock: every week once, at the same wall time, through both clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.schedule.weekly import Weekly, is_first_of_month

LA = ZoneInfo("America/Los_Angeles")
MONDAYS = Weekly(0, time(10), LA)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
weeklies = st.builds(
    Weekly,
    st.integers(0, 6),
    st.times().map(lambda at: at.replace(tzinfo=None)),
    st.sampled_from([LA, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Kiritimati"), ZoneInfo("UTC")]),
)


@given(weeklies, moments)
def test_now_lies_between_the_newest_and_the_next(weekly: Weekly, now: datetime) -> None:
    newest, after = weekly.newest(now), weekly.after(now)
    assert newest <= now < after
    assert weekly.day_of(after) - weekly.day_of(newest) == timedelta(days=7)
    assert weekly.day_of(newest).weekday() == weekly.weekday
    assert weekly.newest(newest) == newest
    assert weekly.newest(after) == after
    assert list(weekly.between(newest, now)) == [newest]


@pytest.mark.parametrize(
    ("now", "utc_hour"),
    [
        (datetime(2026, 10, 27, tzinfo=UTC), 18),  # clocks go back on 1 November
        (datetime(2027, 3, 9, tzinfo=UTC), 17),  # and forward on 14 March
    ],
)
def test_a_clock_change_moves_nothing(now: datetime, utc_hour: int) -> None:
    found = MONDAYS.after(now)
    assert found.hour == utc_hour
    assert found.astimezone(LA).time() == time(10)
    assert [one.astimezone(LA).time() for one in MONDAYS.between(found, found + timedelta(days=20))] == [
        time(10)
    ] * 3


def test_what_is_none_of_its_moments_begins_no_weeks() -> None:
    monday = datetime(2026, 9, 7, 17, tzinfo=UTC)
    assert list(MONDAYS.between(monday, monday + timedelta(days=15))) == [
        monday,
        monday + timedelta(days=7),
        monday + timedelta(days=14),
    ]
    assert list(MONDAYS.between(monday + timedelta(minutes=1), monday + timedelta(days=30))) == []


@given(st.dates(date(2026, 1, 1), date(2030, 1, 1)), st.integers(0, 6))
def test_every_month_has_one_first(month: date, weekday: int) -> None:
    days = [month.replace(day=1) + timedelta(days=number) for number in range(28)]
    assert sum(is_first_of_month(day) and day.weekday() == weekday for day in days) == 1
