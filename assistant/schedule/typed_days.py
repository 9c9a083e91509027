"""Days off and minimum days as people type them, one on each line, and back again. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from assistant.schedule.types import Break, SchoolCalendar

_DATE = r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}/\d{1,2}/\d{4}"
_OFF = re.compile(
    rf"(?P<first>{_DATE})(?:\s*(?:to|a|al|hasta|-|–|—)\s*(?P<last>{_DATE}))?(?:[\s:,]+(?P<name>.*))?"
)
_MINIMUM = re.compile(
    rf"(?P<day>{_DATE})[\s:,]+(?P<hour>\d{{1,2}}):(?P<minute>\d\d)\s*(?P<half>[ap]\.?\s?m\.?)?", re.IGNORECASE
)
_DAY = timedelta(days=1)
_LONGEST_NAME = 100
MOST = 400  # days and breaks of one calendar


@dataclass(slots=True)
class TypedDays:
    """What the lines say. A single day with a name is a break of one day; `wrong` are lines that say none."""

    days_off: set[date] = field(default_factory=set)
    breaks: list[Break] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def overlapping(self) -> date | None:
        """A day that two breaks share, None where each stands in one."""
        ordered = sorted(self.breaks, key=lambda one: one.first)
        latest = None
        for one in ordered:
            if latest is not None and one.first <= latest:
                return one.first
            latest = one.last
        return None


def date_of(text: str) -> date | None:
    """A date as browsers send it or as people in the United States type it."""
    for form in ("%Y-%m-%d", "%m/%d/%Y"):
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007  a date has no zone
        except ValueError:
            continue
    return None


def days_off_of(text: str) -> TypedDays:
    """The days off of a text: "9/7/2026", "11/23/2026 to 11/27/2026 Thanksgiving" on a line each."""
    found = TypedDays()
    for line in _lines(text):
        match = _OFF.fullmatch(line)
        first = date_of(match["first"]) if match else None
        last = date_of(match["last"]) if match and match["last"] else first
        if match is None or first is None or last is None or last < first:
            found.wrong.append(line)
            continue
        name = " ".join((match["name"] or "").split())[:_LONGEST_NAME]
        if last == first and not name:
            found.days_off.add(first)
        else:
            found.breaks.append(Break(first, last, name))
    return found


def minimum_days_of(text: str) -> tuple[dict[date, time], list[str]]:
    """The minimum days of a text, "10/9/2026 12:30" on a line each, and the lines that are none.

    An hour before 7 without "am" is taken for one of the afternoon: no school ends in the night.
    """
    found: dict[date, time] = {}
    wrong = []
    for line in _lines(text):
        match = _MINIMUM.fullmatch(line)
        day = date_of(match["day"]) if match else None
        ends = _time(match["hour"], match["minute"], match["half"] or "") if match else None
        if day is None or ends is None:
            wrong.append(line)
        else:
            found[day] = ends
    return found, wrong


def off_as_text(calendar: SchoolCalendar) -> str:
    """The days off of a calendar as lines that `days_off_of` reads as the same, in order."""
    spans = [(day, day, "") for day in calendar.days_off]
    spans += [(one.first, one.last, one.name) for one in calendar.breaks]
    return "\n".join(_span(*one) for one in sorted(spans))


def minimum_as_text(calendar: SchoolCalendar) -> str:
    """The minimum days likewise."""
    return "\n".join(f"{_us(day)} {ends:%H:%M}" for day, ends in sorted(calendar.minimum_days.items()))


def read_as_text(days: Mapping[date, str]) -> str:
    """The days of a district's file as lines: days of one name that follow each other are one line."""
    spans: list[tuple[date, date, str]] = []
    for day, name in sorted(days.items()):
        plain = " ".join(name.split())[:_LONGEST_NAME]
        if spans and spans[-1][1] + _DAY == day and spans[-1][2] == plain:
            spans[-1] = (spans[-1][0], day, plain)
        else:
            spans.append((day, day, plain))
    return "\n".join(_span(*one) for one in spans)


def _span(first: date, last: date, name: str) -> str:
    days = _us(first) if first == last else f"{_us(first)} – {_us(last)}"
    return f"{days} {name}".strip()


def _us(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year:04d}"


def _time(hour: str, minute: str, half: str) -> time | None:
    hours, minutes = int(hour), int(minute)
    if half:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if half.casefold().startswith("p") else 0)
    elif 1 <= hours < 7:
        hours += 12
    return time(hours, minutes) if hours < 24 and minutes < 60 else None


def _lines(text: str) -> Iterator[str]:
    return filter(None, map(str.strip, text.splitlines()))
