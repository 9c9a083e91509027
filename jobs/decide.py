"""Decides whether a service line's case is at its next step.

Due: `cases.look_at`, set by every new log entry and by the calendar. Deciding twice gives the same step once.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.conversation.steps import decide_due


def run(session: Session, clock: Clock, settings: Settings) -> int:
    """One batch; returns how many rows it moved, 0 when nothing is due."""
    return decide_due(session, clock.now(), settings)
