"""What `expect` writes for a whole schedule."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from assistant.schedule.file import read_schedule
from assistant.schedule.report import expect, expected_to_json
from assistant.schedule.types import Expected

FIXTURES = Path(__file__).parent / "fixtures"


def test_a_schedules_expectations_in_order() -> None:
    schedule = read_schedule(FIXTURES / "rivera.toml")

    found = expect(schedule, date(2026, 9, 28), date(2026, 10, 13))

    assert [json.dumps(expected_to_json(one)) for one in found] == [
        '{"service": "OT", "form": "slot", "date": "2026-09-28", "start": "2026-09-28T09:05:00-07:00", '
        '"end": "2026-09-28T09:50:00-07:00", "due_sessions": 1, "due_minutes": 45, '
        '"due_at": "2026-09-28T09:50:00-07:00"}',
        *(
            f'{{"service": "Speech therapy", "form": "slot", "date": "{day}", '
            f'"start": "{day}T14:00:00-07:00", "end": "{day}T14:30:00-07:00", '
            f'"due_sessions": 1, "due_minutes": 30, "due_at": "{day}T14:30:00-07:00"{more}}}'
            for day, more in [
                ("2026-09-29", ""),
                ("2026-10-01", ""),
                ("2026-10-06", ""),
                ("2026-10-08", ', "minimum_day": true'),
                # 12 October, an "on" Monday, is a day off in the district's file.
                ("2026-10-13", ""),
            ]
        ),
    ]


def test_both_dates_are_included() -> None:
    schedule = read_schedule(FIXTURES / "rivera.toml")
    assert len(expect(schedule, date(2026, 9, 29), date(2026, 9, 29))) == 1


def test_sessions_due_together_come_by_service() -> None:
    schedule = read_schedule(FIXTURES / "rivera.toml")
    speech, _ = schedule.services
    together = replace(schedule, services=(speech, replace(speech, name="AAC", alias="aac")))
    found = expect(together, date(2026, 9, 29), date(2026, 9, 29))
    assert [one.service for one in found] == ["AAC", "Speech therapy"]


def test_dates_in_the_wrong_order_are_refused() -> None:
    schedule = read_schedule(FIXTURES / "rivera.toml")
    with pytest.raises(ValueError, match="comes before the first"):
        expect(schedule, date(2026, 9, 29), date(2026, 9, 28))


def test_a_period_has_its_own_keys() -> None:
    due = datetime(2026, 9, 30, 22, tzinfo=UTC).astimezone(ZoneInfo("America/Los_Angeles"))
    period = Expected(
        service="OT",
        form="period",
        due_sessions=2,
        due_minutes=60,
        due_at=due,
        period_from=date(2026, 9, 1),
        period_to=date(2026, 9, 30),
    )
    assert expected_to_json(period) == {
        "service": "OT",
        "form": "period",
        "period": {"from": "2026-09-01", "to": "2026-09-30"},
        "due_sessions": 2,
        "due_minutes": 60,
        "due_at": "2026-09-30T15:00:00-07:00",
    }
