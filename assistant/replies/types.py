"""The values of the replies room: a text with its context in, a meaning out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal

from assistant.words import Asks, Cause, Intent, Knows, Language, Outcome


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One expectation that the caregiver has been asked about and has not answered, in the order asked.

    `date` is the school's local date of a slot (a period's last day), `time` the slot's local start.
    `minutes` are those due; `asks` is what the question asked, and so what a bare number counts.
    """

    id: str
    service: str
    aliases: tuple[str, ...] = ()
    date: date | None = None
    time: time | None = None
    minutes: int = 0
    form: Literal["slot", "period"] = "slot"
    due_sessions: int = 1
    asks: Asks = Asks.HAPPENED
    child: str = ""  # the nickname, where the caregiver has several children
    allows: frozenset[str] = frozenset()  # "group", "remote": given so it is given as written


@dataclass(frozen=True, slots=True)
class KnownService:
    """A service line of the child, for texts about a session that nobody asked about."""

    service: str
    aliases: tuple[str, ...] = ()
    child: str = ""


@dataclass(frozen=True, slots=True)
class Taught:
    """A whole reply that the centre's staff taught the reader, in one language. `number` names it for them.

    `phrase` is in the plain form of `taught.phrase_of`; `outcome` is held, missed or unknown.
    """

    number: int
    phrase: str
    lang: Language
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Incoming:
    """A text as it came, and all that is needed to read it. `received` is aware, in the caregiver's zone."""

    text: str
    lang: Language
    received: datetime
    open: tuple[OpenItem, ...] = ()
    services: tuple[KnownService, ...] = ()
    child: str = ""
    taught: tuple[Taught, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the text says about one expectation. `id` is None where no open item is meant (a report)."""

    id: str | None
    service: str
    date: date | None
    outcome: Outcome
    cause: Cause | None = None
    minutes: int | None = None
    sessions: int | None = None
    knows: Knows = Knows.NOT_SAID
    chances: int | None = None  # of an accommodation: how often there was an occasion
    child: str = ""  # whose session a report is about, where the text names one of several children


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a text means. When `ask_back` is true, `answers` is empty: nothing may be logged from it.

    `why` names the words that decided, for the family page and the inbox.
    """

    intent: Intent
    answers: tuple[Answer, ...] = ()
    ask_back: bool = False
    confidence: float = 1.0
    why: tuple[str, ...] = ()
    language: Language | None = None  # the language the text was in, where it could be told
    taught: int | None = None  # the number of the taught phrase that it was read by
