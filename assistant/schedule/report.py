"""What a whole schedule expects, in one order, and as the JSON of the command `expect`."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import Any

from assistant.schedule.expand import expand
from assistant.schedule.file import Schedule
from assistant.schedule.types import Expected


def expect(schedule: Schedule, first: date, last: date) -> list[Expected]:
    """What all services expect from `first` to `last`, both dates included, by due time, then service.

    Raises ValueError where `last` comes before `first`.
    """
    if last < first:
        raise ValueError(f"the last date, {last}, comes before the first, {first}")
    stop = last + timedelta(days=1)
    found = [one for line in schedule.services for one in expand(line, schedule.calendar, first, stop)]
    return sorted(found, key=lambda one: (one.due_at.astimezone(UTC), one.service))


def expected_to_json(one: Expected) -> dict[str, Any]:
    """One expectation as `expect` writes it (contracts, section 3): only the keys that its form has."""
    row: dict[str, Any] = {"service": one.service, "form": one.form}
    if one.date is not None:
        row["date"] = one.date.isoformat()
    if one.start is not None and one.end is not None:
        row["start"], row["end"] = one.start.isoformat(), one.end.isoformat()
    if one.period_from is not None and one.period_to is not None:
        row["period"] = {"from": one.period_from.isoformat(), "to": one.period_to.isoformat()}
    row["due_sessions"] = one.due_sessions
    row["due_minutes"] = one.due_minutes
    row["due_at"] = one.due_at.isoformat()
    if one.minimum_day:
        row["minimum_day"] = True
    return row
