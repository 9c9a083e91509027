"""Looks at the dates that run since a step was done: a word before, and what passed goes into the record.

Due: `clocks.next_at`. A date passes once.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.conversation.deadlines import watch_due


def run(session: Session, clock: Clock, settings: Settings) -> int:
    """One batch; returns how many rows it moved, 0 when nothing is due."""
    return watch_due(session, clock.now(), settings)
