"""Texts that wait for a person: how many, and a page of them, danger before all others."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from assistant.store import InboundText

ALARM = "alarm"
WAITS = (InboundText.needs_staff, InboundText.settled_at.is_(None))
_CALM = InboundText.flag.is_distinct_from(ALARM)


def how_many(session: Session) -> int:
    """How many wait."""
    return session.scalar(select(func.count()).select_from(InboundText).where(*WAITS)) or 0


def page_of(session: Session, before: int | None, most: int) -> Sequence[InboundText]:
    """At most `most` of them, danger first and then the newest, from behind text number `before`.

    That one may have been looked at since: its place in the order stays what it was.
    """
    wanted = select(InboundText).where(*WAITS)
    if before is not None:
        wanted = wanted.where(_behind(session, before))
    ordered = wanted.order_by(case((_CALM, 1), else_=0), InboundText.id.desc())
    return session.scalars(ordered.limit(most)).all()


def _behind(session: Session, number: int) -> ColumnElement[bool]:
    last = session.get(InboundText, number)
    older = InboundText.id < number
    if last is not None and last.flag == ALARM:
        return or_(_CALM, older)
    return _CALM & older
