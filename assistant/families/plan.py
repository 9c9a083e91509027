"""The planner: service lines become expectations some weeks ahead.

Only what has not been asked is ever re-planned; what was asked is history.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.schedule.expand import expand
from assistant.schedule.jsonable import calendar_from_json, frequency_from_json
from assistant.schedule.types import Expected, SchoolCalendar
from assistant.schedule.types import ServiceLine as Line
from assistant.schedule.zones import moment
from assistant.store import Calendar, Child, Expectation, ServiceLine


def plan_due(session: Session, now: datetime, settings: Settings) -> int:
    """Plan every line whose horizon came near. Returns how many lines were looked at."""
    lines = session.scalars(
        select(ServiceLine)
        .where(ServiceLine.next_plan_at <= now)
        .order_by(ServiceLine.next_plan_at, ServiceLine.id)
        .limit(settings.jobs.batch)
        .with_for_update(skip_locked=True)
    ).all()
    for line in lines:
        plan_line(session, line, now, settings)
    return len(lines)


def plan_line(session: Session, line: ServiceLine, now: datetime, settings: Settings) -> None:
    """Materialise the line's expectations up to the horizon, and set when to look again.

    Sessions that began before the line was registered are not asked about: nobody was asked at the time.
    """
    calendar = calendar_of(session, line)
    today = now.astimezone(calendar.zone).date()
    stop = min(today + timedelta(days=settings.asking.horizon_days), line.ends + timedelta(days=1))
    if line.consented and stop > line.planned_to:
        delay = timedelta(minutes=settings.asking.delay_minutes)
        for expected in expand(as_line(line), calendar, line.planned_to, stop):
            if expected.due_at > line.created_at:
                session.add(_row(line, expected, delay))
    line.planned_to = max(line.planned_to, stop)
    line.next_plan_at = _next_plan(line, calendar, today, settings)


def replan_line(session: Session, line: ServiceLine, now: datetime, settings: Settings) -> None:
    """After a change: forget what was planned from now on and not asked, and plan it again."""
    waiting = select(Expectation).where(
        Expectation.service_line_id == line.id, Expectation.state == "planned", Expectation.due_at > now
    )
    for row in session.scalars(waiting):
        session.delete(row)
    session.flush()
    calendar = calendar_of(session, line)
    today = now.astimezone(calendar.zone).date()
    kept = session.scalars(
        select(Expectation.day)
        .where(Expectation.service_line_id == line.id)
        .order_by(Expectation.day.desc())
        .limit(1)
    ).first()
    line.planned_to = max(today, kept + timedelta(days=1)) if kept else max(today, line.starts)
    plan_line(session, line, now, settings)


def calendar_of(session: Session, line: ServiceLine) -> SchoolCalendar:
    """The school calendar of the line's child."""
    row = session.scalars(
        select(Calendar).join(Child, Child.calendar_id == Calendar.id).where(Child.id == line.child_id)
    ).one()
    return calendar_from_json(row.definition)


def as_line(row: ServiceLine) -> Line:
    """The stored line as the schedule room knows it."""
    return Line(
        name=row.name,
        alias=row.alias,
        minutes=row.minutes,
        frequency=frequency_from_json(row.frequency),
        starts=row.starts,
        ends=row.ends,
        mode=row.mode,  # type: ignore[arg-type]  # checked when it was written
        delivery=row.delivery,  # type: ignore[arg-type]  # likewise
    )


def _row(line: ServiceLine, expected: Expected, delay: timedelta) -> Expectation:
    day = expected.date or expected.period_to
    assert day is not None
    due_at = expected.due_at.astimezone(UTC)
    return Expectation(
        service_line_id=line.id,
        child_id=line.child_id,
        form=expected.form,
        day=day,
        period_from=expected.period_from,
        start_at=(expected.start or expected.due_at).astimezone(UTC),
        due_at=due_at,
        due_sessions=expected.due_sessions,
        due_minutes=expected.due_minutes,
        minimum_day=expected.minimum_day,
        ask_at=due_at + delay,
    )


def _next_plan(
    line: ServiceLine, calendar: SchoolCalendar, today: date, settings: Settings
) -> datetime | None:
    """Look again when a week of the horizon is used up; never, once the line has ended or has no consent."""
    if not line.consented or line.planned_to > line.ends:
        return None
    again = line.planned_to - timedelta(days=settings.asking.horizon_days - 7)
    return midnight(max(again, today + timedelta(days=1)), calendar.zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The beginning of a local day, in UTC."""
    return moment(day, time(0, 0), zone).astimezone(UTC)
