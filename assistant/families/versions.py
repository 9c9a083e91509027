"""IEP versions: a new or amended IEP is in force from a date on; what was before keeps its lines.

A team has to review an IEP at least once a year (34 CFR 300.324(b)(1)(i)): the date is reminded of before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families.plan import calendar_of, plan_line, replan_line
from assistant.families.tell import audited, tell
from assistant.schedule.jsonable import calendar_from_json, frequency_to_json
from assistant.schedule.types import SchoolCalendar
from assistant.schedule.types import ServiceLine as Line
from assistant.schedule.zones import moment
from assistant.store import Calendar, Case, Child, IepVersion, ServiceLine
from assistant.store.one_by_one import one_by_one
from assistant.words import Language
from messages.templates import short_day, word

REMIND_BEFORE = (timedelta(days=30), timedelta(days=7))  # of the yearly date
_MORNING = time(10)
_DAY = timedelta(days=1)


class PlanError(ValueError):
    """A change to a plan that cannot be made; the text says why in one line."""


@dataclass(frozen=True, slots=True)
class NewVersion:
    """An IEP as it is from `starts` on. `dated`: the date on it; `renews_on`: a year later, unless given."""

    starts: date
    lines: tuple[Line, ...]
    dated: date | None = None
    renews_on: date | None = None


def new_version(
    session: Session, child_id: int, new: NewVersion, now: datetime, settings: Settings, by: str
) -> IepVersion:
    """Put a new IEP into force: the one before it ends the day before, with its lines; the new ones begin.

    What was asked stays. Raises PlanError for one that does not begin after the version in force, or that
    brings no service.
    """
    before = version_in_force(session, child_id)
    if not new.lines:
        raise PlanError("a new IEP needs at least one service line")
    if new.starts <= before.starts:
        raise PlanError(f"the new IEP starts on {new.starts}, not after the one before, {before.starts}")
    before.ends, before.remind_at = new.starts - _DAY, None
    session.flush()
    for line in lines_of(session, before):
        replan_line(session, line, now, settings, back=True)
    child = session.get_one(Child, child_id)
    calendar = calendar_from_json(session.get_one(Calendar, child.calendar_id).definition)
    version = IepVersion(
        child_id=child_id,
        dated=new.dated,
        starts=new.starts,
        ends=None,
        consented_on=None,
        created_at=now,
    )
    set_renewal(version, new.renews_on, now, calendar.zone)
    session.add(version)
    session.flush()
    for one in new.lines:
        add_line(session, child, version, one, calendar, now, settings)
    audit = audited(
        session, now, by, "new_iep", f"child {child_id}", version=version.id, starts=new.starts.isoformat()
    )
    aliases = ", ".join(dict.fromkeys(line.alias for line in new.lines))

    def say(language: Language) -> str:
        return word("changed_version", language, day=short_day(new.starts, language), aliases=aliases)

    tell(session, child_id, say, audit, now, settings)
    return version


def add_line(
    session: Session,
    child: Child,
    version: IepVersion,
    line: Line,
    calendar: SchoolCalendar,
    now: datetime,
    settings: Settings,
) -> ServiceLine:
    """Keep a service line of a version with its case, and plan its first weeks."""
    starts = max(line.starts or calendar.first_day, version.starts)
    today = now.astimezone(calendar.zone).date()
    row = ServiceLine(
        child_id=child.id,
        iep_version_id=version.id,
        name=line.name,
        alias=line.alias,
        minutes=line.minutes,
        frequency=frequency_to_json(line.frequency),
        starts=starts,
        ends=line.ends or calendar.last_day,
        mode=line.mode,
        delivery=line.delivery,
        wording=line.wording,
        esy=line.esy,
        consented=line.consented,
        minimum_day_minutes=line.minimum_day_minutes,
        # One day earlier than today: the planner drops what was over before the line was registered.
        planned_to=max(starts, today - _DAY),
        created_at=now,
    )
    session.add(row)
    session.flush()
    session.add(Case(service_line_id=row.id, child_id=child.id, look_at=now, created_at=now))
    plan_line(session, row, now, settings)
    return row


def version_in_force(session: Session, child_id: int) -> IepVersion:
    """The child's newest IEP version."""
    return session.scalars(
        select(IepVersion)
        .where(IepVersion.child_id == child_id)
        .order_by(IepVersion.starts.desc(), IepVersion.id.desc())
        .limit(1)
    ).one()


def lines_of(session: Session, version: IepVersion) -> Sequence[ServiceLine]:
    """The service lines of a version, in the order they were given."""
    return session.scalars(
        select(ServiceLine).where(ServiceLine.iep_version_id == version.id).order_by(ServiceLine.id)
    ).all()


def set_renewal(version: IepVersion, renews_on: date | None, now: datetime, zone: ZoneInfo) -> None:
    """Set the yearly date, a year after the date on the IEP unless it is given, and when to speak of it."""
    version.renews_on = renews_on or (a_year_after(version.dated) if version.dated else None)
    version.remind_at = _next_reminder(version, now, zone)


def a_year_after(day: date) -> date:
    """The same date a year on; for 29 February the day before March."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def renewals_due(session: Session, now: datetime, settings: Settings) -> int:
    """Remind of yearly dates that come near. Returns how many versions were looked at."""
    versions = session.scalars(
        select(IepVersion)
        .where(IepVersion.remind_at <= now)
        .order_by(IepVersion.remind_at, IepVersion.id)
        .limit(settings.jobs.batch)
        .with_for_update(skip_locked=True)
    ).all()

    def remind(version: IepVersion) -> None:
        lines = lines_of(session, version)
        zone = calendar_of(session, lines[0]).zone if lines else ZoneInfo("UTC")
        version.remind_at = _next_reminder(version, now, zone)
        if version.ends is None and version.renews_on:
            _remind(session, version, version.renews_on, now, settings)

    def later(version: IepVersion, at: datetime) -> None:
        version.remind_at = at

    one_by_one(session, versions, remind, later, "iep version", "renew", now)
    return len(versions)


def _remind(session: Session, version: IepVersion, on: date, now: datetime, settings: Settings) -> None:
    audit = audited(
        session, now, "renewals", "renewal", f"child {version.child_id}", renews_on=on.isoformat()
    )

    def say(language: Language) -> str:
        return word("changed_renewal", language, day=short_day(on, language))

    tell(session, version.child_id, say, audit, now, settings, "renewal")


def _next_reminder(version: IepVersion, now: datetime, zone: ZoneInfo) -> datetime | None:
    if version.renews_on is None:
        return None
    moments = [moment(version.renews_on - before, _MORNING, zone) for before in REMIND_BEFORE]
    return next((one for one in moments if one > now), None)
