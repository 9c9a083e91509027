"""The calendars as staff look after them: the list, what a change would do, and the change itself."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families.calendars import replace_calendar
from assistant.families.tell import audited
from assistant.schedule.jsonable import calendar_from_json, calendar_to_json
from assistant.schedule.types import SchoolCalendar
from assistant.store import AuditEvent, Calendar, Child, OutgoingMessage, Store
from assistant.store.record import OF_CALENDARS

PAGE = 50  # calendars of a page of the list
_SOON = 30  # days; a year that ends within them is pointed out
_HISTORY = 20


class MovedOnError(Exception):
    """Somebody else changed the calendar in the meantime."""


class _NotKept(Exception):  # noqa: N818  no error: the way back from a trial
    """Raised to undo everything that a trial wrote."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A calendar of the list. `off_left`: school weekdays without school from today on. `ends`: "" while the
    year runs, "soon" in its last month, "over" after it, "ahead" before its first day.
    """

    row: Calendar
    calendar: SchoolCalendar
    children: int
    off_left: int
    ends: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What other days would do. Days by date: those that become days off, school days, or end otherwise.
    `dropped`, `added`: planned sessions and periods. `told`: messages that leave.
    """

    closed: tuple[date, ...] = ()
    opened: tuple[date, ...] = ()
    shortened: tuple[date, ...] = ()
    children: int = 0
    dropped: int = 0
    added: int = 0
    told: int = 0


def listed(session: Session, now: datetime, page: int = 0) -> tuple[list[Listed], int]:
    """One page of the calendars, those that most children use first; and how many there are in all."""
    counts = _children().subquery()
    rows = session.execute(
        select(Calendar, func.coalesce(counts.c.children, 0))
        .outerjoin(counts, counts.c.calendar_id == Calendar.id)
        .order_by(func.coalesce(counts.c.children, 0).desc(), Calendar.name, Calendar.id)
        .offset(page * PAGE)
        .limit(PAGE)
    )
    whole = session.scalar(select(func.count()).select_from(Calendar)) or 0
    return [_listed(row, children, now) for row, children in rows], whole


def used(session: Session, most: int = 200) -> list[tuple[Calendar, int]]:
    """The calendars that children use, those of most children first, with how many."""
    counts = _children().subquery()
    rows = session.execute(
        select(Calendar, counts.c.children)
        .join(counts, counts.c.calendar_id == Calendar.id)
        .order_by(counts.c.children.desc(), Calendar.name, Calendar.id)
        .limit(most)
    )
    return [(row, children) for row, children in rows]


def one(session: Session, number: int, now: datetime) -> Listed | None:
    """A calendar by its number."""
    row = session.get(Calendar, number)
    if row is None:
        return None
    children = session.scalar(
        select(func.count()).select_from(Child).where(Child.calendar_id == row.id, Child.erased_at.is_(None))
    )
    return _listed(row, children or 0, now)


def history(session: Session, row: Calendar) -> Sequence[AuditEvent]:
    """Who changed it and when, newest first."""
    return session.scalars(
        select(AuditEvent)
        .where(AuditEvent.subject == f"calendar {row.id}", OF_CALENDARS)
        .order_by(AuditEvent.id.desc())
        .limit(_HISTORY)
    ).all()


def make(
    session: Session, name: str, calendar: SchoolCalendar, now: datetime, by: str, *, offered: bool
) -> Calendar:
    """A new calendar, for families to come."""
    row = Calendar(
        name=name,
        zone=calendar.zone.key,
        definition=calendar_to_json(calendar),
        created_at=now,
        offered=offered,
    )
    session.add(row)
    session.flush()
    audited(session, now, by, "calendar_made", f"calendar {row.id}", after=row.definition)
    return row


def put(
    session: Session,
    number: int,
    base: int,
    name: str,
    calendar: SchoolCalendar,
    now: datetime,
    settings: Settings,
    by: str,
    *,
    offered: bool,
) -> Effect:
    """Put these days, this name in the place of revision `base`. Raises MovedOnError for an older one.

    What was asked stays; families whose questions change are told.
    """
    row = session.get_one(Calendar, number, with_for_update=True)
    if row.revision != base:
        raise MovedOnError
    old = calendar_from_json(row.definition)
    if (row.name, row.offered) != (name, offered):
        row.name, row.offered = name, offered
        audited(session, now, by, "calendar_named", f"calendar {row.id}", offered=offered)
    if calendar == old:
        return Effect()
    newest = session.scalar(select(func.max(OutgoingMessage.id))) or 0
    changed = replace_calendar(session, row, calendar, now, settings, by)
    session.flush()
    told = session.scalar(
        select(func.count()).select_from(OutgoingMessage).where(OutgoingMessage.id > newest)
    )
    children = session.scalar(
        select(func.count()).select_from(Child).where(Child.calendar_id == row.id, Child.erased_at.is_(None))
    )
    before, after = set(old.school_days), set(calendar.school_days)
    return Effect(
        closed=tuple(sorted(before - after)),
        opened=tuple(sorted(after - before)),
        shortened=tuple(sorted(_shortened(old, calendar) & after)),
        children=children or 0,
        dropped=sum(len(each.dropped) for each in changed),
        added=sum(len(each.added) for each in changed),
        told=told or 0,
    )


def trial(
    store: Store,
    number: int,
    base: int,
    name: str,
    calendar: SchoolCalendar,
    now: datetime,
    settings: Settings,
) -> Effect:
    """What `put` would do: it is done, and undone again. Raises MovedOnError."""
    effect = Effect()
    with contextlib.suppress(_NotKept), store.write() as session:
        effect = put(session, number, base, name, calendar, now, settings, "trial", offered=False)
        raise _NotKept
    return effect


def _shortened(old: SchoolCalendar, new: SchoolCalendar) -> set[date]:
    days = set(old.minimum_days) | set(new.minimum_days)
    return {day for day in days if old.minimum_days.get(day) != new.minimum_days.get(day)}


def _children() -> Select[int, int]:
    return (
        select(Child.calendar_id, func.count().label("children"))
        .where(Child.erased_at.is_(None))
        .group_by(Child.calendar_id)
    )


def _listed(row: Calendar, children: int, now: datetime) -> Listed:
    calendar = calendar_from_json(row.definition)
    today = now.astimezone(calendar.zone).date()
    left = sum(1 for day in calendar.off if day >= today and day.weekday() < 5 and day <= calendar.last_day)
    ends = ""
    if today > calendar.last_day:
        ends = "over"
    elif today < calendar.first_day:
        ends = "ahead"
    elif calendar.last_day - today <= timedelta(days=_SOON):
        ends = "soon"
    return Listed(row, calendar, children, left, ends)
