"""Reads texts that came in: a webhook only stores them.

Due: `inbound_texts.handled_at` is empty. Reading marks it in the same transaction, so nothing is read twice.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.conversation.inbound import take_waiting


def run(session: Session, clock: Clock, settings: Settings) -> int:
    """One batch; returns how many rows it moved, 0 when nothing is due."""
    return take_waiting(session, clock.now(), settings)
