"""In the middle of a long period: a question only where its rest can no longer fit into the days left."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.heard import heard_until
from assistant.conversation.questions import open_question, say
from assistant.evidence.log import current_entry
from assistant.families.household import whom_to_ask
from assistant.families.plan import as_line, calendar_of
from assistant.schedule.expand import SCHOOL_IS_OUT, calendar_for
from assistant.schedule.nudge import nudge_day
from assistant.schedule.types import Expected
from assistant.schedule.zones import moment
from assistant.store import Caregiver, Expectation
from assistant.store.one_by_one import one_by_one
from assistant.words import Asks
from messages.outbox import hours_of


def nudge_due(session: Session, now: datetime, settings: Settings) -> int:
    """Ask how much there was so far where the rest no longer fits. Returns how many were looked at."""
    due = session.scalars(
        select(Expectation)
        .where(Expectation.nudge_at <= heard_until(session, now, settings))
        .order_by(Expectation.nudge_at, Expectation.id)
        .limit(settings.jobs.batch)
        .with_for_update(skip_locked=True)
    ).all()
    if not due:
        return 0
    whom = whom_to_ask(session, {one.child_id for one in due}, now)

    def nudge(one: Expectation) -> None:
        one.nudge_at = None  # moves on before anything is said
        people = whom.get(one.child_id)
        if one.state == "planned" and people and not _later(session, one, now):
            _ask(session, one, people, now, settings)

    def later(one: Expectation, at: datetime) -> None:
        one.nudge_at = at

    one_by_one(session, due, nudge, later, "expectation", "nudge", now)
    return len(due)


def _later(session: Session, one: Expectation, now: datetime) -> bool:
    """Whether, with what was told so far, there is time yet: then look again on the day there is none."""
    calendar = calendar_of(session, one.line)
    known = current_entry(session, one.id, "progress")
    sessions = known.sessions or 0 if known else 0
    if known and known.minutes and one.line.minutes and one.asks == Asks.MINUTES:
        sessions = known.minutes // one.line.minutes
    expected = Expected(
        service=one.line.name,
        form="period",
        due_sessions=one.due_sessions,
        due_minutes=one.due_minutes,
        due_at=one.due_at,
        period_from=one.period_from,
        period_to=one.period_to,
        asks=Asks(one.asks),
    )
    day = nudge_day(expected, calendar_for(as_line(one.line), calendar), one.line.minutes, sessions)
    if day is None:
        return True
    at = moment(day, SCHOOL_IS_OUT, calendar.zone).astimezone(UTC)
    one.nudge_at = at if at > now else None
    return at > now


def _ask(
    session: Session, one: Expectation, people: list[Caregiver], now: datetime, settings: Settings
) -> None:
    first = people[0]
    start = hours_of(first, settings).next_open(now) if first.texts == "in" else now
    if start > now:
        one.nudge_at = start
        return
    for person in people:
        # It counts as asked until it is answered or given up; `ask_at` keeps its own question.
        question = open_question(session, person, [one], now, settings)
        say(session, question, "nudge", now, settings)
