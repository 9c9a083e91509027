"""The ledger: what was expected, what was given, and where the minutes that were not given fall.

One identity holds wherever a ledger is made (contracts, section 2), in whole minutes:
expected = held + other + school + grey + family + refused + closure + unknown + unanswered.
A make-up is a credit beside it (`made_up`), never an edit of the day that was missed; minutes above what was
due are shown (`surplus`) and moved nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from assistant.escalation.shortfall import percent, shortfall
from assistant.escalation.types import Occasion
from assistant.evidence.occasions import occasions_of
from assistant.words import Bucket, Cause

__all__ = ["TERMS", "Count", "Ledger", "broad", "fold", "ledger_of", "occasions_of", "strict"]

# One plain sentence each on what a count leaves out (`strict` and `broad` below).
STRICT_LEAVES_OUT = (
    "Counts only minutes not given for a reason on the school's side that was named; leaves out misses "
    "without a reason, school events, testing, short days, group for individual, not sure and not answered."
)
BROAD_LEAVES_OUT = (
    "Counts all minutes not given as the IEP writes them; leaves out the child's absences and refusals, "
    "closures, not sure and not answered."
)

# The identity's terms: the first is the sum of the others.
TERMS = (
    "expected",
    "held",
    "other",
    "school",
    "grey",
    "family",
    "refused",
    "closure",
    "unknown",
    "unanswered",
)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Minutes of one service line up to a moment. Raises ValueError if the identity does not hold.

    `of_all_percent` is the school's side after make-ups, of all expected minutes; `of_attended_percent` the
    same, of those expected less family and closure. `strict` and `broad` are two ways to count.
    """

    expected: int = 0
    held: int = 0
    other: int = 0
    school: int = 0
    grey: int = 0
    family: int = 0
    refused: int = 0
    closure: int = 0
    unknown: int = 0
    unanswered: int = 0
    made_up: int = 0
    surplus: int = 0
    of_all_percent: int = 0
    of_attended_percent: int = 0
    sessions: int = 0  # that fell due, or days of what is there all the time
    not_held: int = 0  # of those, not given at all, on the school's side, not made up
    shortened: int = 0  # given in part, the rest on the school's side, not made up
    strict: Count | None = None
    broad: Count | None = None

    def __post_init__(self) -> None:
        terms = [getattr(self, name) for name in TERMS]
        if min([*terms, self.made_up, self.surplus]) < 0 or self.expected != sum(terms[1:]):
            raise ValueError(f"the ledger does not add up: {self}")


@dataclass(frozen=True, slots=True)
class Count:
    """Minutes short by one way to count, after make-ups, with their shares (as in Ledger)."""

    minutes: int
    of_all_percent: int
    of_attended_percent: int


def strict(occasions: Iterable[Occasion]) -> int:
    """Minutes that the parent says the school did not give, and for which they named a reason on its side.

    Left out: misses without a reason, school events, testing and minimum days, what was given otherwise than
    written, what nobody knows or answered, and all that was the family's or nobody's doing.
    """
    named = (one for one in occasions if one.bucket is Bucket.SCHOOL)
    return sum(one.short for one in named if one.cause not in (None, Cause.NOT_GIVEN))


def broad(occasions: Iterable[Occasion]) -> int:
    """Minutes that were not given as the IEP writes them, whoever or whatever at school was the reason.

    Left out: the child's absences and refusals, closures, and what nobody knows or answered.
    """
    at_school = (Bucket.SCHOOL, Bucket.GREY)
    return sum(one.other + (one.short if one.bucket in at_school else 0) for one in occasions)


def fold(occasions: Iterable[Occasion]) -> Ledger:
    """The ledger of these occasions."""
    every = tuple(occasions)
    total = shortfall(every)
    terms = {name: getattr(total, name) for name in TERMS if name != "held"}
    attended = total.expected - total.family - total.closure

    def counted(minutes: int) -> Count:
        return Count(minutes, percent(minutes, total.expected), percent(minutes, attended))

    return Ledger(
        held=total.given,
        made_up=total.made_up,
        surplus=sum(one.surplus for one in every),
        of_all_percent=total.of_all_percent,
        of_attended_percent=total.of_attended_percent,
        sessions=total.sessions,
        not_held=total.not_held,
        shortened=total.shortened,
        strict=counted(strict(every)),
        broad=counted(broad(every)),
        **terms,
    )


def as_json(ledger: Ledger) -> dict[str, Any]:
    """The ledger's percentages and counts, as exports and events carry them beside its minutes."""
    return {
        "sessions": ledger.sessions,
        "not_held": ledger.not_held,
        "shortened": ledger.shortened,
        "percent_of_all": ledger.of_all_percent,
        "percent_of_attended": ledger.of_attended_percent,
        "strict": asdict(ledger.strict) if ledger.strict else None,
        "broad": asdict(ledger.broad) if ledger.broad else None,
    }


def ledger_of(session: Session, service_line_id: int, as_of: datetime) -> Ledger:
    """The ledger of a service line as the log stood at `as_of` (UTC)."""
    return fold(occasions_of(session, service_line_id, as_of))
