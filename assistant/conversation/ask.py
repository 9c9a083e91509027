"""Asking: one text after the session ends, one for several sessions of a day, one reminder, then unanswered.

Three use-cases, each reading only what is due by an indexed column, each one transaction a batch. A row that
cannot be asked about never blocks or repeats its neighbours: the schedule moves on before anything is sent.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.questions import (
    asked_enough,
    asked_of_others,
    open_expectations,
    open_question,
    say,
)
from assistant.evidence.log import Said, current_entry, record
from assistant.families.household import can_be_asked, whom_to_ask
from assistant.families.reconfirm import silent_too_long, still_you
from assistant.store import AuditEvent, Caregiver, Child, Expectation, Guardianship, Question
from assistant.words import Outcome
from messages.outbox import hours_of

_NOBODY_YET = timedelta(hours=6)


def ask_due(session: Session, now: datetime, settings: Settings) -> int:
    """Ask about what has ended. Returns how many expectations were asked about, put off or closed."""
    due = session.scalars(
        select(Expectation)
        .where(Expectation.state == "planned", Expectation.ask_at <= now)
        .order_by(Expectation.ask_at, Expectation.id)
        .limit(settings.jobs.batch)
        .with_for_update(skip_locked=True)
    ).all()
    if not due:
        return 0
    whom = whom_to_ask(session, {one.child_id for one in due}, now)
    leading: dict[int, list[Expectation]] = defaultdict(list)  # by who comes first of those who are asked
    people: dict[int, Caregiver] = {}
    for one in due:
        asked = _still_reachable(session, whom.get(one.child_id, []), now, settings)
        if asked and not _too_late(one, asked[0], now, settings):
            leading[asked[0].id].append(one)
            people.update({person.id: person for person in asked})
        elif not asked and now < one.due_at + timedelta(hours=settings.asking.stale_hours):
            one.ask_at = now + _NOBODY_YET  # nobody has said yes so far; they may before it is too late
        else:
            _close_unasked(session, one, now, "too late" if asked else "nobody to ask: opted out or on pause")
    ready = [
        one
        for number, group in leading.items()
        if not _put_off(session, people[number], group, now, settings)
        for one in group
    ]
    for person in people.values():
        about = [one for one in ready if person in whom[one.child_id]]
        if about:
            _ask_one(session, person, about, now, settings)
    return len(due)


def remind_due(session: Session, now: datetime, settings: Settings) -> int:
    """Remind once about what is still open. Returns how many questions were looked at."""
    rows = session.scalars(
        select(Question)
        .where(Question.remind_at <= now)
        .order_by(Question.remind_at, Question.id)
        .limit(settings.jobs.batch)
        .with_for_update(skip_locked=True)
    ).all()
    for question in rows:
        question.remind_at = None
        if question.state != "open" or not can_be_asked(question.caregiver, now):
            continue
        waiting = open_expectations(question)
        if not waiting or asked_enough(session, question.caregiver_id, now, settings):
            continue
        question.turn += 1
        question.spoken_at = now
        say(session, question, "reminder", now, settings)
    return len(rows)


def close_due(session: Session, now: datetime, settings: Settings) -> int:
    """Give up on questions whose time is over: `unanswered`, which is never a miss."""
    rows = session.scalars(
        select(Question)
        .where(Question.state == "open", Question.close_at <= now)
        .order_by(Question.close_at, Question.id)
        .limit(settings.jobs.batch)
        .with_for_update(skip_locked=True)
    ).all()
    for question in rows:
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
            expectation.state = "closed"
            said = Said(Outcome.UNANSWERED, question_id=question.id, asked_at=question.asked_at)
            record(session, expectation, said, now)
    return len(rows)


def _put_off(
    session: Session, caregiver: Caregiver, due: list[Expectation], now: datetime, settings: Settings
) -> bool:
    """Whether these have to wait: for the caregiver's hours, or for what else is due today."""
    hours = hours_of(caregiver, settings)
    start = hours.next_open(now) if caregiver.texts == "in" else now
    later = _later_today(session, caregiver, due, start, settings)
    if start <= now and later is None:
        return False
    for one in due:
        one.ask_at = later or start
    return True


def _ask_one(
    session: Session, caregiver: Caregiver, due: list[Expectation], now: datetime, settings: Settings
) -> None:
    """One question to one caregiver. Whose hours are closed gets it in the morning, if still open then."""
    due.sort(key=lambda one: (one.due_at, one.id))
    question = open_question(session, caregiver, due, now, settings, remind=True)
    for one in due:
        one.ask_at = None
    say(session, question, "question", now, settings)


def _still_reachable(
    session: Session, people: list[Caregiver], now: datetime, settings: Settings
) -> list[Caregiver]:
    """Those of whom something was heard not too long ago; the others are asked whether it is still them."""
    for person in people:
        if silent_too_long(person, now, settings):
            still_you(session, person, now, settings)
    return [person for person in people if can_be_asked(person, now)]


def _later_today(
    session: Session, caregiver: Caregiver, due: list[Expectation], start: datetime, settings: Settings
) -> datetime | None:
    """When the last question of this local day is due, if that is still to come and inside the hours.

    Then one text will do for all of them.
    """
    hours = hours_of(caregiver, settings)
    local_day = start.astimezone(hours.zone).date()
    if any(one.ask_at is not None and one.ask_at < start - timedelta(hours=12) for one in due):
        return None  # it has waited long enough
    latest = session.scalars(
        select(func.max(Expectation.ask_at))
        .join(Guardianship, Guardianship.child_id == Expectation.child_id)
        .join(Child, Child.id == Expectation.child_id)
        .where(
            Guardianship.caregiver_id == caregiver.id,
            or_(Guardianship.position == 0, Child.whom != "first"),
            Expectation.state == "planned",
            Expectation.ask_at > start,
            Expectation.ask_at < hours.closing(start),
        )
    ).one()
    if latest is None or latest.astimezone(hours.zone).date() != local_day:
        return None
    return latest


def _too_late(one: Expectation, caregiver: Caregiver, now: datetime, settings: Settings) -> bool:
    """Whether a question would come so long after the session that it had better not be sent.

    The nights and Sundays that we keep ourselves do not count against it.
    """
    wanted = one.due_at + timedelta(minutes=settings.asking.delay_minutes)
    stale = timedelta(hours=settings.asking.stale_hours)
    return now > hours_of(caregiver, settings).next_open(wanted) + stale


def _close_unasked(session: Session, one: Expectation, now: datetime, why: str) -> None:
    one.state, one.ask_at = "closed", None
    record(session, one, Said(Outcome.UNANSWERED), now)
    session.add(
        AuditEvent(
            at=now, actor="ask", kind="not_asked", subject=f"expectation {one.id}", detail={"why": why}
        )
    )
