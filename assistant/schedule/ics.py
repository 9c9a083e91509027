"""A district's calendar file -> the days off that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from assistant.schedule.dayoff import DEFAULT_WORDS, DayOffWords, Reading, reading
from assistant.schedule.fields import one_line, shown
from assistant.schedule.ics_text import IcsError, RawEvent, raw_events

__all__ = ["IcsError", "IcsReading", "days_off_from_ics"]

_DAY = timedelta(days=1)
_LONGEST = 35  # days inside the school year; more is a mistyped date, not a break
_ENDS_OF_DAY = (time(23, 59), time(23, 59, 59))
_OLDEST = 1970
_TOO_FINE = re.compile(r"FREQ=(SECONDLY|MINUTELY|HOURLY)|INTERVAL=0*(;|$)", re.IGNORECASE)
# What the two calendar libraries raise for values they cannot make sense of.
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, IndexError, ArithmeticError)


@dataclass(frozen=True, slots=True)
class IcsReading:
    """What a calendar file says. `days_off` are school-local dates in order, each with its event's summary.

    `doubtful` are events that speak of a day off without saying so plainly, or not for the whole day; they
    are not days off. `warnings`
    are things in the file that were left out or put right, one line each.
    """

    days_off: Mapping[date, str]
    doubtful: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def days_off_from_ics(
    data: bytes, where: ZoneInfo, first_day: date, last_day: date, words: DayOffWords = DEFAULT_WORDS
) -> IcsReading:
    """The days from `first_day` to `last_day` (inclusive) that all-day events of the file call days off.

    `where` is the school's zone: an event from midnight to midnight there is an all-day event too. Repeated
    events, exceptions and changed occurrences are followed.

    Raises IcsError where the file is no calendar, or where none of its days off can be read.
    """
    events, warnings = raw_events(data)
    if not events:
        warnings.append("holds no events")
    days: dict[date, str] = {}
    doubtful: dict[str, None] = {}
    read = failed = 0
    for series in _series(events):
        if all(reading(event.summary, words) is Reading.SCHOOL for event in series):
            continue
        try:
            for one in _occurrences(series, where, first_day, last_day):
                _take(one, words, days, doubtful)
            read += 1
        except _UNREADABLE as error:
            failed += 1
            warnings.append(_left_out(series[0], error))
    if failed and not read:
        raise IcsError(f"none of its days off can be read; {warnings[-1]}")
    return IcsReading(dict(sorted(days.items())), tuple(doubtful), tuple(warnings))


@dataclass(frozen=True, slots=True)
class _Occurrence:
    """One occurrence of an event, from `first` to `last`; `whole`: it lasts all day."""

    summary: str
    first: date
    last: date
    whole: bool


class _UnusableError(ValueError):
    """An event that can be read but not be right; the text says why."""


def _left_out(event: RawEvent, error: Exception) -> str:
    why = str(error) if isinstance(error, _UnusableError) else "its dates or its repetition cannot be read"
    return f"line {event.line}: {shown(event.summary)} is left out: {why}"


def _series(events: list[RawEvent]) -> list[list[RawEvent]]:
    """Events by UID: a repeated event together with its changed occurrences. One without UID stands alone."""
    found: dict[str, list[RawEvent]] = {}
    for event in events:
        if event.value("STATUS").upper() == "CANCELLED" and not event.value("RECURRENCE-ID"):
            continue
        found.setdefault(event.value("UID") or f"line {event.line}", []).append(event)
    # Some exporters give every event the same UID; events that do not repeat have nothing to share.
    split: list[list[RawEvent]] = []
    for group in found.values():
        if any(event.value("RRULE") or event.value("RECURRENCE-ID") for event in group):
            split.append(group)
        else:
            split.extend([event] for event in group)
    return split


def _occurrences(
    series: list[RawEvent], where: ZoneInfo, first_day: date, last_day: date
) -> Iterator[_Occurrence]:
    """The occurrences that touch the school year, cut to it."""
    # Imported on use: the two take a quarter of a second, and few commands read a calendar file.
    import icalendar
    import recurring_ical_events

    for event in series:
        _check(event)
    calendar = icalendar.Calendar.from_ical(_clean(series))
    query = recurring_ical_events.of(calendar)
    # A day more on both sides: an event in another zone can begin on the day before.
    for occurrence in query.between(first_day - _DAY, last_day + 2 * _DAY):
        if str(occurrence.get("STATUS", "")).upper() == "CANCELLED":
            continue
        start, end = occurrence["DTSTART"].dt, occurrence["DTEND"].dt
        whole = _all_day(start, end, where)
        span = whole or (_local(start, where), _local(start, where))
        first, last = max(span[0], first_day), min(span[1], last_day)
        if (last - first).days >= _LONGEST:
            raise _UnusableError(
                f"it runs from {span[0]} to {span[1]}, longer than a break can be; is a date mistyped?"
            )
        if first <= last:
            summary = one_line(str(occurrence.get("SUMMARY", "")))
            yield _Occurrence(summary, first, last, whole is not None)


def _local(start: date, where: ZoneInfo) -> date:
    """The school's date on which an event begins; a time without a zone is the school's."""
    if not isinstance(start, datetime):
        return start
    return (start.astimezone(where) if start.tzinfo else start).date()


def _check(event: RawEvent) -> None:
    """Refuse what the libraries would follow for ever or read backwards."""
    if _TOO_FINE.search(event.value("RRULE")):
        raise _UnusableError("it repeats within a day")
    start = event.value("DTSTART")
    if start[:4].isdigit() and int(start[:4]) < _OLDEST:
        raise _UnusableError(f"it begins before {_OLDEST}")
    end = event.value("DTEND")
    if end and end[:8] < start[:8]:
        raise _UnusableError(f"it ends, {end[:8]}, before it begins, {start[:8]}")


def _clean(series: list[RawEvent]) -> str:
    """A calendar with nothing but these events, as one series, without empty properties."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Every Session//EN"]
    for event in series:
        lines += ["BEGIN:VEVENT", "UID:series"]
        lines += [
            f"{name}{more}:{value}" for name, more, value in event.properties if value and name != "UID"
        ]
        lines += ["END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def _all_day(start: date, end: date, where: ZoneInfo) -> tuple[date, date] | None:
    """First and last day of an event that lasts whole days; None for one with times of day.

    Some programs write whole days as midnight to midnight, in the school's zone, in their own, or in UTC.
    """
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        return start, max(start, end - _DAY)
    views = [(start, end)]
    if start.tzinfo is not None and end.tzinfo is not None:
        views = [(start.astimezone(zone), end.astimezone(zone)) for zone in (where, start.tzinfo, UTC)]
    for opens, closes in views:
        if opens.time() == time() and closes > opens:
            if closes.time() == time():
                return opens.date(), closes.date() - _DAY
            if closes.time() in _ENDS_OF_DAY:
                return opens.date(), closes.date()
    return None


def _take(one: _Occurrence, words: DayOffWords, days: dict[date, str], doubtful: dict[str, None]) -> None:
    """Enter one occurrence where it belongs."""
    verdict = reading(one.summary, words)
    if verdict is Reading.OFF and one.whole:
        for number in range((one.last - one.first).days + 1):
            days.setdefault(one.first + number * _DAY, one.summary)
    elif verdict is not Reading.SCHOOL:
        doubtful[f"{shown(one.summary)} on {one.first}"] = None
