"""The reason after a plain NO: asked once, in the confirmation itself; nobody has to answer.

Letters, not numbers: "2" has just meant no.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.conversation.wording import Item, items_of
from assistant.replies.causes import RIDE_ONLY
from assistant.replies.normalise import fold
from assistant.store import Caregiver, Expectation, LogEntry, OutgoingMessage, Question
from assistant.words import Asks, Cause, Outcome

WAIT = timedelta(minutes=30)  # before a step is decided: the reason may say that it was nobody's doing
GOOD_FOR = timedelta(hours=24)
LETTERS = {"a": Cause.PROVIDER_ABSENT, "b": Cause.CHILD_ABSENT, "c": Cause.SCHOOL_EVENT, "d": Cause.OTHER}


def wants_reason(logged: Sequence[tuple[Item, LogEntry]]) -> bool:
    """Whether what was just logged is one plain NO about one session, said for the first time."""
    if len(logged) != 1:
        return False
    item, entry = logged[0]
    plain = entry.outcome == Outcome.MISSED and entry.cause is None and entry.supersedes is None
    return plain and entry.kind == "answer" and item.asks is Asks.HAPPENED and not item.make_up


def asked_why(session: Session, caregiver: Caregiver, now: datetime) -> Item | None:
    """The session whose reason was asked for last, if nothing else was asked since and no reason is known."""
    message = session.scalars(
        select(OutgoingMessage)
        .where(
            OutgoingMessage.caregiver_id == caregiver.id,
            OutgoingMessage.kind == "why",
            OutgoingMessage.created_at > now - GOOD_FOR,
        )
        .order_by(OutgoingMessage.id.desc())
        .limit(1)
    ).first()
    if message is None or not message.about:
        return None
    later = select(Question.id).where(
        Question.caregiver_id == caregiver.id, Question.spoken_at > message.created_at
    )
    if session.scalars(later.limit(1)).first() is not None:
        return None
    expectation = session.get(Expectation, message.about[0])
    newest = session.scalars(
        select(LogEntry)
        .where(LogEntry.expectation_id == message.about[0], LogEntry.kind == "answer")
        .order_by(LogEntry.number.desc())
        .limit(1)
    ).first()
    known = newest is None or newest.outcome != Outcome.MISSED or newest.cause is not None
    return None if known or expectation is None else items_of(session, [expectation])[0]


def letter_of(text: str) -> Cause | None:
    """The reason that a lone letter names; after a no, so does a bus that did not come."""
    folded = fold(text)
    named = LETTERS.get(folded.strip(" .,;:!()"))
    return Cause.SENT_HOME if named is None and RIDE_ONLY.search(folded) else named
