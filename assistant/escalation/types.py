"""The values of the escalation room: facts from the ledger in, a decision out.

Dates are the school's local dates. Minutes are whole minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

from assistant.schedule.types import SchoolCalendar
from assistant.words import Bucket, Cause, Outcome


class StepKey(StrEnum):
    """The ladder, in order, with the urgent lane and the way down."""

    CHECK_IEP = "check_iep"
    DOCUMENT = "document"
    WRITTEN_NOTICE = "written_notice"
    IEP_MEETING = "iep_meeting"
    COMPLIANCE_COMPLAINT = "compliance_complaint"
    COMPENSATORY_EDUCATION = "compensatory_education"
    URGENT = "urgent"
    RESOLVED = "resolved"


StepState = Literal["suggested", "done", "not_now", "resolved"]
ClockKind = Literal["legal", "courtesy"]
SchoolAnswer = Literal["answered", "refused"]


@dataclass(frozen=True, slots=True)
class ClockRule:
    """How a jurisdiction counts one date; the guide has these as data, each with its citation.

    `length` is in what `counts` names; the day of receipt is day 0. `starts`: the steps with which it is
    told. `runs_from`: "step" (the day the step was done, taken as received that day), "oldest_miss" (the
    earliest logged school-side miss that still stands), "decision" (the day the state's decision is due), or
    "not_held" (the first miss of a run in which nothing was held; `after` school days of it have to pass
    first). `without_long_vacations`: days between terms and vacations of more than five school days are not
    counted. `remind_before`: calendar days before the date on which the parent is reminded; 0 for never.
    """

    name: str
    kind: ClockKind
    counts: Literal["business_days", "school_days", "calendar_days", "months"]
    length: int
    citation: str = ""
    starts: tuple[StepKey, ...] = ()
    runs_from: Literal["step", "oldest_miss", "decision", "not_held"] = "step"
    without_long_vacations: bool = False
    after: int = 0
    remind_before: int = 0


@dataclass(frozen=True, slots=True)
class Occasion:
    """One expectation that has fallen due, as the log has it now (corrections applied).

    `given` + `other` + the minutes short = `due`. `entry` is the log entry's number within the child's chain,
    None where nobody answered yet.
    """

    date: date
    due: int
    outcome: Outcome
    cause: Cause | None = None
    given: int = 0  # minutes given as written
    other: int = 0  # minutes given, not as written
    bucket: Bucket | None = None
    entry: int | None = None
    made_up: int = 0  # minutes of this miss repaid by a make-up
    surplus: int = 0  # minutes given above what was due; shown, never counted against anything
    repeated: bool = False  # a short day that came again within weeks and so counts (`reading.with_repeats`)

    @property
    def short(self) -> int:
        """Minutes not given and not made up."""
        return max(0, self.due - self.given - self.other - self.made_up)

    @property
    def school_side(self) -> bool:
        """Whether this is a miss or shortfall on the school's side that still stands."""
        return self.bucket is Bucket.SCHOOL and self.short > 0


@dataclass(frozen=True, slots=True)
class StepTaken:
    """A step of this service line's case that was suggested, and what the parent did with it.

    `reminded_on` may be left out where only the fact is kept; the earliest day possible is assumed then.
    `entries` are those of the step's reason; the urgent lane knows by them what it has already raised.
    `answer_by`: the courtesy date that the letter named, where it named one.
    """

    key: StepKey
    suggested_on: date
    state: StepState = "suggested"
    decided_on: date | None = None
    reminded: bool = False
    reminded_on: date | None = None
    entries: tuple[int, ...] = ()
    answer: SchoolAnswer | None = None  # what the school did with what was sent
    answered_on: date | None = None
    answer_by: date | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """A line whose minutes are promised for a whole year: `total` minutes from `starts` to `ends`."""

    total: int
    starts: date
    ends: date


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a decision about one service line rests on. `occasions` in date order, up to today.

    `rules` are the jurisdiction's clocks by name; what it does not have, nobody waits for.
    """

    service: str
    today: date
    calendar: SchoolCalendar
    registered_on: date
    occasions: tuple[Occasion, ...] = ()
    steps: tuple[StepTaken, ...] = ()  # in the order suggested
    school_said_no: bool = False  # the school said it cannot provide
    urgent_line: bool = False
    rules: Mapping[str, ClockRule] = field(default_factory=dict)
    pace: Pace | None = None  # of a yearly line: a quiet week is no miss, to fall far behind is


@dataclass(frozen=True, slots=True)
class Why:
    """The reason for a step, in numbers that a person can check against the log."""

    rule: str  # stable key of the rule that fired, e.g. "misses_in_window"
    values: dict[str, int | str] = field(default_factory=dict)
    entries: tuple[int, ...] = ()  # log entries it rests on


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now, and when to look again even if nothing new is logged."""

    step: StepKey | None = None
    why: Why | None = None
    remind: StepKey | None = None  # a suggested step that was not acted on: remind once
    look_again: date | None = None


@dataclass(frozen=True, slots=True)
class DueDate:
    """A date that matters after a step. `latest` differs from `due` where the law leaves a range."""

    name: str  # the rule's: records, reply, meeting, lookback, decision, reconsideration, due_process ...
    kind: ClockKind
    start: date
    due: date
    latest: date
    citation: str
