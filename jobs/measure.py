"""Months that are over and settled become figures, a month a run. Due: the fact `measures`."""

from __future__ import annotations

from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.operations import measured
from jobs.housekeeping import safely


def run(session: Session, clock: Clock, settings: Settings) -> int:
    """One month, if one waits; 1 where one was made."""
    now = clock.now()
    return safely(session, measured.KEY, now, lambda: measured.keep_due(session, now, settings))
