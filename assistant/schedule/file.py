"""A schedule file (contracts, section 3) -> a school calendar and service lines, or every problem by name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import cast, get_args
from zoneinfo import ZoneInfo

from assistant.schedule.calendar import instructional_days, is_instructional
from assistant.schedule.expand import expand
from assistant.schedule.fields import Problems, Table, as_date, why_unreadable
from assistant.schedule.forms import needs_minutes, read_frequency, slot_text
from assistant.schedule.ics import IcsError, IcsReading, days_off_from_ics
from assistant.schedule.types import Break, Delivery, Mode, SchoolCalendar, ServiceLine, WeeklySlot
from assistant.schedule.zones import zone

MODES: tuple[str, ...] = get_args(Mode)
DELIVERIES: tuple[str, ...] = get_args(Delivery)

_LONGEST_SESSION = 720  # minutes
_LONGEST_FILE = 1_000_000  # bytes


class ScheduleError(Exception):
    """The schedule cannot be used. `problems` holds one line each: `FILE: key.path: what is wrong`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Schedule:
    """A child's services and the calendar of the school.

    `calendar.days_off` holds the days of the `.ics` file too; `ics_days` names those. `warnings` are lines
    like those of ScheduleError, about what can be used and is probably not meant.
    """

    zone: ZoneInfo
    calendar: SchoolCalendar
    services: tuple[ServiceLine, ...]
    ics_days: Mapping[date, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def read_schedule(path: Path) -> Schedule:
    """Read a schedule file; a relative `ics` in it is looked for beside it.

    Raises ScheduleError with every problem, one line each.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ScheduleError([f"{path}: cannot be read: {why_unreadable(error)}"]) from None
    if len(data) > _LONGEST_FILE:
        raise ScheduleError([f"{path}: is larger than 1 MB, expected a schedule"])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ScheduleError([f"{path}: line {line}: is not UTF-8 text, expected a TOML file"]) from None
    return parse_schedule(text, str(path), path.parent)


def parse_schedule(text: str, name: str = "schedule", base_dir: Path | None = None) -> Schedule:
    """Read the text of a schedule file, called `name` in messages.

    A relative `ics` is looked for in `base_dir`; without one, a schedule that names an `ics` is refused.

    Raises ScheduleError with every problem, one line each.
    """
    problems, warnings = Problems(name), Problems(name)
    top = Table(_toml(text, name), "", problems)
    where = _read_zone(top)
    table = top.table("calendar")
    calendar, ics_days = _read_calendar(table, where, base_dir, warnings) if table else (None, {})
    tables = top.tables("services", "a table [[services]]", required=True)
    if "services" in top and not tables and not problems.lines:
        top.problem("services", "is empty, expected at least one table [[services]]")
    services = [_read_service(one, calendar, warnings) for one in tables]
    _refuse_doubles(tables, services, problems)
    top.finish()
    complete = tuple(service for service in services if service is not None)
    if problems.lines or where is None or calendar is None:
        raise ScheduleError(problems.lines)
    return Schedule(where, calendar, complete, ics_days, tuple(warnings.lines))


def _toml(text: str, name: str) -> dict[str, object]:
    """The text as TOML. Raises ScheduleError naming the line."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ScheduleError([f"{name}: is nested too deeply, expected a schedule"]) from None
    except ValueError as error:  # TOMLDecodeError, and what Python itself refuses, such as endless numbers
        what = str(error)
    found = re.search(r"^(.*) \(at line (\d+), column (\d+)\)$", what, re.DOTALL)
    if found is None:
        raise ScheduleError([f"{name}: is not valid TOML: {' '.join(what.split())}"])
    line = "".join(text.split("\n")[int(found[2]) - 1 :][:1])
    short = re.search(r"=\s*\d\d?:\d\d\b(?!:)", line)
    hint = "; a time needs its seconds, like 12:30:00" if short else ""
    raise ScheduleError([f"{name}: line {found[2]}, column {found[3]}: is not valid TOML: {found[1]}{hint}"])


def _read_zone(top: Table) -> ZoneInfo | None:
    name = top.text("timezone", longest=100, required=True)
    if name is None:
        return None
    try:
        return zone(name)
    except ValueError as error:
        top.problem("timezone", str(error))
        return None


def _read_calendar(
    table: Table, where: ZoneInfo | None, base_dir: Path | None, warnings: Problems
) -> tuple[SchoolCalendar | None, Mapping[date, str]]:
    """The calendar and the days of its `.ics`; None where first, last day or zone cannot be used."""
    first, last = table.date("first_day", required=True), table.date("last_day", required=True)
    days_off = _read_days(table)
    breaks = _read_breaks(table)
    minimum = _read_minimum_days(table, days_off, breaks)
    ics = table.text("ics", longest=500)
    table.finish()
    if first is None or last is None:
        return None, {}
    if last < first:
        table.problem("last_day", f"{last} is before first_day, {first}")
        return None, {}
    if where is None:
        return None, {}
    ics_days = _read_ics(table, ics, base_dir, (where, first, last), warnings) if ics else {}
    calendar = SchoolCalendar(where, first, last, frozenset(days_off) | frozenset(ics_days), breaks, minimum)
    if not instructional_days(calendar, first, last):
        table.problems.add(table.path, f"has no school day from {first} to {last}")
        return None, ics_days
    _warn_of_days(table, calendar, days_off, warnings)
    return calendar, ics_days


def _read_days(table: Table) -> list[date]:
    entries = enumerate(table.entries("days_off", "a list of dates") or [])
    days = [as_date(entry, f"{table.at('days_off')}[{number}]", table.problems) for number, entry in entries]
    return [day for day in days if day is not None]


def _read_breaks(table: Table) -> tuple[Break, ...]:
    found: list[tuple[Table, Break]] = []
    for one in table.tables("breaks", "a table like { from = 2026-11-23, to = 2026-11-27 }"):
        first, last = one.date("from", required=True), one.date("to", required=True)
        name = one.text("name", longest=100) or ""
        one.finish()
        if first is None or last is None:
            continue
        if last < first:
            one.problem("to", f"{last} is before from, {first}")
        else:
            found.append((one, Break(first, last, name)))
    longest: Break | None = None  # of those that begin earlier, the one that lasts longest
    for one, pause in sorted(found, key=lambda pair: pair[1].first):
        if longest is not None and pause.first <= longest.last:
            text = f"{_span(pause)} overlaps the break {_span(longest)}, expected each day in one break"
            table.problems.add(one.path, text)
        if longest is None or pause.last > longest.last:
            longest = pause
    return tuple(pause for _, pause in found)


def _read_minimum_days(table: Table, days_off: list[date], breaks: tuple[Break, ...]) -> dict[date, time]:
    found: dict[date, time] = {}
    for one in table.tables("minimum_days", "a table like { date = 2026-10-09, ends = 12:30:00 }"):
        day, ends = one.date("date", required=True), one.time("ends", required=True)
        one.finish()
        if day is None or ends is None:
            continue
        if day in found:
            one.problem("date", f"{day} is a minimum day already, expected each day once")
        elif day in days_off or any(pause.first <= day <= pause.last for pause in breaks):
            one.problem("date", f"{day} is a day off too, expected a school day")
        found[day] = ends
    return found


def _read_ics(
    table: Table, ics: str, base_dir: Path | None, year: tuple[ZoneInfo, date, date], warnings: Problems
) -> Mapping[date, str]:
    if base_dir is None:
        table.problem("ics", "cannot be looked for, as this schedule is in no folder; leave it out")
        return {}
    try:
        reading = days_off_from_ics((base_dir / ics).read_bytes(), *year)
    except OSError as error:
        table.problem("ics", f'"{ics}" cannot be read: {why_unreadable(error)}, expected a calendar file')
        return {}
    except IcsError as error:
        table.problem("ics", f'"{ics}" {error}')
        return {}
    _warn_of_ics(table, ics, reading, year, warnings)
    return reading.days_off


def _warn_of_ics(
    table: Table, ics: str, reading: IcsReading, year: tuple[ZoneInfo, date, date], warnings: Problems
) -> None:
    path = table.at("ics")
    for line in reading.warnings:
        warnings.add(path, f'"{ics}" {line}')
    for line in reading.doubtful:
        warnings.add(
            path, f'"{ics}": {line} may be a day off and is not taken for one; add it to days_off if so'
        )
    if not reading.days_off:
        warnings.add(path, f'"{ics}" names no day off from {year[1]} to {year[2]}')


def _warn_of_days(table: Table, calendar: SchoolCalendar, days_off: list[date], warnings: Problems) -> None:
    """Say what lies outside the school year (often a mistyped one), and minimum days without school."""
    year = f"outside the school year, {calendar.first_day} to {calendar.last_day}"
    for number, day in enumerate(days_off):
        if not calendar.first_day <= day <= calendar.last_day:
            warnings.add(f"{table.at('days_off')}[{number}]", f"{day} is {year}")
    for number, pause in enumerate(calendar.breaks):
        if pause.last < calendar.first_day or pause.first > calendar.last_day:
            warnings.add(f"{table.at('breaks')}[{number}]", f"{_span(pause)} is {year}")
    for number, day in enumerate(calendar.minimum_days):
        if not is_instructional(calendar, day):
            warnings.add(f"{table.at('minimum_days')}[{number}]", f"{day} is no school day")


def _read_service(table: Table, calendar: SchoolCalendar | None, warnings: Problems) -> ServiceLine | None:
    """One service line; None where something that it cannot do without is not right."""
    name = table.text("name", longest=120, required=True)
    alias = table.text("alias", longest=40)
    minutes = table.whole("minutes", 1, _LONGEST_SESSION, required=needs_minutes(table))
    frequency = read_frequency(table)
    starts, ends = table.date("starts"), table.date("ends")
    mode, delivery = table.choice("mode", MODES), table.choice("delivery", DELIVERIES)
    table.finish()
    _check_dates(table, calendar, starts, ends)
    if name is None or minutes is None or frequency is None:
        return None
    line = ServiceLine(
        name=name,
        alias=alias or name.lower(),
        minutes=minutes,
        frequency=frequency,
        starts=starts,
        ends=ends,
        mode=cast(Mode, mode or "individual"),  # `choice` lets no other word through
        delivery=cast(Delivery, delivery or "direct"),
    )
    if calendar is not None:
        _warn_of_line(table, line, calendar, warnings)
    return line


def _check_dates(
    table: Table, calendar: SchoolCalendar | None, starts: date | None, ends: date | None
) -> None:
    if starts and ends and ends < starts:
        table.problem("ends", f"{ends} is before starts, {starts}")
    elif calendar and ends and "starts" not in table and ends < calendar.first_day:
        table.problem("ends", f"{ends} is before the calendar's first_day, {calendar.first_day}")
    elif calendar and starts and "ends" not in table and starts > calendar.last_day:
        table.problem("starts", f"{starts} is after the calendar's last_day, {calendar.last_day}")


def _warn_of_line(table: Table, line: ServiceLine, calendar: SchoolCalendar, warnings: Problems) -> None:
    """Say that a line is never due, or that its sessions overlap."""
    if next(expand(line, calendar, calendar.first_day, calendar.last_day + timedelta(days=1)), None) is None:
        warnings.add(table.path, "is never due in this school year")
    by_time = sorted(line.frequency.slots, key=lambda slot: (slot.weekday, slot.at))
    for early, late in pairwise(by_time):
        gap = _minutes(late) - _minutes(early)
        if early.weekday == late.weekday and gap < line.minutes:
            pair = f'"{slot_text(early)}" and "{slot_text(late)}"'
            warnings.add(table.at("times"), f"{pair} overlap, as a session takes {line.minutes} minutes")


def _minutes(slot: WeeklySlot) -> int:
    return slot.at.hour * 60 + slot.at.minute


def _refuse_doubles(tables: list[Table], services: list[ServiceLine | None], problems: Problems) -> None:
    """Two lines of one name or alias could not be told apart in a text, a log or a letter."""
    for what in ("name", "alias"):
        seen: dict[str, str] = {}
        for table, line in zip(tables, services, strict=True):
            if line is None:
                continue
            value = str(getattr(line, what))
            first = seen.setdefault(value.casefold(), table.path)
            if first != table.path:
                problems.add(
                    table.at(what), f'"{value}" is {first}\'s already, expected one for each service'
                )


def _span(pause: Break) -> str:
    return f"{pause.first} to {pause.last}"
