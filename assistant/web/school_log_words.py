"""Two logs in words: what each says of a day, the facts, and one calm question to the school."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.evidence.side_by_side import Comparison, Fact, FactKey, Pair, School
from assistant.store import Caregiver, Child, ServiceLine
from assistant.web.language import words
from assistant.web.speech import Speech, as_language, speech

# Facts that the question names, each with a sentence of its own; the first of a day that has one.
ASKING: tuple[FactKey, ...] = (
    "said_not_held",
    "said_no_school",
    "said_held",
    "not_in_log",
    "minutes_differ",
    "said_part",
    "reasons_differ",
    "no_school_day",
    "twice",
    "both_said",
    "before_plan",
    "after_plan",
)
STATES = ("agree", "differ", "only_school", "only_parent", "not_known", "unclear")


@dataclass(frozen=True, slots=True)
class Day:
    """A pair as the page shows it."""

    when: str
    state: str
    parent: str
    school: Sequence[str]
    facts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Shown:
    """A comparison as the page shows it: days to ask about, days the parent did not know, and the others."""

    comparison: Comparison
    asked: Sequence[Day]
    unknown: Sequence[Day]
    others: Sequence[Day]


@dataclass(frozen=True, slots=True)
class Question:
    """The draft in English, and the same in the parent's language where that is another."""

    english: str
    own: str


def shown(found: Comparison) -> Shown:
    """The comparison in the words of the page."""
    said = words()

    def days(pairs: Iterable[Pair]) -> list[Day]:
        return [_day(pair, said) for pair in pairs]

    asked = [pair for pair in found.pairs if pair.asks]
    unknown = [pair for pair in found.pairs if not pair.asks and pair.state == "not_known"]
    others = [pair for pair in found.pairs if not pair.asks and pair.state != "not_known"]
    return Shown(found, days(asked), days(unknown), days(others))


def question(child: Child, line: ServiceLine, found: Comparison, person: Caregiver) -> Question | None:
    """The question to the school about the days that differ; None where there is nothing to ask."""
    if not found.asked:
        return None
    own = as_language(person.language)
    english = _question(speech("en"), child, line, found, person)
    return Question(
        english, _question(speech(own), child, line, found, person) if own and own != "en" else ""
    )


def _question(said: Speech, child: Child, line: ServiceLine, found: Comparison, person: Caregiver) -> str:
    lines = [f"- {_when(pair, said)}: {_asks(pair, said)}" for pair in found.asked]
    return said.say(
        "school_log.question",
        child=child.full_name or child.nickname,
        service=line.name,
        first=said.day_and_year(found.first),
        last=said.day_and_year(found.last),
        days="\n".join(lines),
        name=person.name or said.say("school_log.your_name"),
    )


def _asks(pair: Pair, said: Speech) -> str:
    """What the question says of one day: what each log has, and nothing more."""
    by_key = {fact.key: fact for fact in pair.facts}
    moved = by_key.get("moved")
    on = said.day(moved.day) if moved and moved.day else ""
    if on and "no_school_day" in by_key:
        return said.say("school_log.ask_moved_no_school", day=on)
    parts = [_fact(by_key[key], pair, said, "ask") for key in ASKING if key in by_key]
    if on:
        parts.append(said.say("school_log.ask_moved", day=on))
    return " ".join(parts)


def day_of(pair: Pair) -> Day:
    """A pair in the words of the page."""
    return _day(pair, words())


def _day(pair: Pair, said: Speech) -> Day:
    return Day(
        when=_when(pair, said),
        state=pair.state,
        parent=_parent(pair, said),
        school=[_school(row, pair, said) for row in pair.school] or [said.say("school_log.no_row")],
        facts=[_fact(fact, pair, said, "fact") for fact in pair.facts],
    )


def _when(pair: Pair, said: Speech) -> str:
    if pair.first == pair.last:
        return said.day_and_year(pair.first)
    return said.say("school_log.span", first=said.day_and_year(pair.first), last=said.day_and_year(pair.last))


def _parent(pair: Pair, said: Speech) -> str:
    one = pair.parent
    if one is None:
        return said.say("school_log.nothing_due")
    parts = [said.say(f"school_log.says_{one.says}")]
    if one.given and one.says in ("held", "part", "other"):
        parts.append(said.say("family.minutes", minutes=one.given))
    if one.cause:
        parts.append(said.say(f"cause.{one.cause}").lower())
    if one.make_up:
        parts.append(said.say("school_log.make_up"))
    return ", ".join(parts)


def _school(row: School, pair: Pair, said: Speech) -> str:
    parts = [said.say(f"school_log.said_{row.said}")]
    if row.minutes is not None:
        parts.append(said.say("family.minutes", minutes=row.minutes))
    if row.note:
        parts.append(f"“{row.note}”")
    text = ", ".join(parts)
    if pair.first == pair.last == row.day:
        return text
    return f"{said.day(row.day)}: {text}"


def _fact(fact: Fact, pair: Pair, said: Speech, kind: str) -> str:
    """A fact as a sentence. Every one may name the day and the minutes of both logs."""
    return said.say(
        f"school_log.{kind}_{fact.key}",
        day=said.day(fact.day or pair.first),
        minutes=fact.minutes or 0,
        ours=pair.parent_minutes,
        theirs=pair.school_minutes,
        reason=said.say(f"cause.{pair.parent.cause}").lower() if pair.parent and pair.parent.cause else "-",
        words=next((row.note for row in pair.school if row.note), "-"),
    )
