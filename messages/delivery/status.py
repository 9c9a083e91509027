"""What the provider says later about a text: statuses that come in any order, and only ever move it up.

Every status is kept, also one that changes nothing. The same set of statuses ends in the same row, whatever
their order and however often they come, and whether or not the answer to the create came first.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assistant.store import Caregiver, Consent, InboundText, OutgoingMessage, StatusEvent
from messages import templates
from messages.channels.twilio_codes import late_effect, status_rank
from messages.outbox import drop_queued, enqueue_mail, language_of


def note_status(
    session: Session, provider_id: str, reference: str, status: str, error_code: str, now: datetime
) -> None:
    """Keep a delivery status and let it move its message.

    `reference` is what we put into the callback address; it finds the message even when the answer that
    carried its id was lost.
    """
    seen = session.scalars(
        select(StatusEvent.id).where(
            StatusEvent.provider_id == provider_id,
            StatusEvent.status == status,
            StatusEvent.error_code == error_code,
        )
    ).first()
    if seen is not None:
        return
    session.add(
        StatusEvent(
            provider_id=provider_id, reference=reference, status=status, error_code=error_code, at=now
        )
    )
    number = session.scalars(
        select(OutgoingMessage.id).where(OutgoingMessage.provider_id == provider_id)
    ).first()
    if number is None and reference:
        number = session.scalars(
            select(OutgoingMessage.id).where(
                OutgoingMessage.reference == reference, OutgoingMessage.provider_id.is_(None)
            )
        ).first()
    if number is None:
        return
    row = locked(session, number)
    if row.provider_id is None:
        row.provider_id = provider_id
    if row.provider_id == provider_id:
        apply_status(session, row, status, error_code, now)


def locked(session: Session, number: int) -> OutgoingMessage:
    """A message under a lock, and its caregiver under one taken first.

    STOP locks in this order, so the two never wait for each other.
    """
    caregiver = select(OutgoingMessage.caregiver_id).where(OutgoingMessage.id == number)
    session.get_one(Caregiver, session.scalars(caregiver).one(), with_for_update=True)
    return session.get_one(OutgoingMessage, number, with_for_update=True, populate_existing=True)


def apply_status(session: Session, row: OutgoingMessage, status: str, error_code: str, now: datetime) -> None:
    """Move a message to a provider status if that is higher than the one it has."""
    rank, known = status_rank(status), status_rank(row.provider_status)
    if rank is None or (known is not None and rank <= known):
        return
    row.provider_status = status
    if row.state in ("queued", "sending", "unsure", "dropped"):
        # Also where a STOP took it back while it was leaving: what left, left.
        row.state, row.next_at, row.sent_at = "sent", None, row.sent_at or now
    if status in ("delivered", "read"):
        row.state, row.delivered_at = "delivered", row.delivered_at or now
        row.error_code = row.error = ""
    elif rank == status_rank("failed"):
        row.state, row.error_code = "failed", error_code
        _, effect = late_effect(error_code)
        if effect == "opted_out":
            carrier_blocks(session, row, error_code, now)


def carrier_blocks(session: Session, row: OutgoingMessage, code: str, now: datetime) -> None:
    """The carrier refused a text because they opted out there: our state follows, with the proof.

    News about a text from before their newest yes is old: since then the carrier let them back in.
    """
    caregiver = session.get_one(Caregiver, row.caregiver_id)
    back = session.scalars(
        select(func.max(Consent.at)).where(
            Consent.caregiver_id == caregiver.id, Consent.channel == "sms", Consent.act == "given"
        )
    ).one()
    if caregiver.texts == "out" or (back is not None and (row.started_at or row.created_at) < back):
        return
    caregiver.texts = "out"
    session.add(
        Consent(
            caregiver_id=caregiver.id,
            channel="sms",
            act="withdrawn",
            method="carrier",
            wording=f"error {code} from the carrier",
            address=row.to_address,
            at=now,
        )
    )
    drop_queued(session, caregiver.id, "sms", "the carrier says they opted out")
    _show_to_staff(session, caregiver, "carrier_blocks")
    values = {"name": caregiver.name or row.to_address[-4:]}
    mail = templates.mail(session, "carrier_blocks", language_of(caregiver), values)
    enqueue_mail(session, caregiver, "carrier_blocks", mail, f"carrier_blocks:{row.id}", now)


def _show_to_staff(session: Session, caregiver: Caregiver, flag: str) -> None:
    """Put their newest text into the inbox: whoever wrote and is not answered must be seen by somebody."""
    text = session.scalars(
        select(InboundText)
        .where(InboundText.caregiver_id == caregiver.id)
        .order_by(InboundText.id.desc())
        .limit(1)
    ).first()
    if text is not None and not text.needs_staff:
        text.needs_staff, text.flag, text.settled_at = True, flag, None
