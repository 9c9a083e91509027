"""What the jobs about the program itself share: a fact says when each is due, and a fault holds up nobody.

The facts are made when a program is put together (`begin`); a store without them, as in a simulation, is not
kept house in.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.operations import alarms, audit, forget, measured
from assistant.store import Fact
from assistant.store.facts import keep_fact
from messages.alerts import raise_alert

log = logging.getLogger(__name__)
KEYS = (alarms.KEY, audit.KEY, forget.KEY, measured.KEY)
AGAIN = timedelta(hours=6)  # after a fault


def begin(session: Session, now: datetime) -> None:
    """Let each of them come due, where they were not begun before."""
    known = set(session.scalars(select(Fact.key).where(Fact.key.in_(KEYS))))
    for key in KEYS:
        if key not in known:
            keep_fact(session, key, "", now)


def safely(session: Session, key: str, now: datetime, work: Callable[[], int]) -> int:
    """Do it, if no other worker is at it; where it fails, what it wrote is undone, staff are told, and it is
    due again in some hours. Returns what `work` returned.
    """
    mine = select(Fact).where(Fact.key == key, Fact.until <= now).with_for_update(skip_locked=True)
    if session.scalars(mine).first() is None:
        return 0
    try:
        with session.begin_nested():
            return work()
    except Exception as error:  # noqa: BLE001  whatever it is, families' messages go on
        name = type(error).__name__
        log.error("%s failed (%s); it is tried again in some hours", key, name)
        fact = session.get(Fact, key, populate_existing=True)
        keep_fact(session, key, fact.value if fact else "", now + AGAIN)
        raise_alert(session, "housekeeping_failed", now, subject=key, error=name)
        return 1
