"""The `[calendar]` of a schedule file: the year, its days off, minimum days and semesters, its `.ics`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from assistant.schedule.calendar import instructional_days, is_instructional
from assistant.schedule.dayoff import DEFAULT_WORDS, DayOffWords, with_words
from assistant.schedule.fields import Problems, Table, as_date, shown, why_unreadable
from assistant.schedule.ics import IcsError, IcsReading, days_off_from_ics
from assistant.schedule.types import Break, SchoolCalendar, ServiceLine


@dataclass(frozen=True, slots=True)
class CalendarFound:
    """The calendar, with the days of its `.ics` among the days off, and those days by their summaries."""

    calendar: SchoolCalendar
    ics_days: Mapping[date, str]


def read_calendar(
    table: Table,
    where: ZoneInfo | None,
    base_dir: Path | None,
    warnings: Problems,
    services: Sequence[ServiceLine] = (),
    words: DayOffWords = DEFAULT_WORDS,
) -> CalendarFound | None:
    """The calendar; None where first day, last day or zone cannot be used, or no school day is left.

    `services` matter to one thing: a day off within an ESY line's dates is not outside the school year.
    """
    first, last = table.date("first_day", required=True), table.date("last_day", required=True)
    days_off = _read_days(table, "days_off")
    semesters = _read_semesters(table, first, last)
    breaks = _read_breaks(table)
    minimum = _read_minimum_days(table, days_off, breaks)
    ics = table.text("ics", longest=500)
    words = with_words(words, _read_words(table, "ics_off"), _read_words(table, "ics_school"))
    table.finish()
    if first is None or last is None:
        return None
    if last < first:
        table.problem("last_day", f"{last} is before first_day, {first}")
        return None
    if where is None:
        return None
    year = (where, first, last)
    ics_days = _read_ics(table, ics, base_dir, year, warnings, words) if ics else {}
    calendar = SchoolCalendar(
        where, first, last, frozenset(days_off) | frozenset(ics_days), breaks, minimum, semesters
    )
    if not instructional_days(calendar, first, last):
        table.problems.add(table.path, f"has no school day from {first} to {last}")
        return None
    _warn_of_days(table, calendar, days_off, warnings, services)
    return CalendarFound(calendar, ics_days)


def _read_days(table: Table, key: str) -> list[date]:
    entries = enumerate(table.entries(key, "a list of dates") or [])
    days = [as_date(entry, f"{table.at(key)}[{number}]", table.problems) for number, entry in entries]
    return [day for day in days if day is not None]


def _read_words(table: Table, key: str) -> list[str]:
    """A district's own words about the events of its `.ics`."""
    found = []
    for number, entry in enumerate(table.entries(key, "a list of texts") or []):
        if isinstance(entry, str) and any(letter.isalnum() for letter in entry):
            found.append(entry)
        else:
            table.problem(
                f"{key}[{number}]", f"{shown(entry)} is not right, expected words of an event's title"
            )
    return found


def _read_semesters(table: Table, first: date | None, last: date | None) -> tuple[date, ...]:
    """The first day of each semester, in order; the first of them is the year's first day."""
    starts = _read_days(table, "semesters")
    for number, (before, day) in enumerate(pairwise(starts), start=1):
        if day <= before:
            table.problem(f"semesters[{number}]", f"{day} is not after {before}, expected them in order")
    if starts and first and last and (starts[0] != first or starts[-1] > last):
        table.problem(
            "semesters",
            f"run from {starts[0]} to {starts[-1]}, expected the first day of each semester, "
            f"beginning with first_day, {first}",
        )
    return tuple(starts)


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
    table: Table,
    ics: str,
    base_dir: Path | None,
    year: tuple[ZoneInfo, date, date],
    warnings: Problems,
    words: DayOffWords,
) -> Mapping[date, str]:
    if base_dir is None:
        table.problem("ics", "cannot be looked for, as this schedule is in no folder; leave it out")
        return {}
    try:
        reading = days_off_from_ics((base_dir / ics).read_bytes(), *year, words)
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


def _warn_of_days(
    table: Table,
    calendar: SchoolCalendar,
    days_off: list[date],
    warnings: Problems,
    services: Sequence[ServiceLine],
) -> None:
    """Say what lies outside the school year (often a mistyped one), and minimum days without school."""
    summers = [(one.starts, one.ends) for one in services if one.esy and one.starts and one.ends]
    year = f"outside the school year, {calendar.first_day} to {calendar.last_day}"
    for number, day in enumerate(days_off):
        spans = [(calendar.first_day, calendar.last_day), *summers]
        if not any(first <= day <= last for first, last in spans):
            warnings.add(f"{table.at('days_off')}[{number}]", f"{day} is {year}")
    for number, pause in enumerate(calendar.breaks):
        if pause.last < calendar.first_day or pause.first > calendar.last_day:
            warnings.add(f"{table.at('breaks')}[{number}]", f"{_span(pause)} is {year}")
    for number, day in enumerate(calendar.minimum_days):
        if not is_instructional(calendar, day):
            warnings.add(f"{table.at('minimum_days')}[{number}]", f"{day} is no school day")


def _span(pause: Break) -> str:
    return f"{pause.first} to {pause.last}"
