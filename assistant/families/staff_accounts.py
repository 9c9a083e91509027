"""Who belongs to the centre, and as what. Owners change others, never themselves.

So nobody raises themselves, and an owner always stays: the one who made the change. The operator at the
command line is above this: whoever can reach the database can make an owner again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families.attempts import one_at_a_time
from assistant.families.roles import Role
from assistant.families.sign_in import STAFF_IDLE, STAFF_LASTS, end_all, new_link
from assistant.families.staff_access import reset
from assistant.families.tell import audited
from assistant.store import Caregiver, SignIn, Staff
from messages import templates
from messages.outbox import STAFF_LINK, enqueue_mail, language_of

LINK_LASTS = timedelta(hours=1)
MOST = 200  # members of staff that a page shows
Why = Literal["email", "known", "self", "not_owner", "gone"]


class StaffError(ValueError):
    """A change of staff that cannot be; `key` says why."""

    def __init__(self, key: Why) -> None:
        super().__init__(key)
        self.key = key


def everyone(session: Session) -> list[Staff]:
    """All who belong to the centre, then those who have left."""
    return list(
        session.scalars(select(Staff).order_by(Staff.ended_at.is_not(None), Staff.id).limit(MOST)).all()
    )


def invite(session: Session, by: Staff, typed: str, role: Role, settings: Settings, now: datetime) -> str:
    """Somebody new, or back again, as `role`: they are mailed the link to their set-up, which is returned as
    well. Raises StaffError.
    """
    _hold(session, by)
    try:
        email = _email(typed)
    except ValueError:
        raise StaffError("email") from None
    known = session.scalars(select(Staff).where(Staff.email == email)).first()
    if known is not None and known.ended_at is None:
        raise StaffError("known")
    staff = known_or_new(session, email, role, now, f"staff {by.id}")
    make(session, staff, role, now, f"staff {by.id}")
    return _mailed_way_in(session, by, staff, settings, now)


def change_role(session: Session, by: Staff, number: int, role: Role, now: datetime) -> Staff:
    """Make somebody else what they are from now on; their sessions see it at once. Raises StaffError."""
    staff = _other(session, by, number)
    make(session, staff, role, now, f"staff {by.id}")
    return staff


def take_second_factor(session: Session, by: Staff, number: int, settings: Settings, now: datetime) -> str:
    """Somebody else lost their phone: their way in is taken away; returns the new link, mailed too."""
    staff = _other(session, by, number)
    take_way_in(session, staff, now, f"staff {by.id}")
    return _mailed_way_in(session, by, staff, settings, now)


def end_access(session: Session, by: Staff, number: int, now: datetime) -> Staff:
    """Somebody else has left. Raises StaffError."""
    staff = _other(session, by, number)
    end(session, staff, now, f"staff {by.id}")
    return staff


def sessions_of(session: Session, staff: Staff, now: datetime) -> list[SignIn]:
    """Where somebody is signed in at present, the newest first."""
    return list(
        session.scalars(
            select(SignIn)
            .where(
                SignIn.staff_id == staff.id,
                SignIn.stage == "",
                SignIn.ended_at.is_(None),
                SignIn.spent_at > now - STAFF_LASTS,
                SignIn.seen_at > now - STAFF_IDLE,
            )
            .order_by(SignIn.id.desc())
            .limit(20)
        )
    )


# What the command line and the pages share; `by` is for the audit.


def known_or_new(session: Session, typed: str, role: str, now: datetime, by: str) -> Staff:
    """The member of staff with that address, who is back if they had left; else a new one.

    Raises ValueError for what is no e-mail address.
    """
    email = _email(typed)
    staff = session.scalars(select(Staff).where(Staff.email == email)).first()
    if staff is None:
        staff = Staff(email=email, role=Role(role), created_at=now, ended_at=None)
        session.add(staff)
        session.flush()
        audited(session, now, by, "staff_created", f"staff {staff.id}", role=staff.role)
    staff.ended_at = None
    return staff


def make(session: Session, staff: Staff, role: Role, now: datetime, by: str) -> None:
    """Give a role."""
    if staff.role != role:
        audited(session, now, by, "staff_role", f"staff {staff.id}", before=staff.role, after=role.value)
        staff.role = role.value
        session.flush()


def take_way_in(session: Session, staff: Staff, now: datetime, by: str) -> None:
    """Take password, second factor and spare codes away, and end every session."""
    reset(session, staff, now)
    audited(session, now, by, "staff_reset", f"staff {staff.id}")


def end(session: Session, staff: Staff, now: datetime, by: str) -> None:
    """They have left; nothing of theirs opens anything any more."""
    reset(session, staff, now)
    end_all(session, now, staff_id=staff.id)
    staff.ended_at = now
    audited(session, now, by, "staff_ended", f"staff {staff.id}")


def way_in(session: Session, staff: Staff, settings: Settings, now: datetime) -> str:
    """The address of a link to set up a password and a phone: a secret, good once within the hour."""
    link = new_link(session, settings, now, staff=staff, good_for=LINK_LASTS)
    assert link is not None  # only a caregiver's links are counted
    return link.address


def _mailed_way_in(session: Session, by: Staff, staff: Staff, settings: Settings, now: datetime) -> str:
    """The same, mailed to them as well. The message holds a stand-in for the secret, as every link's does."""
    link = new_link(session, settings, now, staff=staff, good_for=LINK_LASTS)
    assert link is not None
    person = addressee(session, staff, by, settings, now)
    values = {"link": link.stored, "program": settings.program.name}
    mail = templates.mail(session, "staff_invite", language_of(person), values)
    until = now + LINK_LASTS
    key = f"staff_link:{link.number}"
    enqueue_mail(session, person, STAFF_LINK, mail, key, now, not_after=until, to=staff.email)
    return link.address


def addressee(session: Session, staff: Staff, by: Staff, settings: Settings, now: datetime) -> Caregiver:
    """Whose row of the outbox it is: nobody's parent, asked nothing, as of a phone for test texts."""
    found = session.get(Caregiver, staff.caregiver_id) if staff.caregiver_id else None
    if found is None:
        language = staff.language or by.language or settings.program.languages[0]
        found = Caregiver(
            name="", phone=None, email=None, language=language,
            zone=settings.program.zone, for_tests=True, created_at=now,
        )  # fmt: skip
        session.add(found)
        session.flush()
        staff.caregiver_id = found.id
    return found


def _email(typed: str) -> str:
    try:
        return validate_email(typed, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise ValueError(f'"{typed}" is no e-mail address, expected one like ana@example.org') from None


def _hold(session: Session, by: Staff) -> None:
    """One change of staff at a time, by who is an owner still: two owners might else end each other."""
    one_at_a_time(session, "staff accounts")
    session.refresh(by)
    if by.role != Role.OWNER or by.ended_at is not None:
        raise StaffError("not_owner")


def _other(session: Session, by: Staff, number: int) -> Staff:
    _hold(session, by)
    if number == by.id:
        raise StaffError("self")
    staff = session.get(Staff, number)
    if staff is None or staff.ended_at is not None:
        raise StaffError("gone")
    return staff
