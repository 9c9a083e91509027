"""Two machines must not talk all night: a text that says our own words back is no answer, and gets none."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assistant.replies.normalise import fold
from assistant.store import InboundText, OutgoingMessage
from messages.alerts import raise_alert

SAME = timedelta(days=1)  # how long ago we may have said it
AT_LEAST = 12  # letters; "yes" and "speech Tue no" may well be a parent's own
LOOP, WITHIN = 3, timedelta(hours=1)  # so many in this time are a machine's, and a person looks
ALERT = "reply_loop"


def is_echo(session: Session, inbound: InboundText, now: datetime) -> bool:
    """Whether the text is one of ours, word for word. Several within an hour raise an alert."""
    said = fold(inbound.body)
    if len(said) < AT_LEAST or inbound.caregiver_id is None or inbound.channel != "sms":
        return False
    ours = session.scalars(
        select(OutgoingMessage.body).where(
            OutgoingMessage.caregiver_id == inbound.caregiver_id,
            OutgoingMessage.channel.in_(("sms", "carrier")),
            OutgoingMessage.created_at > now - SAME,
        )
    )
    if said not in {fold(body) for body in ours}:
        return False
    inbound.meaning = {"intent": "auto_reply", "why": ["echo"], "answers": []}
    before = session.scalars(
        select(func.count())
        .select_from(InboundText)
        .where(
            InboundText.caregiver_id == inbound.caregiver_id,
            InboundText.body == inbound.body,
            InboundText.received_at > now - WITHIN,
        )
    ).one()
    if before >= LOOP:
        raise_alert(session, ALERT, now, subject=f"caregiver {inbound.caregiver_id}")
    return True
