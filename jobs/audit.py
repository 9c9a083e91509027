"""The daily auditor, a batch a run. Due: the fact `audit`."""

from __future__ import annotations

from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.operations import audit
from jobs.housekeeping import safely


def run(session: Session, clock: Clock, settings: Settings) -> int:
    """One batch; 1 while there may be more."""
    now = clock.now()
    return safely(session, audit.KEY, now, lambda: audit.audit_due(session, now, settings))
