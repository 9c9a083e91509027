"""Test texts: to a member of staff's own phone, which said JOIN itself, and to no other.

The phone is a caregiver's row of its own kind (`for_tests`): consent, quiet hours and the outbox are the real
ones; nobody's child hangs on it and it is never asked anything.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families import consent
from assistant.families.attempts import DAY, HOUR, Limit, take
from assistant.families.register import consent_number
from assistant.families.tell import audited
from assistant.store import Caregiver, Staff
from assistant.words import Language
from messages import templates
from messages.outbox import enqueue_text, language_of
from messages.templates import Rendered, word

KIND = "test"
PHONES = Limit(3, DAY)
TESTS = (Limit(5, HOUR), Limit(20, DAY))
Trouble = Literal["", "taken", "too_many", "not_sent"]


def phone_of(session: Session, staff: Staff) -> Caregiver | None:
    """Their phone for test texts, if they named one that still has a number."""
    found = session.get(Caregiver, staff.caregiver_id) if staff.caregiver_id else None
    return found if found is not None and found.phone else None


def set_phone(
    session: Session, staff: Staff, number: str, language: Language, now: datetime, settings: Settings
) -> Trouble:
    """Write the invitation to their phone. `number` in E.164.

    Whoever has it has to text JOIN: nobody can point tests at somebody else's phone. A number that a family
    or somebody else of the centre has is not taken.
    """
    mine = phone_of(session, staff)
    known = session.scalars(select(Caregiver).where(Caregiver.phone == number)).first()
    if known is not None and known is not mine:
        return "taken"
    if not take(session, settings.server.secret_key, "test_phone", str(staff.id), now, PHONES):
        return "too_many"
    if mine is None or mine.phone != number:
        if mine is not None:  # the old number is let go, and with it its yes
            consent.opt_out(session, mine, "sms", "page", "another phone", now)
            mine.phone = None
            session.flush()
        mine = Caregiver(
            name="", phone=number, email=None, language=language, zone=settings.program.zone,
            for_tests=True, created_at=now,
        )  # fmt: skip
        session.add(mine)
        session.flush()
        staff.caregiver_id = mine.id
    if mine.texts in ("none", "invited"):
        _invite(session, mine, now, settings)
    audited(session, now, f"staff {staff.id}", "test_phone_set", f"caregiver {mine.id}")
    return ""


def send_test(
    session: Session,
    staff: Staff,
    key: str,
    language: Language,
    version: int,
    words: str,
    now: datetime,
    settings: Settings,
) -> Trouble:
    """Queue a filled text for their own phone, marked as a test."""
    phone = phone_of(session, staff)
    if phone is None or phone.texts != "in":
        return "not_sent"
    if not take(session, settings.server.secret_key, "test_text", str(staff.id), now, *TESTS):
        return "too_many"
    rendered = Rendered(key.removeprefix("texts."), version, word("test", language, text=words))
    event = audited(
        session, now, f"staff {staff.id}", "test_sent", f"caregiver {phone.id}",
        key=key, language=language, version=version,
    )  # fmt: skip
    queued = enqueue_text(session, phone, KIND, rendered, f"test:{event.id}", now, settings)
    return "" if queued is not None else "not_sent"


def _invite(session: Session, phone: Caregiver, now: datetime, settings: Settings) -> None:
    values = {"program": settings.program.name}
    rendered = templates.text(session, "test_invite", language_of(phone), values)
    consent.request(session, phone, "sms", "page", rendered.body, now)
    session.flush()
    key = f"invite:{phone.id}:{consent_number(session, phone.id)}"
    until = now + consent.REQUEST_HOLDS
    enqueue_text(session, phone, "invite", rendered, key, now, settings, not_after=until)
