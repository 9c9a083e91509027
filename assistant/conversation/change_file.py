"""Changes as a file writes them: one table each, checked and named like a schedule file's."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import cast

from assistant.conversation.changes import (
    Change,
    Closure,
    Consent,
    EditLines,
    MadeUp,
    NewCalendar,
    NewIep,
    NewSchool,
    NewZone,
)
from assistant.evidence.make_ups import Act
from assistant.schedule.fields import Problems, Table, as_date, why_unreadable
from assistant.schedule.file import Schedule, ScheduleError, read_schedule
from assistant.schedule.zones import zone

ACTS = ("offered", "declined", "promised", "given")


class ChangeError(Exception):
    """The changes cannot be used. `problems` holds one line each: `FILE: key.path: what is wrong`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Dated:
    """A change and, in a scenario, the school-local time at which it comes."""

    change: Change
    at: datetime | None = None


def read_changes(path: Path) -> list[Dated]:
    """The tables `[[changes]]` of a file, in its order. Raises ChangeError with every problem."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ChangeError([f"{path}: cannot be read: {why_unreadable(error)}"]) from None
    except UnicodeDecodeError:
        raise ChangeError([f"{path}: is not UTF-8 text, expected a TOML file"]) from None
    except (ValueError, RecursionError) as error:
        raise ChangeError([f"{path}: is not valid TOML: {' '.join(str(error).split())}"]) from None
    problems = Problems(str(path))
    top = Table(data, "", problems)
    tables = top.tables("changes", "a table [[changes]]", required=True)
    found = [read_change(table, path.parent) for table in tables]
    top.finish()
    if problems.lines:
        raise ChangeError(problems.lines)
    return [one for one in found if one is not None]


def read_change(table: Table, folder: Path, *, timed: bool = False) -> Dated | None:
    """One change; None with the problems named. `timed`: it says when it comes, as in a scenario."""
    at = _at(table) if timed else None
    given = [key for key in _KINDS if key in table]
    # A new school brings its calendar with it.
    kinds = ["school"] if "school" in given else given
    if len(kinds) != 1:
        what = f"has both {' and '.join(kinds)}" if kinds else "says nothing"
        table.problems.add(table.path, f"{what}, expected one of: {', '.join(_KINDS)}")
        return None
    before = len(table.problems.lines)
    change = _KINDS[kinds[0]](table, folder)
    table.finish()
    failed = len(table.problems.lines) > before or (timed and at is None)
    return None if change is None or failed else Dated(change, at)


def _at(table: Table) -> datetime | None:
    at = table.raw("at")
    if isinstance(at, datetime) and at.tzinfo is None:
        return at
    table.problem("at", "expected a local date and time without quotes, like 2026-10-01T18:00:00")
    return None


def _schedule(table: Table, key: str, folder: Path) -> Schedule | None:
    name = table.text(key, longest=200, required=True)
    if name is None:
        return None
    try:
        return read_schedule(folder / name)
    except ScheduleError as error:
        table.problems.lines.extend(error.problems)
        return None


def _iep(table: Table, folder: Path) -> Change | None:
    schedule, starts = _schedule(table, "iep", folder), table.date("from")
    return NewIep(schedule, starts) if schedule else None


def _edit(table: Table, folder: Path) -> Change | None:
    schedule = _schedule(table, "edit", folder)
    return EditLines(schedule) if schedule else None


def _calendar(table: Table, folder: Path) -> Change | None:
    schedule = _schedule(table, "calendar", folder)
    return NewCalendar(schedule) if schedule else None


def _closure(table: Table, folder: Path) -> Change | None:
    day, name = table.date("closure", required=True), table.text("name", longest=100, required=True)
    return Closure(day, name) if day and name else None


def _consent(table: Table, folder: Path) -> Change | None:
    service, given = table.text("consent", longest=120, required=True), table.flag("given")
    if given is None and "given" not in table:
        table.problem("given", "is missing, expected true or false")
    on = table.date("on")
    return Consent(service, given, on) if service and given is not None else None


def _zone(table: Table, folder: Path) -> Change | None:
    name = table.text("zone", longest=100, required=True)
    if name is None:
        return None
    try:
        return NewZone(zone(name).key)
    except ValueError as error:
        table.problem("zone", str(error))
        return None


def _school(table: Table, folder: Path) -> Change | None:
    school, district = table.text("school", longest=100, required=True), table.text("district", longest=100)
    schedule = _schedule(table, "calendar", folder)
    return NewSchool(school, schedule, district or "") if school and schedule else None


def _make_up(table: Table, folder: Path) -> Change | None:
    act, service = table.choice("make_up", ACTS), table.text("service", longest=120, required=True)
    entries = table.entries("misses", "a list of dates", required=True) or []
    misses = [as_date(one, f"{table.at('misses')}[{n}]", table.problems) for n, one in enumerate(entries)]
    days: tuple[date, ...] = tuple(day for day in misses if day)
    if not days and "misses" in table:
        table.problem("misses", "is empty, expected the days that were missed")
    on, minutes = table.date("on"), table.whole("minutes", 1, 100_000)
    words = table.text("words", longest=600)
    if act in ("promised", "given") and "on" not in table:
        table.problem("on", f"is missing, expected the day it was {act} for")
    if act is None or service is None:
        return None
    return MadeUp(cast(Act, act), service, days, on, minutes, words or "")


_KINDS: dict[str, Callable[[Table, Path], Change | None]] = {
    "iep": _iep,
    "edit": _edit,
    "calendar": _calendar,
    "closure": _closure,
    "consent": _consent,
    "zone": _zone,
    "school": _school,
    "make_up": _make_up,
}
