"""What the provider says later about a text: statuses that come in any order, and only ever move it up.

Every status is kept, also one that changes nothing. The same set of statuses ends in the same row, whatever
their order and however often they come, and whether or not the answer to the create came first.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from assistant.store import Caregiver, Consent, InboundText, OutgoingMessage, StatusEvent
from messages import templates
from messages.channels.twilio_codes import late_meaning, status_rank
from messages.delivery.gate import works
from messages.delivery.late import did_not_arrive
from messages.outbox import again_key, drop_queued, enqueue_mail, language_of

_SENT, _FAILED = 3, 4  # ranks: the carrier has it; it did not arrive
_LOOKS = tuple(timedelta(minutes=minutes) for minutes in (10, 60, 6 * 60, 24 * 60, 48 * 60))
_LOOKS_LATE = (timedelta(hours=24), timedelta(hours=48))


def note_status(
    session: Session, provider_id: str, reference: str, status: str, error_code: str, now: datetime
) -> None:
    """Keep a delivery status and let it move its message.

    `reference` is what we put into the callback address; it finds the message even when the answer that
    carried its id was lost.
    """
    if not _keep(session, provider_id, reference, status, error_code, now):
        return
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


def note_answer(session: Session, row: OutgoingMessage, status: str, error_code: str, now: datetime) -> None:
    """The same for a status that an answer of the provider's told, about a row that is ours under a lock."""
    _keep(session, row.provider_id or "", row.reference, status, error_code, now)
    apply_status(session, row, status, error_code, now)


def _keep(session: Session, provider_id: str, reference: str, status: str, code: str, now: datetime) -> bool:
    """Keep a status, once; whether it is new."""
    seen = session.scalars(
        select(StatusEvent.id).where(
            StatusEvent.provider_id == provider_id,
            StatusEvent.status == status,
            StatusEvent.error_code == code,
        )
    ).first()
    if seen is None:
        session.add(
            StatusEvent(provider_id=provider_id, reference=reference, status=status, error_code=code, at=now)
        )
    return seen is None


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
    posted = row.started_at or row.created_at
    if row.state in ("queued", "sending", "unsure", "dropped"):
        # Also where a STOP took it back while it was leaving: what left, left.
        row.state, row.sent_at, row.error = "sent", row.sent_at or now, ""
    if rank > _FAILED:
        row.state, row.delivered_at = "delivered", row.delivered_at or now
        row.error_code = row.error = ""
        _arrived_after_all(session, row)
        works(session, row.channel, "delivered", posted, now)
    elif rank == _FAILED:
        row.state, row.error_code = "failed", error_code
        caregiver = session.get_one(Caregiver, row.caregiver_id)
        if late_meaning(error_code).effect == "opted_out":
            carrier_blocks(session, row, error_code, now)
        did_not_arrive(session, row, caregiver, error_code, now)
    elif rank == _SENT:
        works(session, row.channel, "delivered", posted, now)
    row.next_at = next_look(row.sent_at or now, rank, now)


def next_look(sent_at: datetime, rank: int | None, now: datetime) -> datetime | None:
    """When the provider is asked what became of a text; None where that is final, or it was asked enough.

    Before the carrier has it a text is asked about soon; after that most carriers say no more.
    """
    if rank is not None and rank > _SENT:
        return None
    steps = _LOOKS_LATE if rank == _SENT else _LOOKS
    return next((sent_at + step for step in steps if sent_at + step > now), None)


def _arrived_after_all(session: Session, row: OutgoingMessage) -> None:
    """Take back the text that would repeat this one, where it still can be."""
    session.flush()
    session.execute(
        update(OutgoingMessage)
        .where(OutgoingMessage.dedupe_key == again_key(row.dedupe_key), OutgoingMessage.state == "queued")
        .values(state="dropped", next_at=None, error="the first one arrived after all")
        .execution_options(synchronize_session="fetch")
    )


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
