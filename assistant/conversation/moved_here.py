"""JOIN from a new phone: a caregiver asked on their page that we text it; it answers with the page's number.

Only the number on the page moves them, "JOIN 4821": somebody who got our text by a slip of the pen and says
JOIN is told so once, and neither moved nor enrolled.
"""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families import addresses
from assistant.replies.normalise import fold
from assistant.replies.special import joins, not_an_answer
from assistant.store import Caregiver, InboundText
from assistant.words import Intent
from messages import templates
from messages.outbox import TO_CONFIRM, enqueue_text, language_of

_JOIN_AND_NUMBER = re.compile(r"\s*([^\W\d]+)\W*(\d{4})?\W*", re.ASCII)


def moves(session: Session, inbound: InboundText, now: datetime, settings: Settings) -> bool:
    """Whether a stranger's text is a JOIN from a phone that somebody wants texts on; it is dealt with."""
    row = addresses.asked_from(session, inbound.from_address, now) if inbound.channel == "sms" else None
    if row is None:
        return False
    if _stops(inbound):
        addresses.refused(session, row)  # whoever has the phone does not want it; it stays a stranger's text
        return False
    said = _JOIN_AND_NUMBER.fullmatch(inbound.body)
    if said is None or joins(said[1]) is None:
        return False
    link, phone = row.link_hash[:24], row.address
    inbound.meaning = {"intent": "new_number", "why": [], "answers": []}
    person = addresses.confirm_from(session, row, said[2], now, settings) if said[2] else None
    if person is not None:
        inbound.caregiver_id = person.id
        _say(session, person, "moved_here", f"moved_here:{link}", phone, now, settings)
    else:
        owner = session.get_one(Caregiver, row.caregiver_id)
        _say(session, owner, "join_number", f"join_number:{link}", phone, now, settings)
    return True


def _stops(inbound: InboundText) -> bool:
    found = not_an_answer(inbound.body, fold(inbound.body), False)
    return inbound.opt_out_type.upper() == "STOP" or (found is not None and found[0] is Intent.OPT_OUT)


def _say(
    session: Session, person: Caregiver, key: str, dedupe: str, phone: str, now: datetime, settings: Settings
) -> None:
    text = templates.text(session, key, language_of(person), {"program": settings.program.name})
    enqueue_text(session, person, TO_CONFIRM, text, dedupe, now, settings, to=phone)
