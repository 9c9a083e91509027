"""The printed evidence as the template's data: all of its text, in one language, and its pictures."""

from __future__ import annotations

from calendar import Calendar as Weeks
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, get_args
from zoneinfo import ZoneInfo

from assistant.escalation.shortfall import percent
from assistant.evidence.collected import Evidence, Mark, MarkKind, Replies, Service, Timing
from assistant.evidence.ledger import Count, Ledger
from assistant.evidence.paper import bars
from assistant.evidence.paper.rows import days_told, entry_tables, make_up_rows, note_rows
from assistant.evidence.paper.speech import Speech, speech

_SUNDAY = 6
_TIMINGS: tuple[Timing, ...] = get_args(Timing)
_COUNTS = ("plain", "strict", "broad")
GROUPS = ("summary", "calendar", "entries", "make_ups", "contacts", "method", "chain")
MARKS: tuple[MarkKind, ...] = get_args(MarkKind)


def shape(evidence: Evidence) -> dict[str, Any]:
    """Everything the template prints; `raw` are pictures and the chain's head, which nobody may rewrite."""
    said = speech(evidence.wanted.language)
    day = evidence.as_of.astimezone(ZoneInfo(evidence.zone)).date()
    return {
        "language": said.language,
        "program": said.say("program"),
        "title": said.say("title", child=evidence.child),
        "head": shortened(said.say("title", child=evidence.child)),
        "none": said.say("none"),
        "days": _days(evidence, said),
        "page": said.entries["page"],
        "footer": said.say("footer", version=evidence.guide.version, review=evidence.guide.review),
        "strings": {group: said.group(group) for group in GROUPS},
        "facts": _facts(evidence, said, day),
        "services": [_service(one, said) for one in evidence.services],
        "counts": [
            [said.say(f"summary.count_{name}"), said.say(f"summary.count_{name}_says")] for name in _COUNTS
        ],
        "replies": _replies(evidence, said),
        "legend": [[said.say(f"letter.{kind}"), kind, said.say(f"mark.{kind}")] for kind in MARKS],
        "months": entry_tables(evidence, said),
        "make_ups": make_up_rows(evidence, said),
        "notes": note_rows(evidence, said),
        "sections": [asdict(one) for one in evidence.sections],
        "method": _method(evidence, said),
        "chain": _chain(evidence, said),
        "raw": {
            "head": evidence.head,
            "bars": [bars.bar(one.ledger) if one.ledger.expected else "" for one in evidence.services],
            "swatches": {name: bars.swatch(name) for name in bars.PARTS},
        },
    }


