"""Quiet hours, in every zone, across clock changes."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.hours import Hours

ZONES = [
    "America/Los_Angeles",
    "America/New_York",
    "America/Phoenix",
    "Pacific/Honolulu",
    "America/Havana",
    "UTC",
]
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda d: d.replace(tzinfo=UTC))


def hours(zone: str, opens: int = 9, closes: int = 20, sundays: bool = False) -> Hours:
    return Hours(ZoneInfo(zone), time(opens), time(closes), sundays)


@given(MOMENTS, st.sampled_from(ZONES), st.booleans())
def test_the_next_opening_is_allowed_and_never_earlier(moment: datetime, zone: str, sundays: bool) -> None:
    window = hours(zone, sundays=sundays)
    found = window.next_open(moment)
    assert window.allows(found)
    assert found >= moment
    assert found - moment <= timedelta(hours=62)
    if window.allows(moment):
        assert found == moment


@given(MOMENTS, st.sampled_from(ZONES))
def test_nothing_that_is_allowed_lies_between(moment: datetime, zone: str) -> None:
    window = hours(zone)
    found = window.next_open(moment)
    step = moment
    while step < found:
        assert not window.allows(step)
        step += timedelta(minutes=13)


@pytest.mark.parametrize(
    ("local", "opening"),
    [
        ((2026, 11, 1, 1, 30), (2026, 11, 2, 9, 0)),  # the night the clocks go back; a Sunday
        ((2027, 3, 13, 21, 0), (2027, 3, 15, 9, 0)),  # Saturday evening before they go forward
        ((2026, 9, 1, 8, 59), (2026, 9, 1, 9, 0)),
        ((2026, 9, 1, 20, 0), (2026, 9, 2, 9, 0)),
        ((2026, 9, 1, 19, 59), (2026, 9, 1, 19, 59)),
    ],
)
def test_openings_in_los_angeles(local: tuple[int, ...], opening: tuple[int, ...]) -> None:
    zone = ZoneInfo("America/Los_Angeles")
    moment = datetime(*local, tzinfo=zone)  # type: ignore[misc,arg-type]  # five numbers
    assert hours(zone.key).next_open(moment) == datetime(*opening, tzinfo=zone)  # type: ignore[misc,arg-type]


def test_an_opening_that_the_clock_skips_moves_forward_with_it() -> None:
    window = Hours(ZoneInfo("America/Los_Angeles"), time(2, 30), time(20), True)
    night = datetime(2027, 3, 14, 1, 0, tzinfo=window.zone)
    assert window.next_open(night) == datetime(2027, 3, 14, 3, 30, tzinfo=window.zone)
