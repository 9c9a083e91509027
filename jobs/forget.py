"""Forgets what need not be kept, a batch a run. Due: the fact `forget`."""

from __future__ import annotations

from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.operations import forget
from jobs.housekeeping import safely


def run(session: Session, clock: Clock, settings: Settings) -> int:
    """One batch; 1 while there may be more."""
    now = clock.now()
    return safely(session, forget.KEY, now, lambda: forget.forget_due(session, now, settings))
