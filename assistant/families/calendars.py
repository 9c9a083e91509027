"""School calendars that several children share: replaced, or a day closed for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families.plan import Replanned, plan_day, replan_line
from assistant.families.tell import Saying, audited, days_phrase, tell
from assistant.schedule.calendar import is_instructional
from assistant.schedule.jsonable import calendar_from_json, calendar_to_json
from assistant.schedule.types import Break, SchoolCalendar
from assistant.store import AuditEvent, Calendar, Child, Expectation, ServiceLine
from assistant.words import Language
from messages.templates import word

# How long after its day a closure can be taken back: as long as a family's page asks what is not known.
OPEN_AGAIN = timedelta(days=60)
_SHARED_BY = 3


class CalendarError(ValueError):
    """A calendar that cannot be found or changed; the text says why in one line."""


def calendar_named(session: Session, name: str) -> Calendar:
    """The calendar with that name, or with that number. Raises CalendarError for none, or for several."""
    found = session.scalars(select(Calendar).where(Calendar.name == name)).all()
    if not found and name.isascii() and name.isdigit():
        found = session.scalars(select(Calendar).where(Calendar.id == int(name))).all()
    if len(found) == 1:
        return found[0]
    if found:
        numbers = ", ".join(str(row.id) for row in found)
        raise CalendarError(f'"{name}" is the name of several calendars; give its number: {numbers}')
    raise CalendarError(f'there is no calendar "{name}"')


def offered_calendars(session: Session, settings: Settings) -> list[Calendar]:
    """The calendars that one may pick, by name: in the sandbox all, else those that several children share.

    Nobody must learn that one family of a school is here; a calendar shared by a few tells nothing, and
    neither does one that staff offer.
    """
    enough = 1 if settings.sandbox else _SHARED_BY
    shared = select(Child.calendar_id).group_by(Child.calendar_id).having(func.count() >= enough)
    wanted = or_(Calendar.id.in_(shared), Calendar.offered)
    rows = select(Calendar).where(wanted, Calendar.name != "").order_by(Calendar.name)
    return list(session.scalars(rows))


def label_of(row: Calendar) -> str:
    """A calendar's name with its years: "Alder Unified, 2026–2027"."""
    calendar = calendar_from_json(row.definition)
    return f"{row.name}, {calendar.first_day.year}–{calendar.last_day.year}"


def keep_calendar(session: Session, name: str, calendar: SchoolCalendar, now: datetime) -> Calendar:
    """The stored calendar with this name and these very days, or a new one: children share one row."""
    definition = calendar_to_json(calendar)
    for row in session.scalars(select(Calendar).where(Calendar.name == name)):
        if row.definition == definition:
            return row
    row = Calendar(name=name, zone=calendar.zone.key, definition=definition, created_at=now)
    session.add(row)
    session.flush()
    return row


def replace_calendar(
    session: Session, row: Calendar, new: SchoolCalendar, now: datetime, settings: Settings, by: str
) -> list[Replanned]:
    """Put other days, another year's end or another zone in its place, for every child that shares it.

    Only what was not asked is planned again; each family whose questions change is told which days.
    """
    old = calendar_from_json(row.definition)
    before, row.definition, row.zone = row.definition, calendar_to_json(new), new.zone.key
    row.revision += 1
    session.flush()
    audit = audited(
        session, now, by, "calendar_replaced", f"calendar {row.id}", before=before, after=row.definition
    )
    return _replan_children(session, row, old, new, audit, now, settings)


