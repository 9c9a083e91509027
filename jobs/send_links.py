"""Links that were asked for on a page: who is known gets one, with a code."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.families.link_asks import answer
from assistant.store import LinkAsk


def run(session: Session, clock: Clock, settings: Settings) -> int:
    """Answer what was asked until now. Returns how many were looked at."""
    now = clock.now()
    rows = session.scalars(
        select(LinkAsk)
        .where(LinkAsk.answer_at.is_not(None), LinkAsk.answer_at <= now)
        .order_by(LinkAsk.answer_at)
        .limit(settings.jobs.batch)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        answer(session, row, settings, now)
    return len(rows)
