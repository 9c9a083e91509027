"""The table in a school's log: what divides it, where its header is, and what each column holds. Pure."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from assistant.evidence.school_dates import days_in

_DIVIDERS = ("\t", ",", ";", "|")
_HEADER_WITHIN = 25  # rows; above it stand titles, the school's name, the child's
_WIDEST = 80  # columns

# What a column is taken for, by its header in small letters and single spaces. The first that fits decides;
# "" is a column that is known and not needed. Planned minutes say nothing of what was given.
COLUMNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("", r"(?:created|entered|signed|modified|updated|submitted|approved|printed|birth|logged)\b.*|.*\b(?:dob|birth ?date|date of birth|entry date|due date|sign\w* date|date (?:entered|created|signed|logged|approved|submitted))\b.*"),
        ("", r".*\b(?:scheduled|planned|expected|iep|required|mandated|prescribed|due|owed|remaining|authorized|frequency|cumulative|ytd)\b.*"),
        ("date", r"(?:service |session |visit |encounter |therapy |treatment |activity |log |contact )?(?:date|dates|day)(?: ?(?:/|and|&) ?time)?(?: of (?:service|session|visit))?|dos|date served|(?:service|session) (?:date|day).*"),
        ("units", r"(?:.*\b)?units?(?:\b.*)?"),
        ("hours", r"(?:total |service |actual )?(?:hours|hrs)(?: (?:provided|delivered|served))?"),
        ("minutes", r"(?:.*\b)?(?:minutes|mins|min)(?:\b.*)?|duration.*|length(?: of (?:session|service))?|(?:total |session |actual )?time spent|(?:session|service) length|total time|amount(?: of time)?"),
        ("start", r"(?:session |service )?(?:start|begin|from|time in|in)(?:ning|s)?(?: ?time)?|in time|time (?:started|began)"),
        ("end", r"(?:session |service )?(?:end|finish|stop|to|time out|out)(?:ing|s)?(?: ?time)?|out time|time (?:ended|finished)"),
        ("time", r"(?:session |service )?times?|start ?(?:-|/|to|and) ?end(?: time)?|time (?:of (?:session|service)|range|in ?(?:/|-|and) ?out)"),
        ("reason", r"(?:.*\b)?reasons?(?:\b.*)?|why(?: not)?|(?:absence|missed) (?:code|type|explanation)"),
        ("status", r"(?:session |service |visit |attendance |delivery |encounter )?(?:status|attendance|outcome|result|disposition)(?: code)?|(?:(?:was |session |service )*)(?:provided|completed|attended|held|served|delivered|given|absent|missed|present|seen|cancell?ed|no[- ]?show)(?: ?\(?y ?/ ?n\)?)?|attended or absent|provided or not.*"),
        ("service", r"(?:related )?services?(?: (?:type|name|area|description|category|provided))?|discipline|therapy(?: type)?|program|service/discipline|type of service|area"),
        ("note", r"(?:.*\b)?(?:notes?|comments?|description|narrative|remarks?|details?|summary|activity|activities)(?:\b.*)?"),
    )
)  # fmt: skip
_WERE_GIVEN = re.compile(r"\b(?:provided|delivered|served|actual|given|received|completed|rendered|spent)\b")


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a header. `rows`: line in the text, from 1, and cells, below the header."""

    headers: tuple[str, ...]
    columns: Mapping[str, int]
    rows: tuple[tuple[int, tuple[str, ...]], ...] = field(repr=False)

    def cell(self, cells: Sequence[str], name: str) -> str:
        """The row's cell of that column; "" where there is no such column or the row ends before it."""
        place = self.columns.get(name)
        return cells[place] if place is not None and place < len(cells) else ""

    def header(self, name: str) -> str:
        """The header of that column."""
        return plain(self.headers[self.columns[name]]) if name in self.columns else ""

    def is_header(self, cells: Sequence[str]) -> bool:
        """Whether the row is the header again, as at the top of each printed page."""
        return [plain(cell) for cell in cells] == [plain(cell) for cell in self.headers]

    @property
    def minutes_were_given(self) -> bool:
        """Whether the header of the minutes says that they were given ("Minutes provided")."""
        return any(_WERE_GIVEN.search(self.header(name)) for name in ("minutes", "units", "hours"))

    @property
    def read_as(self) -> dict[str, str]:
        """Each header that is used, with what it was taken for."""
        return {self.headers[place].strip()[:60]: name for name, place in self.columns.items()}


def table_in(text: str) -> Table | None:
    """The table of the text; None where no row looks like a header with a date and something beside it."""
    best: Table | None = None
    for divider in _DIVIDERS:
        if divider in text:
            found = _table(text, divider)
            if found and (best is None or len(found.columns) > len(best.columns)):
                best = found
    return best


def _table(text: str, divider: str) -> Table | None:
    rows = _rows(text, divider)
    for place, (_, cells) in enumerate(rows[:_HEADER_WITHIN]):
        columns = _columns(cells)
        if "date" in columns and len(columns) > 1:
            return Table(tuple(cells), columns, tuple(rows[place + 1 :]))
    return None


def _rows(text: str, divider: str) -> list[tuple[int, tuple[str, ...]]]:
    """Lines and cells. A quote that never ends would swallow the rest: such a text is cut line by line."""
    lines = text.split("\n")
    if _quotes_are_even(text):
        reader = csv.reader((line + "\n" for line in lines), delimiter=divider, skipinitialspace=True)
        rows: list[tuple[int, tuple[str, ...]]] = []
        before = 0
        try:
            for cells in reader:
                rows.append((before + 1, tuple(cells[:_WIDEST])))
                before = reader.line_num
        except csv.Error:
            pass  # a cell longer than any log has; cut line by line
        else:
            return rows
    return [
        (place, tuple(cell.strip().strip('"') for cell in line.split(divider)[:_WIDEST]))
        for place, line in enumerate(lines, start=1)
    ]


def _quotes_are_even(text: str) -> bool:
    return text.count('"') % 2 == 0


def _columns(cells: Sequence[str]) -> dict[str, int]:
    """What each cell names, if these cells are headers; the first column of a kind is taken."""
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        header = plain(cell)
        if not header or len(header) > 60 or any(one.day for one in days_in(header)):
            continue
        name = next((name for name, pattern in COLUMNS if pattern.fullmatch(header)), "")
        if name and name not in found:
            found[name] = place
    return found


def plain(header: str) -> str:
    """A header in small letters and single spaces: "Service_Date*" and "serviceDate" become "service date"."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    return " ".join(re.sub(r"[^a-z0-9/&()-]+", " ", spaced.lower()).split()).strip("-/& ")
