"""The planner: service lines become expectations some weeks ahead.

Only what has not been asked is ever re-planned; what was asked is history.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, exists, insert, select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.schedule.expand import SCHOOL_IS_OUT, asked, calendar_for
from assistant.schedule.jsonable import calendar_from_json, frequency_from_json
from assistant.schedule.nudge import nudge_day
from assistant.schedule.types import Expected, SchoolCalendar
from assistant.schedule.types import ServiceLine as Line
from assistant.schedule.zones import moment
from assistant.store import Calendar, Child, Expectation, LogEntry, QuestionItem, ServiceLine
from assistant.store.one_by_one import one_by_one

_CALENDAR = (
    select(Calendar.definition)
    .join(Child, Child.calendar_id == Calendar.id)
    .where(Child.id == bindparam("child"))
)


def plan_due(session: Session, now: datetime, settings: Settings) -> int:
    """Plan every line whose horizon came near. Returns how many lines were looked at."""
    lines = session.scalars(
        select(ServiceLine)
        .where(ServiceLine.next_plan_at <= now)
        .order_by(ServiceLine.next_plan_at, ServiceLine.id)
        .limit(settings.jobs.batch)
        .with_for_update(skip_locked=True)
    ).all()

    def later(line: ServiceLine, at: datetime) -> None:
        line.next_plan_at = at

    def plan(line: ServiceLine) -> None:
        plan_line(session, line, now, settings)

    one_by_one(session, lines, plan, later, "service line", "plan", now)
    return len(lines)


def plan_line(session: Session, line: ServiceLine, now: datetime, settings: Settings) -> None:
    """Materialise the line's expectations up to the horizon, and set when to look again.

    Sessions that began before the line was registered are not asked about: nobody was asked at the time.
    """
    calendar = calendar_of(session, line)
    today = now.astimezone(calendar.zone).date()
    last = last_day(line)
    stop = min(today + timedelta(days=settings.asking.horizon_days), last + timedelta(days=1))
    if line.consented and stop > line.planned_to:
        plain = as_line(line)
        delay = timedelta(minutes=settings.asking.delay_minutes)
        rows = [
            _row(line, expected, delay, _nudge(plain, expected, calendar, now))
            for expected in asked(plain, calendar, line.planned_to, stop)
            if expected.due_at > line.created_at
        ]
        if rows:
            session.execute(insert(Expectation), rows)
    line.planned_to = max(line.planned_to, stop)
    line.next_plan_at = _next_plan(line, calendar, today, settings)


@dataclass(frozen=True, slots=True)
class Replanned:
    """What a change did to the plan of a line: days that are no longer asked about, days that are now.

    Both within the planning horizon, in order.
    """

    dropped: tuple[date, ...] = ()
    added: tuple[date, ...] = ()


def replan_line(
    session: Session, line: ServiceLine, now: datetime, settings: Settings, *, back: bool = False
) -> Replanned:
    """After a change: forget what is planned, not asked and not over, and plan it again from today on.

    What was asked, and what fell due and waits to be asked, is history and stays as it is. `back`: plan again
    from the last of that, also on days before today (a period that now ends earlier than it would have).
    """
    waiting = session.scalars(
        select(Expectation).where(
            Expectation.service_line_id == line.id,
            Expectation.state == "planned",
            Expectation.form != "make_up",
            Expectation.due_at > now,
            # A period of which something is told already is kept: it can be corrected, not forgotten.
            ~exists().where(LogEntry.expectation_id == Expectation.id),
            ~exists().where(QuestionItem.expectation_id == Expectation.id),
        )
    ).all()
    before = Counter(row.day for row in waiting)
    for row in waiting:
        session.delete(row)
    session.flush()
    calendar = calendar_of(session, line)
    today = now.astimezone(calendar.zone).date()
    horizon = line.planned_to
    line.planned_to = max(_first_free(session, line), line.starts, date.min if back else today)
    plan_line(session, line, now, settings)
    session.flush()
    after = Counter(
        session.scalars(
            select(Expectation.day).where(
                Expectation.service_line_id == line.id,
                Expectation.state == "planned",
                Expectation.form != "make_up",
                Expectation.due_at > now,
                Expectation.day < horizon,  # what lies beyond was never spoken of
            )
        )
    )
    return Replanned(tuple(sorted((before - after).elements())), tuple(sorted((after - before).elements())))


def plan_day(session: Session, line: ServiceLine, day: date, now: datetime, settings: Settings) -> int:
    """Plan once more what the schedule has for one school-local day: it was taken for one without school.

    What is over by now is asked about with the next pass, or kept as not answered where that is too late.
    Returns how many sessions are due again.
    """
    if not line.consented or not line.starts <= day <= last_day(line):
        return 0
    delay = timedelta(minutes=settings.asking.delay_minutes)
    there = session.scalars(
        select(Expectation).where(
            Expectation.service_line_id == line.id, Expectation.form == "slot", Expectation.day == day
        )
    ).all()
    back = [one for one in there if one.state == "withdrawn"]
    for one in back:
        one.state, one.ask_at = "planned", one.due_at + delay
    calendar = calendar_of(session, line)
    known = {one.start_at for one in there}
    rows = [
        _row(line, expected, delay, None)
        for expected in asked(as_line(line), calendar, day, day + timedelta(days=1))
        if expected.form == "slot" and expected.due_at > line.created_at
    ]
    new = [row for row in rows if row["start_at"] not in known]
    if new:
        session.execute(insert(Expectation), new)
    return len(back) + len(new)


def _first_free(session: Session, line: ServiceLine) -> date:
    """The first date that no expectation which stays speaks for."""
    rows = session.execute(
        select(Expectation.day, Expectation.period_to).where(
            Expectation.service_line_id == line.id, Expectation.form != "make_up"
        )
    )
    kept = [max(day, period_to or day) for day, period_to in rows]
    return max(kept) + timedelta(days=1) if kept else line.starts


def last_day(line: ServiceLine) -> date:
    """The last date the line is in force: its own, or that of its IEP version where a newer one followed."""
    return min(line.ends, line.iep_version.ends or line.ends)


def calendar_of(session: Session, line: ServiceLine) -> SchoolCalendar:
    """The school calendar of the line's child."""
    return calendar_from_json(session.scalars(_CALENDAR, {"child": line.child_id}).one())


