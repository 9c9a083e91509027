"""Asks about sessions that have ended.

Due: `expectations.ask_at` while planned. What was asked is no longer planned, so it is asked once.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.conversation.ask import ask_due


def run(session: Session, clock: Clock, settings: Settings) -> int:
    """One batch; returns how many rows it moved, 0 when nothing is due."""
    return ask_due(session, clock.now(), settings)
