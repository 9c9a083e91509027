"""From the ledger to the next step: decide, keep the reason, hand over the letter; and what the parent did.

The decision is the escalation room's; this loads its facts, and saves step, letter and e-mail together.
Nothing here writes to a school: the parent gets a draft, and says what they did with it.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, time
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.facts import facts_of, policy_of, policy_when
from assistant.conversation.stepfacts import step_facts
from assistant.escalation.clocks import dates_for
from assistant.escalation.decide import decide
from assistant.escalation.types import DueDate, Facts, StepKey, Why
from assistant.families.plan import calendar_of
from assistant.guide.docx import letter_docx
from assistant.guide.loader import load_guide
from assistant.guide.render import render_letters, render_step
from assistant.schedule.zones import moment
from assistant.store import AuditEvent, Caregiver, Case, Guardianship, Step
from messages.links import step_token
from messages.outbox import File, enqueue_mail, language_of
from messages.templates import Rendered

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MORNING = time(9, 0)  # a step that time alone brings comes in the morning, school time
Act = Literal["done", "not_now", "resolved"]


def decide_due(session: Session, now: datetime, settings: Settings) -> int:
    """Decide every case that has news or whose day has come. Returns how many were looked at."""
    cases = session.scalars(
        select(Case)
        .where(Case.look_at <= now)
        .order_by(Case.look_at, Case.id)
        .limit(settings.jobs.batch)
        .with_for_update(skip_locked=True)
    ).all()
    for case in cases:
        _decide_one(session, case, now, settings)
    return len(cases)


def act(session: Session, step_id: int, do: Act, now: datetime, settings: Settings, by: str) -> None:
    """The parent says what they did with a step: sent it, not now, or already fixed.

    Sending starts the step's clocks from that day. Saying it again changes nothing.
    """
    step = session.get_one(Step, step_id, with_for_update=True)
    if step.state == do:
        return
    case = step.case
    today = now.astimezone(calendar_of(session, case.line).zone).date()
    step.state, step.decided_at, step.decided_on = do, now, today
    if do == "done":
        school_days = policy_when(step).notice_reply_school_days
        facts = facts_of(session, case, now, settings)
        dates = dates_for(StepKey(step.key), today, facts, school_days)
        step.dates = [_date_json(one) for one in dates]
    case.look_at = now
    session.add(
        AuditEvent(at=now, actor=by, kind=f"step_{do}", subject=f"step {step.id}", detail={"step": step.key})
    )


def _decide_one(session: Session, case: Case, now: datetime, settings: Settings) -> None:
    facts = facts_of(session, case, now, settings)
    decision = decide(facts, policy_of(session, case, settings))
    if decision.step is not None and decision.why is not None:
        _suggest(session, case, facts, decision.step, decision.why, now, settings)
    elif decision.remind is not None:
        _remind(session, case, facts, decision.remind, now, settings)
    again = decision.look_again
    case.look_at = moment(again, MORNING, facts.calendar.zone) if again else None


def _suggest(
    session: Session, case: Case, facts: Facts, key: StepKey, why: Why, now: datetime, settings: Settings
) -> None:
    guide = load_guide(settings.program.jurisdiction)
    policy = policy_of(session, case, settings)
    dates = dates_for(key, facts.today, facts, policy.notice_reply_school_days)
    step = Step(
        case_id=case.id,
        case=case,
        key=key.value,
        suggested_on=facts.today,
        suggested_at=now,
        state="done" if key is StepKey.RESOLVED else "suggested",
        why={"rule": why.rule, "values": why.values, "entries": list(why.entries)},
        dates=[_date_json(one) for one in dates],
        guide_version=guide.version,
        policy=asdict(policy),
    )
    session.add(step)
    session.flush()
    _write(session, case, facts, step, why, dates, f"step:{step.id}", now, settings)


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
    _write(session, case, facts, step, why, dates, f"step:{step.id}:reminder", now, settings)


def _write(
    session: Session,
    case: Case,
    facts: Facts,
    step: Step,
    why: Why,
    dates: tuple[DueDate, ...],
    key: str,
    now: datetime,
    settings: Settings,
) -> None:
    """The e-mail with its letter, to the first caregiver who takes e-mail; a record where nobody does."""
    caregiver = _who_gets_mail(session, case.child_id)
    if caregiver is None:
        session.add(
            AuditEvent(at=now, actor="decide", kind="step_without_mail", subject=f"step {step.id}", detail={})
        )
        return
    guide = load_guide(settings.program.jurisdiction)
    language = language_of(caregiver)
    page = f"{settings.base_url()}/step/{step_token(settings.server.secret_key, step.id)}"
    filled = step_facts(
        session, case, caregiver, facts, StepKey(step.key), why, dates, page, policy_when(step)
    )
    text = render_step(guide, StepKey(step.key), language, filled)
    letters = render_letters(guide, StepKey(step.key), language, filled)
    enqueue_mail(
        session,
        caregiver,
        "step",
        Rendered(f"guide.{step.key}", 0, text.text, text.subject),
        key,
        now,
        html=text.html,
        files=[File(letter.file_name, DOCX, letter_docx(letter)) for letter in letters],
        thread=f"case{case.id}",
        step_id=step.id,
    )


def _who_gets_mail(session: Session, child_id: int) -> Caregiver | None:
    return session.scalars(
        select(Caregiver)
        .join(Guardianship, Guardianship.caregiver_id == Caregiver.id)
        .where(Guardianship.child_id == child_id, Caregiver.mails == "in", Caregiver.email.is_not(None))
        .order_by(Guardianship.position)
        .limit(1)
    ).first()


def _date_json(one: DueDate) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind,
        "from": one.start.isoformat(),
        "due": one.due.isoformat(),
        "latest": one.latest.isoformat(),
        "citation": one.citation,
    }
