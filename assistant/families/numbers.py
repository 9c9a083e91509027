"""A phone number that is not (any longer) the person's: nothing more is sent to it, no child is named.

Consent belongs to the person who gave it and ends with the number.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families import consent
from assistant.families.household import close_questions
from assistant.families.sign_in import end_all
from assistant.families.tell import audited
from assistant.store import Caregiver, Enrolment, Invitation
from messages import templates
from messages.outbox import enqueue_mail, enqueue_text, language_of

# Where families of the United States live by the clock.
ZONES = (
    "America/Los_Angeles",
    "America/Denver",
    "America/Phoenix",
    "America/Chicago",
    "America/New_York",
    "America/Anchorage",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
)


def changed_hands(
    session: Session, caregiver: Caregiver, words: str, key: str, now: datetime, settings: Settings
) -> None:
    """Whoever has the phone says that it is the wrong number: one apology, and the number is let go.

    Who joins from it later begins anew and learns nothing. The family keeps its log; where it agreed to
    e-mail it is told.
    """
    consent.opt_out(session, caregiver, "sms", "wrong number", words, now)
    program = settings.program.name
    sorry = templates.text(session, "wrong_number", language_of(caregiver), {"program": program})
    enqueue_text(session, caregiver, "wrong_number", sorry, key, now, settings)
    values = {"program": program, "name": caregiver.name or program}
    mail = templates.mail(session, "number_lost", language_of(caregiver), values)
    enqueue_mail(session, caregiver, "number_lost", mail, f"number_lost:{key}", now)
    caregiver.phone = None
    end_all(session, now, caregiver_id=caregiver.id)
    close_questions(session, caregiver.id, now)
    for table in (Enrolment, Invitation):
        values_of = {"state": "dropped", "nudge_at": None} if table is Enrolment else {"state": "gone"}
        session.execute(
            update(table)
            .where(table.caregiver_id == caregiver.id, table.state == "open")
            .values(**values_of)
            .execution_options(synchronize_session="fetch")
        )
    audited(session, now, "caregiver", "number_let_go", f"caregiver {caregiver.id}")


def zone_of(phone: str, settings: Settings) -> str:
    """Where a number of the United States says it is from, as a time zone; else the program's own zone.

    People take their numbers along when they move: it is a first guess, and the page can change it.
    """
    from phonenumbers import NumberParseException, parse
    from phonenumbers.timezone import time_zones_for_number  # its tables are large, and rarely needed

    try:
        found = time_zones_for_number(parse(phone, None))
    except NumberParseException:
        return settings.program.zone
    known = [name for name in found if name in ZONES]
    return known[0] if known else settings.program.zone
