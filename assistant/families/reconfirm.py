"""A number that has been silent for long may be somebody else's by now: it is asked before anything else is.

Consent ends with the number (reassigned numbers; FCC 18-177 and messaging practice): the text names no child.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families import consent
from assistant.families.register import consent_number
from assistant.store import Caregiver
from messages import templates
from messages.outbox import enqueue_text, language_of


def silent_too_long(caregiver: Caregiver, now: datetime, settings: Settings) -> bool:
    """Whether nothing came from the number for as many days as the settings allow."""
    days = settings.asking.reconfirm_days
    heard = caregiver.heard_at or caregiver.created_at
    return bool(days) and caregiver.texts == "in" and heard < now - timedelta(days=days)


def still_you(session: Session, caregiver: Caregiver, now: datetime, settings: Settings) -> None:
    """Ask once whether the number is still theirs; until they say so, nothing else is sent."""
    rendered = templates.text(
        session, "still_you", language_of(caregiver), {"program": settings.program.name}
    )
    consent.request(session, caregiver, "sms", "silent for long", rendered.body, now)
    session.flush()
    key = f"still_you:{caregiver.id}:{consent_number(session, caregiver.id)}"
    until = now + consent.REQUEST_HOLDS
    enqueue_text(session, caregiver, "invite", rendered, key, now, settings, not_after=until)
