"""Looks whether the program keeps up, before the rest of a pass. Due: the fact `alarms`."""

from __future__ import annotations

from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.operations import alarms
from jobs.housekeeping import safely


def run(session: Session, clock: Clock, settings: Settings) -> int:
    """One look."""
    now = clock.now()
    return safely(session, alarms.KEY, now, lambda: alarms.raise_alarms(session, now, settings))
