"""The plain values that a step's e-mail and its letters may speak of; they are taken from the log.

Whatever a letter states of the log carries the numbers of the entries it rests on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from assistant.escalation.types import DueDate, StepKey, Why
from assistant.words import Cause, Knows, Language, Outcome


@dataclass(frozen=True, slots=True)
class LetterRow:
    """One session that was not held or was short: a row of a letter's table, tied to its log entry.

    `words` are the parent's own, for the parent to see; letters to the school do not quote them. `period`:
    first and last day, where the parent was asked about a period and not about one day.
    """

    day: date
    expected: int
    received: int
    outcome: Outcome
    cause: Cause | None
    words: str
    entry: int
    knows: Knows = Knows.NOT_SAID
    period: tuple[date, date] | None = None


class LeftOut(NamedTuple):
    """What is not counted, by reason: family, refused, closure, grey, unknown, unanswered."""

    reason: str
    sessions: int
    minutes: int
    entries: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenDay:
    """A session that the parent does not know about, or one that a single entry tells of."""

    day: date
    entry: int
    outcome: Outcome = Outcome.UNKNOWN
    cause: Cause | None = None
    service: str = ""
    period: tuple[date, date] | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A talk with the school, as the parent noted it. `said` are the parent's own words."""

    day: date
    person: str
    how: str  # phone, email, in_person, meeting, letter, text, other
    said: str
    promised: str
    entry: int
    title: str = ""
    at: str = ""  # the time, as the parent said it
    promised_by: date | None = None


@dataclass(frozen=True, slots=True)
class StepDone:
    """What was sent to the school, or what came of it. `did`: sent, answered, refused, fixed."""

    day: date
    step: str
    did: str
    words: str
    entry: int


@dataclass(frozen=True, slots=True)
class Passed:
    """A date that went by without an answer."""

    clock: str
    step: str
    asked_on: date
    due: date
    latest: date
    citation: str
    entry: int


@dataclass(frozen=True, slots=True)
class MadeUp:
    """What was said about making up misses. `act`: offered, declined, promised, given."""

    told_on: date
    act: str
    minutes: int
    day: date | None
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SchoolRecord:
    """The school's own service log, as the parent entered it."""

    day: date
    rows: int
    first: date
    last: date
    entry: int


@dataclass(frozen=True, slots=True)
class LogLine:
    """An entry of the log, as an annex lists it. `recorded_at` in the school's zone."""

    number: int
    day: date
    recorded_at: datetime
    kind: str
    outcome: Outcome | None = None
    cause: Cause | None = None
    minutes: int | None = None
    sessions: int | None = None
    due_sessions: int | None = None
    supersedes: int | None = None


@dataclass(frozen=True, slots=True)
class StepFacts:
    """Everything a step may state about one service line. Minutes are whole; dates are the school's.

    The minutes add up: expected = received + other + short + those of `not_counted` + unlogged.
    `not_counted` is in the order of its reasons. `earlier`: steps that the parent said they took, with the
    day. `every`: all entries about sessions; `held`: those that say a session was held. `unlogged`: sessions
    and minutes that fell due and have no entry. `issues`: this line and the strongest others of the child,
    for a letter about all of them. `details`: what the parent told for letters, by the guide's keys.
    """

    today: date
    nickname: str
    full_name: str
    school: str
    district: str
    caregiver_name: str
    email: str
    phone: str
    language: Language
    service: str
    alias: str
    iep_dated: date | None
    iep_wording: str
    minutes: int
    first: date
    last: date
    rows: tuple[LetterRow, ...]
    misses: int
    partials: int
    minutes_expected: int
    minutes_received: int
    minutes_short: int
    not_counted: tuple[LeftOut, ...]
    percent_of_all: int
    percent_of_attended: int
    earlier: tuple[tuple[StepKey, date], ...]
    dates: tuple[DueDate, ...]
    why: Why
    page_url: str = ""
    quoted: bool = False  # `iep_wording` is the IEP's own, as the parent copied it
    frequency: Mapping[Language, str] = field(default_factory=dict)  # in our words
    since: date | None = None  # from when the line is in force
    minutes_other: int = 0  # given, not as written
    other: tuple[int, ...] = ()
    unlogged: tuple[int, int] = (0, 0)
    every: tuple[int, ...] = ()
    held: tuple[int, ...] = ()
    sessions_held: int = 0
    unknown: tuple[OpenDay, ...] = ()
    urgent: tuple[OpenDay, ...] = ()
    contacts: tuple[Contact, ...] = ()
    steps: tuple[StepDone, ...] = ()
    passed: tuple[Passed, ...] = ()
    make_ups: tuple[MadeUp, ...] = ()
    school_log: tuple[SchoolRecord, ...] = ()
    log: Mapping[int, LogLine] = field(default_factory=dict)
    issues: tuple[StepFacts, ...] = ()
    receipt_by: date | None = None  # of a complaint: by when it is expected to be received
    details: Mapping[str, str] = field(default_factory=dict)
