"""From expectations and answers to the texts that are sent about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from zoneinfo import ZoneInfo

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from assistant.store import Calendar, Child, Expectation, LogEntry, ServiceLine
from assistant.words import Asks, Language, Outcome
from messages import templates
from messages.periods import period, period_short
from messages.templates import Rendered, Shelf, TemplateError, short_day, when, word

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

    @property
    def asks(self) -> Asks:
        return Asks(self.expectation.asks)

    @property
    def make_up(self) -> bool:
        return self.expectation.form == "make_up"

    @property
    def span(self) -> tuple[date, date] | None:
        """The first and last day of a period; None for what is due on one day."""
        first, last = self.expectation.period_from, self.expectation.period_to
        return (first, last) if first and last else None

    def when(self, today: date, language: Language) -> str:
        """When it was or is due, as a question says it."""
        return period(*self.span, language) if self.span else when(self.day, today, language)

    def when_short(self, language: Language) -> str:
        """The same in a confirmation or a list."""
        return period_short(*self.span, language) if self.span else short_day(self.day, language)


def items_of(session: Session, expectations: Sequence[Expectation]) -> list[Item]:
    """The items for these expectations, in their order."""
    ids = [one.id for one in expectations]
    found = {item.expectation.id: item for item in read_items(session, _NAMED_BY_ID, {"ids": ids})}
    return [found[number] for number in ids]


# Expectations with the names that an Item needs; `read_items` reads it.
NAMED = (
    select(Expectation, Child.nickname, ServiceLine.name, ServiceLine.alias, Calendar.zone)
    .join(ServiceLine, Expectation.service_line_id == ServiceLine.id)
    .join(Child, Expectation.child_id == Child.id)
    .join(Calendar, Child.calendar_id == Calendar.id)
)

_NAMED_BY_ID = NAMED.where(Expectation.id.in_(bindparam("ids", expanding=True)))


def read_items(
    session: Session,
    wanted: Select[Expectation, str, str, str, str],
    values: Mapping[str, object] | None = None,
) -> list[Item]:
    """The items of a statement made from NAMED, in its order; `values` are its parameters'."""
    return [
        Item(one, child, service, alias, one.start_at.astimezone(ZoneInfo(zone)).time())
        for one, child, service, alias, zone in session.execute(wanted, values)
    ]


def question_text(
    session: Session | Shelf, items: Sequence[Item], kind: str, today: date, language: Language
) -> Rendered:
    """A question, reminder, ask-back, fix or nudge about these items, as one text.

    One session, or several, have texts of their own for each kind. What a number counts has one text, which
    begins with the kind's few words.
    """
    values = question_values(items, today, language)
    plain = all(item.asks is Asks.HAPPENED and not item.make_up for item in items)
    if plain and kind != "nudge":
        return templates.text(session, f"{kind}_{'one' if len(items) == 1 else 'many'}", language, values)
    body = templates.text(session, f"question_{_style(items)}", language, values)
    if kind == "question":
        return body
    return Rendered(body.key, body.version, f"{word(f'lead_{kind}', language)} {body.body}")


def _style(items: Sequence[Item]) -> str:
    if len(items) > 1:
        return "mixed"
    return "make_up" if items[0].make_up else items[0].asks.value


def question_values(items: Sequence[Item], today: date, language: Language) -> dict[str, str]:
    """Values for question, reminder, ask-back and fix texts: one item by name, several by letter."""
    first = items[0]
    return {
        "child": first.child,
        "alias": first.alias,
        "when": first.when(today, language),
        "due": str(_due(first)),
        "lead": _lead(items, today, language),
        "items": (" " if all(item.asks is Asks.HAPPENED for item in items) else ", ").join(
            f"{LETTERS[index]}) {_asked(item, items, language)}" for index, item in enumerate(items)
        ),
        "day": first.when_short(language),
    }


def _due(item: Item) -> int:
    one = item.expectation
    return one.due_minutes if item.asks is Asks.MINUTES else one.due_sessions


def _lead(items: Sequence[Item], today: date, language: Language) -> str:
    """Whom and when the items have in common: "Leo, today (Fri 9/4)", "Leo, in the week of Mon 8/31"."""
    children = list(dict.fromkeys(item.child for item in items))
    whens = list(dict.fromkeys(item.when(today, language) for item in items))
    lead = [", ".join(children)] if len(children) == 1 else []
    if len(whens) == 1:
        lead.append(whens[0])
    phrase = ", ".join(lead) or ", ".join(children)
    return phrase[:1].upper() + phrase[1:]


