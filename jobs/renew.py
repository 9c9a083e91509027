"""Reminds of an IEP's yearly date before it comes.

Due: `iep_versions.remind_at`, moved on before anything is said.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.families.versions import renewals_due


def run(session: Session, clock: Clock, settings: Settings) -> int:
    """One batch; returns how many rows it moved, 0 when nothing is due."""
    return renewals_due(session, clock.now(), settings)
