"""Sends the e-mail of the week, and with a month's first one the minutes of the month before.

Due: `caregivers.summary_at`, moved on before anything is said.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.conversation.summary import summarise_due


def run(session: Session, clock: Clock, settings: Settings) -> int:
    """One batch; returns how many rows it moved, 0 when nothing is due."""
    return summarise_due(session, clock.now(), settings)
