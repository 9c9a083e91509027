"""Which expectation a text is about that nobody asked for: by service and day."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from assistant.families.plan import calendar_of
from assistant.replies.types import Answer
from assistant.schedule.zones import moment
from assistant.store import Child, Expectation, Guardianship, ServiceLine
from assistant.words import Asks

REPORT_BACK_DAYS = 60
_NOON = time(12)


def expectation_for(
    session: Session, caregiver_id: int, answer: Answer, now: datetime, zone: ZoneInfo
) -> Expectation | None:
    """What was due from the service that the answer names on the day it names; None where that is not plain.

    A line that cannot be counted is due whenever somebody tells of it: that makes its expectation.
    """
    today = now.astimezone(zone).date()
    if answer.date is None or not today - timedelta(days=REPORT_BACK_DAYS) <= answer.date <= today:
        return None
    found = session.scalars(
        select(Expectation)
        .join(ServiceLine, Expectation.service_line_id == ServiceLine.id)
        .join(Guardianship, Guardianship.child_id == Expectation.child_id)
        .join(Child, Child.id == Expectation.child_id)
        .where(
            Guardianship.caregiver_id == caregiver_id,
            *_whose(answer),
            ServiceLine.name == answer.service,
            or_(
                and_(Expectation.period_from.is_(None), Expectation.day == answer.date),
                and_(Expectation.period_from <= answer.date, Expectation.period_to >= answer.date),
            ),
            Expectation.state != "withdrawn",
        )
        .order_by(Expectation.id)
    ).all()
    if not found:
        return _uncounted(session, caregiver_id, answer, now)
    # Two of a kind on one day, or two children with the same service: not ours to guess.
    return found[0] if len(found) == 1 else None


def _whose(answer: Answer) -> list[ColumnElement[bool]]:
    """Only this child's, where the text named one of several."""
    return [Child.nickname == answer.child] if answer.child else []


def _uncounted(session: Session, caregiver_id: int, answer: Answer, now: datetime) -> Expectation | None:
    """An occasion of an "as needed" line, kept because the parent told of it."""
    lines = session.scalars(
        select(ServiceLine)
        .join(Guardianship, Guardianship.child_id == ServiceLine.child_id)
        .join(Child, Child.id == ServiceLine.child_id)
        .where(
            Guardianship.caregiver_id == caregiver_id,
            *_whose(answer),
            ServiceLine.name == answer.service,
            ServiceLine.starts <= answer.date,
            ServiceLine.ends >= answer.date,
        )
    ).all()
    if len(lines) != 1 or lines[0].frequency.get("form") != "as_needed" or answer.date is None:
        return None
    line = lines[0]
    at = min(moment(answer.date, _NOON, calendar_of(session, line).zone).astimezone(UTC), now)
    taken = session.scalars(
        select(Expectation).where(Expectation.service_line_id == line.id, Expectation.day == answer.date)
    ).first()
    if taken is not None:
        return taken
    row = Expectation(
        service_line_id=line.id,
        child_id=line.child_id,
        form="slot",
        asks=Asks.HAPPENED.value,
        day=answer.date,
        start_at=at,
        due_at=at,
        due_sessions=0,
        due_minutes=0,
        state="asked",
    )
    session.add(row)
    session.flush()
    return row
