"""Due rows, each by itself: one that cannot be dealt with never holds up or repeats its neighbours."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from assistant.store.record import AuditEvent

AGAIN = timedelta(days=1)  # a fault is for a person to mend; until then the row is tried once a day
log = logging.getLogger(__name__)


class _Row(Protocol):
    @property
    def id(self) -> int: ...


R = TypeVar("R", bound=_Row)


def one_by_one(
    session: Session,
    rows: Iterable[R],
    work: Callable[[R], None],
    postpone: Callable[[R, datetime], None],
    subject: str,
    actor: str,
    now: datetime,
) -> None:
    """Do `work` on each row. What it wrote for one that failed is undone, and that one is due again tomorrow.

    The audit event names the row and the kind of error, never its words: those may hold what people wrote.
    """
    for row in rows:
        number = row.id
        try:
            with session.begin_nested():
                work(row)
        except OperationalError:
            raise  # the database's own trouble is no row's fault
        except Exception as error:  # noqa: BLE001  whatever it is, the others go on
            postpone(row, now + AGAIN)
            row_failed(session, subject, number, actor, error, now)


def row_failed(
    session: Session, subject: str, number: int, actor: str, error: Exception, now: datetime
) -> None:
    """Say in the log and in an audit event that a row could not be dealt with, for a person to look at."""
    name = type(error).__name__
    log.error("%s %s could not be dealt with (%s); it is tried again later", subject, number, name)
    session.add(
        AuditEvent(
            at=now,
            actor=actor,
            kind="row_failed",
            subject=f"{subject} {number}",
            detail={"error": name},
        )
    )
