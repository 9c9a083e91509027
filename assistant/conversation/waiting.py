"""What becomes of a question that waits: one reminder, then unanswered, which is never a miss."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.heard import heard_until
from assistant.conversation.questions import asked_enough, asked_of_others, open_expectations, say
from assistant.evidence.log import Said, current_entry, record
from assistant.families.household import can_be_asked
from assistant.store import Question
from assistant.store.one_by_one import one_by_one
from assistant.words import Outcome


def remind_due(session: Session, now: datetime, settings: Settings) -> int:
    """Remind once about what is still open. Returns how many questions were looked at."""
    rows = session.scalars(
        select(Question)
        .where(Question.remind_at <= heard_until(session, now, settings))
        .order_by(Question.remind_at, Question.id)
        .limit(settings.jobs.batch)
        .with_for_update(skip_locked=True)
    ).all()

    def later(question: Question, at: datetime) -> None:
        question.remind_at = at

    def remind(question: Question) -> None:
        _remind(session, question, now, settings)

    one_by_one(session, rows, remind, later, "question", "remind", now)
    return len(rows)


def _remind(session: Session, question: Question, now: datetime, settings: Settings) -> None:
    question.remind_at = None
    if question.state != "open" or not can_be_asked(question.caregiver, now):
        return
    waiting = open_expectations(question)
    if waiting and not asked_enough(session, question.caregiver_id, now, settings):
        question.turn += 1
        question.spoken_at = now
        say(session, question, "reminder", now, settings)


def close_due(session: Session, now: datetime, settings: Settings) -> int:
    """Give up on questions whose time is over: `unanswered`, which is never a miss."""
    rows = session.scalars(
        select(Question)
        .where(Question.state == "open", Question.close_at <= heard_until(session, now, settings))
        .order_by(Question.close_at, Question.id)
        .limit(settings.jobs.batch)
        .with_for_update(skip_locked=True)
    ).all()

    def later(question: Question, at: datetime) -> None:
        question.close_at = at

    one_by_one(
        session, rows, lambda question: _close(session, question, now), later, "question", "close", now
    )
    return len(rows)


def _close(session: Session, question: Question, now: datetime) -> None:
    question.state, question.remind_at = "closed", None
    question.turn += 1
    for expectation in open_expectations(question):
        if asked_of_others(session, expectation.id, question.id):
            continue  # it is over when the last of them did not answer
        if expectation.ask_at is not None:
            expectation.state = "planned"  # a nudge in mid-period: its own question is still to come
            continue
        if current_entry(session, expectation.id) is not None:
            expectation.state = "answered"  # a FIX that nobody finished: the first answer stands
            continue
        if question.channel == "sms" and question.caregiver.texts == "none":
            # Their number takes no texts: they were not asked. Somebody else is, or they by e-mail.
            expectation.state, expectation.ask_at = "planned", now
            continue
        expectation.state = "closed"
        said = Said(Outcome.UNANSWERED, question_id=question.id, asked_at=question.asked_at)
        record(session, expectation, said, now)
