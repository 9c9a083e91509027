"""One service line changed by a parent: put right, changed from a day on, added, ended. The past stays.

Three ways, by what happened: we know better now (`put_right`, from the next session on), the plan is another
from a day on (`from_day`: the old line ends the day before, a new one begins), or the IEP itself is new or
amended (a new version with every other line as it was).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families.changes import edit_line
from assistant.families.plan import Replanned, as_line, calendar_of, replan_line
from assistant.families.tell import audited, tell
from assistant.families.versions import (
    NewVersion,
    PlanError,
    add_line,
    lines_of,
    new_version,
    version_in_force,
)
from assistant.schedule.expand import asked
from assistant.schedule.jsonable import calendar_from_json
from assistant.schedule.types import SchoolCalendar
from assistant.schedule.types import ServiceLine as Line
from assistant.store import Calendar, Child, ServiceLine
from assistant.words import Language
from messages.frequency import plain_frequency
from messages.templates import short_day, word

Why = Literal["right", "iep"]
_DAY = timedelta(days=1)
_LOOK = timedelta(days=60)  # how far ahead a preview looks for what would be asked


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a change means: from which day, and what falls due first then: up to three school-local days."""

    starts: date
    days: tuple[date, ...]


def current_lines(session: Session, child: Child, today: date) -> list[ServiceLine]:
    """The lines of the IEP in force that have not ended, with those that begin later."""
    version = version_in_force(session, child.id)
    return [line for line in lines_of(session, version) if line.ends >= today]


def calendar_of_child(session: Session, child: Child) -> SchoolCalendar:
    """The school calendar that the child has now."""
    return calendar_from_json(session.get_one(Calendar, child.calendar_id).definition)


def ahead(line: Line, calendar: SchoolCalendar, starts: date) -> Ahead:
    """What would be asked about from `starts` on. Writes nothing."""
    first = max(starts, line.starts or calendar.first_day, calendar.first_day)
    whole = replace(line, starts=first, ends=line.ends or calendar.last_day)
    found = asked(whole, calendar, first, first + _LOOK) if first <= (whole.ends or first) else []
    days = sorted({one.date or one.due_at.date() for one in found})
    return Ahead(starts, tuple(days[:3]))


def change_line(
    session: Session,
    row: ServiceLine,
    new: Line,
    why: Why,
    starts: date,
    now: datetime,
    settings: Settings,
    by: str,
) -> None:
    """Make the change from `starts` on (school-local). Raises PlanError where it cannot be."""
    today = now.astimezone(calendar_of(session, row).zone).date()
    if why == "iep":
        _in_new_iep(session, row, new, starts, now, settings, by)
        return
    if starts < today:
        raise PlanError("the past stays as it was asked")
    if starts == today or starts <= row.starts:
        edit_line(session, row, replace(new, starts=None), now, settings, by)
        return
    _from_day(session, row, new, starts, now, settings, by)


def add_service(
    session: Session, child: Child, new: Line, starts: date, now: datetime, settings: Settings, by: str
) -> ServiceLine:
    """One more line in the IEP in force, from `starts` on. Raises PlanError for a name it has."""
    version, calendar = version_in_force(session, child.id), calendar_of_child(session, child)
    today = now.astimezone(calendar.zone).date()
    taken = {
        name.casefold() for line in current_lines(session, child, today) for name in (line.alias, line.name)
    }
    if new.alias.casefold() in taken:
        raise PlanError("there is a service of that name")
    first = max(starts, calendar.first_day, version.starts)
    row = add_line(session, child, version, replace(new, starts=first), calendar, now, settings)
    _told(session, row, first, "line_added", now, settings, by)
    return row


def end_line(
    session: Session, row: ServiceLine, last: date, now: datetime, settings: Settings, by: str
) -> Replanned:
    """The line is in force until `last`, inclusive. What is planned and no longer due
    is returned. Raises PlanError for a day before yesterday.
    """
    today = now.astimezone(calendar_of(session, row).zone).date()
    if last < today - _DAY or last < row.starts - _DAY:
        raise PlanError("the past stays as it was asked")
    if last > row.ends:
        raise PlanError("it ends before that already")
    row.ends = last
    replanned = replan_line(session, row, now, settings, back=True)
    audit = audited(session, now, by, "line_ended", f"line {row.id}", last=last.isoformat())

    def say(language: Language) -> str:
        return word("changed_ended", language, alias=row.alias, day=short_day(last, language))

    tell(session, row.child_id, say, audit, now, settings)
    return replanned


def _from_day(
    session: Session, row: ServiceLine, new: Line, starts: date, now: datetime, settings: Settings, by: str
) -> None:
    if starts > row.ends:
        raise PlanError("it ends before that already")
    ends, row.ends = row.ends, starts - _DAY
    session.flush()
    replan_line(session, row, now, settings, back=True)
    child = session.get_one(Child, row.child_id)
    kept = replace(
        new, name=row.name, starts=starts, ends=new.ends or ends, wording=new.wording or row.wording
    )
    calendar = calendar_of_child(session, child)
    added = add_line(session, child, row.iep_version, kept, calendar, now, settings)
    _told(session, added, starts, "line_changed", now, settings, by, before=row.id)


def _in_new_iep(
    session: Session, row: ServiceLine, new: Line, starts: date, now: datetime, settings: Settings, by: str
) -> None:
    """Every line that goes on is taken over as it is; only this one is another."""
    version = version_in_force(session, row.child_id)
    others: Sequence[ServiceLine] = lines_of(session, version)
    lines = [
        new
        if one.id == row.id
        else replace(as_line(one), starts=None if one.starts <= starts else one.starts)
        for one in others
        if one.id == row.id or one.ends >= starts
    ]
    lines = [replace(one, starts=starts) if one is new else one for one in lines]
    new_version(session, row.child_id, NewVersion(starts, tuple(lines), dated=starts), now, settings, by)


def _told(
    session: Session,
    row: ServiceLine,
    starts: date,
    kind: str,
    now: datetime,
    settings: Settings,
    by: str,
    **detail: object,
) -> None:
    audit = audited(session, now, by, kind, f"line {row.id}", starts=starts.isoformat(), **detail)

    def say(language: Language) -> str:
        often = plain_frequency(as_line(row), language)
        return word("changed_line", language, alias=row.alias, often=often, day=short_day(starts, language))

    tell(session, row.child_id, say, audit, now, settings)
