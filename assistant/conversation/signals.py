"""Signs that an advocate or attorney may help: raised once for a child, kept, and shown as an option.

What the tool can see (escalation.signals) it raises by itself, when a case is looked at; the rest is asked in
one short check on a page. The words and the free help are the guide's. Nothing changes in the steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.deadlines import passed_of
from assistant.conversation.facts import policy_of
from assistant.escalation.signals import known
from assistant.escalation.types import Facts
from assistant.evidence.school_log import differs
from assistant.guide.loader import guide_of
from assistant.store import Case, Child, Signal


def raise_known(session: Session, case: Case, facts: Facts, now: datetime, settings: Settings) -> None:
    """Raise what holds for this case today and was not raised for the child before."""
    differing = [entry for _, entry in differs(session, case.service_line_id, now) if entry is not None]
    seen = {
        one.rule: one.entries
        for one in known(facts, policy_of(session, case, settings), passed_of(session, case), differing)
    }
    keys = {one.key: seen[one.rule] for one in guide_of(settings).signals if one.rule in seen}
    before = _keys(session, case.child_id) if keys else set()
    for key in keys:
        if key not in before:
            _add(session, case.child_id, key, "known", now, keys[key], case.id)


def answer_check(
    session: Session, child_id: int, keys: Iterable[str], now: datetime, settings: Settings
) -> int:
    """The parent said yes to these questions of the check: raise what was not raised before. How many.

    They see the words and the help on the page at once, so no e-mail tells them again. Keys that the guide
    does not ask about are passed over.
    """
    # One at a time for a child: two presses at one moment must not raise a sign twice.
    session.scalars(select(Child.id).where(Child.id == child_id).with_for_update()).one()
    asked = {one.key for one in guide_of(settings).signals if one.how == "asked"}
    new = [key for key in dict.fromkeys(keys) if key in asked - _keys(session, child_id)]
    for key in new:
        _add(session, child_id, key, "asked", now).told_at = now
    return len(new)


def raised(session: Session, child_id: int) -> Sequence[Signal]:
    """What was raised for a child, in that order."""
    return session.scalars(select(Signal).where(Signal.child_id == child_id).order_by(Signal.id)).all()


def untold(session: Session, child_ids: Iterable[int]) -> Sequence[Signal]:
    """What was raised for these children and no e-mail has told yet."""
    return session.scalars(
        select(Signal)
        .where(Signal.child_id.in_(list(child_ids)), Signal.told_at.is_(None))
        .order_by(Signal.child_id, Signal.id)
    ).all()


def _keys(session: Session, child_id: int) -> set[str]:
    return set(session.scalars(select(Signal.key).where(Signal.child_id == child_id)))


def _add(
    session: Session,
    child_id: int,
    key: str,
    how: str,
    now: datetime,
    entries: tuple[int, ...] = (),
    case_id: int | None = None,
) -> Signal:
    row = Signal(child_id=child_id, case_id=case_id, key=key, how=how, entries=list(entries), raised_at=now)
    session.add(row)
    session.flush()
    return row
