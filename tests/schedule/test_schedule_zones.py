"""Wall time to moments: skipped, doubled, and plain; zone names checked."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil import tz
from hypothesis import given
from hypothesis import strategies as st

from assistant.schedule.zones import moment, session, zone
from tests.schedule.schedule_strategies import ZONES

LOS_ANGELES = ZoneInfo("America/Los_Angeles")


@pytest.mark.parametrize(
    ("day", "at", "expected"),
    [
        (date(2026, 9, 1), time(14), "2026-09-01T14:00:00-07:00"),
        (date(2027, 3, 14), time(1, 59), "2027-03-14T01:59:00-08:00"),
        (date(2027, 3, 14), time(2), "2027-03-14T03:00:00-07:00"),
        (date(2027, 3, 14), time(2, 30), "2027-03-14T03:30:00-07:00"),
        (date(2027, 3, 14), time(3), "2027-03-14T03:00:00-07:00"),
        (date(2026, 11, 1), time(0, 59), "2026-11-01T00:59:00-07:00"),
        (date(2026, 11, 1), time(1, 30), "2026-11-01T01:30:00-07:00"),
        (date(2026, 11, 1), time(2), "2026-11-01T02:00:00-08:00"),
    ],
)
def test_clock_changes(day: date, at: time, expected: str) -> None:
    assert moment(day, at, LOS_ANGELES).isoformat() == expected
    assert session(day, at, 30, LOS_ANGELES)[0].isoformat() == expected


@given(st.dates(date(2026, 1, 1), date(2028, 1, 1)), st.times(), st.integers(1, 4000), st.sampled_from(ZONES))
def test_sessions_begin_on_the_wall_and_last_their_minutes(
    day: date, at: time, minutes: int, name: str
) -> None:
    start, end = session(day, at, minutes, ZoneInfo(name))
    wanted = tz.resolve_imaginary(datetime.combine(day, at, tz.gettz(name)))
    assert start.astimezone(UTC) == wanted.astimezone(UTC)
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(minutes=minutes)


def test_a_known_zone() -> None:
    assert zone("America/Los_Angeles") is LOS_ANGELES


@pytest.mark.parametrize(
    "name", ["", "America", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "a\0b", "Pacific"]
)
def test_an_unknown_zone_is_one_plain_line(name: str) -> None:
    with pytest.raises(ValueError, match="is not a known time zone, expected one like") as caught:
        zone(name)
    assert "\n" not in str(caught.value)


def test_a_mistyped_zone_gets_the_nearest() -> None:
    with pytest.raises(ValueError, match='did you mean "America/Los_Angeles"'):
        zone("America/Los_Angelos")
