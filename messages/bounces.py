"""What a bounce changes: the message failed, and perhaps its address takes no mail any more.

Statuses are RFC 3463's: 5.1.x the address, 5.2.x the mailbox, 5.7.x policy, which is about us. A bounce is
believed only when it came to the Return-Path of the message it is about, whose proof is ours (mail_tags), or
from a provider that knows our token.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.store import AuditEvent, Caregiver, Consent, OutgoingMessage, Step
from messages import templates
from messages.alerts import raise_alert
from messages.dsn import Report
from messages.outbox import drop_queued, enqueue_text, language_of

# "dead": nobody is there. "soft": not now, and often not later. "ours": they do not want mail of ours.
# "news": nothing has failed.
Verdict = Literal["dead", "soft", "ours", "news"]
SOFT_IN_A_ROW = 3  # so many e-mails in a row that failed softly, and the address counts as dead
_DEAD = ("5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.1", "5.4.4", "5.4.310")
_TOO_LARGE = ("5.3.4", "5.2.3")
_OURS = ("5.1.7", "5.1.8")  # the sender's address is not taken
BOUNCED = "bounced"


def judge(report: Report) -> Verdict:
    """What a report says of the address."""
    if report.action != "failed":
        return "news"
    if report.status in _OURS or report.status.startswith("5.7."):
        return "ours"
    return "dead" if report.status in _DEAD else "soft"


def bounced(
    session: Session, reference: str, report: Report, now: datetime, settings: Settings
) -> Verdict | None:
    """Record a bounce of our message; None where no e-mail of ours has this reference.

    Repeating it changes nothing.
    """
    found = session.execute(
        select(OutgoingMessage.id, OutgoingMessage.caregiver_id).where(
            OutgoingMessage.reference == reference, OutgoingMessage.channel == "email"
        )
    ).first()
    if found is None:
        return None
    verdict = judge(report)
    if verdict == "news":
        return verdict
    caregiver = session.get_one(Caregiver, found.caregiver_id, with_for_update=True)
    row = session.get_one(OutgoingMessage, found.id, with_for_update=True)
    if row.provider_status == BOUNCED:
        return verdict
    if report.status in _TOO_LARGE and leave_files_out(row):
        row.state, row.next_at, row.attempts = "queued", now, 0
        _audit(session, row, report.status, "too_large", now)
        return "soft"
    row.state, row.next_at = "failed", None
    row.provider_status, row.error_code, row.error = BOUNCED, report.status, "the e-mail came back"
    _audit(session, row, report.status, verdict, now)
    step_is_lost(session, row, now)
    if verdict == "ours":
        raise_alert(session, "mail_refused", now, status=report.status)
    elif verdict == "dead" or _soft_in_a_row(session, row):
        address_dead(session, caregiver, row, report.status, now, settings)
    return verdict


def leave_files_out(row: OutgoingMessage) -> bool:
    """Have a link in place of its files, for one more try; False where it has none, or had the link."""
    if row.without_files or not row.attachments:
        return False
    row.without_files = True
    return True


def step_is_lost(session: Session, row: OutgoingMessage, now: datetime) -> None:
    """The e-mail of a step reached nobody: its case is looked at, for the next caregiver who takes e-mail."""
    if row.channel == "email" and row.step_id is not None:
        session.get_one(Step, row.step_id).case.look_at = now


def _audit(session: Session, row: OutgoingMessage, status: str, verdict: str, now: datetime) -> None:
    detail = {"status": status, "verdict": verdict}
    session.add(
        AuditEvent(at=now, actor="mail", kind="mail_bounced", subject=f"message {row.id}", detail=detail)
    )


def address_dead(
    session: Session,
    caregiver: Caregiver,
    row: OutgoingMessage,
    status: str,
    now: datetime,
    settings: Settings,
) -> None:
    """Nobody reads mail at the address of this message: no more is sent there, and by text we say so.

    News about another address than they have now, or from before their newest yes, is old.
    """
    back = session.scalars(
        select(func.max(Consent.at)).where(
            Consent.caregiver_id == caregiver.id, Consent.channel == "email", Consent.act == "given"
        )
    ).one()
    if caregiver.mails not in ("in", "invited") or caregiver.email != row.to_address:
        return
    if back is not None and row.created_at < back:
        return
    caregiver.mails = "none"
    drop_queued(session, caregiver.id, "email", f"the address takes no mail ({status})")
    session.add(
        AuditEvent(
            at=now,
            actor="mail",
            kind="address_dead",
            subject=f"caregiver {caregiver.id}",
            detail={"status": status},
        )
    )
    raise_alert(session, "address_dead", now, subject=f"caregiver {caregiver.id}", status=status)
    values = {"program": settings.program.name}
    rendered = templates.text(session, "mail_lost", language_of(caregiver), values)
    enqueue_text(session, caregiver, "mail_lost", rendered, f"mail_lost:{row.id}", now, settings)


def _soft_in_a_row(session: Session, row: OutgoingMessage) -> bool:
    """Whether this e-mail and the ones before it to the same address all came back."""
    session.flush()
    last = session.execute(
        select(OutgoingMessage.state, OutgoingMessage.provider_status)
        .where(
            OutgoingMessage.caregiver_id == row.caregiver_id,
            OutgoingMessage.channel == "email",
            OutgoingMessage.to_address == row.to_address,
            OutgoingMessage.state.in_(("sent", "delivered", "failed")),
            OutgoingMessage.id <= row.id,
        )
        .order_by(OutgoingMessage.id.desc())
        .limit(SOFT_IN_A_ROW)
    ).all()
    return len(last) == SOFT_IN_A_ROW and all(one.provider_status == BOUNCED for one in last)
