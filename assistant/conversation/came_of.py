"""What came of a step, as the parent tells it: a meeting was held, or what the state found.

It is an entry of the record like any mark, dated and in the chain, and it is the parent's word: no letter
rests on it, and files say whose it is. Saying it anew puts it right by a new entry; the first stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.marks import ActError, act
from assistant.escalation.types import StepKey
from assistant.evidence.log import note
from assistant.families.plan import calendar_of
from assistant.families.tell import audited
from assistant.store import Step

Came = Literal["met", "found", "found_part", "found_not"]
FOUND: tuple[Came, ...] = ("found", "found_part", "found_not")
CAME: Mapping[StepKey, tuple[Came, ...]] = {
    StepKey.IEP_MEETING: ("met",),
    StepKey.COMPLIANCE_COMPLAINT: FOUND,
}


def may_come(step: Step) -> tuple[Came, ...]:
    """What may be told of this step: nothing before it was done."""
    return CAME.get(StepKey(step.key), ()) if step.state == "done" else ()


def came_of(
    session: Session,
    step_id: int,
    what: Came,
    now: datetime,
    settings: Settings,
    by: str,
    on: date | None = None,
    words: str = "",
) -> None:
    """Keep what came of it, on the school-local day `on` (today where nothing is said).

    What the state found is its answer as well, which starts the dates that run from a decision. The same said
    again changes nothing. Raises ActError: "not_this" for what does not fit the step as it stands, "future",
    "too_early" for a day before it was done.
    """
    step = session.get_one(Step, step_id, with_for_update=True)
    today = now.astimezone(calendar_of(session, step.case.line).zone).date()
    day = on or today
    if what not in may_come(step):
        raise ActError("not_this")
    if day > today:
        raise ActError("future")
    if step.decided_on is not None and day < step.decided_on:
        raise ActError("too_early")
    if step.came == what and on in (None, step.came_on):
        return
    if what in FOUND and step.answer is None:
        act(session, step.id, "answered", now, settings, by, on=day)
    step.came, step.came_on = what, day
    note(
        session,
        step.case.child_id,
        "step",
        day,
        {"step": step.key, "did": what},
        now,
        line=step.case.line,
        words=words,
    )
    audited(session, now, by, "step_came", f"step {step.id}", step=step.key, came=what)
