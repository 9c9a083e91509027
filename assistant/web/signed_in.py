"""Who is signed in: the number of a session row in the signed cookie, and nothing else."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, request
from flask import session as cookie
from sqlalchemy.orm import Session

from assistant.families.sign_in import begin, find, is_fresh, is_used, session_of, spend
from assistant.store import Caregiver, SignIn, Staff
from assistant.web.current import the_house

_KEY = "sign_in"
FRESH = timedelta(hours=1)


def press(session: Session, token: str, *, staff: bool) -> bool:
    """Spend a sign-in link of that kind and begin its session; False where it opens nothing.

    A link that is pressed at the other kind's door stays good.
    """
    now = the_house().clock.now()
    row = find(session, token, now)
    if row is None or (row.staff_id is not None) != staff or spend(session, token, now) is None:
        return False
    if staff:
        row.stage = "link"  # it opens the set-up of their password and second factor, nothing else
    begin_session(row)
    return True


def begin_session(row: SignIn) -> None:
    """From now on this browser is signed in by that row; nothing of the cookie before stays."""
    cookie.clear()
    cookie[_KEY] = row.id
    cookie.permanent = True


def install(app: Flask) -> None:
    """Note that sessions are in use; one that is not for long enough is over."""

    @app.before_request
    def used() -> None:
        if request.endpoint == "static" or _KEY not in cookie:
            return
        house = the_house()
        with house.store.read() as session:
            row = _row(session)
        if row is not None and not is_fresh(row, house.clock.now()):
            with house.store.write() as session:
                is_used(session, row, house.clock.now())


def caregiver_here(session: Session) -> Caregiver | None:
    """The caregiver who is signed in on this browser."""
    row = _row(session)
    return session.get(Caregiver, row.caregiver_id) if row and row.caregiver_id else None


def staff_here(session: Session) -> Staff | None:
    """The member of staff who is signed in on this browser, while they belong to the centre."""
    found = staff_at(session, "")
    return found[1] if found else None


def staff_at(session: Session, stage: str) -> tuple[SignIn, Staff] | None:
    """The member of staff who has come so far on this browser ("link", "password", "" for in)."""
    row = _row(session)
    person = session.get(Staff, row.staff_id) if row and row.staff_id and row.stage == stage else None
    return (row, person) if row and person and person.ended_at is None else None


def go_on(session: Session, before: SignIn | None, staff: Staff, stage: str) -> None:
    """A new session with a new number for every step of the way in; the one before is over."""
    now = the_house().clock.now()
    if before is not None:
        before.ended_at = now
    begin_session(begin(session, staff.id, now, stage))


def signed_in_lately(session: Session) -> bool:
    """Whether this browser signed in within the last hour. A phone or a browser may be another's by now: an
    evidence file, everything, another number or address and an erasure ask for a new link first; what staff
    cannot undo asks for their password and code.
    """
    row = _row(session)
    since = row.spent_at if row else None
    return since is not None and the_house().clock.now() - since < FRESH


def session_number() -> int | None:
    """The number of this browser's session row, as its cookie has it."""
    number = cookie.get(_KEY)
    return number if isinstance(number, int) else None


def sign_out(session: Session) -> None:
    """End this session, here and wherever its cookie was copied to."""
    row = _row(session)
    if row is not None:
        row.ended_at = the_house().clock.now()
    cookie.clear()


def _row(session: Session) -> SignIn | None:
    return session_of(session, cookie.get(_KEY), the_house().clock.now())
