"""The contact log: who was talked to, when, how, what was said and promised. Part of the child's record.

A contact is an entry of kind "contact"; putting one right is a new entry that names the number it corrects.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.evidence.log import hold, note
from assistant.store import LogEntry, ServiceLine
from assistant.words import Knows

How = Literal["phone", "email", "in_person", "meeting", "letter", "text", "other"]
HOWS: tuple[How, ...] = get_args(How)
LONGEST = {"who": 80, "title": 80, "said": 2_000, "promised": 600}  # characters
FARTHEST = timedelta(days=366 * 5)  # back; older than that a date is more likely a slip


class ContactError(Exception):
    """A contact cannot be entered; `field` is the one that is the matter."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field}: cannot be entered like this")
        self.field = field


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact as the parent gives it. `day` and `promised_by` are school-local, `at` local as they say it.

    `line` None: about all services. `corrects`: the number of the contact that this one puts right.
    `asked`: the promise is asked about by a question of its own. `answers`: the number of the promise that
    this one tells the end of; `kept` is whether it was kept.
    """

    day: date
    how: How
    said: str
    who: str = ""
    title: str = ""
    at: str = ""
    promised: str = ""
    promised_by: date | None = None
    line: ServiceLine | None = None
    corrects: int | None = None
    asked: bool = False
    answers: int | None = None
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact as the record has it. `corrected_by`: the entry that puts it right, by its number; `answers`:
    the promise whose end it tells.
    """

    number: int
    day: date
    service: str | None
    who: str
    title: str
    at: str
    how: str
    said: str
    promised: str
    promised_by: date | None
    corrects: int | None
    corrected_by: int | None
    recorded_at: datetime
    caregiver_id: int | None
    answers: int | None = None


def add_contact(
    session: Session,
    child_id: int,
    new: NewContact,
    today: date,
    now: datetime,
    *,
    caregiver_id: int | None = None,
    inbound_id: int | None = None,
) -> LogEntry:
    """Enter a contact in the child's record. `today` is the school's or the caregiver's local date.

    Raises ContactError for a day to come, an empty or overlong field, or a number that is no contact.
    """
    _check(new, today)
    hold(session, child_id)
    if new.corrects is not None and new.corrects not in _numbers(session, child_id):
        raise ContactError("corrects")
    about: dict[str, object] = {
        "with": new.who,
        "how": new.how,
        "promised": new.promised,
        "title": new.title,
        "at": new.at,
        "promised_by": new.promised_by.isoformat() if new.promised_by else None,
        "corrects": new.corrects,
    }
    if new.asked:
        about["asked"] = True
    if new.answers is not None:
        about |= {"answers": new.answers, "kept": "yes" if new.kept else "no"}
    return note(
        session,
        child_id,
        "contact",
        new.day,
        about,
        now,
        line=new.line,
        words=new.said,
        knows=Knows.SCHOOL_WROTE if new.how in ("email", "letter", "text") else Knows.SCHOOL_SAID,
        caregiver_id=caregiver_id,
        inbound_id=inbound_id,
    )


def contacts_of(session: Session, child_id: int, *, in_force: bool = False) -> list[Contact]:
    """The child's contacts, newest day first; `in_force`: without those that a later one corrects."""
    rows = session.scalars(
        select(LogEntry)
        .where(LogEntry.child_id == child_id, LogEntry.kind == "contact")
        .order_by(LogEntry.number)
    ).all()
    corrected = {row.content["contact"].get("corrects"): row.number for row in rows}
    found = [_contact(row, corrected.get(row.number)) for row in rows]
    found.sort(key=lambda one: (one.day, one.number), reverse=True)
    return [one for one in found if not in_force or one.corrected_by is None]


def open_promises(session: Session, child_id: int) -> list[Contact]:
    """Promises of the school with a day of which nobody has told whether they were kept, by their day.

    Those of minutes are left out: a question asks about them.
    """
    rows = session.scalars(
        select(LogEntry).where(LogEntry.child_id == child_id, LogEntry.kind == "contact")
    ).all()
    told = {row.content["contact"].get("answers") for row in rows}
    asked = {row.number for row in rows if row.content["contact"].get("asked")}
    found = [
        one
        for one in contacts_of(session, child_id, in_force=True)
        if one.promised_by is not None and one.number not in told | asked
    ]
    return sorted(found, key=lambda one: (one.promised_by or one.day, one.number))


def _contact(row: LogEntry, corrected_by: int | None) -> Contact:
    about = row.content["contact"]
    by = about.get("promised_by")
    return Contact(
        number=row.number,
        day=row.day,
        service=row.content["service"],
        who=about.get("with", ""),
        title=about.get("title", ""),
        at=about.get("at", ""),
        how=about.get("how", "other"),
        said=row.words,
        promised=about.get("promised", ""),
        promised_by=date.fromisoformat(by) if by else None,
        corrects=about.get("corrects"),
        corrected_by=corrected_by,
        recorded_at=row.recorded_at,
        caregiver_id=row.caregiver_id,
        answers=about.get("answers"),
    )


def _check(new: NewContact, today: date) -> None:
    if not today - FARTHEST <= new.day <= today:
        raise ContactError("day")
    if new.how not in HOWS:
        raise ContactError("how")
    if not new.said.strip():
        raise ContactError("said")
    for field, longest in LONGEST.items():
        if len(getattr(new, field)) > longest:
            raise ContactError(field)
    if new.promised_by is not None and (new.promised_by < new.day or not new.promised.strip()):
        raise ContactError("promised_by")


def _numbers(session: Session, child_id: int) -> set[int]:
    return set(
        session.scalars(
            select(LogEntry.number).where(LogEntry.child_id == child_id, LogEntry.kind == "contact")
        )
    )
