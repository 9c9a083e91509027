"""What a parent did with a step, and what the school did with what was sent.

"Sent" starts the step's clocks; "answered" and "refused" stop those that waited for an answer; "fixed" ends
the matter. What went to the school, and what came back, are entries of the record: dated, in the chain, and
letters may rest on them. Nothing here writes to a school.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal, get_args

from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.deadlines import begin, calm, end, settle
from assistant.conversation.facts import facts_of, policy_when
from assistant.conversation.letters import texts_used
from assistant.escalation.clocks import dates_for, run
from assistant.escalation.reading import PREPARED
from assistant.escalation.types import DueDate, StepKey
from assistant.evidence.log import note
from assistant.families.plan import calendar_of
from assistant.store import AuditEvent, Step

Act = Literal["done", "not_now", "resolved", "answered", "refused"]
ACTS: tuple[Act, ...] = get_args(Act)
ANSWERS: tuple[Act, ...] = ("answered", "refused")  # the school's
_SAID = {"done": "sent", "resolved": "fixed", "answered": "answered", "refused": "refused"}


class ActError(ValueError):
    """A mark that cannot be. `key` is a stable word for why: "future", "too_early", "no_letter"."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def act(
    session: Session,
    step_id: int,
    do: Act,
    now: datetime,
    settings: Settings,
    by: str,
    on: date | None = None,
    words: str = "",
    caregiver_id: int | None = None,
    inbound_id: int | None = None,
) -> None:
    """The parent says: sent it ("done"), not now, fixed ("resolved"), the school answered, or it refused.

    `on` is the school-local day it happened, today where nothing is said; `words` are the parent's own, or
    what the school said. Sending starts the step's clocks from that day. Saying the same again changes
    nothing; another day puts the first one right, by a new entry. Raises ActError for a day to come or before
    the line was registered, and for an answer to a step without a letter.
    """
    step = session.get_one(Step, step_id, with_for_update=True)
    today = now.astimezone(calendar_of(session, step.case.line).zone).date()
    day = on or today
    _check(step, do, day, today)
    if _said_before(step, do, on):
        return
    lettered, before = StepKey(step.key) in PREPARED, step.state
    if do == "answered" or do == "refused":
        step.answer, step.answered_on = do, day
        if step.state != "done":  # nobody answers what was not sent
            _decided(step, "done", now, day)
        settle(session, step)
        if do == "refused" and step.key == StepKey.WRITTEN_NOTICE:
            step.case.school_said_no = True
        if do == "answered" and step.key == StepKey.COMPLIANCE_COMPLAINT:
            _begin(session, step, "decision", day, now, settings)
    else:
        withdrawn = step.state == "done" and do == "not_now" and lettered
        _decided(step, do, now, day)
        end(session, step)
        if do == "resolved":
            calm(session, step.case)
        if do == "done":
            _begin(session, step, "step", day, now, settings)
        if withdrawn:
            _note(session, step, "not_sent", day, now, words, caregiver_id, inbound_id)
    if lettered and do in _SAID:
        _note(session, step, _SAID[do], day, now, words, caregiver_id, inbound_id)
    if step.state == "done" and before != "done":
        step.texts = texts_used(session, step, settings)
    step.case.look_at = now
    session.add(
        AuditEvent(at=now, actor=by, kind=f"step_{do}", subject=f"step {step.id}", detail={"step": step.key})
    )


def date_json(one: DueDate) -> dict[str, Any]:
    """A date as a step keeps it."""
    return {
        "name": one.name,
        "kind": one.kind,
        "from": one.start.isoformat(),
        "due": one.due.isoformat(),
        "latest": one.latest.isoformat(),
        "citation": one.citation,
    }


def _check(step: Step, do: Act, day: date, today: date) -> None:
    if day > today:
        raise ActError("future")
    if do in ANSWERS:
        if StepKey(step.key) not in PREPARED:
            raise ActError("no_letter")
        if step.state == "done" and step.decided_on is not None and day < step.decided_on:
            raise ActError("too_early")
    elif day < step.case.line.starts and day < step.suggested_on:
        raise ActError("too_early")


def _said_before(step: Step, do: Act, on: date | None) -> bool:
    if do in ANSWERS:
        return step.answer == do and on in (None, step.answered_on)
    return step.state == do and step.answer is None and on in (None, step.decided_on)


def _decided(step: Step, state: Literal["done", "not_now", "resolved"], now: datetime, day: date) -> None:
    step.state, step.decided_at, step.decided_on = state, now, day
    if state != "done":
        step.answer = step.answered_on = step.came = step.came_on = None


def _begin(
    session: Session, step: Step, runs_from: str, day: date, now: datetime, settings: Settings
) -> None:
    """The clocks that begin with the act; after a decision, those that run from it."""
    facts = facts_of(session, step.case, now, settings)
    days = policy_when(step).notice_reply_school_days
    dates = dates_for(StepKey(step.key), day, facts, days)
    if runs_from == "step":
        step.dates = [date_json(one) for one in dates]
        begin(session, step, [d for d in dates if facts.rules[d.name].runs_from != "decision"], facts, now)
        return
    rules = [one for one in facts.rules.values() if one.runs_from == "decision" and step.key in one.starts]
    begin(session, step, [run(rule, day, facts.calendar) for rule in rules], facts, now)


def _note(
    session: Session,
    step: Step,
    did: str,
    day: date,
    now: datetime,
    words: str,
    caregiver_id: int | None,
    inbound_id: int | None,
) -> None:
    note(
        session,
        step.case.child_id,
        "step",
        day,
        {"step": step.key, "did": did},
        now,
        line=step.case.line,
        words=words,
        caregiver_id=caregiver_id,
        inbound_id=inbound_id,
    )
