"""Changes in mid-term: each re-plans only what was not asked, keeps a record, and tells the parent."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families.calendars import adopt_dates, told_days
from assistant.families.plan import Replanned, as_line, calendar_of, replan_line
from assistant.families.register import names_of_children
from assistant.families.tell import audited, tell, tell_one
from assistant.families.versions import PlanError, lines_of, version_in_force
from assistant.schedule.jsonable import calendar_from_json, frequency_to_json
from assistant.schedule.types import ServiceLine as Line
from assistant.schedule.zones import zone as known_zone
from assistant.store import Calendar, Caregiver, Child, Expectation, IepVersion, ServiceLine
from assistant.words import Language
from messages.frequency import plain_frequency
from messages.templates import short_day, word


def line_named(session: Session, child_id: int, service: str) -> ServiceLine:
    """The line of the child's newest IEP with that name or alias, the latest where there are several.

    Raises PlanError where there is none.
    """
    version = version_in_force(session, child_id)
    wanted = service.casefold()
    found = [
        line for line in lines_of(session, version) if wanted in (line.name.casefold(), line.alias.casefold())
    ]
    if not found:
        raise PlanError(f'"{service}" is none of the services of the IEP in force')
    return max(found, key=lambda line: (line.starts, line.id))


def edit_line(
    session: Session, row: ServiceLine, new: Line, now: datetime, settings: Settings, by: str
) -> Replanned:
    """Put a line right in mid-term (a day moved, a time found out): from the next session on.

    For what the IEP itself changes, a new version is the better record (versions.new_version).
    """
    before = as_line(row)
    row.alias, row.minutes, row.frequency = new.alias, new.minutes, frequency_to_json(new.frequency)
    row.mode, row.delivery = new.mode, new.delivery
    row.esy, row.minimum_day_minutes = new.esy, new.minimum_day_minutes
    row.wording = new.wording or row.wording
    row.starts = max(new.starts or row.starts, row.iep_version.starts)
    row.ends = new.ends or row.ends
    changed = replan_line(session, row, now, settings)
    after = as_line(row)
    audit = audited(
        session, now, by, "line_edited", f"line {row.id}", before=_as_json(before), after=_as_json(after)
    )
    today = now.astimezone(calendar_of(session, row).zone).date()

    def say(language: Language) -> str:
        often = plain_frequency(after, language)
        return word("changed_line", language, alias=row.alias, often=often, day=short_day(today, language))

    tell(session, row.child_id, say, audit, now, settings)
    return changed


def set_consent(
    session: Session,
    row: ServiceLine,
    consented: bool,
    now: datetime,
    settings: Settings,
    by: str,
    *,
    on: date | None = None,
) -> Replanned:
    """Say whether the parent has agreed to a line: without consent nothing is expected of it or asked.

    With consent it is due from `on` (school-local; today unless given). A line that was in force before keeps
    the day it began on.
    """
    today = now.astimezone(calendar_of(session, row).zone).date()
    if row.consented == consented:
        return Replanned()
    row.consented = consented
    if consented:
        if not _was_due(session, row) or (on is not None and on > today):
            row.starts = max(row.starts, on or today)
        row.planned_to = max(row.starts, today)
        version = session.get_one(IepVersion, row.iep_version_id)
        version.consented_on = version.consented_on or on or today
    changed = replan_line(session, row, now, settings)
    audit = audited(
        session, now, by, "line_consent", f"line {row.id}", consented=consented,
        on=(on or today).isoformat(),
    )  # fmt: skip
    key = "changed_consent_in" if consented else "changed_consent_out"

    def say(language: Language) -> str:
        return word(key, language, alias=row.alias, day=short_day(max(row.starts, today), language))

    tell(session, row.child_id, say, audit, now, settings)
    return changed


def change_caregiver_zone(
    session: Session, caregiver: Caregiver, zone: str, now: datetime, settings: Settings, by: str
) -> None:
    """A caregiver lives by another clock now: texts keep its quiet hours. Sessions stay the school's.

    Raises ValueError for a name that is no zone.
    """
    before, caregiver.zone = caregiver.zone, known_zone(zone).key
    if before == caregiver.zone:
        return
    if caregiver.summary_at is not None:
        caregiver.summary_at = now  # the job finds its moment on the new clock
    audit = audited(
        session, now, by, "caregiver_zone", f"caregiver {caregiver.id}", before=before, after=caregiver.zone
    )

    def say(language: Language) -> str:
        return word("changed_zone", language, zone=_city(zone))

    tell_one(session, caregiver, names_of_children(session, caregiver.id), say, audit, now, settings)


def move_school(
    session: Session,
    child_id: int,
    calendar: Calendar,
    now: datetime,
    settings: Settings,
    by: str,
    *,
    school: str,
    district: str = "",
) -> list[Replanned]:
    """The child goes to another school from today: its calendar decides from now on."""
    child = session.get_one(Child, child_id)
    old = calendar_from_json(session.get_one(Calendar, child.calendar_id).definition)
    new = calendar_from_json(calendar.definition)
    detail = {
        "before": {"school": child.school, "district": child.district, "calendar": child.calendar_id},
        "after": {"school": school, "district": district or child.district, "calendar": calendar.id},
    }
    key = "changed_school" if school != child.school else "changed_calendar"
    child.calendar_id, child.school, child.district = calendar.id, school, district or child.district
    session.flush()
    lines = session.scalars(
        select(ServiceLine).where(ServiceLine.child_id == child_id).order_by(ServiceLine.id)
    ).all()
    changed = []
    for line in lines:
        adopt_dates(line, old, new)
        changed.append(replan_line(session, line, now, settings))
    audit = audited(session, now, by, "moved_school", f"child {child_id}", **detail)
    today = now.astimezone(new.zone).date()

    def say(language: Language) -> str:
        moved = word(key, language, day=short_day(today, language))
        days = told_days(changed, language)
        return f"{moved} {days}" if days else moved

    tell(session, child_id, say, audit, now, settings)
    return changed


def _was_due(session: Session, row: ServiceLine) -> bool:
    """Whether anything of the line was ever asked about or told: that keeps its place, and its beginning."""
    kept = select(Expectation.id).where(
        Expectation.service_line_id == row.id, Expectation.state.in_(("asked", "answered", "closed"))
    )
    return session.scalars(kept.limit(1)).first() is not None


def _city(zone: str) -> str:
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def _as_json(line: Line) -> dict[str, Any]:
    return {
        "alias": line.alias,
        "minutes": line.minutes,
        "frequency": frequency_to_json(line.frequency),
        "starts": line.starts.isoformat() if line.starts else None,
        "ends": line.ends.isoformat() if line.ends else None,
        "mode": line.mode,
        "delivery": line.delivery,
    }
