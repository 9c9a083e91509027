"""A schedule file (contracts, section 3) -> a school calendar and service lines, or every problem by name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from assistant.schedule.dayoff import DEFAULT_WORDS, DayOffWords
from assistant.schedule.fields import Problems, Table, why_unreadable
from assistant.schedule.file_calendar import read_calendar
from assistant.schedule.file_services import check_line, read_service, refuse_doubles
from assistant.schedule.toml_lines import with_line_numbers
from assistant.schedule.types import SchoolCalendar, ServiceLine
from assistant.schedule.zones import zone

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
    dated: date | None = None  # the date on the IEP
    renews: date | None = None  # the date by which the team meets again
    warnings: tuple[str, ...] = ()


def read_schedule(path: Path, words: DayOffWords = DEFAULT_WORDS) -> Schedule:
    """Read a schedule file; a relative `ics` in it is looked for beside it, and read by `words`.

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
    try:
        return parse_schedule(text, str(path), path.parent, words)
    except ScheduleError as error:
        raise ScheduleError(with_line_numbers(error.problems, text, str(path))) from None


def parse_schedule(
    text: str,
    name: str = "schedule",
    base_dir: Path | None = None,
    words: DayOffWords = DEFAULT_WORDS,
) -> Schedule:
    """Read the text of a schedule file, called `name` in messages.

    A relative `ics` is looked for in `base_dir`; without one, a schedule that names an `ics` is refused.

    Raises ScheduleError with every problem, one line each.
    """
    problems, warnings = Problems(name), Problems(name)
    top = Table(_toml(text, name), "", problems)
    where = _read_zone(top)
    dated, renews = _read_iep(top)
    table = top.table("calendar")
    tables = top.tables("services", "a table [[services]]", required=True)
    if "services" in top and not tables and not problems.lines:
        top.problem("services", "is empty, expected at least one table [[services]]")
    services = [read_service(one) for one in tables]
    complete = tuple(service for service in services if service is not None)
    found = read_calendar(table, where, base_dir, warnings, complete, words) if table else None
    refuse_doubles(tables, services, problems)
    top.finish()
    if found is not None:
        for one, service in zip(tables, services, strict=True):
            check_line(one, service, found.calendar, warnings)
    problems.lines.sort(key=lambda line: line.startswith(f"{name}: services"))  # as the file has them
    if problems.lines or where is None or found is None:
        raise ScheduleError(problems.lines)
    return Schedule(where, found.calendar, complete, found.ics_days, dated, renews, tuple(warnings.lines))


def _read_iep(top: Table) -> tuple[date | None, date | None]:
    """The dates of the optional table `[iep]`."""
    if "iep" not in top:
        return None, None
    table = top.table("iep")
    if table is None:
        return None, None
    dated, renews = table.date("dated"), table.date("renews")
    table.finish()
    if dated and renews and renews <= dated:
        table.problem("renews", f"{renews} is not after dated, {dated}")
    return dated, renews


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
