"""The events of a calendar file as plain properties, whatever else is wrong with the file.

District files are seldom clean: a header that strict parsers refuse, lines folded with tabs or within a
letter, other encodings, an end that never arrived. Only what a day off needs is kept, so nothing else can
stand in the way. (Line folding and escapes: RFC 5545, sections 3.1 and 3.3.11.)
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from assistant.schedule.fields import one_line, shown

MAX_BYTES = 10_000_000

_KEPT = frozenset(
    ["UID", "SUMMARY", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "STATUS"]
)
_PROPERTY = re.compile(r'^([A-Za-z0-9-]+)((?:;(?:"[^"]*"|[^":])*)?):(.*)$', re.DOTALL)


class IcsError(ValueError):
    """The file cannot be read as a calendar; the text says why, in one line."""


@dataclass(slots=True)
class RawEvent:
    """One VEVENT: the line it begins on, and its properties as (name, parameters, value)."""

    line: int
    properties: list[tuple[str, str, str]] = field(default_factory=list)

    def value(self, name: str) -> str:
        """The first value of that property, as written; empty where there is none."""
        return next((value for key, _, value in self.properties if key == name), "")

    @property
    def summary(self) -> str:
        """The summary without its escapes, on one line."""
        text = re.sub(r"\\[nN]", " ", self.value("SUMMARY"))
        return one_line(re.sub(r"\\(.)", r"\1", text))


def raw_events(data: bytes) -> tuple[list[RawEvent], list[str]]:
    """The complete events of a calendar file, in its order, and a warning for each thing left out.

    Raises IcsError for what is not a calendar, is far too large, or holds no complete event where one began.
    """
    if len(data) > MAX_BYTES:
        raise IcsError(f"is larger than {MAX_BYTES // 1_000_000} MB, expected the calendar of a school")
    lines = list(_unfolded(data))
    first = next((text.strip().upper() for _, text in lines if text.strip()), "")
    if not first:
        raise IcsError("is empty, expected a calendar that begins with BEGIN:VCALENDAR")
    if first.startswith("<"):
        raise IcsError("is a web page, not a calendar; expected a file that begins with BEGIN:VCALENDAR")
    if first not in ("BEGIN:VCALENDAR", "BEGIN:VEVENT"):
        raise IcsError("is not a calendar, expected a file that begins with BEGIN:VCALENDAR")
    events, warnings = _events(lines)
    whole = first == "BEGIN:VEVENT" or any(text.strip().upper() == "END:VCALENDAR" for _, text in lines)
    if not whole:
        if not events:
            raise IcsError("is cut off before its first event is complete; fetch it again")
        warnings.append("is cut off before END:VCALENDAR; what comes before is used, fetch it again")
    return events, warnings


def _events(lines: list[tuple[int, str]]) -> tuple[list[RawEvent], list[str]]:
    events: list[RawEvent] = []
    warnings: list[str] = []
    event: RawEvent | None = None
    inner = 0  # how deep inside alarms and the like, whose properties are not the event's
    for number, text in lines:
        mark = text.strip().upper()
        if mark == "BEGIN:VEVENT":
            if event is not None:
                warnings.append(_never_ends(event))
            event, inner = RawEvent(number), 0
        elif event is None:
            continue
        elif mark == "END:VEVENT":
            events.append(event)
            event = None
        elif mark.startswith("BEGIN:"):
            inner += 1
        elif mark.startswith("END:"):
            inner = max(0, inner - 1)
        elif not inner and (found := _PROPERTY.match(text)) and found[1].upper() in _KEPT:
            event.properties.append((found[1].upper(), found[2], found[3].strip()))
    if event is not None:
        warnings.append(_never_ends(event))
    return events, warnings


def _never_ends(event: RawEvent) -> str:
    return f"line {event.line}: the event {shown(event.summary)} has no END:VEVENT and is left out"


def _unfolded(data: bytes) -> Iterator[tuple[int, str]]:
    """The logical lines with the number of their first physical line.

    Lines are joined before they are decoded: some programs fold in the middle of a letter.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = data.decode("utf-16", errors="replace").encode()
    physical = re.split(rb"\r*\n|\r", data.removeprefix(codecs.BOM_UTF8))
    start, joined = 1, [physical[0]]
    for number, line in enumerate(physical[1:], start=2):
        if line[:1] in (b" ", b"\t"):
            joined.append(line[1:])
        else:
            yield start, _decoded(b"".join(joined))
            start, joined = number, [line]
    yield start, _decoded(b"".join(joined))


def _decoded(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")
