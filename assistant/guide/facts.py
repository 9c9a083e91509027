"""The plain values that a step's e-mail and its letters may speak of; they are taken from the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from assistant.escalation.types import DueDate, StepKey, Why
from assistant.words import Cause, Language, Outcome


@dataclass(frozen=True, slots=True)
class LetterRow:
    """One session that was not held or was short: a row of a letter's table, tied to its log entry.

    `words` are the parent's own, for the parent to see; letters to the school do not quote them.
    """

    day: date
    expected: int
    received: int
    outcome: Outcome
    cause: Cause | None
    words: str
    entry: int


@dataclass(frozen=True, slots=True)
class StepFacts:
    """Everything a step may state about one service line. Minutes are whole; dates are the school's.

    `not_counted`: (reason, sessions, minutes); reasons: family, refused, closure, grey, unknown, unanswered.
    `earlier`: steps that the parent said they took, with the day.
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
    not_counted: tuple[tuple[str, int, int], ...]
    percent_of_all: int
    percent_of_attended: int
    earlier: tuple[tuple[StepKey, date], ...]
    dates: tuple[DueDate, ...]
    why: Why
    page_url: str = ""
