"""Reminds once of a question that is still open.

Due: `questions.remind_at`, cleared before anything is said.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.conversation.waiting import remind_due


def run(session: Session, clock: Clock, settings: Settings) -> int:
    """One batch; returns how many rows it moved, 0 when nothing is due."""
    return remind_due(session, clock.now(), settings)
