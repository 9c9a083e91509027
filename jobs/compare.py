"""Lays new school logs beside the parents', those of late once a day anew. Due: `compare_at`."""

from __future__ import annotations

from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.operations.differing import compare_due


def run(session: Session, clock: Clock, settings: Settings) -> int:
    """One batch; returns how many were compared."""
    return compare_due(session, clock.now(), settings.jobs.batch)
