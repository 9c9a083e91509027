"""The facts of a guide one by one: what each says, its fingerprint, and which texts state it.

A fact is what somebody can look up: a rule as it is quoted, a time that the law sets, an address, a number
to call, a sign for an advocate, a word explained, a page to read. Pure: a guide in, values out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal, get_args

from assistant.escalation.types import ClockRule, StepKey
from assistant.guide.checked import KEYS, strings_of, texts_of
from assistant.guide.types import ByLanguage, Citation, Fact, Guide, StepText
from assistant.words import LANGUAGES, Language

FactGroup = Literal["cite", "clock", "place", "helper", "signal", "term", "reading"]
GROUPS: Final[tuple[FactGroup, ...]] = get_args(FactGroup)
_CONTACT: Final = ("page", "mail", "email", "fax", "phone")
_NAMED: Final = re.compile(r"\b(say|cite|clock|dates|place)\.(\w+)|\b(agency)\b|\b(helpers)\b")


@dataclass(frozen=True, slots=True)
class Stated:
    """A fact with its key ("cite.records"). `says`: what it states beside its name, as (label, words)."""

    key: str
    group: FactGroup
    name: ByLanguage
    fact: Fact
    says: tuple[tuple[str, ByLanguage], ...]
    rule: tuple[str, ...] = ()  # of a clock: how it is counted, for the fingerprint

    def is_quoted(self, citations: Collection[str]) -> bool:
        """Whether this is one of these citations, as they are quoted."""
        return isinstance(self.fact, Citation) and self.fact.text in citations


def stated(guide: Guide) -> dict[str, Stated]:
    """Every fact of a guide by its key. A date that is only a courtesy is none: no law sets it."""
    return {one.key: one for one in _all(guide)}


def fact_print(one: Stated) -> str:
    """A short hash of what a fact says, in all languages, and of where it was read.

    Not of the day on which it was read: reading it again changes nothing.
    """
    said = [*strings_of(one.fact), *strings_of(one.name), *strings_of(one.says), *one.rule]
    return sha256("\x1f".join(said).encode()).hexdigest()[:32]


def facts_of(guide: Guide, key: str) -> tuple[str, ...]:
    """The facts that a step, letter or kind of e-mail states, by key. Raises KeyError."""
    every = stated(guide)
    found = dict.fromkeys(one for one in _told_in(guide, key) if one in every)
    quoted = {guide.clocks[one.partition(".")[2]].citation for one in found if one.startswith("clock.")}
    return tuple(
        key for key, one in every.items() if key in found or (one.group == "cite" and one.is_quoted(quoted))
    )


def texts_stating(guide: Guide, fact: str) -> tuple[str, ...]:
    """The steps, letters and kinds of e-mail that state a fact."""
    return tuple(key for key in KEYS if fact in facts_of(guide, key))


def _all(guide: Guide) -> Iterator[Stated]:
    for key, cite in guide.citations.items():
        yield Stated(f"cite.{key}", "cite", _same(cite.text), cite, ())
    for key, text in guide.clock_texts.items():
        if text.fact is not None:
            rule = guide.clocks[key]
            says = [("span", _span(guide, rule)), ("note", text.note)]
            says.append(("cite", _same(rule.citation)))
            yield Stated(f"clock.{key}", "clock", text.name, text.fact, tuple(says), _counted(rule))
    for key, place in guide.places.items():
        yield Stated(f"place.{key}", "place", _same(place.name), place, _contact(place))
    for helper in guide.helpers:
        says = [("what", helper.what), *_contact(helper)]
        yield Stated(f"helper.{helper.key}", "helper", _same(helper.name), helper, tuple(says))
    for signal in guide.signals:
        says = [("text", signal.text), *([("ask", signal.ask)] if any(signal.ask.values()) else [])]
        yield Stated(f"signal.{signal.key}", "signal", signal.text, signal, tuple(says))
    for key, term in guide.glossary.items():
        yield Stated(f"term.{key}", "term", term.term, term, (("text", term.text),))
    for key, page in guide.reading.items():
        yield Stated(f"reading.{key}", "reading", page.name, page, (("page", page.page),))


def _told_in(guide: Guide, key: str) -> Iterator[str]:
    """The facts that a text names, also by way of its phrases; some of them may be none of the guide's."""
    said: list[str] = []
    for one in texts_of(guide, key):
        said += strings_of(one)
        if isinstance(one, StepText):
            yield from (f"reading.{name}" for name in one.reading)
            yield from (f"term.{name}" for name in one.terms)
    if key in set(StepKey):  # the dates that begin with a step stand in its e-mail
        yield from (f"clock.{name}" for name, rule in guide.clocks.items() if StepKey(key) in rule.starts)
    if KEYS[key] == "dates":
        yield from (f"clock.{name}" for name in guide.clocks)
    phrases: set[str] = set()
    while said:
        for kind, name, agency, helpers in _NAMED.findall(said.pop()):
            if agency:
                yield f"place.{guide.agency}"
            elif helpers:
                yield from (f"helper.{one.key}" for one in guide.helpers)
            elif kind == "say":
                if name not in phrases:
                    phrases.add(name)
                    said += _phrases(guide, name)
            else:
                yield f"{'clock' if kind == 'dates' else kind}.{name}"


def _phrases(guide: Guide, name: str) -> Iterator[str]:
    for language in LANGUAGES:
        for book in (guide.say[language], guide.letters.phrases[language]):
            if name in book:
                yield book[name]


def _contact(one: object) -> tuple[tuple[str, ByLanguage], ...]:
    found = ((name, getattr(one, name, "")) for name in _CONTACT)
    return tuple((name, _same(value)) for name, value in found if value)


def _span(guide: Guide, rule: ClockRule) -> dict[Language, str]:
    return {language: f"{rule.length} {guide.words[language][rule.counts]}" for language in LANGUAGES}


def _counted(rule: ClockRule) -> tuple[str, ...]:
    """What the law says of a date. Which of our steps tell it and when we remind is ours, and left out."""
    vacations = "without long vacations" if rule.without_long_vacations else ""
    return (rule.counts, f"{rule.length}", f"{rule.after}", rule.runs_from, rule.citation, vacations)


def _same(text: str) -> dict[Language, str]:
    return dict.fromkeys(LANGUAGES, text)
