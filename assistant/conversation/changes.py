"""A change to one child's plan as one value, read from a file, and one way to make it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.answers import wake_case
from assistant.conversation.closures import close_school
from assistant.evidence.make_ups import Act, Source, make_up
from assistant.families.calendars import keep_calendar, replace_calendar
from assistant.families.changes import (
    change_caregiver_zone,
    edit_line,
    line_named,
    move_school,
    set_consent,
)
from assistant.families.versions import NewVersion, PlanError, new_version
from assistant.schedule.file import Schedule
from assistant.store import Calendar, Caregiver, Child, Expectation, Guardianship
from assistant.words import Knows


@dataclass(frozen=True, slots=True)
class NewIep:
    """A new IEP from `starts` on (today unless given), with the services of a schedule file."""

    schedule: Schedule
    starts: date | None = None


@dataclass(frozen=True, slots=True)
class EditLines:
    """Lines put right: those of the schedule file take the place of the ones of the same name."""

    schedule: Schedule


@dataclass(frozen=True, slots=True)
class NewCalendar:
    """Another calendar in the place of the child's own, for every child that shares it."""

    schedule: Schedule


@dataclass(frozen=True, slots=True)
class Closure:
    """A day on which the school was closed, for every child of the calendar."""

    day: date
    name: str


@dataclass(frozen=True, slots=True)
class Consent:
    """Whether the parent agrees to a line; `on`: since when."""

    service: str
    given: bool
    on: date | None = None


@dataclass(frozen=True, slots=True)
class NewZone:
    """The first caregiver lives by another clock."""

    zone: str


@dataclass(frozen=True, slots=True)
class NewSchool:
    """The child goes to another school, with the calendar of a schedule file."""

    school: str
    schedule: Schedule
    district: str = ""


@dataclass(frozen=True, slots=True)
class MadeUp:
    """What the school said about making up sessions that were missed on these days."""

    act: Act
    service: str
    misses: tuple[date, ...]
    on: date | None = None
    minutes: int | None = None
    words: str = ""


Change = NewIep | EditLines | NewCalendar | Closure | Consent | NewZone | NewSchool | MadeUp


def apply(
    session: Session, child_id: int, change: Change, now: datetime, settings: Settings, by: str
) -> None:
    """Make the change and tell the parents. Raises ValueError with one line where it cannot be made."""
    child = session.get_one(Child, child_id)
    calendar = session.get_one(Calendar, child.calendar_id)
    match change:
        case NewIep(schedule, starts):
            day = starts or now.astimezone(schedule.zone).date()
            new = NewVersion(day, schedule.services, schedule.dated, schedule.renews)
            new_version(session, child_id, new, now, settings, by)
        case EditLines(schedule):
            for line in schedule.services:
                row = line_named(session, child_id, line.name)
                edit_line(session, row, line, now, settings, by)
        case NewCalendar(schedule):
            replace_calendar(session, calendar, schedule.calendar, now, settings, by)
        case Closure(day, name):
            close_school(session, calendar, day, name, now, settings, by)
        case Consent(service, given, on):
            set_consent(session, line_named(session, child_id, service), given, now, settings, by, on=on)
        case NewZone(zone):
            change_caregiver_zone(session, _first_caregiver(session, child_id), zone, now, settings, by)
        case NewSchool(school, schedule, district):
            moved_to = keep_calendar(session, district or school, schedule.calendar, now)
            move_school(session, child_id, moved_to, now, settings, by, school=school, district=district)
        case MadeUp():
            _make_up(session, child_id, change, now, settings)


def _make_up(session: Session, child_id: int, change: MadeUp, now: datetime, settings: Settings) -> None:
    line = line_named(session, child_id, change.service)
    misses = [_missed_on(session, line.id, day) for day in change.misses]
    source = Source(Knows.SCHOOL_SAID, change.words, _first_caregiver(session, child_id).id)
    make_up(
        session,
        change.act,
        misses,
        now,
        minutes=change.minutes,
        on=change.on,
        source=source,
        ask_after=timedelta(minutes=settings.asking.delay_minutes),
    )
    wake_case(session, line.id, now)


def _missed_on(session: Session, line_id: int, day: date) -> Expectation:
    """What of the line was due on that day, or in the period around it."""
    found = session.scalars(
        select(Expectation).where(
            Expectation.service_line_id == line_id,
            Expectation.form != "make_up",
            Expectation.state == "answered",
            (Expectation.day == day) | ((Expectation.period_from <= day) & (Expectation.period_to >= day)),
        )
    ).first()
    if found is None:
        raise PlanError(f"nothing is logged for {day} that a make-up could be for")
    return found


def _first_caregiver(session: Session, child_id: int) -> Caregiver:
    return session.scalars(
        select(Caregiver)
        .join(Guardianship, Guardianship.caregiver_id == Caregiver.id)
        .where(Guardianship.child_id == child_id)
        .order_by(Guardianship.position)
        .limit(1)
    ).one()
