"""Further sections of an evidence file: tables that stand behind the parent's own entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.evidence.collected import Section, Wanted
from assistant.evidence.paper.speech import Speech, speech
from assistant.evidence.school_log import compare_line
from assistant.evidence.side_by_side import Comparison, Fact, Pair, School
from assistant.store import ServiceLine


def sections_of(session: Session, child_id: int, wanted: Wanted, as_of: datetime) -> tuple[Section, ...]:
    """The sections for this child and range, in the language wanted; () where there is none.

    One a service that a log of the school's was put in for: both logs side by side.
    """
    said = speech(wanted.language)
    found: list[Section] = []
    lines = session.scalars(
        select(ServiceLine).where(ServiceLine.child_id == child_id).order_by(ServiceLine.id)
    )
    for line in lines:
        both = compare_line(session, line, as_of)
        if both is None:
            continue
        pairs = tuple(pair for pair in both.pairs if wanted.holds(pair.last))
        if pairs:
            found.append(_section(replace(both, pairs=pairs), line.name, said))
    return tuple(found)


def _section(both: Comparison, service: str, said: Speech) -> Section:
    ours, theirs, agreed = both.minutes
    parts = [
        said.say("side.lead", first=said.on(both.pairs[0].first), last=said.on(both.pairs[-1].last)),
        said.say("side.minutes", ours=ours, theirs=theirs, agreed=agreed),
    ]
    if both.without_minutes:
        parts.append(said.say("side.without_minutes", count=both.without_minutes))
    head: Sequence[str] = [said.entries[f"side.{name}"] for name in ("day", "parent", "school", "together")]
    return Section(
        said.say("side.title", service=service),
        " ".join(parts),
        tuple(head),
        tuple(_row(pair, said) for pair in both.pairs),
    )


def _row(pair: Pair, said: Speech) -> tuple[str, ...]:
    when = said.day(pair.first)
    if pair.first != pair.last:
        when = said.say("first_last", first=said.on(pair.first), last=said.on(pair.last))
    school = "; ".join(_school(row, pair, said) for row in pair.school) or said.entries["side.no_row"]
    facts = [said.entries[f"side.state_{pair.state}"], *(_fact(fact, said) for fact in pair.facts)]
    return (when, _parent(pair, said), school, " ".join(facts))


def _parent(pair: Pair, said: Speech) -> str:
    one = pair.parent
    if one is None:
        return said.entries["side.nothing_due"]
    parts = [said.entries[f"side.says_{one.says}"]]
    if one.given and one.says in ("held", "part", "other"):
        parts.append(said.say("entries.minutes_unit", count=one.given))
    if one.cause:
        parts.append(said.word("cause", one.cause))
    if one.make_up:
        parts.append(said.entries["side.make_up"])
    text = ", ".join(parts)
    return text if one.entry is None else said.say("side.entry", text=text, number=one.entry)


def _school(row: School, pair: Pair, said: Speech) -> str:
    parts = [said.entries[f"side.said_{row.said}"]]
    if row.minutes is not None:
        parts.append(said.say("entries.minutes_unit", count=row.minutes))
    if row.note:
        parts.append(f"“{row.note}”")
    text = ", ".join(parts)
    return text if pair.first == pair.last == row.day else f"{said.day(row.day)}: {text}"


def _fact(fact: Fact, said: Speech) -> str:
    day = said.day(fact.day) if fact.day else "-"
    return said.say(f"side.fact_{fact.key}", day=day, minutes=fact.minutes or 0)
