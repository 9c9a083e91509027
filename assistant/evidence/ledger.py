"""The ledger: what was expected, what was given, and where the minutes that were not given fall.

One identity holds wherever a ledger is made (contracts, section 2), in whole minutes:
expected = held + other + school + grey + family + refused + closure + unknown + unanswered.
A make-up is a credit beside it (`made_up`), never an edit of the day that was missed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from assistant.escalation.shortfall import shortfall
from assistant.escalation.types import Occasion
from assistant.store import Expectation, LogEntry
from assistant.words import Cause, Outcome, bucket_of


@dataclass(frozen=True, slots=True)
class Ledger:
    """Minutes of one service line up to a moment. Raises ValueError if the identity does not hold."""

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

    def __post_init__(self) -> None:
        terms = [getattr(self, field.name) for field in fields(self)]
        if min(terms) < 0 or self.expected != sum(terms[1:-1]):
            raise ValueError(f"the ledger does not add up: {self}")


def occasion(
    expectation: Expectation, outcome: Outcome, cause: Cause | None, minutes: int | None, number: int | None
) -> Occasion:
    """One expectation as the log has it, its minutes split by what became of them.

    A part-session whose minutes nobody stated leaves it open how much was given: it is `unknown`,
    because neither side of the split would be the parent's word.
    """
    due = expectation.due_minutes
    given = other = 0
    if outcome is Outcome.HELD:
        given = due
    elif outcome is Outcome.PARTIAL:
        if minutes is None:
            outcome = Outcome.UNKNOWN
        else:
            given = min(max(minutes, 0), due)
    elif outcome is Outcome.OTHER:
        other = due if minutes is None else min(max(minutes, 0), due)
    return Occasion(
        date=expectation.day,
        due=due,
        outcome=outcome,
        cause=cause,
        given=given,
        other=other,
        bucket=bucket_of(outcome, cause),
        entry=number,
    )


def occasions_of(session: Session, service_line_id: int, as_of: datetime) -> tuple[Occasion, ...]:
    """Every expectation of the line that has fallen due by `as_of`, as the log had it then, in date order.

    One that nobody has answered yet is `unanswered`, with no entry.
    """
    newest = (
        select(LogEntry.expectation_id, func.max(LogEntry.number).label("number"))
        .where(LogEntry.service_line_id == service_line_id, LogEntry.recorded_at <= as_of)
        .group_by(LogEntry.expectation_id)
        .subquery()
    )
    entry = aliased(LogEntry)
    rows = session.execute(
        select(Expectation, entry)
        .outerjoin(newest, newest.c.expectation_id == Expectation.id)
        .outerjoin(entry, (entry.expectation_id == Expectation.id) & (entry.number == newest.c.number))
        .where(
            Expectation.service_line_id == service_line_id,
            Expectation.due_at <= as_of,
            Expectation.state != "withdrawn",
        )
        .order_by(Expectation.due_at, Expectation.id)
    )
    return tuple(
        occasion(
            expectation,
            Outcome(said.outcome) if said else Outcome.UNANSWERED,
            Cause(said.cause) if said and said.cause else None,
            said.minutes if said else None,
            said.number if said else None,
        )
        for expectation, said in rows
    )


def fold(occasions: Iterable[Occasion]) -> Ledger:
    """The ledger of these occasions."""
    total = shortfall(occasions)
    terms = {name: getattr(total, name) for name in Ledger.__slots__ if name != "held"}
    return Ledger(held=total.given, **terms)


def ledger_of(session: Session, service_line_id: int, as_of: datetime) -> Ledger:
    """The ledger of a service line as the log stood at `as_of` (UTC)."""
    return fold(occasions_of(session, service_line_id, as_of))
