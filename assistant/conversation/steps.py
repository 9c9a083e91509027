"""From the ledger to the next step: decide, keep the reason, hand over the letter.

The decision is the escalation room's; this loads its facts, and saves step, letter and e-mail together.
What the parent then does is in `marks`; the dates that begin to run are in `deadlines`.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.deadlines import MORNING, calm
from assistant.conversation.facts import facts_of, policy_of, policy_when
from assistant.conversation.heard import heard_until
from assistant.conversation.marks import date_json
from assistant.conversation.signals import raise_known
from assistant.conversation.stepmail import mails_of, who_gets_mail, write_step_mail
from assistant.escalation.clocks import dates_for
from assistant.escalation.decide import decide
from assistant.escalation.policy import Policy
from assistant.escalation.signals import edge_after
from assistant.escalation.types import Facts, StepKey, Why
from assistant.families.jurisdictions import of_child
from assistant.guide.loader import guide_of
from assistant.schedule.zones import moment
from assistant.store import Case, Step
from assistant.store.one_by_one import one_by_one


def decide_due(session: Session, now: datetime, settings: Settings) -> int:
    """Decide every case that has news or whose day has come. Returns how many were looked at."""
    cases = session.scalars(
        select(Case)
        .where(Case.look_at <= heard_until(session, now, settings))
        .order_by(Case.look_at, Case.id)
        .limit(settings.jobs.batch)
        .with_for_update(skip_locked=True)
    ).all()
    one_by_one(
        session,
        cases,
        lambda case: _decide_one(session, case, now, settings),
        lambda case, later: setattr(case, "look_at", later),
        "case",
        "decide",
        now,
    )
    return len(cases)


def _decide_one(session: Session, case: Case, now: datetime, settings: Settings) -> None:
    facts = facts_of(session, case, now, settings)
    if _write_what_waited(session, case, facts, now, settings):
        case.look_at = moment(facts.today + timedelta(days=1), MORNING, facts.calendar.zone)
        return
    policy = policy_of(session, case, settings)
    decision = decide(facts, policy)
    if decision.step is not None and decision.why is not None:
        _suggest(session, case, facts, policy, decision.step, decision.why, now, settings)
    elif decision.remind is not None:
        _remind(session, case, facts, decision.remind, now, settings)
    raise_known(session, case, facts, policy, now, settings)
    again = min((day for day in (decision.look_again, edge_after(facts)) if day), default=None)
    case.look_at = moment(again, MORNING, facts.calendar.zone) if again else None


def _write_what_waited(session: Session, case: Case, facts: Facts, now: datetime, settings: Settings) -> bool:
    """Write the newest step after all, if nobody took e-mail when it was suggested and somebody does now, or
    if its e-mail came back and another caregiver takes e-mail.

    Written on a later day, it is its own reminder. Whether it was written.
    """
    step = case.steps[-1] if case.steps else None
    if step is None or step.state != "suggested":
        return False
    written = mails_of(session, step.id)
    if (
        any(one.state != "failed" for one in written)
        or who_gets_mail(session, case.child_id, step.id) is None
    ):
        return False
    if step.suggested_on < facts.today:
        step.reminded_on = facts.today
    why = Why(step.why["rule"], step.why["values"], tuple(step.why["entries"]))
    school_days = policy_when(step).notice_reply_school_days
    dates = dates_for(StepKey(step.key), facts.today, facts, school_days)
    key = f"step:{step.id}:again{len(written)}" if written else f"step:{step.id}"
    write_step_mail(session, step, facts, why, dates, key, now, settings)
    return True


def _suggest(
    session: Session,
    case: Case,
    facts: Facts,
    policy: Policy,
    key: StepKey,
    why: Why,
    now: datetime,
    settings: Settings,
) -> None:
    guide = guide_of(of_child(session, case.child_id, settings))
    dates = dates_for(key, facts.today, facts, policy.notice_reply_school_days)
    step = Step(
        case_id=case.id,
        case=case,
        key=key.value,
        suggested_on=facts.today,
        suggested_at=now,
        state="done" if key is StepKey.RESOLVED else "suggested",
        why={"rule": why.rule, "values": why.values, "entries": list(why.entries)},
        dates=[date_json(one) for one in dates],
        guide_version=guide.version,
        policy=asdict(policy),
    )
    session.add(step)
    session.flush()
    if key is StepKey.RESOLVED:
        calm(session, case)
    write_step_mail(session, step, facts, why, dates, f"step:{step.id}", now, settings)


def _remind(
    session: Session, case: Case, facts: Facts, key: StepKey, now: datetime, settings: Settings
) -> None:
    """Once more, with the same reason and the numbers of today."""
    open_steps = [step for step in case.steps if step.key == key.value and step.state == "suggested"]
    if not open_steps:
        return
    step = open_steps[-1]
    step.reminded_on = facts.today
    why = Why(step.why["rule"], step.why["values"], tuple(step.why["entries"]))
    school_days = policy_when(step).notice_reply_school_days
    dates = dates_for(key, facts.today, facts, school_days)
    write_step_mail(session, step, facts, why, dates, f"step:{step.id}:reminder", now, settings)
