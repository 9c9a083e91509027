"""A school's service log, pasted or as CSV, read row by row. Pure; nothing is guessed, nothing left out.

A table is known by a header in English, whatever the order of its columns and whatever divides them; any
other text is read line by line. What a row does not tell is "unclear"; a row that cannot be read is listed
with its line and the reason, so that the parent sees all of it before anything is kept.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from assistant.evidence.school_columns import Table, table_in
from assistant.evidence.school_dates import (
    FoundDay,
    Told,
    days_in,
    minutes_between,
    minutes_in,
    minutes_of_cell,
    without_times,
)
from assistant.evidence.school_words import Said, Status, status_of, ticked
from assistant.words import Cause

MAX_BYTES = 300_000  # of a log; a school year of daily notes is less than half of that
MAX_ROWS = 2_000
LONGEST_LINE = 2_000  # characters of a line that are read
LONGEST_NOTE = 200  # characters of the school's words that are kept beside a row
SPARE = ("\x00", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\ufeff")

Reason = Literal["no_date", "no_such_date", "no_year", "two_dates", "service", "not_a_row"]


class ReadError(Exception):
    """The text cannot be read; `key` says why: "empty", "too_large", "too_many_rows", "not_text"."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class Row:
    """What the school says of one day. `place` is its line in the text, from 1.

    `bare`: a day with minutes and no word on whether the session was given; in some logs that alone says so,
    which only the parent can tell. `units`: minutes told in billing units.
    """

    place: int
    day: date
    said: Said
    minutes: int | None = None
    note: str = ""
    service: str = ""
    cause: Cause | None = None
    bare: bool = False
    units: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that could not be read, with the reason."""

    place: int
    text: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Reading:
    """A log as it was read. `columns`: what each column's header was taken for; empty for lines of text."""

    rows: tuple[Row, ...] = ()
    unread: tuple[Unread, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def bare(self) -> int:
        """How many rows have a day and minutes and no word."""
        return sum(row.bare for row in self.rows)

    @property
    def units(self) -> bool:
        """Whether minutes were told in billing units anywhere."""
        return any(row.units for row in self.rows)

    def with_bare_given(self) -> Reading:
        """The reading where a row with a day and minutes and no word says that the session was given."""
        return replace(self, rows=tuple(replace(row, said="given") if row.bare else row for row in self.rows))


def as_text(data: bytes) -> str:
    """The text of a file, whatever program wrote it. Raises ReadError for none, too much, or no text."""
    if len(data) > MAX_BYTES * 2:
        raise ReadError("too_large")
    if data[:4] in (b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0") or data[:3] == b"\xff\xd8\xff":
        raise ReadError("not_text")
    return tidy(_decoded(data))


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if data[1:100:2].count(0) > 20:
        return data.decode("utf-16-le", "replace")
    if data[0:100:2].count(0) > 20:
        return data.decode("utf-16-be", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def tidy(text: str) -> str:
    """The text as it is kept: one kind of line end, and no characters that no database keeps."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    for one in SPARE:
        plain = plain.replace(one, "" if one in ("\x00", "\ufeff") else " ")
    # A lone surrogate is no character; a form may still send one.
    plain = plain.encode("utf-8", "replace").decode("utf-8")
    return "\n".join(line.rstrip() for line in plain.split("\n")).strip("\n")


def read(text: str, first: date | None = None, last: date | None = None) -> Reading:
    """The log in `text` (as `tidy` leaves it). `first` to `last`: the days it covers, where the parent knows.

    They give the year to dates without one, and leave no row out. Raises ReadError.
    """
    if not text.strip():
        raise ReadError("empty")
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise ReadError("too_large")
    table = table_in(text)
    found = _by_columns(table, first, last) if table else _by_lines(text, first, last)
    if len(found.rows) + len(found.unread) > MAX_ROWS:
        raise ReadError("too_many_rows")
    return found


def _by_lines(text: str, first: date | None, last: date | None) -> Reading:
    rows: list[Row] = []
    unread: list[Unread] = []
    for place, line in enumerate(text.split("\n"), start=1):
        if not re.search(r"\w", line):
            continue
        line = line[:LONGEST_LINE]
        days = days_in(line, first, last)
        day, reason = _one_day(days)
        if day is None:
            unread.append(Unread(place, line[:LONGEST_NOTE], reason))
            continue
        rest = _without(line, days)
        told = minutes_in(rest) or _bare_number(line, days)
        words = _note([re.sub(r"\d", " ", without_times(_minutes_gone(rest)))])
        status = status_of(words, minutes=told.minutes if told else None)
        rows.append(_row(place, day, status, told, _note([rest])))
    return Reading(tuple(rows), tuple(unread))


def _by_columns(table: Table, first: date | None, last: date | None) -> Reading:
    rows: list[Row] = []
    unread: list[Unread] = []
    for place, cells in table.rows:
        if not any(cell.strip() for cell in cells) or table.is_header(cells):
            continue
        shown = " | ".join(cell.strip() for cell in cells if cell.strip())[:LONGEST_NOTE]
        day, reason = _one_day(days_in(table.cell(cells, "date")[:LONGEST_LINE], first, last))
        if day is None:
            unread.append(Unread(place, shown, reason))
            continue
        told = _minutes(table, cells)
        rows.append(
            replace(
                _row(place, day, _status(table, cells, told), told, _words(table, cells)),
                service=table.cell(cells, "service").strip()[:LONGEST_NOTE],
            )
        )
    return Reading(tuple(rows), tuple(unread), table.read_as)


def _row(place: int, day: date, status: Status, told: Told | None, note: str) -> Row:
    """The row that these make. Minutes belong to what was given; of what was not, they are only planned."""
    minutes = told.minutes if told else None
    said = status.said
    if said == "given" and minutes == 0:
        said = "unclear"  # given, and no minute of it
    return Row(
        place,
        day,
        said,
        None if said == "not_given" else minutes,
        note,
        cause=status.cause if said == "not_given" else None,
        bare=not status.told and bool(minutes),
        units=bool(told and told.units),
    )


def _one_day(days: Sequence[FoundDay]) -> tuple[date | None, Reason]:
    """The one day of these; None with the reason where there is none, or more than one."""
    real = {one.day for one in days if one.day}
    if len(real) == 1 and all(one.day for one in days):
        return real.pop(), "no_date"
    if len(days) > 1:
        return None, "two_dates"
    if days:
        return None, "no_year" if days[0].year_missing else "no_such_date"
    return None, "no_date"


def _minutes(table: Table, cells: Sequence[str]) -> Told | None:
    """Minutes from the column of them, else from billing units or hours, else from start and end."""
    for name, units in (("minutes", False), ("units", True)):
        cell = table.cell(cells, name)
        told = minutes_of_cell(cell[:40], units=units) if cell.strip() else None
        if told:
            return told
    hours = re.fullmatch(r"\d{1,2}(?:\.\d{1,2})?|\.\d{1,2}", table.cell(cells, "hours").strip())
    if hours:
        return minutes_in(f"{hours[0]} hours")
    start, end = table.cell(cells, "start")[:40], table.cell(cells, "end")[:40]
    return minutes_between(start, end) or minutes_in(table.cell(cells, "time")[:80])


def _status(table: Table, cells: Sequence[str], told: Told | None) -> Status:
    """What the row says: in its status column, else by a reason why not, else in its notes or minutes."""
    minutes = told.minutes if told else None
    status = table.cell(cells, "status").strip()
    if status:
        found = ticked(status, table.header("status")) or status_of(status, minutes=minutes, column=True)
        why = status_of(table.cell(cells, "reason"), column=True)
        if found.said == "not_given" and found.cause is None and why.cause:
            found = replace(found, cause=why.cause)
        return found if found.told or not minutes else Status("unclear")
    reason = table.cell(cells, "reason").strip()
    if reason:
        return replace(status_of(reason, column=True), told=True)
    found = status_of(table.cell(cells, "note")[:LONGEST_LINE], minutes=minutes)
    if not found.told and minutes is not None and table.minutes_were_given:
        return Status("given" if minutes else "not_given")
    return found


def _words(table: Table, cells: Sequence[str]) -> str:
    parts = [table.cell(cells, name) for name in ("status", "reason")]
    if not any(part.strip() for part in parts):
        parts = [table.cell(cells, "note")]
    return _note(parts)


def _note(parts: Iterable[str]) -> str:
    kept = [" ".join(part.split()).strip(" ,;|-–—:.") for part in parts]
    return ", ".join(dict.fromkeys(part for part in kept if part))[:LONGEST_NOTE]


def _without(line: str, days: Sequence[FoundDay]) -> str:
    """The line without its dates."""
    for one in sorted(days, key=lambda day: day.start, reverse=True):
        line = f"{line[: one.start]} {line[one.end :]}"
    return line


_MINUTE_WORDS = re.compile(
    r"\b\d{1,3}(?:\.\d{1,2})? ?-?(?:minutes?|mins?|hours?|hrs?|units?|h|m)\b\.?|'", re.IGNORECASE
)
_NEXT = re.compile(r"[\s,;|:–—-]{1,4}(\d{1,3})(?=$|[\s,;|])")
_OWN_CELL = re.compile(r"(?:^|[\t;|,]) ?(\d{1,3}) ?(?=$|[\t;|,])")
_GAP = re.compile(r"\s{2,}")  # what divides the cells of a table that was copied as text


def _minutes_gone(text: str) -> str:
    return _MINUTE_WORDS.sub(" ", text)


def _bare_number(line: str, days: Sequence[FoundDay]) -> Told | None:
    """A plain number right after the date, or in a cell of its own: the minutes, if it can be them."""
    rest = line[days[-1].end :]
    found = _NEXT.match(rest)
    numbers = {int(found[1])} if found else {int(one) for one in _OWN_CELL.findall(_GAP.sub("\t", rest))}
    fits = [one for one in numbers if 5 <= one <= 240 and one % 5 == 0]
    return Told(fits[0]) if len(fits) == 1 == len(numbers) else None


def as_csv(rows: Iterable[tuple[str, str, str, str]]) -> str:
    """Typed rows (day, said, minutes, note) as the text that is kept and read."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("Date", "Status", "Minutes", "Reason"))
    writer.writerows(rows)
    return tidy(out.getvalue())
