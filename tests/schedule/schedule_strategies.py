"""Calendars and service lines for property tests: small school years across both clock changes."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from assistant.schedule.types import Break, KnownSlots, SchoolCalendar, ServiceLine, WeeklySlot

# Clock changes by an hour at night, by half an hour, at midnight, on a school day (Cairo: Fridays), and none.
ZONES = ("America/Los_Angeles", "Australia/Lord_Howe", "America/Havana", "Africa/Cairo", "Asia/Tokyo")

days = st.dates(date(2026, 7, 1), date(2027, 7, 31))
times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
slots = st.builds(WeeklySlot, st.integers(0, 4), times)


@st.composite
def breaks(draw: st.DrawFn) -> Break:
    first = draw(days)
    return Break(
        first, first + timedelta(days=draw(st.integers(0, 20))), draw(st.sampled_from(["", "Winter"]))
    )


@st.composite
def calendars(draw: st.DrawFn, zones: tuple[str, ...] = ZONES) -> SchoolCalendar:
    first = draw(st.dates(date(2026, 7, 15), date(2026, 10, 20)))
    return SchoolCalendar(
        zone=ZoneInfo(draw(st.sampled_from(zones))),
        first_day=first,
        last_day=first + timedelta(days=draw(st.integers(0, 330))),
        days_off=draw(st.frozensets(days, max_size=30)),
        breaks=tuple(draw(st.lists(breaks(), max_size=4))),
        minimum_days=draw(st.dictionaries(days, times, max_size=10)),
    )


frequencies = st.builds(
    KnownSlots,
    slots=st.lists(slots, min_size=1, max_size=4, unique=True).map(tuple),
    every=st.integers(1, 5),
    anchor=st.none() | days,
)


@st.composite
def lines(draw: st.DrawFn) -> ServiceLine:
    starts = draw(st.none() | days)
    ends = draw(st.none() | days)
    return ServiceLine(
        name="Speech therapy",
        alias="speech",
        minutes=draw(st.integers(1, 180)),
        frequency=draw(frequencies),
        starts=starts,
        ends=ends if ends is None or starts is None or ends >= starts else None,
    )
