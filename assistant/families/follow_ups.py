"""What staff do about a family: call them, ask by e-mail instead of by text, pause, send a way in.

Each is kept in the audit by number; the words of a note are sealed, and go with the family.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families.sign_in import new_link
from assistant.families.tell import audited
from assistant.schedule.zones import moment
from assistant.store import Caregiver, Child, FollowUp, Guardianship, Question, Staff
from messages import templates
from messages.outbox import drop_queued, enqueue_mail, enqueue_text, hours_of, language_of
from messages.templates import short_day

# What a follow-up may be for: the lists of what waits (operations.morning), messages that do not arrive,
# the second contact to be reached, or the family's own page.
WHYS = (
    *("delivery", "silent", "deadline", "letter", "opt_out", "disagreement", "school_log"),
    *("second", "family"),
)
LONGEST_NOTE = 500
PAUSES = (7, 14, 30)  # days
Trouble = Literal["", "hours", "consent", "too_many"]


def call(
    session: Session, by: Staff, child_id: int, why: str, note: str, now: datetime, caregiver_id: int | None
) -> bool:
    """Put a family on the call list; False where it is on it already."""
    known = select(FollowUp.id).where(FollowUp.child_id == child_id, FollowUp.done_at.is_(None))
    if session.scalars(known).first() is not None:
        return False
    _keep(session, by, child_id, caregiver_id, "call", why, now, note=note)
    return True


def called(session: Session, by: Staff, row: FollowUp, note: str, now: datetime) -> None:
    """Somebody is done with it."""
    if row.done_at is None:
        row.done_at, row.done_by = now, by.id
        row.note = "\n".join(one for one in (row.note, note) if one)[: 2 * LONGEST_NOTE]
        audited(session, now, f"staff {by.id}", "follow_up_done", f"child {row.child_id}", follow_up=row.id)


def second(session: Session, by: Staff, child_id: int, person: Caregiver, now: datetime) -> bool:
    """Mark that whoever comes next in the family is to be reached in the place of `person`, whom nothing
    reaches: a call to make. False where the family is on the list already; then that call is for it, too.
    """
    if call(session, by, child_id, "second", "", now, person.id):
        return True
    seen_to(session, by, child_id, "second", now, person.id)
    return False


def seen_to(session: Session, by: Staff, child_id: int, why: str, now: datetime, person: int | None) -> None:
    """Nothing more is to be done about it for now."""
    _keep(session, by, child_id, person, "seen", why, now, done=True)


def can_be_mailed(person: Caregiver) -> bool:
    """Whether questions may go by e-mail instead: consent is there, and no STOP to being asked."""
    return person.mails == "in" and bool(person.email) and person.texts in ("in", "invited", "none")


def ask_by_mail(session: Session, by: Staff, child_id: int, person: Caregiver, now: datetime) -> bool:
    """From now on this caregiver is asked by e-mail; what they were asked by text is asked anew.

    False where consent does not cover it. Texts need a new yes of theirs.
    """
    if not can_be_mailed(person):
        return False
    if person.texts != "none":
        person.texts = "none"
        drop_queued(session, person.id, "sms", "asked by e-mail instead")
        session.execute(
            update(Question)
            .where(Question.caregiver_id == person.id, Question.state == "open", Question.channel == "sms")
            .values(close_at=now, remind_at=None)
            .execution_options(synchronize_session="fetch")
        )
    _keep(session, by, child_id, person.id, "mailed", "delivery", now, done=True)
    return True


def pause(
    session: Session, by: Staff, person: Caregiver, days: int, now: datetime, settings: Settings
) -> datetime:
    """No questions to them for so many days, and a text that says so; 0 goes on again at once."""
    if days == 0:
        person.paused_until = None
        audited(session, now, f"staff {by.id}", "family_resumed", f"caregiver {person.id}")
        return now
    zone = ZoneInfo(person.zone)
    day = now.astimezone(zone).date() + timedelta(days=days)
    person.paused_until = moment(day, time(0), zone)
    event = audited(session, now, f"staff {by.id}", "family_paused", f"caregiver {person.id}", days=days)
    language = language_of(person)
    rendered = templates.text(session, "paused", language, {"day": short_day(day, language)})
    enqueue_text(session, person, "plan_changed", rendered, f"paused:{event.id}", now, settings)
    return person.paused_until


def send_link(session: Session, by: Staff, person: Caregiver, now: datetime, settings: Settings) -> Trouble:
    """A sign-in link to the number or address that we know, never to another one; "" where it is on its way.

    By text only in their open hours: they did not ask for it themselves.
    """
    by_text = person.texts == "in" and bool(person.phone)
    if not by_text and not (person.mails == "in" and person.email):
        return "consent"
    if by_text and not hours_of(person, settings).allows(now):
        return "hours"
    link = new_link(session, settings, now, caregiver=person)
    if link is None:
        return "too_many"
    key, language, program = f"link:{link.number}", language_of(person), settings.program.name
    if by_text:
        text = templates.text(session, "link", language, {"link": link.stored})
        enqueue_text(session, person, "link", text, key, now, settings)
    else:
        mail = templates.mail(
            session,
            "staff_link",
            language,
            {"link": link.stored, "program": program, "name": person.name or program},
        )
        enqueue_mail(session, person, "link", mail, key, now)
    audited(session, now, f"staff {by.id}", "link_sent", f"caregiver {person.id}", by_text=by_text)
    return ""


def carer_of(session: Session, child_id: int, caregiver_id: int) -> Caregiver | None:
    """That caregiver, where they care for that child."""
    return session.scalars(
        select(Caregiver)
        .join(Guardianship, Guardianship.caregiver_id == Caregiver.id)
        .where(Guardianship.child_id == child_id, Caregiver.id == caregiver_id)
    ).first()


def child_here(session: Session, number: int) -> Child | None:
    """A child that was not erased."""
    child = session.get(Child, number)
    return child if child is not None and child.erased_at is None else None


def _keep(
    session: Session,
    by: Staff,
    child_id: int,
    caregiver_id: int | None,
    kind: str,
    why: str,
    now: datetime,
    *,
    note: str = "",
    done: bool = False,
) -> None:
    row = FollowUp(
        child_id=child_id,
        caregiver_id=caregiver_id,
        kind=kind,
        why=why,
        note=note[:LONGEST_NOTE],
        created_at=now,
        created_by=by.id,
        done_at=now if done else None,
        done_by=by.id if done else None,
    )
    session.add(row)
    session.flush()
    audited(
        session, now, f"staff {by.id}", f"follow_up_{kind}", f"child {child_id}", follow_up=row.id, why=why
    )
