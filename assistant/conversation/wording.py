"""From expectations and answers to the values that the templates want."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.store import Calendar, Child, Expectation, LogEntry, ServiceLine
from assistant.words import Language, Outcome
from messages.templates import short_day, when, word

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Item:
    """An expectation with the names a text may use, and its local time in the school's zone."""

    expectation: Expectation
    child: str
    service: str
    alias: str
    at: time

    @property
    def day(self) -> date:
        return self.expectation.day


def items_of(session: Session, expectations: Sequence[Expectation]) -> list[Item]:
    """The items for these expectations, in their order."""
    ids = [one.id for one in expectations]
    rows = session.execute(
        select(Expectation, Child.nickname, ServiceLine.name, ServiceLine.alias, Calendar.zone)
        .join(ServiceLine, Expectation.service_line_id == ServiceLine.id)
        .join(Child, Expectation.child_id == Child.id)
        .join(Calendar, Child.calendar_id == Calendar.id)
        .where(Expectation.id.in_(ids))
    )
    found = {
        one.id: Item(one, child, service, alias, one.start_at.astimezone(ZoneInfo(zone)).time())
        for one, child, service, alias, zone in rows
    }
    return [found[number] for number in ids]


def question_values(items: Sequence[Item], today: date, language: Language) -> dict[str, str]:
    """Values for question, reminder, ask-back and fix texts: one item by name, several by letter."""
    children = list(dict.fromkeys(item.child for item in items))
    days = list(dict.fromkeys(item.day for item in items))
    first = items[0]
    lead = [", ".join(children)] if len(children) == 1 else []
    if len(days) == 1:
        lead.append(when(days[0], today, language))
    phrase = ", ".join(lead) or ", ".join(children)
    return {
        "child": first.child,
        "alias": first.alias,
        "when": when(first.day, today, language),
        "lead": phrase[:1].upper() + phrase[1:],
        "items": " ".join(
            f"{LETTERS[index]}) {_name(item, items, language)}" for index, item in enumerate(items)
        ),
        "day": short_day(first.day, language),
    }


def answer_phrase(item: Item, entry: LogEntry, language: Language, several_children: bool = False) -> str:
    """One logged answer as a confirmation says it: "speech Tue 9/1: no, provider out"."""
    name = f"{item.child} {item.alias}" if several_children else item.alias
    return f"{name} {short_day(item.day, language)}: {outcome_phrase(entry, language)}"


def outcome_phrase(entry: LogEntry, language: Language) -> str:
    """The outcome and cause of an entry in a few plain words."""
    if entry.outcome == Outcome.PARTIAL:
        said = (
            word("partial_unsaid", language)
            if entry.minutes is None
            else word("partial", language, minutes=entry.minutes)
        )
    else:
        said = word(entry.outcome, language)
    if entry.cause and entry.cause not in ("other", "not_given") and entry.outcome != Outcome.NO_SCHOOL:
        said += f", {word(entry.cause, language)}"
    return said


def _name(item: Item, items: Sequence[Item], language: Language) -> str:
    """The shortest name that tells this item from the others asked with it."""
    parts = [item.alias]
    if len({other.child for other in items}) > 1:
        parts.insert(0, item.child)
    if len({other.day for other in items}) > 1:
        parts.append(short_day(item.day, language))
    twins = [o for o in items if (o.child, o.alias, o.day) == (item.child, item.alias, item.day)]
    if len(twins) > 1:
        parts.append(f"{item.at.hour % 12 or 12}:{item.at.minute:02d}")
    return " ".join(parts)
