"""Forgets what need not be kept, a batch a run. Due: the fact `forget`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.operations import forget
from assistant.operations.erased_list import bring_up, list_file
from jobs.housekeeping import safely


def run(session: Session, clock: Clock, settings: Settings) -> int:
    """One batch; 1 while there may be more."""
    now = clock.now()
    return safely(session, forget.KEY, now, lambda: _batch(session, now, settings))


def _batch(session: Session, now: datetime, settings: Settings) -> int:
    connection = session.connection()
    url = connection.engine.url.render_as_string(hide_password=False)
    bring_up(connection, list_file(url, settings))
    return forget.forget_due(session, now, settings)
