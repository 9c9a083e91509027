"""Brakes on automatic answers: two machines must not talk all night, and nobody is told the same thing twice.

Counted for each caregiver over the last hour. Answers that record something need an open question each, so a
machine cannot go on getting them; they have a wider limit of their own, and so has setting a family up.
What the carriers' rules oblige us to say (STOP, HELP) is neither counted nor held back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.store import Caregiver, OutgoingMessage
from messages.alerts import raise_alert
from messages.outbox import DUTIES

HOUR = timedelta(hours=1)
SAME_AGAIN = timedelta(minutes=10)
RECORDED_AN_HOUR = 12
JOINING_AN_HOUR = 40  # setting up a family by text is a long conversation
_RECORDED = frozenset({"confirm", "mark", "make_up"})
_JOINING = frozenset({"join", "joined"})
LOOP = "reply_loop"


def brake(
    session: Session, caregiver: Caregiver, kind: str, body: str, now: datetime, settings: Settings
) -> Literal["", "too_many", "said_already"]:
    """Why this answer must not go out, "" where it may. Too many in an hour opens an alert."""
    if kind in DUTIES:
        return ""
    recent = session.execute(
        select(OutgoingMessage.kind, OutgoingMessage.body, OutgoingMessage.created_at).where(
            OutgoingMessage.caregiver_id == caregiver.id,
            OutgoingMessage.channel == "sms",
            OutgoingMessage.dedupe_key.startswith("reply:"),
            # Those that wait for the morning would all leave within one hour.
            or_(
                OutgoingMessage.created_at > now - HOUR,
                OutgoingMessage.sent_at > now - HOUR,
                OutgoingMessage.state == "queued",
            ),
        )
    ).all()
    alike = [one for one in recent if one.kind not in DUTIES and _group(one.kind) == _group(kind)]
    if len(alike) >= {"join": JOINING_AN_HOUR, "recorded": RECORDED_AN_HOUR}.get(
        _group(kind), settings.sms.replies_an_hour
    ):
        raise_alert(session, LOOP, now, subject=f"caregiver {caregiver.id}", kind_of_answer=kind)
        return "too_many"
    words = _words(body)
    # While a family is set up, a step that was not understood is asked again; that has a limit of its own.
    if _group(kind) != "join" and any(
        one.created_at > now - SAME_AGAIN and _words(one.body) == words for one in recent
    ):
        return "said_already"
    return ""


def _group(kind: str) -> str:
    return "join" if kind in _JOINING else "recorded" if kind in _RECORDED else "other"


def _words(body: str) -> str:
    return " ".join(body.casefold().split())
