"""The evidence as a page to print from a browser: a page of summary, then one row an entry.

All of it comes from the same values and sentences as the PDF (`shape`); here it is only laid out anew.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from assistant.escalation.shortfall import percent
from assistant.evidence.collected import Entry, Evidence
from assistant.evidence.paper.rows import Teller, quoted
from assistant.evidence.paper.shape import shape
from assistant.evidence.paper.speech import Speech, speech
from assistant.store import NOTES

CODE = 16  # hex digits of the chain's head, as in the monthly e-mails
_DAYS = range(1, 32)


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as the columns of the table, all of it text."""

    number: str
    day: str
    service: str
    due: str
    what: str
    cause: str
    knows: str
    who: str
    words: str
    received: str
    corrections: str


@dataclass(frozen=True, slots=True)
class Strip:
    """A month of a service as 31 cells of (letter, kind of the mark); `alt` says the same in words."""

    title: str
    cells: Sequence[Sequence[tuple[str, str]]]
    alt: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """`data` is what the PDF's template gets; `sentences` and `strips` are by service, in its order."""

    data: Mapping[str, Any]
    labels: Mapping[str, str]
    sentence: str
    sentences: Sequence[str]
    bars: Sequence[str]  # pictures as data: addresses; "" where nothing with minutes fell due
    swatches: Mapping[str, str]
    strips: Sequence[Sequence[Strip]]
    rows: Sequence[Row]
    code: str


def sheet(evidence: Evidence) -> Sheet:
    """The evidence laid out for a printed page, in the language wanted."""
    said, data = speech(evidence.wanted.language), shape(evidence)
    return Sheet(
        data=data,
        labels=said.group("sheet"),
        sentence=_sentence(evidence, said),
        sentences=[_of_service(evidence, place, said) for place in range(len(evidence.services))],
        bars=[_picture(svg) for svg in data["raw"]["bars"]],
        swatches={name: _picture(svg) for name, svg in data["raw"]["swatches"].items()},
        strips=[[_strip(month) for month in one["months"]] for one in data["services"]],
        rows=_rows(evidence, said),
        code=evidence.head[:CODE],
    )


def _sentence(evidence: Evidence, said: Speech) -> str:
    """All services in one sentence: what was due, held, and not held on the school's side."""
    ledgers = [one.ledger for one in evidence.services]
    due, held, school = (
        sum(getattr(one, name) for one in ledgers) for name in ("expected", "held", "school")
    )
    if not due:
        return said.say("summary.due_none")
    return said.say(
        "sheet.sentence",
        due=due,
        held=held or "0",
        percent=percent(held, due) or "0",
        school=school or "0",
        open=sum(one.unknown + one.unanswered for one in ledgers) or "0",
        days=_span(evidence, said),
    )


def _span(evidence: Evidence, said: Speech) -> str:
    days = [mark.day for one in evidence.services for mark in one.marks]
    first = evidence.wanted.first or min(days, default=evidence.as_of.date())
    last = evidence.wanted.last or max(days, default=first)
    return said.say("first_last", first=said.on(first), last=said.on(max(first, last)))


def _of_service(evidence: Evidence, place: int, said: Speech) -> str:
    ledger = evidence.services[place].ledger
    if not ledger.expected:
        return ""
    return said.say(
        "sheet.service",
        due=ledger.expected,
        held=ledger.held or "0",
        percent=percent(ledger.held, ledger.expected) or "0",
        school=ledger.school or "0",
        made_up=ledger.made_up or "0",
        open=ledger.unknown + ledger.unanswered or "0",
    )


def _picture(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}" if svg else ""


def _strip(month: Mapping[str, Any]) -> Strip:
    marks = {
        int(day["day"]): [(f"{letter}{count}", kind) for letter, kind, count in day["marks"]]
        for week in month["weeks"]
        for day in week
        if day
    }
    return Strip(month["title"], [marks.get(day, []) for day in _DAYS], month["alt"])


def _rows(evidence: Evidence, said: Speech) -> list[Row]:
    teller = Teller.of(evidence, said)
    told = [one for one in evidence.told if one.kind not in NOTES]
    told.sort(key=lambda one: (one.day, str(one.content.get("starts")), one.content["service"], one.number))
    return [_row(one, teller) for one in told]


def _row(entry: Entry, teller: Teller) -> Row:
    said, content = teller.said, entry.content
    day = said.day(entry.day)
    if content.get("period_from") and content.get("period_to"):
        first, last = (date.fromisoformat(content[key]) for key in ("period_from", "period_to"))
        day = said.say("entries.period", first=said.on(first), last=said.on(last))
    who = teller.people.get(content.get("caregiver") or 0)
    received = content.get("answered_at") or content.get("recorded_at")
    return Row(
        number=str(entry.number),
        day=day,
        service=content["service"],
        due=str(content.get("due_minutes") or ""),
        what=teller.what(entry),
        cause=said.word("cause", content["cause"]) if content.get("cause") else "",
        knows=said.word("knows", content["knows"]) if who else "",
        who=said.say("sheet.caregiver", number=who) if who else said.say("sheet.nobody"),
        words=quoted(entry, said) or said.say("entries.no_words"),
        received=said.moment(datetime.fromisoformat(received), teller.zone) if received else "",
        corrections=" ".join(teller.beside(entry)),
    )
