"""What a jurisdiction's guide is made of, as values. Every fact says where it was read and how surely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from assistant.escalation.policy import Policy
from assistant.escalation.types import ClockRule, StepKey
from assistant.guide.letters import LetterBook
from assistant.words import Language

Sure = Literal["A", "B", "C"]
ReviewState = Literal["pending", "reviewed", "expired"]
ByLanguage = Mapping[Language, str]
CLOCK_MAILS: tuple[str, ...] = ("clock_before", "clock_after")  # the e-mails about dates
READING: tuple[str, ...] = ("iep_basics", "dispute_resolution", "disagreeing")


class GuideError(Exception):
    """The guide cannot be used. `problems` holds one line each: file, key, what was expected."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Fact:
    """Where something was read.

    `sure`: A in the law's or the agency's own text, B in a respected secondary source, C not read there yet.
    """

    source: str
    sure: Sure
    verified_on: date


@dataclass(frozen=True)
class Citation(Fact):
    """A rule the guide rests on, as it is quoted: "34 CFR 300.613"."""

    text: str


@dataclass(frozen=True)
class Place(Fact):
    """Where something is sent or asked. What is not known is empty."""

    name: str
    page: str
    mail: str = ""
    email: str = ""
    fax: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Helper(Fact):
    """Someone who helps families free of charge. `what`: how, in a few words."""

    key: str
    name: str
    page: str
    phone: str
    what: ByLanguage


@dataclass(frozen=True)
class ClockText:
    """A clock for people. `whose` date it is: the school's, the state's, or the family's own."""

    name: ByLanguage
    note: ByLanguage
    whose: Literal["school", "state", "family"]
    fact: Fact | None  # None for a courtesy date: no law sets it, so there is nothing to read


@dataclass(frozen=True)
class Review:
    """Who has checked a step, letter or e-mail about dates, and until when. Nobody yet: pending."""

    by: str = ""
    until: date | None = None

    def state(self, today: date) -> ReviewState:
        """What it is worth today; the last day still counts."""
        if self.until is None:
            return "pending"
        return "reviewed" if today <= self.until else "expired"


@dataclass(frozen=True)
class Signal(Fact):
    """A sign that an advocate or attorney may help. An option, raised once.

    `how`: "known" (the tool sees it, by `rule`) or "asked" (the parent answers `ask`). `text`: what it is and
    why help may be good.
    """

    key: str
    how: Literal["known", "asked"]
    rule: str
    ask: ByLanguage
    text: ByLanguage


@dataclass(frozen=True)
class Term(Fact):
    """A word of the field, said plainly."""

    key: str
    term: ByLanguage
    text: ByLanguage


@dataclass(frozen=True)
class Reading(Fact):
    """A page to read on. `page` by language; a centre may set its own in the configuration."""

    key: str
    name: ByLanguage
    page: ByLanguage


@dataclass(frozen=True)
class Trigger:
    """When a step is offered, as a sentence with {thresholds} of the policy in it."""

    rule: str
    text: ByLanguage


@dataclass(frozen=True)
class StepText:
    """A step's e-mail as data: one button, and what stands beside it ("not now" and the like)."""

    subject: str
    body: str
    button: str
    beside: str
    reading: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClockMailText:
    """The frame of the e-mails about dates, and what is said of each clock: (subject, line) by clock name."""

    body: str
    button: str
    beside: str
    phrases: Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Guide:
    """A jurisdiction's guide, whole and checked, with what it takes over from the guide it extends."""

    key: str
    version: str
    verified_on: date
    jurisdiction: ByLanguage
    state: ByLanguage
    not_advice: ByLanguage
    agency: str
    citations: Mapping[str, Citation]
    places: Mapping[str, Place]
    helpers: tuple[Helper, ...]
    clocks: Mapping[str, ClockRule]
    clock_texts: Mapping[str, ClockText]
    signals: tuple[Signal, ...]
    glossary: Mapping[str, Term]
    reading: Mapping[str, Reading]
    triggers: Mapping[StepKey, tuple[Trigger, ...]]
    reviews: Mapping[str, Review]
    words: Mapping[Language, Mapping[str, str]]
    say: Mapping[Language, Mapping[str, str]]
    steps: Mapping[tuple[StepKey, Language], StepText]
    expired: Mapping[Language, StepText]
    clock_mails: Mapping[tuple[Literal["before", "after"], Language], ClockMailText]
    letters: LetterBook = field(default_factory=LetterBook)

    def review_of(self, key: str, today: date) -> ReviewState:
        """Whether a step or letter is reviewed today. A step and a letter of one name share one review."""
        return self.review_for(key).state(today)

    def review_for(self, key: str) -> Review:
        """The review of a step or letter; one that nobody has listed is pending."""
        return self.reviews.get(key, Review())

    def clock_note(self, name: str, language: Language) -> str:
        """What to know about a clock, in the reader's language; empty where the guide has no such clock."""
        found = self.clock_texts.get(name)
        return found.note[language] if found else ""

    def when(self, step: StepKey, language: Language, policy: Policy) -> tuple[str, ...]:
        """When a step is offered, in plain sentences with the policy's numbers."""
        numbers = {name: str(getattr(policy, name)) for name in policy.__dataclass_fields__}
        return tuple(one.text[language].format(**numbers) for one in self.triggers.get(step, ()))

    def with_reading(self, pages: Mapping[str, str]) -> Guide:
        """The same guide with a centre's own pages to read on, where it has set any."""
        own = {
            key: replace(one, page=dict.fromkeys(one.page, pages[key])) if pages.get(key) else one
            for key, one in self.reading.items()
        }
        return replace(self, reading=own)
