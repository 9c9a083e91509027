"""Calendars and frequencies survive being kept as JSON."""

from __future__ import annotations

import json
from datetime import date, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from assistant.schedule.jsonable import (
    calendar_from_json,
    calendar_to_json,
    frequency_from_json,
    frequency_to_json,
)
from assistant.schedule.types import Break, Frequency, KnownSlots, SchoolCalendar, WeeklySlot
from tests.schedule.schedule_strategies import calendars, frequencies


@given(calendars())
def test_a_calendar_comes_back_as_it_was(calendar: SchoolCalendar) -> None:
    again = calendar_from_json(json.loads(json.dumps(calendar_to_json(calendar))))
    assert again == calendar
    assert again.off == calendar.off


@given(frequencies)
def test_a_frequency_comes_back_as_it_was(frequency: Frequency) -> None:
    assert frequency_from_json(json.loads(json.dumps(frequency_to_json(frequency)))) == frequency


def test_the_words_are_those_of_the_schedule_file() -> None:
    calendar = SchoolCalendar(
        zone=ZoneInfo("America/Los_Angeles"),
        first_day=date(2026, 8, 17),
        last_day=date(2027, 6, 4),
        days_off=frozenset({date(2026, 11, 11), date(2026, 9, 7)}),
        breaks=(Break(date(2026, 11, 23), date(2026, 11, 27), "Thanksgiving"),),
        minimum_days={date(2026, 10, 9): time(12, 30)},
    )
    assert calendar_to_json(calendar) == {
        "timezone": "America/Los_Angeles",
        "first_day": "2026-08-17",
        "last_day": "2027-06-04",
        "days_off": ["2026-09-07", "2026-11-11"],
        "breaks": [{"from": "2026-11-23", "to": "2026-11-27", "name": "Thanksgiving"}],
        "minimum_days": [{"date": "2026-10-09", "ends": "12:30:00"}],
    }
    slots = KnownSlots((WeeklySlot(1, time(14)),), every=2, anchor=date(2026, 8, 17))
    assert frequency_to_json(slots) == {
        "form": "times",
        "times": [["tue", "14:00:00"]],
        "every": 2,
        "anchor": "2026-08-17",
    }


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(ValueError, match="'moon' is not a known form"):
        frequency_from_json({"form": "moon"})
    with pytest.raises(ValueError, match="'moon' is not a weekday"):
        frequency_from_json({"form": "times", "times": [["moon", "14:00"]], "every": 1, "anchor": None})