def shortened(text: str, longest: int = 70) -> str:
    """The text as one line for the top of a page."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _days(evidence: Evidence, said: Speech) -> str:
    first, last = evidence.wanted.first, evidence.wanted.last
    if first and last:
        return said.say("range_span", first=said.on(first), last=said.on(last))
    if first:
        return said.say("range_from", first=said.on(first))
    return said.say("range_to", last=said.on(last)) if last else said.say("range_all")


def _facts(evidence: Evidence, said: Speech, today: date) -> list[list[str]]:
    told, every = len(evidence.told), len(evidence.entries)
    entries = "entries_all" if told == every else "entries_some"
    count = {"count": told} if told == every else {"count": told, "all": every}
    return [
        [said.say("summary.child"), evidence.child],
        [said.say("summary.days"), _days(evidence, said)],
        [said.say("summary.made"), said.on(today)],
        [said.say("summary.entries"), said.say(f"summary.{entries}", **count)],
        [said.say("summary.zone"), evidence.zone],
        [said.say("summary.guide"), f"{evidence.guide.jurisdiction} {evidence.guide.not_advice}"],
    ]


def _service(service: Service, said: Speech) -> dict[str, Any]:
    ledger = service.ledger
    lines = [service.often]
    if service.wording:
        quoted = said.say("entries.quote", words=service.wording)
        lines.append(f"{said.say('summary.written')}: {quoted}")
    if service.iep_dated:
        lines.append(said.say("summary.iep_of", day=said.on(service.iep_dated)))
    lines.append(said.say("summary.from_to", first=said.on(service.starts), last=said.on(service.ends)))
    return {
        "name": service.name,
        "lines": lines,
        "due": said.say("summary.due", minutes=ledger.expected) if ledger.expected else "",
        "alt": _bar_alt(service, said) if ledger.expected else "",
        "table_title": said.say("summary.minutes_table", minutes=ledger.expected or "0"),
        "terms": _terms(ledger, said),
        "counts": _counts(ledger, said) if ledger.expected else [],
        "notes": _ledger_notes(service, said),
        "months": _months(service, said),
    }


def _terms(ledger: Ledger, said: Speech) -> list[list[str]]:
    return [
        [
            name,
            said.say(f"term.{name}"),
            str(getattr(ledger, name)),
            said.say("summary.share", percent=percent(getattr(ledger, name), ledger.expected)),
        ]
        for name in bars.PARTS
        if getattr(ledger, name)
    ]


def _bar_alt(service: Service, said: Speech) -> str:
    ledger = service.ledger
    parts = [said.say("summary.due", minutes=ledger.expected)]
    for name in bars.PARTS:
        minutes = getattr(ledger, name)
        if minutes:
            parts.append(said.say("summary.bar_part", label=said.say(f"term.{name}"), minutes=minutes))
    return said.say("summary.bar", service=service.name, parts="; ".join(parts))


def _counts(ledger: Ledger, said: Speech) -> list[list[str]]:
    usual = Count(ledger.school - ledger.made_up, ledger.of_all_percent, ledger.of_attended_percent)
    rows = zip(_COUNTS, (usual, ledger.strict, ledger.broad), strict=True)
    return [
        [
            said.say(f"summary.count_{name}"),
            str(count.minutes),
            said.say("summary.share", percent=count.of_all_percent),
            said.say("summary.share", percent=count.of_attended_percent),
        ]
        for name, count in rows
        if count is not None
    ]


def _ledger_notes(service: Service, said: Speech) -> list[str]:
    ledger = service.ledger
    notes = [
        said.say(
            "summary.held_count",
            sessions=ledger.sessions,
            not_held=ledger.not_held,
            shortened=ledger.shortened,
        )
    ]
    if ledger.made_up:
        notes.append(said.say("summary.made_up", minutes=ledger.made_up))
    if ledger.surplus:
        notes.append(said.say("summary.surplus", minutes=ledger.surplus))
    if service.waiting:
        days = ", ".join(map(said.on, service.waiting))
        notes.append(said.say("summary.waiting", days=days))
    return notes


def _months(service: Service, said: Speech) -> list[dict[str, Any]]:
    """A month as its weeks from Sunday, each day a number and its marks; and all of it as one sentence."""
    by_month: dict[date, list[Mark]] = defaultdict(list)
    for mark in service.marks:
        by_month[mark.day.replace(day=1)].append(mark)
    return [
        {
            "title": said.month(month),
            "weeks": _weeks(month, marks, said),
            "alt": said.say(
                "calendar.alt",
                service=service.name,
                month=said.month(month),
                marks=_marks_told(marks, said),
            ),
        }
        for month, marks in sorted(by_month.items())
    ]


def _weeks(month: date, marks: Sequence[Mark], said: Speech) -> list[list[dict[str, Any] | None]]:
    by_day: dict[int, list[list[str]]] = defaultdict(list)
    for mark in sorted(marks, key=lambda one: MARKS.index(one.kind)):
        count = str(mark.count) if mark.count > 1 else ""
        by_day[mark.day.day].append([said.say(f"letter.{mark.kind}"), mark.kind, count])
    return [
        [{"day": str(day), "marks": by_day[day]} if day else None for day in week]
        for week in Weeks(_SUNDAY).monthdayscalendar(month.year, month.month)
    ]


def _marks_told(marks: Sequence[Mark], said: Speech) -> str:
    by_kind: dict[MarkKind, list[tuple[date, int]]] = defaultdict(list)
    for mark in marks:
        by_kind[mark.kind].append((mark.day, mark.count))
    parts = [
        said.say("calendar.alt_mark", label=said.say(f"mark.{kind}"), days=days_told(said, by_kind[kind]))
        for kind in MARKS
        if kind in by_kind
    ]
    return "; ".join(parts) or said.say("calendar.alt_none")


def _replies(evidence: Evidence, said: Speech) -> dict[str, Any]:
    soon: dict[str, Counter[Timing]] = defaultdict(Counter)
    for entry in evidence.told:
        if entry.in_force and entry.timing and entry.content["outcome"] != "unanswered":
            soon[entry.service][entry.timing] += 1
    by_name: dict[str, Replies] = {}  # a service that a new IEP goes on with has a line for each IEP
    for one in evidence.services:
        by_name[one.name] = by_name.get(one.name, Replies()) + one.replies
    rows = [_reply_row(name, replies, soon[name], said) for name, replies in by_name.items()]
    if len(rows) > 1:
        every = sum(soon.values(), Counter[Timing]())
        rows.append(_reply_row(said.say("summary.all_services"), evidence.replies, every, said))
    total = evidence.replies
    notes = [
        said.say(f"summary.{key}", count=count)
        for key, count in (("unasked", total.unasked), ("centre", total.centre))
        if count
    ]
    return {"rows": rows, "notes": [said.say("summary.replies_note"), *notes]}


def _reply_row(name: str, replies: Replies, soon: Mapping[Timing, int], said: Speech) -> list[str]:
    def rate(part: int, whole: int) -> str:
        return said.say("summary.rate", count=part, percent=percent(part, whole)) if whole else str(part)

    return [
        name,
        str(replies.asked),
        rate(replies.answered, replies.asked),
        rate(replies.unknown, replies.answered),
        *(str(soon.get(key, 0)) for key in _TIMINGS),
    ]


def _method(evidence: Evidence, said: Speech) -> dict[str, Any]:
    zone = ZoneInfo(evidence.zone)
    wordings = [
        [
            [one.text.strip()],
            [said.say(f"method.{one.channel}"), said.word("method", one.language)],
            [
                said.say("first_last", first=first, last=last)
                if (first := said.on(one.first.astimezone(zone).date()))
                != (last := said.on(one.last.astimezone(zone).date()))
                else first
            ],
        ]
        for one in evidence.asked
    ]
    zones = ", ".join(evidence.zones) or evidence.zone
    return {
        "wordings": wordings,
        "rules": list(said.lists["method.rules"]),
        "zones": said.say("method.zones_text", zone=evidence.zone, zones=zones),
        "limits": said.say("method.limits_text", not_advice=evidence.guide.not_advice),
    }


def _chain(evidence: Evidence, said: Speech) -> dict[str, str]:
    sealed = sum(entry.sealed for entry in evidence.entries)
    every = len(evidence.entries)
    return {"sealed": said.say("chain.sealed", sealed=sealed, all=every) if sealed else ""}
