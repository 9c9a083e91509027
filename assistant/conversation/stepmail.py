"""The e-mails of a case: a step with its letter, and the word before or after a date. One thread a case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.facts import policy_when
from assistant.conversation.letters import offer, texts_used
from assistant.conversation.stepfacts import step_facts
from assistant.escalation.types import ClockKind, DueDate, Facts, StepKey, Why
from assistant.families.guide_versions import guide_now, version_of
from assistant.families.jurisdictions import of_child, of_step
from assistant.guide.docx import docx
from assistant.guide.paper import paper
from assistant.guide.render import letter_allowed, render_clock_mail, render_step
from assistant.store import AuditEvent, Caregiver, Child, Guardianship, OutgoingMessage, Step, StepClock
from messages import templates
from messages.links import step_token
from messages.outbox import File, enqueue_mail, language_of
from messages.templates import Rendered

CLOCK_MAILS = ("guide.clock_before", "guide.clock_after")  # of a case's thread, but no step's own
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def write_step_mail(
    session: Session,
    step: Step,
    facts: Facts,
    why: Why,
    dates: tuple[DueDate, ...],
    key: str,
    now: datetime,
    settings: Settings,
) -> None:
    """The e-mail with its letter, to the first caregiver who takes e-mail; a record where nobody does."""
    case = step.case
    caregiver = who_gets_mail(session, case.child_id, step.id)
    if caregiver is None:
        session.add(
            AuditEvent(at=now, actor="decide", kind="step_without_mail", subject=f"step {step.id}", detail={})
        )
        return
    settings = of_child(session, case.child_id, settings)
    guide = guide_now(session, settings)
    language = language_of(caregiver)
    page = page_of(step, settings)
    filled = step_facts(session, step, caregiver, facts, why, dates, page, policy_when(step), now)
    found = offer(guide, StepKey(step.key), language, filled)
    text = render_step(guide, StepKey(step.key), language, filled, found.letters, found.missing)
    step.texts = texts_used(session, step, settings)
    allowed = letter_allowed(guide, StepKey(step.key), filled.today)
    version = version_of(session, f"mail.{step.key if allowed else 'expired'}", language, settings)
    files = [File(f"{one.stem}.docx", DOCX, docx(paper(one, with_copy=True))) for one in found.letters]
    told = Rendered(f"guide.{step.key}", version, text.text, text.subject)
    _send(session, caregiver, step, told, text.html, key, now, files)


def write_clock_mail(
    session: Session,
    row: StepClock,
    when: Literal["before", "after"],
    facts: Facts,
    now: datetime,
    settings: Settings,
) -> None:
    """A word before a date, or after it went by unanswered, into the case's thread."""
    step = row.step
    caregiver = who_gets_mail(session, step.case.child_id)
    if caregiver is None:
        return  # the date stands in the record and on the page; nobody reads e-mail here
    settings = of_step(session, step, settings)
    guide, language, page = guide_now(session, settings), language_of(caregiver), page_of(step, settings)
    why = Why(step.why["rule"], step.why["values"], tuple(step.why["entries"]))
    kind: ClockKind = "legal" if row.kind == "legal" else "courtesy"
    due = DueDate(row.name, kind, row.starts, row.due, row.latest, row.citation)
    filled = step_facts(session, step, caregiver, facts, why, (due,), page, policy_when(step), now)
    text = render_clock_mail(guide, when, row.name, StepKey(step.key), language, filled, due)
    key = f"clock:{row.id}:{row.starts.isoformat()}:{when}"
    version = version_of(session, f"mail.clock_{when}", language, settings)
    told = Rendered(f"guide.clock_{when}", version, text.text, text.subject)
    _send(session, caregiver, step, told, text.html, key, now)


def _send(
    session: Session,
    caregiver: Caregiver,
    step: Step,
    told: Rendered,
    html: str,
    key: str,
    now: datetime,
    files: Sequence[File] = (),
) -> None:
    enqueue_mail(
        session,
        caregiver,
        "step",
        told,
        key,
        now,
        html=html,
        files=files,
        thread=f"case{step.case_id}",
        thread_subject=_thread_subject(session, caregiver, step),
        step_id=step.id,
    )


def _thread_subject(session: Session, caregiver: Caregiver, step: Step) -> str:
    """What all e-mails of a case are called on their way; each has its own title inside."""
    child = session.get_one(Child, step.case.child_id)
    return templates.word(
        "thread_case", language_of(caregiver), child=child.nickname, alias=step.case.line.alias
    )


def page_of(step: Step, settings: Settings) -> str:
    """The address of a step's page, signed; opening it changes nothing."""
    return f"{settings.base_url()}/step/{step_token(settings.server.secret_key, step.id)}"


def who_gets_mail(session: Session, child_id: int, step_id: int | None = None) -> Caregiver | None:
    """The first caregiver of a child who takes e-mail; for a step, one it has not come back from."""
    people = session.scalars(
        select(Caregiver)
        .join(Guardianship, Guardianship.caregiver_id == Caregiver.id)
        .where(Guardianship.child_id == child_id, Caregiver.mails == "in", Caregiver.email.is_not(None))
        .order_by(Guardianship.position)
    ).all()
    lost = {
        (row.caregiver_id, row.to_address)
        for row in (mails_of(session, step_id) if step_id is not None else ())
        if row.state == "failed"
    }
    return next((one for one in people if (one.id, one.email) not in lost), None)


def mails_of(session: Session, step_id: int) -> Sequence[OutgoingMessage]:
    """The e-mails that brought a step, or its reminder, to anybody."""
    return session.scalars(
        select(OutgoingMessage).where(
            OutgoingMessage.step_id == step_id,
            OutgoingMessage.channel == "email",
            OutgoingMessage.template_key.not_in(CLOCK_MAILS),
        )
    ).all()
