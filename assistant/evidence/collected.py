"""What an evidence file says, as plain values: gathered by `collect`, written by `export` and `pdf`.

Dates are the school's local dates, moments UTC, minutes whole minutes. Nothing here is in any language yet
but the parent's own words and what is quoted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from assistant.evidence.ledger import Ledger
from assistant.words import Language

Timing = Literal["same_day", "within_3_days", "later"]
MarkKind = Literal[
    "held", "missed", "part", "other", "event", "away", "unknown", "unanswered", "no_school", "make_up"
]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the parent chose: days (inclusive; None is no limit), name, and the language of what is said."""

    first: date | None = None
    last: date | None = None
    full_name: bool = False
    language: Language = "en"

    def holds(self, day: date) -> bool:
        """Whether the day is in the range."""
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the record. Outside the range wanted it is `sealed`: it keeps its place, and no content.

    `timing`: how soon after the day it is about it was told, by the school's days; None where nobody told.
    `service` is what its line is called now; the content has the name of its time.
    `in_force`: whether the counts go by it. `corrects` and `corrected_by` are entries' numbers.
    """

    number: int
    previous_hash: str
    hash: str
    content: Mapping[str, Any]
    day: date
    kind: str
    sealed: bool = False
    timing: Timing | None = None
    in_force: bool = False
    corrects: int | None = None
    corrected_by: tuple[int, ...] = ()
    service: str = ""


@dataclass(frozen=True, slots=True)
class Replies:
    """How much was asked and answered, counted in sessions or periods that fell due within the range.

    `answered` and `unknown` (of those) are what was asked and told; `unasked` was told without a question;
    `centre` was recorded by the centre, not by a parent; `waiting` has no entry yet.
    """

    asked: int = 0
    answered: int = 0
    unknown: int = 0
    unasked: int = 0
    centre: int = 0
    waiting: int = 0

    def __add__(self, more: Replies) -> Replies:
        names = self.__slots__
        return Replies(**{name: getattr(self, name) + getattr(more, name) for name in names})


@dataclass(frozen=True, slots=True)
class Mark:
    """What a day has on the calendar: so many sessions of one kind."""

    day: date
    kind: MarkKind
    count: int = 1


@dataclass(frozen=True, slots=True)
class Service:
    """A service line with its minutes and marks within the range. `often` says how often it is due."""

    name: str
    minutes: int
    often: str
    wording: str
    starts: date
    ends: date
    iep_dated: date | None
    ledger: Ledger
    replies: Replies
    marks: tuple[Mark, ...]
    waiting: tuple[date, ...] = ()  # due days without any entry yet


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A make-up and the misses it is for, each with the minutes it repaid."""

    service: str
    state: str
    minutes: int
    day: date | None
    told: datetime
    misses: tuple[tuple[date, int], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's wording as it was sent, with its blanks, and the first and last time it was."""

    key: str
    version: int
    language: str
    channel: str
    text: str
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class GuideNote:
    """Which guide the family's steps come from, and who has reviewed it, in the language wanted."""

    jurisdiction: str
    version: str
    review: str
    not_advice: str


@dataclass(frozen=True, slots=True)
class Section:
    """A further table that another part of the program adds, its words in the language wanted."""

    title: str
    lead: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything an evidence file says. `entries` are the whole chain, sealed where not wanted."""

    wanted: Wanted
    child: str
    as_of: datetime
    zone: str
    zones: tuple[str, ...]  # of those who are asked
    head: str
    guide: GuideNote
    services: tuple[Service, ...]
    entries: tuple[Entry, ...]
    make_ups: tuple[MadeUp, ...]
    asked: tuple[Asked, ...]
    sections: tuple[Section, ...] = ()

    @property
    def told(self) -> tuple[Entry, ...]:
        """The entries within the range."""
        return tuple(one for one in self.entries if not one.sealed)

    @property
    def replies(self) -> Replies:
        """Of all services together."""
        return sum((one.replies for one in self.services), Replies())
