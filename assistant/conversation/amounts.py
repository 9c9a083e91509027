"""From an answer to what the log says of it: sessions and minutes, and what is told before a period ends."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from assistant.evidence.log import Said, current_entry
from assistant.replies.types import Answer
from assistant.store import Expectation
from assistant.words import Asks, Outcome


def told_early(expectation: Expectation, now: datetime) -> bool:
    """Whether a period is spoken of before it is over: then it is progress, not yet an answer."""
    return expectation.form == "period" and now < expectation.due_at


def said_of(session: Session, expectation: Expectation, answer: Answer, now: datetime) -> Said:
    """What to record: the answer with its sessions and minutes worked out from what was due.

    A report about one session of a period adds to what was told before; an answer by number (to a nudge)
    is the sum so far.
    """
    asks = Asks(expectation.asks)
    sessions, minutes = answer.sessions, answer.minutes
    early = told_early(expectation, now)
    if early and answer.id is None:
        sessions, minutes = _added(session, expectation, answer, asks)
    elif asks in (Asks.COUNT, Asks.WITHOUT) and sessions is not None:
        minutes = _minutes(expectation, sessions)
    return Said(
        outcome=answer.outcome,
        cause=answer.cause,
        minutes=minutes,
        sessions=sessions,
        chances=1 if early and asks is Asks.GIVEN and answer.chances is None else answer.chances,
        knows=answer.knows,
        kind="progress" if early else "answer",
        day=answer.date if early else None,
    )


def _minutes(expectation: Expectation, sessions: int) -> int | None:
    """The minutes of that many sessions; None where none or all are given: the outcome says it then."""
    if not expectation.due_minutes or sessions in (0, expectation.due_sessions):
        return None
    return sessions * expectation.due_minutes // max(expectation.due_sessions, 1)


def _added(
    session: Session, expectation: Expectation, answer: Answer, asks: Asks
) -> tuple[int | None, int | None]:
    """Sessions and minutes so far, with one more where the report says it was held."""
    before = current_entry(session, expectation.id, "progress")
    held = answer.outcome in (Outcome.HELD, Outcome.PARTIAL)
    if asks is Asks.COUNT:
        sessions = (before.sessions if before and before.sessions else 0) + held
        return sessions, _minutes(expectation, sessions)
    if asks is Asks.MINUTES:
        length = answer.minutes if answer.minutes is not None else expectation.line.minutes
        minutes = (before.minutes if before and before.minutes else 0) + (length if held else 0)
        return None, minutes
    if asks is Asks.GIVEN:
        return int(held), None
    return answer.sessions, answer.minutes
