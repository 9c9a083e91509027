"""Days and minutes as schools' service logs write them. Pure; what is not plainly told is None.

Dates are read the American way, month first; one that only fits day first is no date here, because
nobody said which of the two it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)
LONGEST_SESSION = 600  # minutes; more than that is a slip
UNIT = 15  # minutes of one billing unit
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<{0}>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_ISO = re.compile(r"(?<!\d)(?P<y>20\d\d)(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})(?!\d)")
_PACKED = re.compile(r"(?<![\d.])(?P<y>20\d\d)(?P<m>[01]\d)(?P<d>[0-3]\d)(?![\d.])")
_US = re.compile(r"(?<![\d.])(?P<m>\d{1,2})(?P<sep>[-/.])(?P<d>\d{1,2})(?P=sep)(?P<y>20\d\d|\d\d)(?!\d)")
_NAMED = re.compile(
    rf"(?<!\d[ -])\b{_MONTH.format('m')}[ -]{{0,2}}(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,? {{0,2}}|-)(?P<y>20\d\d|'\d\d)?\b"
)
_NAMED_LAST = re.compile(
    rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[ -]{{1,2}}{_MONTH.format('m')}(?:(?:-|,? ?)(?P<y>20\d\d|\d\d(?!\d|:)))?"
)
_NO_YEAR = re.compile(r"(?<![\d./-])(?P<m>\d{1,2})/(?P<d>\d{1,2})(?![\d/])")
_PATTERNS = (_ISO, _US, _PACKED, _NAMED, _NAMED_LAST, _NO_YEAR)


@dataclass(frozen=True, slots=True)
class FoundDay:
    """A date in a text: where it stands, and the day; `day` is None where there is none such.

    `year_missing`: only month and day are told, and no range of days says which year it is.
    """

    start: int
    end: int
    day: date | None
    year_missing: bool = False


def days_in(text: str, first: date | None = None, last: date | None = None) -> list[FoundDay]:
    """Every date in `text`, in order. One without a year gets it from `first` to `last`, if just one fits."""
    low = lower(text)
    taken = [False] * len(low)
    found: list[FoundDay] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(low):
            if any(taken[match.start() : match.end()]):
                continue
            taken[match.start() : match.end()] = [True] * (match.end() - match.start())
            found.append(_day(match, first, last))
    return sorted(found, key=lambda one: one.start)


def lower(text: str) -> str:
    """The text in small letters, letter for letter, so that places in it stay where they are."""
    return "".join(small if len(small := one.lower()) == 1 else one for one in text)


def _day(match: re.Match[str], first: date | None, last: date | None) -> FoundDay:
    parts = match.groupdict()
    month = _MONTHS.index(parts["m"][:3]) + 1 if parts["m"][0].isalpha() else int(parts["m"])
    year = (parts.get("y") or "").lstrip("'")
    span = (match.start(), match.end())
    if year:
        return FoundDay(*span, _real(int(year) + (2000 if len(year) == 2 else 0), month, int(parts["d"])))
    if _real(2024, month, int(parts["d"])) is None:  # a leap year, so that every day of a year is one
        return FoundDay(*span, None)
    fits = [
        one
        for y in _years(first, last)
        if (one := _real(y, month, int(parts["d"]))) and first and last and first <= one <= last
    ]
    return FoundDay(*span, fits[0] if len(fits) == 1 else None, len(fits) != 1)


def _years(first: date | None, last: date | None) -> Iterator[int]:
    if first and last:
        yield from range(first.year, min(last.year, first.year + 5) + 1)


def _real(year: int, month: int, day: int) -> date | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if EARLIEST <= found <= LATEST else None


_AM_PM = re.compile(r"(?<=\d)([ap])\b")  # "2:00p"
_CLOCK = r"(\d{1,2})(?::(\d\d))(?::\d\d)? ?(?:([ap])\.?m\b\.?)?"
_HOUR = r"(\d{1,2})(?::(\d\d))?(?::\d\d)? ?([ap])\.?m\b\.?"
_TO = r" ?(?:-|–|—|to|until|thru|through) ?"
_SPANS = (
    re.compile(rf"(?<![\d:]){_CLOCK}{_TO}{_CLOCK}(?![\d:])"),
    re.compile(rf"(?<![\d:])(\d{{1,2}})(?::(\d\d))? ?(?:([ap])\.?m\b\.?)?{_TO}{_HOUR}"),
)
_AT = re.compile(rf"{_HOUR}|(?<![\d:])(\d{{1,2}}):(\d\d)(?::\d\d)?(?![\d:])")
_HOURS = re.compile(
    r"(?<![\d.:])(\d{1,2}(?:\.\d{1,2})?|\.\d{1,2}) ?(?:hours?|hrs?|h)\b\.?(?: ?(?:and )?(\d{1,3}) ?m)?"
)
_MINUTES = re.compile(r"(?<![\d.:/])(\d{1,3})(?:\.0{1,2})?[ -]?(?:minutes?|mins?|min|m|')(?![a-z])")
_UNITS = re.compile(r"(?<![\d.:/])(\d{1,2})(?:\.0{1,2})? ?units?\b")
_H_MM = re.compile(r"(?<![\d:])0{1,2}:(\d\d)(?::00)?(?![\d:])(?! ?[ap]\.?m)")
_CELL = re.compile(r"(\d{1,3})(?:\.0{1,2})?")
_CELL_H_MM = re.compile(r"(\d{1,2}):([0-5]\d)(?::00)?")


@dataclass(frozen=True, slots=True)
class Told:
    """Minutes that a text tells. `units`: they were told in billing units."""

    minutes: int
    units: bool = False


def minutes_in(text: str) -> Told | None:
    """The minutes a text without its date tells: "30 min", "1 hr 15 min", "0:30", "2:00-2:30 PM", "2 units".

    None where it tells none, or two that differ.
    """
    low = _AM_PM.sub(r"\1m", lower(text))
    found: set[int] = set()
    for match in _HOURS.finditer(low):
        found.add(round(float(match[1]) * 60) + int(match[2] or 0))
    without = _HOURS.sub(" ", low)
    found.update(int(match[1]) for match in _MINUTES.finditer(without))
    if not found:
        found.update(int(match[1]) for match in _H_MM.finditer(without))
    if not found:
        units = {int(match[1]) for match in _UNITS.finditer(without)}
        if len(units) == 1:
            return _told(units.pop() * UNIT, units=True)
        spans = [between(*match.groups()) for pattern in _SPANS for match in pattern.finditer(without)]
        found.update(one for one in spans if one is not None)
    return _told(found.pop()) if len(found) == 1 else None


def minutes_of_cell(text: str, *, units: bool = False) -> Told | None:
    """The minutes of a cell of a column of minutes (or of billing units): a plain number will do there."""
    low = text.strip().lower()
    number = _CELL.fullmatch(low)
    if number:
        return _told(int(number[1]) * (UNIT if units else 1), units=units)
    clock = _CELL_H_MM.fullmatch(low)
    return _told(int(clock[1]) * 60 + int(clock[2])) if clock else minutes_in(low)


def minutes_between(start: str, end: str) -> Told | None:
    """The minutes from one time of day to another, each in a cell of its own."""
    return minutes_in(f"{start.strip()} - {end.strip()}") if start.strip() and end.strip() else None


def between(
    hour: str, minute: str | None, half: str | None, to_hour: str, to_minute: str | None, to_half: str | None
) -> int | None:
    """Minutes between two times of a school day. A half of the day told once holds for both, if it can."""
    starts = _clocks(int(hour), int(minute or 0), half)
    ends = _clocks(int(to_hour), int(to_minute or 0), to_half)
    lengths = {end - start for start in starts for end in ends if 0 < end - start <= LONGEST_SESSION}
    return min(lengths) if lengths else None


def without_times(text: str) -> str:
    """The text without times of day, for reading its other numbers."""
    low = text
    for pattern in (*_SPANS, _AT):
        low = re.sub(pattern.pattern, " ", low, flags=re.IGNORECASE)
    return low


def _clocks(hour: int, minute: int, half: str | None) -> list[int]:
    """Minutes since midnight that a time may mean."""
    if hour > 23 or minute > 59 or (half and not 1 <= hour <= 12):
        return []
    if half:
        return [(hour % 12 + (12 if half == "p" else 0)) * 60 + minute]
    both = [hour * 60 + minute]
    return both if hour == 0 or hour > 12 else [*both, (hour % 12 + 12) * 60 + minute]


def _told(minutes: int, *, units: bool = False) -> Told | None:
    return Told(minutes, units) if 0 <= minutes <= LONGEST_SESSION else None


def monday_of(day: date) -> date:
    """The Monday of the day's week; weeks run Monday to Sunday."""
    return day - timedelta(days=day.weekday())
