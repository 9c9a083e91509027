"""Keeps some weeks of expectations ahead of every service line.

Due: `service_lines.next_plan_at`. The line remembers how far it is planned; a second run adds nothing.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.families.plan import plan_due


def run(session: Session, clock: Clock, settings: Settings) -> int:
    """One batch; returns how many rows it moved, 0 when nothing is due."""
    return plan_due(session, clock.now(), settings)
