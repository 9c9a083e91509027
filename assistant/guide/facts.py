"""What a step's e-mail and its letters may state: plain values from the family's record and its log.

Nothing else ever fills a blank. Dates are the school's local dates, minutes whole minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from assistant.escalation.types import DueDate, StepKey, Why
from assistant.words import Cause, Knows, Language, Outcome

# Why something is left out of what a letter counts, in the order in which letters name it.
NOT_COUNTED = ("family", "refused", "closure", "grey", "unknown", "unanswered")


@dataclass(frozen=True, slots=True)
class LetterRow:
    """One school-side miss or shortened session, as the log has it now.

    `words` are the parent's own, exactly as they came: the step's e-mail shows them to the parent, a letter
    never does (they were written to us, not to the school). `entry` is the number in the child's log.
    """

    day: date
    expected: int
    received: int
    outcome: Outcome
    cause: Cause | None
    words: str
    entry: int
    knows: Knows | None = None

    @property
    def short(self) -> int:
        """Minutes not received."""
        return max(0, self.expected - self.received)


@dataclass(frozen=True, slots=True)
class StepFacts:
    """Everything known when a step is written. An empty text or None is a blank for the parent to fill."""

    today: date
    nickname: str
    full_name: str
    school: str
    district: str
    caregiver_name: str
    email: str
    phone: str
    language: Language
    service: str  # as the IEP has it
    alias: str  # the private name
    iep_dated: date | None
    iep_wording: str  # the IEP's words, or the schedule in plain words
    minutes: int  # of one session
    first: date  # first and last day of what is counted
    last: date
    rows: tuple[LetterRow, ...]  # school-side only
    misses: int
    partials: int
    minutes_expected: int
    minutes_received: int
    minutes_short: int
    not_counted: tuple[tuple[str, int, int], ...]  # (one of NOT_COUNTED, sessions, minutes)
    percent_of_all: int
    percent_of_attended: int
    earlier: tuple[tuple[StepKey, date], ...]  # steps done, with their day
    dates: tuple[DueDate, ...]
    why: Why
    page_url: str = ""
