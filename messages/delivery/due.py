"""Rows about which the provider is due to be asked, for one worker at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.orm import Session

from assistant.store import OutgoingMessage


def due(session: Session, state: str, now: datetime, most: int, *columns: Any) -> Sequence[Row[Any]]:
    """So many rows in this state, the oldest first: `id` and these columns. Others step over them."""
    return session.execute(
        select(OutgoingMessage.id, *columns)
        .where(OutgoingMessage.state == state, OutgoingMessage.next_at <= now)
        .order_by(OutgoingMessage.next_at, OutgoingMessage.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()


def plan(session: Session, state: str, looks: Mapping[int, datetime | None]) -> None:
    """When each of these rows is asked about next, where it is still in this state."""
    if looks:
        rows = [{"row": row, "was": state, "until": until} for row, until in looks.items()]
        session.connection().execute(_PLAN, rows)


_PLAN = (
    update(OutgoingMessage)
    .where(OutgoingMessage.id == bindparam("row"), OutgoingMessage.state == bindparam("was"))
    .values(next_at=bindparam("until"))
)
