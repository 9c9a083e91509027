"""A caregiver of the script gets a new phone number: they ask for it on their page and type the code."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families import addresses
from assistant.families.register import caregiver_with
from assistant.store import OutgoingMessage
from messages.one_time import revealed
from messages.outbox import TO_CONFIRM

AGREED = "On the page: texts go to the new number from now on."
TYPED_AFTER = timedelta(minutes=5)
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


def ask(session: Session, old: str, new: str, now: datetime, settings: Settings) -> None:
    """They give the new number; the code leaves for it with the next pass."""
    person = caregiver_with(session, old)
    if person is not None:
        addresses.ask(session, person, "sms", new, AGREED, now, settings)


def type_code(session: Session, old: str, now: datetime, settings: Settings) -> bool:
    """They type what the text said. False where nothing came, or it is no longer good."""
    person = caregiver_with(session, old)
    if person is None:
        return False
    body = session.scalars(
        select(OutgoingMessage.body)
        .where(OutgoingMessage.caregiver_id == person.id, OutgoingMessage.kind == TO_CONFIRM)
        .order_by(OutgoingMessage.id.desc())
        .limit(1)
    ).first()
    code = _CODE.search(revealed(body or "", settings.server.secret_key))
    return code is not None and addresses.confirm(session, person, "sms", code[0], now, settings) == "yes"
