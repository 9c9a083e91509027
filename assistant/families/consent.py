"""Consent: given, withdrawn, and the proof kept. The state follows in the same transaction.

Sources: 47 CFR 64.1200(a)(10) (any reasonable means of revoking counts, honoured at once here); the carriers'
opt-in rules (a number typed into a form is a request, not a yes).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from assistant.store import AuditEvent, Caregiver, Case, Consent, Guardianship
from messages.alerts import close_alert
from messages.delivery.dead import DEAD
from messages.outbox import INVITATIONS, drop_queued

Channel = Literal["sms", "email"]
# How long an invitation may be answered with a bare yes, and may still leave. Their own JOIN always counts.
REQUEST_HOLDS = timedelta(hours=48)


def request(
    session: Session, caregiver: Caregiver, channel: Channel, method: str, wording: str, now: datetime
) -> None:
    """They asked to be written to; one invitation may go out, and nothing else before the yes."""
    _note(session, caregiver, channel, "requested", method, wording, now)
    _set(caregiver, channel, "invited")


def request_stands(session: Session, caregiver: Caregiver, channel: Channel, now: datetime) -> bool:
    """Whether they were asked for a yes not too long ago: later a "1" may be about anything."""
    asked = select(func.max(Consent.at)).where(
        Consent.caregiver_id == caregiver.id, Consent.channel == channel, Consent.act == "requested"
    )
    newest = session.scalars(asked).one()
    return newest is not None and now - newest <= REQUEST_HOLDS


def opt_in(
    session: Session, caregiver: Caregiver, channel: Channel, method: str, wording: str, now: datetime
) -> None:
    """They said yes. `wording` is what they said or the text they agreed to."""
    _note(session, caregiver, channel, "given", method, wording, now)
    _set(caregiver, channel, "in")
    if channel == "sms":
        close_alert(session, DEAD, now, subject=f"caregiver {caregiver.id}")
    if channel == "email":
        caregiver.summary_at = now  # due at once; the job then moves on to its own day
        _look_at_cases(session, caregiver, now)  # a step may have been waiting for somebody to write to
    drop_queued(session, caregiver.id, channel, "they said yes before it left", kinds=INVITATIONS)


def opt_out(
    session: Session, caregiver: Caregiver, channel: Channel, method: str, wording: str, now: datetime
) -> None:
    """They want no more. Whatever had not left yet is taken back in the same transaction."""
    _note(session, caregiver, channel, "withdrawn", method, wording, now)
    _set(caregiver, channel, "out")
    drop_queued(session, caregiver.id, channel, "they opted out")
    session.add(
        AuditEvent(
            at=now,
            actor="caregiver",
            kind=f"{channel}_opt_out",
            subject=f"caregiver {caregiver.id}",
            detail={},
        )
    )


def move(
    session: Session, caregiver: Caregiver, channel: Channel, address: str, wording: str, now: datetime
) -> None:
    """They write from another phone or mailbox now: consent for the old one ends, that for the new is given.

    What was asked goes on. `wording`: what the page said they agree to by confirming it.
    """
    state = caregiver.texts if channel == "sms" else caregiver.mails
    if state in ("in", "invited"):
        _note(session, caregiver, channel, "withdrawn", "page", "", now)
    if channel == "sms":
        caregiver.phone = address
        close_alert(session, DEAD, now, subject=f"caregiver {caregiver.id}")
    else:
        caregiver.email = address
    _note(session, caregiver, channel, "given", "web form", wording, now)
    _set(caregiver, channel, "in")
    if channel == "email" and state != "in":
        caregiver.summary_at = now
        _look_at_cases(session, caregiver, now)


def _look_at_cases(session: Session, caregiver: Caregiver, now: datetime) -> None:
    children = select(Guardianship.child_id).where(Guardianship.caregiver_id == caregiver.id)
    session.execute(
        update(Case)
        .where(Case.child_id.in_(children))
        .values(look_at=now)
        .execution_options(synchronize_session="fetch")
    )


def _note(
    session: Session,
    caregiver: Caregiver,
    channel: Channel,
    act: str,
    method: str,
    wording: str,
    now: datetime,
) -> None:
    address = caregiver.phone if channel == "sms" else caregiver.email
    session.add(
        Consent(
            caregiver_id=caregiver.id,
            channel=channel,
            act=act,
            method=method,
            wording=wording,
            address=address or "",
            at=now,
        )
    )


def _set(caregiver: Caregiver, channel: Channel, state: str) -> None:
    if channel == "sms":
        caregiver.texts = state
    else:
        caregiver.mails = state
