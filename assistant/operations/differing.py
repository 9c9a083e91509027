"""Where the school's log and the parent's do not say the same of a session: counted ahead, for staff's list.

A comparison reads a child's whole log, so the list goes by a number that a job keeps: made when a log came,
and once a day for some weeks, as the parent's log changes too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.evidence.school_log import compare_line
from assistant.evidence.side_by_side import ASKED, Pair
from assistant.store import SchoolLog, SchoolLogRow, ServiceLine

LATELY = timedelta(weeks=4)  # logs older than this wait for nobody
_AGAIN = timedelta(days=1)
_BATCH = 20
_LINES = 10  # service lines of a child that are compared


@dataclass(frozen=True, slots=True)
class Differs:
    """A session of a service that the two logs do not say the same of."""

    service: str
    pair: Pair


def compare_due(session: Session, now: datetime, batch: int) -> int:
    """Count what differs in the logs that are due; returns how many there were."""
    due = session.scalars(
        select(SchoolLog)
        .where(SchoolLog.compare_at <= now)
        .order_by(SchoolLog.compare_at)
        .limit(min(batch, _BATCH))
        .with_for_update(skip_locked=True)
    ).all()
    for log in due:
        recent = log.imported_at > now - LATELY
        log.differ = len(differing(session, log.child_id, now)) if recent else log.differ
        log.compare_at = now + _AGAIN if recent else None
    session.flush()
    return len(due)


def differing(session: Session, child_id: int, now: datetime) -> Sequence[Differs]:
    """The sessions of a child on which both logs speak and do not fit, or only the parent's has one given.

    What the parent does not know, and what only the school's log has, is no disagreement.
    """
    lines = session.scalars(
        select(ServiceLine)
        .where(
            ServiceLine.id.in_(
                select(SchoolLogRow.service_line_id)
                .join(SchoolLog, SchoolLog.id == SchoolLogRow.school_log_id)
                .where(SchoolLog.child_id == child_id)
            )
        )
        .order_by(ServiceLine.id)
        .limit(_LINES)
    ).all()
    compared = [(line, compare_line(session, line, now)) for line in lines]
    return [
        Differs(line.alias, pair)
        for line, found in compared
        for pair in (found.pairs if found else ())
        if pair.state in ASKED
    ]
