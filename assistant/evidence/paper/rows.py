"""The tables of the printed evidence: every entry, make-ups, contacts, letters, dates that passed.

A table is its heads and rows; a cell is a list of lines. All of it plain text: the template makes no markup
of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from assistant.evidence.collected import Entry, Evidence
from assistant.evidence.paper.speech import Speech
from assistant.store import NOTES

Cell = list[str]
Table = dict[str, Any]


@dataclass(frozen=True)
class Teller:
    """Tells entries in a language: whose zone, and which caregiver is which number in this paper."""

    said: Speech
    zone: ZoneInfo
    people: Mapping[int, int]

    @classmethod
    def of(cls, evidence: Evidence, said: Speech) -> Teller:
        """The teller of an evidence; caregivers are numbered in the order in which they first told."""
        people: dict[int, int] = {}
        for one in evidence.told:
            if one.kind not in NOTES and one.content.get("caregiver") is not None:
                people.setdefault(one.content["caregiver"], len(people) + 1)
        return cls(said, ZoneInfo(evidence.zone), people)

    def what(self, entry: Entry) -> str:
        """What became of it, in one line, without the cause."""
        content = entry.content
        if entry.kind == "make_up":
            return self._make_up(content)
        amount = self._amount(content)
        return ", ".join([self.said.word("outcome", content["outcome"]), *([amount] if amount else [])])

    def beside(self, entry: Entry) -> list[str]:
        """What stands under the words: how it came about, what it corrects or what corrects it."""
        said, content, lines = self.said, entry.content, []
        if content.get("clarified"):
            asked = str(content["clarified"].get("asked") or content["clarified"].get("question") or "")
            lines += [said.say("entries.clarified", question=asked)] if asked else []
        if entry.kind == "second":
            lines.append(said.say("entries.second"))
        if entry.kind == "progress":
            lines.append(said.say("entries.progress"))
        miss = (content.get("make_up") or {}).get("miss")
        if miss:
            lines.append(said.say("entries.make_up", number=miss))
        return lines + _corrections(entry, said)

    def entry(self, entry: Entry) -> list[Cell]:
        """An entry about a session or period, as the cells of its row."""
        return [
            [str(entry.number)],
            self._due(entry),
            self._asked(entry),
            self._became(entry),
            self._words(entry),
        ]

    def _due(self, entry: Entry) -> Cell:
        said, content = self.said, entry.content
        lines = [said.day(entry.day)]
        if content.get("period_from") and content.get("period_to"):
            first, last = (date.fromisoformat(content[key]) for key in ("period_from", "period_to"))
            lines.append(said.say("entries.period", first=said.on(first), last=said.on(last)))
        elif content.get("starts"):
            lines[0] += f" {said.clock(datetime.fromisoformat(content['starts']), self.zone)}"
        lines.append(content["service"])
        amount = []
        if (content.get("due_sessions") or 1) > 1:
            amount.append(said.say("entries.sessions", count=content["due_sessions"]))
        if content.get("due_minutes"):
            amount.append(said.say("entries.minutes", minutes=content["due_minutes"]))
        return [*lines, *([", ".join(amount)] if amount else [])]

    def _asked(self, entry: Entry) -> Cell:
        said, content = self.said, entry.content
        asked, answered = (self._moment(content.get(key)) for key in ("asked_at", "answered_at"))
        lines = [said.say("entries.asked_at", moment=asked) if asked else said.say("entries.not_asked")]
        if answered is None:
            lines.append(said.say("entries.no_answer") if entry.content["outcome"] == "unanswered" else "")
            lines.append(said.say("entries.recorded_at", moment=self._moment(content["recorded_at"])))
            return [line for line in lines if line]
        lines.append(said.say("entries.answered_at", moment=answered))
        how_soon = []
        if content.get("delay_seconds") is not None:
            how_soon.append(said.say("entries.delay", delay=said.delay(content["delay_seconds"])))
        if entry.timing:
            how_soon.append(said.say(f"entries.{entry.timing}"))
        return [*lines, *(["; ".join(how_soon)] if how_soon else [])]

    def _became(self, entry: Entry) -> Cell:
        said, content = self.said, entry.content
        lines = [said.word("outcome", content["outcome"])]
        amount = self._amount(content)
        if amount:
            lines.append(amount)
        if content.get("cause"):
            lines.append(said.say("entries.cause", cause=said.word("cause", content["cause"])))
        if entry.kind == "make_up":
            lines = [self._make_up(content)]
        known = said.say("entries.known", knows=said.word("knows", content["knows"]))
        who = self.people.get(content.get("caregiver") or 0)
        if who is None:
            return [*lines, said.say("entries.by_nobody")]
        by = [said.say("entries.by", number=who)] if len(self.people) > 1 else []
        return [*lines, known, *by]

    def _amount(self, content: Mapping[str, Any]) -> str:
        said, sessions = self.said, content.get("sessions")
        if content.get("chances") is not None:
            return said.say("entries.given_chances", count=sessions or 0, chances=content["chances"])
        if sessions is not None:
            return said.say("entries.given_sessions", count=sessions, due=content.get("due_sessions") or 1)
        if content.get("minutes") is not None:
            return said.say("entries.given_minutes", minutes=content["minutes"])
        return ""

    def _make_up(self, content: Mapping[str, Any]) -> str:
        said, about = self.said, content.get("make_up") or {}
        day = said.on(date.fromisoformat(about["day"])) if about.get("day") else ""
        minutes = said.say("entries.minutes", minutes=about["minutes"]) if about.get("minutes") else ""
        return ", ".join(
            part for part in (said.word("make_ups", str(about.get("act"))), day, minutes) if part
        )

    def _words(self, entry: Entry) -> Cell:
        return [quoted(entry, self.said) or self.said.say("entries.no_words"), *self.beside(entry)]

    def _moment(self, stamp: str | None) -> str | None:
        return self.said.moment(datetime.fromisoformat(stamp), self.zone) if stamp else None


def entry_tables(evidence: Evidence, said: Speech) -> list[Table]:
    """One table a month, in the order of days; a correction stands under what it corrects."""
    told = [one for one in evidence.told if one.kind not in NOTES]
    teller = Teller.of(evidence, said)
    told.sort(key=lambda one: (one.day, str(one.content.get("starts")), one.content["service"], one.number))
    months = groupby(told, key=lambda one: one.day.replace(day=1))
    return [
        {"title": said.month(month), "rows": [teller.entry(one) for one in ones]} for month, ones in months
    ]


def make_up_rows(evidence: Evidence, said: Speech) -> list[list[Cell]]:
    """Make-ups: service, what came of it, its day, the misses it is for, when it was first told."""
    rows = []
    for one in evidence.make_ups:
        misses = [
            said.say("make_ups.repaid", day=said.on(day), minutes=minutes) for day, minutes in one.misses
        ]
        told = said.on(one.told.astimezone(ZoneInfo(evidence.zone)).date())
        day = said.on(one.day) if one.day else said.say("make_ups.no_day")
        minutes = said.say("entries.minutes", minutes=one.minutes)
        rows.append([[one.service], [said.word("make_ups", one.state), minutes], [day], misses, [told]])
    return rows


def note_rows(evidence: Evidence, said: Speech) -> dict[str, list[list[Cell]]]:
    """Contacts, letters, dates that passed and the school's logs, each with its entry's number and day."""
    tellers = {
        "contact": _contact, "step": _step, "passed": _passed, "school_log": _school_log, "plan": _plan,
    }  # fmt: skip
    found: dict[str, list[list[Cell]]] = {kind: [] for kind in tellers}
    for one in sorted(evidence.told, key=lambda one: (one.day, one.number)):
        if one.kind in tellers:
            about = one.content.get(one.kind) or {}
            cells = tellers[one.kind](one, about, said)
            found[one.kind].append([[str(one.number)], [said.on(one.day)], *cells])
    return found


def _contact(entry: Entry, about: Mapping[str, Any], said: Speech) -> Sequence[Cell]:
    who = ", ".join(str(about[key]) for key in ("with", "title") if about.get(key))
    how = said.word("contacts", f"how_{about.get('how') or 'other'}")
    by = _day(about.get("promised_by"), said)
    return [
        _lines(who, ", ".join(part for part in (how, about.get("at")) if part), entry.content.get("service")),
        _lines(quoted(entry, said), _answers(about, said), *_corrections(entry, said)),
        _lines(about.get("promised"), said.say("contacts.by", day=by) if by else ""),
    ]


def _answers(about: Mapping[str, Any], said: Speech) -> str:
    return said.say("contacts.answers", number=about["answers"]) if about.get("answers") else ""


def _step(entry: Entry, about: Mapping[str, Any], said: Speech) -> Sequence[Cell]:
    letter = about.get("letter")
    return [
        _lines(said.word("step", str(about.get("step"))), entry.content.get("service")),
        _lines(
            said.word("contacts", f"did_{about.get('did')}"), str(letter).replace("_", " ") if letter else ""
        ),
        _lines(quoted(entry, said), *_corrections(entry, said)),
    ]


def _passed(entry: Entry, about: Mapping[str, Any], said: Speech) -> Sequence[Cell]:
    asked, due, latest = (_day(about.get(key), said) for key in ("asked_on", "due", "latest"))
    return [
        _lines(said.word("clock", str(about.get("clock"))), entry.content.get("service")),
        _lines(asked),
        _lines(due if due == latest or not latest else said.say("first_last", first=due, last=latest)),
        _lines(about.get("citation"), said.word("contacts", str(about["kind"])) if about.get("kind") else ""),
    ]


def quoted(entry: Entry, said: Speech) -> str:
    """The exact words between quotation marks; "" where nobody wrote any."""
    words = entry.content.get("words")
    return said.say("entries.quote", words=words) if words else ""


def _corrections(entry: Entry, said: Speech) -> list[str]:
    lines = []
    if entry.corrects is not None:
        lines.append(said.say("entries.corrects", number=entry.corrects))
    if entry.corrected_by:
        lines.append(said.say("entries.corrected_by", numbers=", ".join(map(str, entry.corrected_by))))
    return lines


def _school_log(_entry: Entry, about: Mapping[str, Any], said: Speech) -> Sequence[Cell]:
    first, last = (_day(about.get(key), said) for key in ("from", "to"))
    return [
        _lines(said.word("contacts", f"source_{about.get('source')}")),
        _lines(about.get("rows")),
        _lines(said.say("first_last", first=first, last=last) if first and last else first or last),
        _lines(about.get("sha256")),
    ]


def _plan(entry: Entry, about: Mapping[str, Any], said: Speech) -> Sequence[Cell]:
    """What was said of a service until now, and what is said of it from that day on."""
    before = [key.removesuffix("_before") for key in about if key.endswith("_before")]
    return [
        _lines(entry.content.get("service")),
        _lines(*(_told(key, about.get(f"{key}_before"), said) for key in before)),
        _lines(*(_told(key, about.get(key), said) for key in before)),
    ]


def _told(key: str, value: object, said: Speech) -> str:
    if key in ("delivery", "mode"):
        value = said.word("contacts", f"{key}_{value}")
    if key == "agreed":
        return said.say(f"contacts.agreed_{'yes' if value else 'no'}")
    return said.say("contacts.plan_is", what=said.say(f"contacts.plan_{key}"), value=value or "-")


def _day(text: object, said: Speech) -> str:
    return said.on(date.fromisoformat(text)) if isinstance(text, str) and text else ""


def _lines(*parts: object) -> Cell:
    return [str(part) for part in parts if part not in (None, "")]


def days_told(said: Speech, days: Iterable[tuple[date, int]]) -> str:
    """Days of one month as numbers, in words where one stands for several: "1, 3, 8 (2 times)"."""
    return ", ".join(
        str(day.day) if count == 1 else said.say("calendar.times", day=day.day, count=count)
        for day, count in days
    )
