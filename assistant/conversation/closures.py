"""A school that was closed: what was asked about that day and not answered needs no answer any more."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.answers import wake_case
from assistant.conversation.questions import close_answered
from assistant.evidence.log import Said, current_entry, record
from assistant.families.calendars import close_day
from assistant.store import Calendar, Child, Expectation
from assistant.words import Cause, Knows, Outcome


def close_school(
    session: Session, calendar: Calendar, day: date, name: str, now: datetime, settings: Settings, by: str
) -> int:
    """Mark a closure for every child of the calendar. Returns how many open questions it answered.

    A session of that day that nobody was asked about is no longer due. One that was asked about and has no
    answer is recorded as `no_school`, closure, in the centre's words. What a parent answered stays.
    Raises CalendarError for a day that is no school day.
    """
    close_day(session, calendar, day, name, now, settings, by)
    waiting = session.scalars(
        select(Expectation)
        .join(Child, Expectation.child_id == Child.id)
        .where(
            Child.calendar_id == calendar.id,
            Expectation.state == "asked",
            Expectation.form == "slot",
            Expectation.day == day,
        )
        .order_by(Expectation.id)
    ).all()
    answered = 0
    for one in waiting:
        if current_entry(session, one.id) is not None:
            continue  # a FIX that nobody finished: the parent's first answer stands
        said = Said(Outcome.NO_SCHOOL, Cause.CLOSURE, knows=Knows.SCHOOL_SAID, words=f"({by}: {name})")
        record(session, one, said, now)
        one.state, one.ask_at = "answered", None
        close_answered(session, one.id)
        wake_case(session, one.service_line_id, now)
        answered += 1
    return answered
