"""Speaks once, the next day, of a family that was begun to be set up by text and is not finished.

Due: `enrolments.nudge_at`, cleared before anything is said.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.conversation.joining import nudge_due


def run(session: Session, clock: Clock, settings: Settings) -> int:
    """One batch; returns how many rows it moved, 0 when nothing is due."""
    return nudge_due(session, clock.now(), settings)
