"""Gives up on questions whose time is over: unanswered, never a miss.

Due: `questions.close_at` while open.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.conversation.waiting import close_due


def run(session: Session, clock: Clock, settings: Settings) -> int:
    """One batch; returns how many rows it moved, 0 when nothing is due."""
    return close_due(session, clock.now(), settings)
