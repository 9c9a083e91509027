"""Asking somebody else who cares for a child to join: a text to a number that somebody typed, so limited."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families.attempts import DAY, HOUR, Limit, room, take
from assistant.families.register import add_caregiver
from assistant.families.sign_up import A_NUMBER
from assistant.families.types import NewCaregiver
from assistant.store import Caregiver, Child
from messages.countries import may_be_texted

Refused = Literal["", "country", "too_many", "full"]

MOST_CARERS = 8  # of a child, asked or not
_BY_PERSON = (Limit(3, HOUR), Limit(6, DAY))


def invite_somebody(
    session: Session, by: Caregiver, child: Child, person: NewCaregiver, now: datetime, settings: Settings
) -> Refused:
    """Invite them, or say why not. The answer is the same whether the number is known to us or not."""
    secret, phone = settings.server.secret_key, person.phone or ""
    if not may_be_texted(phone, settings.sms.countries):
        return "country"
    if len(child.caregivers) >= MOST_CARERS:
        return "full"
    if not room(session, secret, "sign_up_number", phone, now, *A_NUMBER):
        return "too_many"
    if not take(session, secret, "invite", str(by.id), now, *_BY_PERSON):
        return "too_many"
    take(session, secret, "sign_up_number", phone, now, *A_NUMBER)
    add_caregiver(session, child, person, now, settings)
    return ""