def _asked(item: Item, items: Sequence[Item], language: Language) -> str:
    """The item's name and, where not all are yes-or-no questions, what a number says about it."""
    name = _name(item, items, language)
    if all(other.asks is Asks.HAPPENED for other in items):
        return name
    return word(f"item_{item.asks}", language, name=name, due=_due(item))


def _name(item: Item, items: Sequence[Item], language: Language) -> str:
    """The shortest name that tells this item from the others asked with it. Raises TemplateError for none."""
    if not item.alias:
        raise TemplateError(f"service line {item.expectation.service_line_id}: no name for texts")
    parts = [item.alias]
    if item.make_up:
        parts.append(word("make_up", language))
    if len({other.child for other in items}) > 1:
        parts.insert(0, item.child)
    if len({(other.span, other.span or other.day) for other in items}) > 1:
        parts.append(item.when_short(language))
    twins = [
        o for o in items if (o.child, o.alias, o.day, o.span) == (item.child, item.alias, item.day, item.span)
    ]
    if len(twins) > 1 and not item.span:
        parts.append(f"{item.at.hour % 12 or 12}:{item.at.minute:02d}")
    return " ".join(parts)


def answers_phrase(logged: Sequence[tuple[Item, LogEntry]], language: Language) -> str:
    """All that was logged from one text; a time that they share is said once."""
    several = len({item.child for item, _ in logged}) > 1
    whens = {item.when_short(language) for item, _ in logged}
    if len(whens) > 1 or len(logged) == 1 or logged[0][0].span is None:
        return "; ".join(answer_phrase(item, entry, language, several) for item, entry in logged)
    each = (f"{_whose(item, language, several)} {_said(item, entry, language)}" for item, entry in logged)
    return f"{whens.pop()}, {'; '.join(each)}"


def answer_phrase(item: Item, entry: LogEntry, language: Language, several_children: bool = False) -> str:
    """One logged answer as a confirmation says it: "speech Tue 9/1: no, provider out"."""
    name = _whose(item, language, several_children)
    return f"{name} {item.when_short(language)}: {_said(item, entry, language)}"


def _whose(item: Item, language: Language, several_children: bool) -> str:
    name = f"{item.child} {item.alias}" if several_children else item.alias
    return f"{name} {word('make_up', language)}" if item.make_up else name


def _said(item: Item, entry: LogEntry, language: Language) -> str:
    """The outcome and cause of an entry in a few plain words."""
    said = said_amount(item, entry, language)
    if said is None and entry.outcome == Outcome.PARTIAL:
        unsaid = entry.minutes is None
        said = (
            word("partial_unsaid", language) if unsaid else word("partial", language, minutes=entry.minutes)
        )
    said = said or word(entry.outcome, language)
    if entry.cause and entry.cause not in ("other", "not_given") and entry.outcome != Outcome.NO_SCHOOL:
        said += f", {word(entry.cause, language)}"
    return said


def said_amount(item: Item, entry: LogEntry, language: Language) -> str | None:
    """What was told about a period, where it is more than a yes, a no or "not sure"."""
    due = item.expectation.due_sessions
    if item.asks is Asks.COUNT and entry.sessions is not None:
        return word("count_of", language, count=entry.sessions, due=due)
    if item.asks is Asks.WITHOUT and entry.sessions is not None:
        days = due - entry.sessions
        key = "without_none" if not days else "without_one" if days == 1 else "without_days"
        return word(key, language, days=days)
    if item.asks is Asks.MINUTES and entry.minutes is not None:
        return word("partial", language, minutes=entry.minutes)
    if item.asks is Asks.GIVEN:
        if entry.outcome == Outcome.NO_SCHOOL:
            return word("not_needed", language)
        if entry.chances:
            return word("count_of", language, count=entry.sessions or 0, due=entry.chances)
    if item.asks is Asks.HEARD and entry.outcome in (Outcome.HELD, Outcome.UNKNOWN):
        return word("heard" if entry.outcome == Outcome.HELD else "not_heard", language)
    return None
