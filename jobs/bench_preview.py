"""`bench preview`: what other thresholds would have done to 1,000 families with a term of answers.

Beside it, in the same run, the bare reading of the rows that it needs, without looking at any of them.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from assistant.clock import monotonic
from assistant.config import Server, Settings
from assistant.conversation.preview import MOST, preview
from assistant.schedule.calendar import instructional_days
from assistant.schedule.jsonable import calendar_to_json, frequency_to_json
from assistant.schedule.types import KnownSlots, SchoolCalendar, WeeklySlot
from assistant.schedule.zones import moment
from assistant.store import (
    Calendar,
    Caregiver,
    Case,
    Child,
    Expectation,
    Guardianship,
    IepVersion,
    LogEntry,
    ServiceLine,
    Store,
    open_store,
)
from assistant.store.migrate import upgrade

FAMILIES = 1_000
SEED = 7
SETTINGS = Settings(server=Server(secret_key="x" * 32))
WANTED = {"misses_for_document": 3, "misses_for_notice": 4}
FIRST, LAST = date(2026, 8, 17), date(2026, 12, 18)
NOW = datetime(2026, 12, 19, 2, 0, tzinfo=UTC)
_ZONE = ZoneInfo("America/Los_Angeles")
_CALENDAR = SchoolCalendar(_ZONE, FIRST, date(2027, 6, 4), days_off=frozenset({date(2026, 9, 7)}))
_FREQUENCY = frequency_to_json(KnownSlots((WeeklySlot(0, time(14)), WeeklySlot(2, time(14)))))
_SERVICES = ("Speech therapy", "Occupational therapy", "Counseling")
# How often a session is held, and how many lines are like that: most go well, some falter, a few fail.
_RELIABLE = ((0.96, 70), (0.8, 20), (0.4, 10))
_CAUSES = ("provider_absent", "no_provider", "staff_pulled", "child_absent", "school_event", None)


def measure() -> Iterator[dict[str, Any]]:
    """The preview of 1,000 families, of as many as a page looks at, and the bare reading."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder)}/preview.db", durable=False)
        upgrade(store)
        entries = fill(store, FAMILIES)
        for what, families in (("every family", FAMILIES), ("as many as a page looks at", MOST)):
            seconds = _timed(store, partial(_preview, most=families))
            yield _row(f"preview, {what}", families, entries * families // FAMILIES, seconds)
        yield _row("bare reading of the same rows", FAMILIES, entries, _timed(store, _read_only))
        store.close()


def fill(store: Store, families: int) -> int:
    """So many families with three lines and a term of answers each; returns how many entries."""
    chance = random.Random(SEED)  # noqa: S311  made-up families
    days = instructional_days(_CALENDAR, FIRST, LAST)
    registered = moment(FIRST, time(7), _ZONE).astimezone(UTC)
    rows: dict[type, list[dict[str, Any]]] = {
        table: []
        for table in (Caregiver, Child, Guardianship, IepVersion, ServiceLine, Case, Expectation, LogEntry)
    }
    for family in range(1, families + 1):
        rows[Caregiver].append(_caregiver(family, registered))
        rows[Child].append(_child(family, registered))
        rows[Guardianship].append({"id": family, "child_id": family, "caregiver_id": family, "position": 0})
        rows[IepVersion].append({"id": family, "child_id": family, "starts": FIRST, "created_at": registered})
        entries = 0
        for place, name in enumerate(_SERVICES):
            line = 3 * (family - 1) + place + 1
            rows[ServiceLine].append(_line(line, family, name, registered))
            rows[Case].append(
                {"id": line, "service_line_id": line, "child_id": family, "created_at": registered}
            )
            [held] = chance.choices([one for one, _ in _RELIABLE], [weight for _, weight in _RELIABLE])
            for day in days:
                if day.weekday() not in (place, place + 2):
                    continue
                entries += 1
                number = len(rows[Expectation]) + 1
                rows[Expectation].append(_session(number, line, family, day))
                rows[LogEntry].append(_entry(number, line, family, entries, day, held, chance))
    with store.write() as session:
        session.add(
            Calendar(
                id=1, name="A", zone=_ZONE.key, definition=calendar_to_json(_CALENDAR), created_at=registered
            )
        )
        session.flush()
        for table, some in rows.items():
            session.execute(insert(table), some)
    return len(rows[LogEntry])


def _preview(session: Session, most: int) -> None:
    preview(session, "", WANTED, "quarter", NOW, SETTINGS, most)


def _read_only(session: Session) -> None:
    one, entry = Expectation, LogEntry
    session.execute(
        select(one.id, one.service_line_id, one.day, one.due_at, one.due_minutes, one.due_sessions, one.asks)
    ).all()
    session.execute(
        select(
            entry.expectation_id, entry.kind, entry.recorded_at, entry.outcome, entry.cause, entry.minutes,
            entry.sessions, entry.chances, entry.number, entry.day,
        )
    ).all()  # fmt: skip


def _timed(store: Store, work: Callable[[Session], object]) -> float:
    with store.read() as session:
        begun = monotonic()
        work(session)
        return monotonic() - begun


def _row(what: str, families: int, entries: int, seconds: float) -> dict[str, Any]:
    return {
        "bench": "preview",
        "what": what,
        "families": families,
        "entries": entries,
        "seconds": round(seconds, 3),
        "ms_per_family": round(1000 * seconds / families, 3),
    }


def _caregiver(number: int, at: datetime) -> dict[str, Any]:
    return {
        "id": number, "name": "A", "phone": f"+1415{number:07d}", "language": "en", "zone": _ZONE.key,
        "texts": "in", "mails": "none", "created_at": at,
    }  # fmt: skip


def _child(number: int, at: datetime) -> dict[str, Any]:
    return {"id": number, "nickname": "Leo", "calendar_id": 1, "created_at": at}


def _line(number: int, child: int, name: str, at: datetime) -> dict[str, Any]:
    return {
        "id": number, "child_id": child, "iep_version_id": child, "name": name, "alias": name.split()[0],
        "minutes": 30, "frequency": _FREQUENCY, "starts": FIRST, "ends": _CALENDAR.last_day,
        "planned_to": LAST, "created_at": at,
    }  # fmt: skip


def _session(number: int, line: int, child: int, day: date) -> dict[str, Any]:
    start = moment(day, time(14), _ZONE).astimezone(UTC)
    return {
        "id": number, "service_line_id": line, "child_id": child, "form": "slot", "day": day,
        "start_at": start, "due_at": start + timedelta(minutes=30), "due_sessions": 1, "due_minutes": 30,
        "state": "answered",
    }  # fmt: skip


def _entry(
    number: int, line: int, child: int, place: int, day: date, held: float, chance: random.Random
) -> dict[str, Any]:
    """What the parent answered an hour later, most often; now and then they are not sure."""
    outcome = "held" if chance.random() < held else "unknown" if chance.random() < 0.15 else "missed"
    return {
        "id": number, "child_id": child, "number": place, "service_line_id": line, "expectation_id": number,
        "kind": "answer", "day": day, "outcome": outcome, "knows": "not_said", "words": "",
        "cause": chance.choice(_CAUSES) if outcome == "missed" else None,
        "recorded_at": moment(day, time(16), _ZONE).astimezone(UTC), "content": {}, "previous_hash": "",
        "hash": str(number),
    }  # fmt: skip
