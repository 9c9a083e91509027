"""A day without school that a parent knows of and the calendar does not.

A calendar is shared: what one parent says must not stop questions to other families. So it is noted at once
only where no other child has the calendar; else it waits for a person at the center, with the texts.
"""

from __future__ import annotations

import secrets
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families.calendars import CalendarError, close_day
from assistant.families.tell import audited
from assistant.schedule.calendar import is_instructional
from assistant.schedule.jsonable import calendar_from_json
from assistant.store import Calendar, Caregiver, Child, InboundText


def day_off(
    session: Session, person: Caregiver, child: Child, day: date, why: str, now: datetime, settings: Settings
) -> bool:
    """Note the day, or pass it on. Returns whether it is noted.

    Raises CalendarError for what is no school day to come.
    """
    row = session.get_one(Calendar, child.calendar_id)
    calendar = calendar_from_json(row.definition)
    if day < now.astimezone(calendar.zone).date() or not is_instructional(calendar, day):
        raise CalendarError(f"{day} is no school day to come")
    by = f"caregiver {person.id}"
    sharing = (
        select(func.count()).select_from(Child).where(Child.calendar_id == row.id, Child.erased_at.is_(None))
    )
    if session.scalars(sharing).one() == 1:
        close_day(session, row, day, why, now, settings, by)
        return True
    session.add(
        InboundText(
            provider_id=f"day-off-{secrets.token_hex(8)}",
            channel="page",
            from_address=person.email or person.phone or "",
            to_address="",
            body=f"{child.nickname}: {day.isoformat()} {why}".strip(),
            received_at=now,
            caregiver_id=person.id,
            handled_at=now,
            needs_staff=True,
            flag="day_off",
        )
    )
    audited(session, now, by, "day_off_told", f"child {child.id}", day=day.isoformat())
    return False
