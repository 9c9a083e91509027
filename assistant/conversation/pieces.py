"""Texts in pieces, cut short, or only a picture: put together before they are read, or asked for.

A piece is joined to its neighbour only where nothing was logged yet and nothing of ours was sent in between:
better ask back than log half a sentence.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from assistant.conversation.answers import Context
from assistant.replies.carried import joined, looks_cut
from assistant.replies.normalise import fold, words_only
from assistant.replies.special import not_an_answer
from assistant.store import InboundText, LogEntry, OutgoingMessage
from messages import templates

TOGETHER = timedelta(seconds=90)
PART_LOST = "30009"  # https://www.twilio.com/docs/api/errors/30009
_GOES_ON = re.compile(r"^(?:\.\.|(?:and|but|because|cause|bc|so|then|or|y|pero|porque|o|entonces|que)\b)")
_BARE = re.compile(r"[0-9]{1,3}|yes|no|y|n|si|yep|nope|[a-z][0-9](?: [a-z][0-9])*|\?")


def put_together(session: Session, inbound: InboundText, now: datetime) -> None:
    """Make the text whole, if it came in pieces; the others are marked as parts and keep their words."""
    if inbound.channel != "sms":
        return
    parts = [*_before(session, inbound), inbound, *_after(session, inbound)]
    if len(parts) == 1:
        return
    inbound.raw = inbound.raw or inbound.body
    inbound.body = joined([part.body for part in parts])
    for part in parts:
        if part is not inbound:
            part.part_of, part.handled_at = inbound.id, part.handled_at or now
            part.meaning = {"intent": "continued", "why": [], "answers": []}
            part.needs_staff, part.flag = False, ""


def needs_words(context: Context) -> bool:
    """Whether there is nothing to read: a part was lost, or there is only a picture. Then it is asked for."""
    inbound = context.inbound
    if inbound.error_code == PART_LOST:
        key, said = "cut_off", f"reply:{inbound.id}"
    elif inbound.media and not inbound.body.strip():
        # Once a question: three pictures in a row are not answered three times.
        key, said = "picture", f"picture:{context.question.id if context.question else inbound.id}"
    else:
        return False
    inbound.meaning = {"intent": key, "why": [], "answers": []}
    if context.items:
        context.send("ask_back", templates.text(context.session, key, context.language, {}), key=said)
    else:
        context.flag(key)
    return True


def _after(session: Session, inbound: InboundText) -> list[InboundText]:
    """The unread texts that go on with a text that looks cut."""
    found: list[InboundText] = []
    last = inbound
    while looks_cut(last.body):
        following = session.scalars(
            select(InboundText)
            .where(
                InboundText.from_address == inbound.from_address,
                InboundText.channel == "sms",
                InboundText.handled_at.is_(None),
                InboundText.received_at.between(last.received_at, last.received_at + TOGETHER),
                InboundText.id.not_in([inbound.id, *(one.id for one in found)]),
            )
            .order_by(InboundText.received_at, InboundText.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if following is None or stands_alone(following.body):
            break
        found.append(following)
        last = following
    return found


def _before(session: Session, inbound: InboundText) -> list[InboundText]:
    """The text that this one goes on with: read, not understood, and answered by nobody since."""
    earlier = session.scalars(
        select(InboundText)
        .where(
            InboundText.from_address == inbound.from_address,
            InboundText.channel == "sms",
            InboundText.handled_at.is_not(None),
            InboundText.part_of.is_(None),
            InboundText.id != inbound.id,
            InboundText.received_at.between(inbound.received_at - TOGETHER, inbound.received_at),
        )
        .order_by(InboundText.received_at.desc(), InboundText.id.desc())
        .limit(1)
    ).first()
    if earlier is None or (earlier.meaning or {}).get("intent") != "unclear" or stands_alone(inbound.body):
        return []
    if not (looks_cut(earlier.body) or _GOES_ON.match(fold(inbound.body))):
        return []
    logged = select(LogEntry.id).where(LogEntry.inbound_id == earlier.id)
    spoken = select(OutgoingMessage.id).where(
        OutgoingMessage.caregiver_id == inbound.caregiver_id,
        OutgoingMessage.channel == "sms",
        OutgoingMessage.sent_at.between(earlier.received_at, inbound.received_at),
    )
    return [] if session.scalar(select(exists(logged) | exists(spoken))) else [earlier]


def stands_alone(text: str) -> bool:
    """Whether a text is a whole one for sure: a bare answer, a keyword, a command, a reaction."""
    folded = fold(text)
    return bool(_BARE.fullmatch(words_only(folded))) or not_an_answer(text, folded, True) is not None