def as_line(row: ServiceLine) -> Line:
    """The stored line as the schedule room knows it."""
    return Line(
        name=row.name,
        alias=row.alias,
        minutes=row.minutes,
        frequency=frequency_from_json(row.frequency),
        starts=row.starts,
        ends=last_day(row),
        mode=row.mode,  # type: ignore[arg-type]  # checked when it was written
        delivery=row.delivery,  # type: ignore[arg-type]  # likewise
        esy=row.esy,
        consented=row.consented,
        minimum_day_minutes=row.minimum_day_minutes,
        wording=row.wording,
    )


def _nudge(line: Line, expected: Expected, calendar: SchoolCalendar, now: datetime) -> datetime | None:
    day = nudge_day(expected, calendar_for(line, calendar), line.minutes)
    at = moment(day, SCHOOL_IS_OUT, calendar.zone).astimezone(UTC) if day else None
    return at if at and at > now else None


def _row(
    line: ServiceLine, expected: Expected, delay: timedelta, nudge_at: datetime | None
) -> dict[str, Any]:
    due_at = expected.due_at.astimezone(UTC)
    return {
        "service_line_id": line.id,
        "child_id": line.child_id,
        "form": expected.form,
        "asks": expected.asks.value,
        "day": expected.date or expected.due_at.date(),
        "period_from": expected.period_from,
        "period_to": expected.period_to,
        "start_at": (expected.start or expected.due_at).astimezone(UTC),
        "due_at": due_at,
        "due_sessions": expected.due_sessions,
        "due_minutes": expected.due_minutes,
        "minimum_day": expected.minimum_day,
        "state": "planned",
        "ask_at": due_at + delay,
        "nudge_at": nudge_at,
    }


def _next_plan(
    line: ServiceLine, calendar: SchoolCalendar, today: date, settings: Settings
) -> datetime | None:
    """Look again when a week of the horizon is used up; never, once the line has ended or has no consent."""
    if not line.consented or line.planned_to > last_day(line):
        return None
    again = line.planned_to - timedelta(days=settings.asking.horizon_days - 7)
    return midnight(max(again, today + timedelta(days=1)), calendar.zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The beginning of a local day, in UTC."""
    return moment(day, time(0, 0), zone).astimezone(UTC)
