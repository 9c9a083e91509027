"""A number that takes no texts: nothing more goes to it, its person hears by e-mail, somebody looks.

`texts` becomes "none", so from now on this person is asked by e-mail, or whoever comes next in the family.
What they were asked by text and did not answer is given up at once by its own job, and asked anew. Why is
kept in the audit trail and in the alert, which staff see.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from assistant.store import AuditEvent, Caregiver, Consent, OutgoingMessage, Question
from messages import templates
from messages.alerts import raise_alert
from messages.outbox import drop_queued, enqueue_mail, language_of

DEAD = "number_dead"


def mark_dead(
    session: Session, caregiver: Caregiver, row: OutgoingMessage, why: str, code: str, now: datetime
) -> None:
    """Let the number go that `row` went to; nothing where it is let go already, or not theirs any more.

    Nor where they have texted us, or agreed anew, since: then the news is old.
    """
    if caregiver.texts not in ("in", "invited") or caregiver.phone != row.to_address:
        return
    started = row.started_at or row.created_at
    yes = session.scalars(
        select(func.max(Consent.at)).where(
            Consent.caregiver_id == caregiver.id, Consent.channel == "sms", Consent.act == "given"
        )
    ).one()
    if any(at is not None and at > started for at in (yes, caregiver.heard_at)):
        return
    caregiver.texts = "none"  # a new number needs a new yes
    drop_queued(session, caregiver.id, "sms", f"the number cannot be texted ({why})")
    session.execute(
        update(Question)
        .where(Question.caregiver_id == caregiver.id, Question.state == "open", Question.channel == "sms")
        .values(close_at=now, remind_at=None)
        .execution_options(synchronize_session="fetch")
    )
    session.add(
        AuditEvent(
            at=now,
            actor="outbox",
            kind=DEAD,
            subject=f"caregiver {caregiver.id}",
            detail={"why": why, "code": code, "message": row.id},
        )
    )
    raise_alert(session, DEAD, now, subject=f"caregiver {caregiver.id}", why=why, code=code)
    values = {"name": caregiver.name or row.to_address[-4:]}
    mail = templates.mail(session, DEAD, language_of(caregiver), values)
    enqueue_mail(session, caregiver, DEAD, mail, f"{DEAD}:{row.id}", now)
