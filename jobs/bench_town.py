"""Many families at once, for the benchmarks and the tests of several processes: plain rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select

from assistant.store import (
    Base,
    Calendar,
    Caregiver,
    Child,
    Expectation,
    Guardianship,
    IepVersion,
    ServiceLine,
    Store,
)
from messages.templates import sync

ROWS_AT_ONCE = 5_000


def phone_of(number: int) -> str:
    """The phone of the family with this number, below ten million."""
    return f"+1415{number:07d}"


def zone_at_noon(now: datetime) -> str:
    """A zone in which it is now between 11:30 and 12:30, so that nobody's quiet hours hold anything up."""
    ahead = round((12 - now.hour - now.minute / 60 + 12) % 24) - 12
    return f"Etc/GMT{-ahead:+d}"  # the sign of these names is the other way round


def settle(store: Store, families: int, now: datetime, ask_at: datetime) -> None:
    """One child, caregiver with a phone, line and ended session a family; its question is due at `ask_at`."""
    zone = zone_at_noon(now)
    today = now.astimezone(ZoneInfo(zone)).date()
    shared = {"created_at": now}
    with store.write() as session:
        sync(session, now)
        first = (session.scalar(select(func.max(Caregiver.id))) or 0) + 1
        if first == 1:
            session.add(Calendar(id=1, name="Alder", zone=zone, definition={}, created_at=now))
            session.flush()

        def rows(n: int) -> Iterator[tuple[type[Base], dict[str, Any]]]:
            yield Caregiver, {
                "id": n, "name": "Ana", "phone": phone_of(n), "language": "en", "zone": zone, "texts": "in",
                "mails": "none", "heard_at": now, **shared,
            }  # fmt: skip
            yield Child, {
                "id": n, "nickname": "Leo", "full_name": "", "school": "", "district": "", "calendar_id": 1,
                **shared,
            }  # fmt: skip
            yield Guardianship, {"id": n, "child_id": n, "caregiver_id": n, "position": 0}
            yield IepVersion, {"id": n, "child_id": n, "starts": today - timedelta(days=30), **shared}
            yield ServiceLine, {
                "id": n, "child_id": n, "iep_version_id": n, "name": "Speech therapy", "alias": "speech",
                "minutes": 30, "frequency": {}, "starts": today - timedelta(days=30),
                "ends": today + timedelta(days=200), "mode": "individual", "delivery": "direct",
                "wording": "", "consented": True, "planned_to": today + timedelta(days=28),
                "next_plan_at": now + timedelta(days=7), **shared,
            }  # fmt: skip
            yield Expectation, {
                "id": n, "service_line_id": n, "child_id": n, "form": "slot", "day": today,
                "start_at": now - timedelta(minutes=90), "due_at": now - timedelta(minutes=60),
                "due_sessions": 1, "due_minutes": 30, "minimum_day": False, "state": "planned",
                "ask_at": ask_at,
            }  # fmt: skip

        for start in range(first, first + families, ROWS_AT_ONCE):
            tables: dict[type[Base], list[dict[str, Any]]] = {}
            for n in range(start, min(start + ROWS_AT_ONCE, first + families)):
                for table, row in rows(n):
                    tables.setdefault(table, []).append(row)
            for table, several in tables.items():
                session.execute(insert(table), several)
