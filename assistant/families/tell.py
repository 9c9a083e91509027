"""Telling the parents what changed in the plan: one text or e-mail a caregiver and change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.store import AuditEvent, Caregiver, Child, Guardianship
from assistant.words import Language
from messages import templates
from messages.outbox import enqueue_mail, enqueue_text, language_of
from messages.templates import short_day, word

Kind = Literal["plan_changed", "renewal"]
Saying = Callable[[Language], str]
_MOST_DAYS = 3  # named one by one; more are told by the first and the last


def tell(
    session: Session,
    child_id: int,
    say: Saying,
    audit: AuditEvent,
    now: datetime,
    settings: Settings,
    kind: Kind = "plan_changed",
) -> None:
    """Tell every caregiver of the child, in their language, what changed. `audit` is the change's own record.

    Who takes texts gets a text, who takes only e-mail an e-mail; the key is the change, so it is told once.
    """
    child = session.get_one(Child, child_id)
    people = session.scalars(
        select(Caregiver)
        .join(Guardianship, Guardianship.caregiver_id == Caregiver.id)
        .where(Guardianship.child_id == child_id)
        .order_by(Guardianship.position)
    )
    for person in people:
        tell_one(session, person, child.nickname, say, audit, now, settings, kind)


def tell_one(
    session: Session,
    person: Caregiver,
    nickname: str,
    say: Saying,
    audit: AuditEvent,
    now: datetime,
    settings: Settings,
    kind: Kind = "plan_changed",
) -> None:
    """The same for one caregiver. `nickname` is the child's, or several children's."""
    language = language_of(person)
    values = {"child": nickname, "change": say(language)}
    key = f"change:{audit.id}:{person.id}:{nickname}"
    if person.texts == "in":
        rendered = templates.text(session, kind, language, values)
        enqueue_text(session, person, kind, rendered, key, now, settings)
        return
    values["name"] = person.name or nickname
    rendered = templates.mail(session, kind, language, values)
    enqueue_mail(session, person, kind, rendered, key, now)


def days_phrase(days: Sequence[date], language: Language) -> str:
    """A few days one by one, many by the first and the last: "Mon 10/12 and Tue 10/13"."""
    shown = [short_day(day, language) for day in dict.fromkeys(days)]
    if len(shown) > _MOST_DAYS:
        return word("short_span", language, first=shown[0], last=shown[-1])
    if len(shown) == 1:
        return shown[0]
    return f"{', '.join(shown[:-1])} {word('and', language)} {shown[-1]}"


def audited(
    session: Session, now: datetime, by: str, kind: str, subject: str, **detail: object
) -> AuditEvent:
    """Keep who changed what, and return the event with its number."""
    event = AuditEvent(at=now, actor=by, kind=kind, subject=subject, detail=detail)
    session.add(event)
    session.flush()
    return event
