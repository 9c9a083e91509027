"""Telling whoever runs the program that something needs a person: once for each trouble, counted.

An alert is a row; pages, metrics and the auditor show it. Raise it in the transaction that found the trouble.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.store import Alert

BY_PROGRAM = "program"


def raise_alert(session: Session, kind: str, now: datetime, *, subject: str = "", **detail: Any) -> bool:
    """Open an alert, or count it once more where it is open. Returns whether it is new.

    `detail` is for the person who looks: codes and numbers, never a phone number, a name or a message's text.
    """
    row = _open(session, kind, subject)
    if row is None:
        session.add(Alert(kind=kind, subject=subject, detail=detail, first_at=now, last_at=now))
        session.flush()
        return True
    row.times, row.last_at = row.times + 1, now
    row.detail = detail or row.detail
    return False


def close_alert(
    session: Session, kind: str, now: datetime, *, subject: str = "", by: str = BY_PROGRAM
) -> bool:
    """Close it because it is over. Returns whether there was one."""
    row = _open(session, kind, subject)
    if row is None:
        return False
    row.closed_at, row.closed_by = now, by
    session.flush()
    return True


def open_alerts(session: Session) -> list[Alert]:
    """Those that wait for a person, oldest first."""
    return list(
        session.scalars(select(Alert).where(Alert.closed_at.is_(None)).order_by(Alert.first_at, Alert.id))
    )


def _open(session: Session, kind: str, subject: str) -> Alert | None:
    return session.scalars(
        select(Alert)
        .where(Alert.kind == kind, Alert.subject == subject, Alert.closed_at.is_(None))
        .with_for_update()
    ).first()
