"""A school that was closed: what was asked about that day and not answered needs no answer any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from assistant.config import Settings
from assistant.conversation.answers import wake_case
from assistant.conversation.questions import close_answered
from assistant.evidence.log import Said, current_entry, record
from assistant.families.calendars import CalendarError, close_day, open_day
from assistant.schedule.calendar import is_instructional
from assistant.schedule.jsonable import calendar_from_json
from assistant.store import Calendar, Child, Closure, Expectation
from assistant.words import Cause, Knows, Outcome

LISTED = 40


@dataclass(frozen=True, slots=True)
class Closing:
    """What a closure would do. `children` use the calendar; of the day's sessions `planned` were not asked
    about and no longer will be; `waiting` were asked about, have no answer, and are recorded as no school.
    """

    children: int
    planned: int
    waiting: int


def closing(session: Session, calendar: Calendar, day: date) -> Closing:
    """What `close_school` would do now. Raises CalendarError for a day that is no school day."""
    if not is_instructional(calendar_from_json(calendar.definition), day):
        raise CalendarError(f"{day} is no school day of {calendar.name} already")
    children = session.scalar(
        select(func.count())
        .select_from(Child)
        .where(Child.calendar_id == calendar.id, Child.erased_at.is_(None))
    )
    planned = session.scalar(
        select(func.count())
        .select_from(Expectation)
        .join(Child, Expectation.child_id == Child.id)
        .where(
            Child.calendar_id == calendar.id,
            Expectation.state == "planned",
            Expectation.form == "slot",
            Expectation.day == day,
        )
    )
    return Closing(children or 0, planned or 0, len(_waiting(session, calendar, day)))


def close_school(
    session: Session, calendar: Calendar, day: date, name: str, now: datetime, settings: Settings, by: str
) -> int:
    """Mark a closure for every child of the calendar. Returns how many open questions it answered.

    A session of that day that nobody was asked about is no longer due. One that was asked about and has no
    answer is recorded as `no_school`, closure, in the centre's words. What a parent answered stays.
    Raises CalendarError for a day that is no school day.
    """
    close_day(session, calendar, day, name, now, settings, by)
    waiting = _waiting(session, calendar, day)
    for one in waiting:
        said = Said(Outcome.NO_SCHOOL, Cause.CLOSURE, knows=Knows.SCHOOL_SAID, words=f"({by}: {name})")
        record(session, one, said, now)
        one.state, one.ask_at = "answered", None
        close_answered(session, one.id)
        wake_case(session, one.service_line_id, now)
    session.add(
        Closure(calendar_id=calendar.id, day=day, name=name, made_at=now, by=by, answered=len(waiting))
    )
    return len(waiting)


def reopen_school(session: Session, made: Closure, now: datetime, settings: Settings, by: str) -> int:
    """Take a closure back that was a mistake: what was due that day is due again, also where it is over.

    What the centre recorded as "no school" stays, is corrected by an entry of the centre's, and asked about
    again; what a parent said stays in force. What it is too late to ask about is kept as not answered, for
    the family's page. Returns how many sessions that are over are asked about or kept so. Raises
    CalendarError for a closure that was taken back already, for a day long over, and where the calendar has
    other days by now.
    """
    if made.undone_at is not None:
        raise CalendarError(f"the closure of {made.day} was taken back already")
    again = open_day(session, made.calendar, made.day, made.name, now, settings, by)
    made.undone_at, made.undone_by = now, by
    return again + _ask_again(session, made, now, settings, by)


def closures(session: Session, most: int = LISTED) -> Sequence[Closure]:
    """The closures that were made, newest first, with their calendars."""
    return session.scalars(
        select(Closure).options(joinedload(Closure.calendar)).order_by(Closure.id.desc()).limit(most)
    ).all()


def _ask_again(session: Session, made: Closure, now: datetime, settings: Settings, by: str) -> int:
    """What the closure itself answered is open again. Returns how many."""
    answered = session.scalars(
        select(Expectation)
        .join(Child, Expectation.child_id == Child.id)
        .where(
            Child.calendar_id == made.calendar_id,
            Expectation.state == "answered",
            Expectation.form == "slot",
            Expectation.day == made.day,
        )
        .order_by(Expectation.id)
    ).all()
    found = 0
    for one in answered:
        entry = current_entry(session, one.id)
        ours = entry is not None and entry.caregiver_id is None and entry.cause == Cause.CLOSURE
        if not ours or entry is None or entry.recorded_at < made.made_at:
            continue
        record(session, one, Said(Outcome.UNANSWERED, words=f"({by}: {made.name}: taken back)"), now)
        one.state, one.ask_at = "planned", one.due_at + timedelta(minutes=settings.asking.delay_minutes)
        wake_case(session, one.service_line_id, now)
        found += 1
    return found


def _waiting(session: Session, calendar: Calendar, day: date) -> list[Expectation]:
    """The sessions of that day that were asked about and have no answer."""
    asked = session.scalars(
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
    # With an entry it is a FIX that nobody finished: the parent's first answer stands.
    return [one for one in asked if current_entry(session, one.id) is None]
