"""`bench plan`: a school year for 10,000 lines of every form, beside dateutil's rules in the same run."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from assistant.clock import monotonic
from assistant.config import Asking, Server, Settings
from assistant.families.register import register
from assistant.families.types import NewCaregiver, NewFamily
from assistant.schedule.expand import expand
from assistant.schedule.types import (
    Accommodation,
    Break,
    CountPerPeriod,
    CountPerWeeks,
    Daily,
    Exceptions,
    Frequency,
    KnownSlots,
    MinutesPerPeriod,
    Rotation,
    SchoolCalendar,
    ServiceLine,
    WeeklySlot,
)
from assistant.store import Expectation, open_store
from assistant.store.migrate import upgrade
from messages.templates import sync

LINES = 10_000
STORED = 200
RUNS = 3
_ZONE = ZoneInfo("America/Los_Angeles")
_BEFORE = datetime(2026, 8, 1, 16, 0, tzinfo=UTC)
CALENDAR = SchoolCalendar(
    zone=_ZONE,
    first_day=date(2026, 8, 17),
    last_day=date(2027, 6, 4),
    days_off=frozenset({date(2026, 9, 7), date(2026, 11, 11), date(2027, 1, 18), date(2027, 2, 15)}),
    breaks=(
        Break(date(2026, 11, 23), date(2026, 11, 27)),
        Break(date(2026, 12, 21), date(2027, 1, 8)),
        Break(date(2027, 4, 5), date(2027, 4, 9)),
    ),
    minimum_days={date(2026, 10, 9): time(12, 30), date(2027, 3, 12): time(12, 30)},
)


def plan() -> Iterator[dict[str, Any]]:
    """The expansion of all forms, the slots alone beside dateutil, and what it takes to store them."""
    every = [_line(number) for number in range(LINES)]
    yield _figure("every session, every form", every, _ours)
    slots = [line for line in every if isinstance(line.frequency, KnownSlots)]
    yield _figure("every session, known slots", slots, _ours)
    yield _figure("dateutil.rrule, the same slots", slots, _dateutil)
    yield _stored()


def _line(number: int) -> ServiceLine:
    """Lines of every form in turn; half of them have known slots, as in most schedules."""
    at = time(8 + number % 7, 15 * (number % 4))
    first = WeeklySlot(number % 5, at)
    forms: tuple[Frequency, ...] = (
        KnownSlots((first, WeeklySlot((number + 2) % 5, at))),
        CountPerPeriod(2, "week"),
        KnownSlots((first,)),
        MinutesPerPeriod(60, "month"),
        KnownSlots((first,), every=2, anchor=date(2026, 8, 17)),
        Daily(at),
        KnownSlots((first, WeeklySlot((number + 1) % 5, at), WeeklySlot((number + 3) % 5, at))),
        Rotation(6, (1, 4), at, date(2026, 8, 17)),
        KnownSlots((first, WeeklySlot((number + 2) % 5, at))),
        (
            MinutesPerPeriod(1800, "year"),
            CountPerWeeks(3, 4, date(2026, 8, 17)),
            Exceptions(),
            Accommodation(),
        )[number // 10 % 4],
    )
    return ServiceLine(f"Service {number}", f"service {number}", 30, forms[number % 10])


def _ours(lines: list[ServiceLine]) -> int:
    stop = CALENDAR.last_day + timedelta(days=1)
    return sum(len(list(expand(line, CALENDAR, CALENDAR.first_day, stop))) for line in lines)


def _dateutil(lines: list[ServiceLine]) -> int:
    """The same slots by dateutil's rules: start and end in the zone, days without school left out."""
    from dateutil.rrule import WEEKLY, rrule

    found = 0
    until = datetime.combine(CALENDAR.last_day, time(23, 59))
    for line in lines:
        frequency = line.frequency
        assert isinstance(frequency, KnownSlots)
        length = timedelta(minutes=line.minutes)
        for slot in frequency.slots:
            rule = rrule(
                WEEKLY,
                interval=frequency.every,
                byweekday=slot.weekday,
                dtstart=datetime.combine(CALENDAR.first_day, slot.at),
                until=until,
            )
            sessions = [
                (start, start + length)
                for naive in rule
                if naive.date() not in CALENDAR.off and (start := naive.replace(tzinfo=_ZONE))
            ]
            found += len(sessions)
    return found


def _stored() -> dict[str, Any]:
    """Families registered with a whole year planned into SQLite, durable, as one transaction a family."""
    settings = Settings(server=Server(secret_key="x" * 32), asking=Asking(horizon_days=120))
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder)}/plan.db")
        upgrade(store)
        with store.write() as session:
            sync(session, _BEFORE)
        begun = monotonic()
        for number in range(STORED // 10):
            person = NewCaregiver("A", "en", _ZONE.key, phone=f"+1415555{number:04d}", texts=True)
            lines = tuple(_line(10 * number + place) for place in range(10))
            with store.write() as session:
                register(session, NewFamily("Leo", (person,), CALENDAR, lines), _BEFORE, settings)
        seconds = monotonic() - begun
        with store.read() as session:
            rows = session.scalars(select(func.count()).select_from(Expectation)).one()
        store.close()
    return _row("every session, stored 120 days ahead (SQLite)", STORED, rows, [seconds])


def _figure(what: str, lines: list[ServiceLine], work: Callable[[list[ServiceLine]], int]) -> dict[str, Any]:
    seconds, found = [], 0
    for _ in range(RUNS):
        begun = monotonic()
        found = work(lines)
        seconds.append(monotonic() - begun)
    return _row(what, len(lines), found, seconds)


def _row(what: str, lines: int, expectations: int, seconds: list[float]) -> dict[str, Any]:
    middle = statistics.median(seconds)
    return {
        "bench": "plan",
        "what": what,
        "lines": lines,
        "expectations": expectations,
        "seconds": round(middle, 3),
        "lines_per_second": round(lines / middle),
        "expectations_per_second": round(expectations / middle),
        "runs": len(seconds),
    }