def close_day(
    session: Session, row: Calendar, day: date, name: str, now: datetime, settings: Settings, by: str
) -> tuple[SchoolCalendar, list[Replanned]]:
    """Mark an unplanned closure (smoke, snow, strike) for every child of the calendar.

    What is planned for that day and not asked is withdrawn, also where its hour has passed already. Raises
    CalendarError for a day that is no school day.
    """
    old = calendar_from_json(row.definition)
    if not is_instructional(old, day):
        raise CalendarError(f"{day} is no school day of {row.name} already")
    new = replace(old, breaks=(*old.breaks, Break(day, day, name)))
    row.definition = calendar_to_json(new)
    row.revision += 1
    waiting = session.scalars(
        select(Expectation)
        .join(Child, Expectation.child_id == Child.id)
        .where(
            Child.calendar_id == row.id,
            Expectation.state == "planned",
            Expectation.form == "slot",
            Expectation.day == day,
            Expectation.due_at <= now,
        )
    )
    for one in waiting:
        one.state, one.ask_at = "withdrawn", None
    session.flush()
    audit = audited(session, now, by, "closure", f"calendar {row.id}", day=day.isoformat(), name=name)
    return new, _replan_children(session, row, old, new, audit, now, settings)


def open_day(
    session: Session, row: Calendar, day: date, name: str, now: datetime, settings: Settings, by: str
) -> int:
    """Take a closure back: what was due that day and was not asked is due again, also where it is over.

    Returns how many sessions of a day that has come are due again. Raises CalendarError for a day too long
    ago for anybody to know, and for one that is no closure of that name (any more).
    """
    old = calendar_from_json(row.definition)
    today = now.astimezone(old.zone).date()
    if day < today - OPEN_AGAIN:
        raise CalendarError(f"{day} is over, and what was due then is settled")
    closed = Break(day, day, name)
    if closed not in old.breaks:
        raise CalendarError(f"{day} is no closure of {row.name} any more")
    new = replace(old, breaks=tuple(one for one in old.breaks if one != closed))
    row.definition = calendar_to_json(new)
    row.revision += 1
    session.flush()
    audit = audited(session, now, by, "closure_undone", f"calendar {row.id}", day=day.isoformat(), name=name)
    _replan_children(session, row, old, new, audit, now, settings)
    if day > today:
        return 0
    lines = session.scalars(
        select(ServiceLine).join(Child).where(Child.calendar_id == row.id).order_by(ServiceLine.id)
    ).all()
    return sum(plan_day(session, line, day, now, settings) for line in lines)


def adopt_dates(line: ServiceLine, old: SchoolCalendar, new: SchoolCalendar) -> None:
    """Move the ends of a line that only had the school year's own."""
    if line.esy:
        return
    if line.starts == old.first_day and line.planned_to <= old.first_day:
        line.starts = new.first_day
    if line.ends == old.last_day:
        line.ends = new.last_day


def told_days(changed: Sequence[Replanned], language: Language) -> str:
    """Which days are no longer asked about, and which are now; empty where none is."""
    dropped = sorted({day for one in changed for day in one.dropped})
    added = sorted({day for one in changed for day in one.added})
    parts = []
    if dropped:
        parts.append(word("changed_dropped", language, days=days_phrase(dropped, language)))
    if added:
        parts.append(word("changed_added", language, days=days_phrase(added, language)))
    return " ".join(parts)


def _replan_children(
    session: Session,
    row: Calendar,
    old: SchoolCalendar,
    new: SchoolCalendar,
    audit: AuditEvent,
    now: datetime,
    settings: Settings,
) -> list[Replanned]:
    every: list[Replanned] = []
    for child_id in session.scalars(
        select(Child.id).where(Child.calendar_id == row.id).order_by(Child.id)
    ).all():
        lines = session.scalars(
            select(ServiceLine).where(ServiceLine.child_id == child_id).order_by(ServiceLine.id)
        ).all()
        changed = []
        for line in lines:
            adopt_dates(line, old, new)
            changed.append(replan_line(session, line, now, settings))
        every += changed
        if any(one.dropped or one.added for one in changed):
            tell(session, child_id, _saying(changed), audit, now, settings)
    return every


def _saying(changed: Sequence[Replanned]) -> Saying:
    return lambda language: told_days(changed, language)
