"""Joining by text: from JOIN to a finished schedule, one small question at a time, resumed when they write.

A stranger's JOIN asks for their yes first (double opt-in: the consent row keeps the very words shown). What
they tell is kept as they wrote it, in the enrolment's draft, and read anew at each step.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.answers import Context
from assistant.conversation.join_asks import ask, text_of
from assistant.conversation.join_stages import STAGES
from assistant.families import consent
from assistant.families.jurisdictions import hours_state
from assistant.families.numbers import zone_of
from assistant.replies.normalise import fold, words_only
from assistant.replies.special import joins
from assistant.store import Caregiver, Enrolment, InboundText
from assistant.store.one_by_one import one_by_one
from messages.outbox import enqueue_text, hours_of, language_of
from messages.templates import Rendered, word

NUDGE_AFTER = timedelta(hours=20)


def meet(session: Session, inbound: InboundText, now: datetime, settings: Settings) -> Caregiver | None:
    """A stranger's JOIN begins an enrolment, whose invitation leaves at once. None for any other text."""
    language = joins(inbound.body)
    if language is None or not inbound.from_address.startswith("+1"):
        return None
    if language not in settings.program.languages:
        language = settings.program.languages[0]
    caregiver = Caregiver(
        name="",
        phone=inbound.from_address,
        email=None,
        language=language,
        zone=zone_of(inbound.from_address, settings),
        guide_state=hours_state(session, None),
        heard_at=now,
        created_at=now,
    )
    session.add(caregiver)
    session.flush()
    inbound.caregiver_id = caregiver.id
    inbound.meaning = {"intent": "joining", "why": [], "answers": []}
    enrolment = begin(session, caregiver, "consent", now, settings)
    invitation = text_of(session, enrolment, caregiver, settings)
    consent.request(session, caregiver, "sms", "text", f"{inbound.body} -> {invitation.body}", now)
    session.flush()
    key = f"reply:{inbound.id}"
    enqueue_text(session, caregiver, "join_invite", invitation, key, now, settings)
    return caregiver


def begin(session: Session, caregiver: Caregiver, stage: str, now: datetime, settings: Settings) -> Enrolment:
    """A new enrolment; an older one that was never finished is dropped."""
    for old in session.scalars(
        select(Enrolment).where(Enrolment.caregiver_id == caregiver.id, Enrolment.state == "open")
    ):
        old.state, old.nudge_at = "dropped", None
    row = Enrolment(
        caregiver_id=caregiver.id,
        stage=stage,
        draft={"nickname": "", "services": [], "now": None, "tries": 0},
        nudge_at=None,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    return row


def open_enrolment(session: Session, caregiver: Caregiver) -> Enrolment | None:
    """The enrolment of a caregiver that is not finished."""
    return session.scalars(
        select(Enrolment)
        .where(Enrolment.caregiver_id == caregiver.id, Enrolment.state == "open")
        .order_by(Enrolment.id.desc())
    ).first()


def add_child(context: Context) -> None:
    """Another child on the same phone: the same questions from the nickname on."""
    row = begin(context.session, context.caregiver, "child", context.now, context.settings)
    ask(context, row, "join_child")


def go_on(context: Context) -> None:
    """Somebody without a child said yes: the set-up goes on where it was left, or begins."""
    row = open_enrolment(context.session, context.caregiver)
    if row is None or row.stage == "consent":
        row = row or begin(context.session, context.caregiver, "child", context.now, context.settings)
        row.stage = "child"
        ask(context, row, "join_welcome")
        return
    ask(context, row)


def step(context: Context, row: Enrolment) -> None:
    """One text of somebody who is joining, by what was asked last."""
    row.updated_at, row.nudge_at = context.now, _tomorrow(context)
    said = words_only(fold(context.inbound.body)) or context.inbound.body.strip()
    STAGES[row.stage](context, row, said)


def nudge_due(session: Session, now: datetime, settings: Settings) -> int:
    """Speak once, the next day, of a set-up that is not finished. Returns how many were looked at."""
    rows = session.scalars(
        select(Enrolment)
        .where(Enrolment.nudge_at <= now)
        .order_by(Enrolment.nudge_at, Enrolment.id)
        .limit(settings.jobs.batch)
        .with_for_update(skip_locked=True)
    ).all()

    def nudge(row: Enrolment) -> None:
        row.nudge_at = None
        caregiver = session.get_one(Caregiver, row.caregiver_id)
        if row.state != "open" or caregiver.texts != "in":
            return
        body = text_of(session, row, caregiver, settings)
        lead = word("lead_join", language_of(caregiver))
        rendered = Rendered(body.key, body.version, f"{lead} {body.body}")
        enqueue_text(session, caregiver, "join_resume", rendered, f"join_resume:{row.id}", now, settings)

    def later(row: Enrolment, at: datetime) -> None:
        row.nudge_at = at

    one_by_one(session, rows, nudge, later, "enrolment", "join", now)
    return len(rows)


def _tomorrow(context: Context) -> datetime:
    return hours_of(context.caregiver, context.settings).next_open(context.now + NUDGE_AFTER)
