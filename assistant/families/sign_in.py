"""Sign-in links: a secret that is sent to the number or address we know, good for one press within minutes.

Only the hash of the token is kept, and the message that carries it holds a stand-in until it leaves
(messages.one_time): who reads the database cannot sign in with it. Opening the link spends nothing (previews
and scanners open links); the press does.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.store import Caregiver, SignIn, Staff
from messages.one_time import new_nonce, stored_link, token_of

GOOD_FOR = timedelta(minutes=10)  # of a link to a phone or mailbox
LASTS = timedelta(days=30)  # of the session that it opens, on the family's own phone
IDLE = timedelta(days=14)  # a session that nobody used for so long is over
STAFF_LASTS = timedelta(hours=12)
STAFF_IDLE = timedelta(hours=1)
STEP_LASTS = timedelta(minutes=15)  # of a sign-in of staff that is not finished
MOST_AN_HOUR = 5  # links to one person; more are not made, and nobody is told
_SEEN_AGAIN = timedelta(minutes=1)  # that a session is in use is written down so often at most


@dataclass(frozen=True, slots=True)
class Link:
    """A new link: its number, the address that opens it (a secret), and that address as messages store it."""

    number: int
    address: str
    stored: str
    nonce: str


def new_link(
    session: Session,
    settings: Settings,
    now: datetime,
    *,
    caregiver: Caregiver | None = None,
    staff: Staff | None = None,
    good_for: timedelta = GOOD_FOR,
    most: int = MOST_AN_HOUR,
) -> Link | None:
    """A new sign-in link, for exactly one of the two; None after too many within the hour."""
    if caregiver is not None and _recent(session, caregiver.id, now) >= most:
        return None
    nonce = new_nonce()
    token = token_of(nonce, settings.server.secret_key)
    row = SignIn(
        caregiver_id=caregiver.id if caregiver else None,
        staff_id=staff.id if staff else None,
        token_hash=_hash(token),
        created_at=now,
        expires_at=now + good_for,
    )
    session.add(row)
    session.flush()
    start = f"{settings.base_url()}/{'admin' if staff else 'family'}"
    return Link(row.id, f"{start}/enter/{token}", f"{start}{stored_link(nonce)}", nonce)


def find(session: Session, token: str, now: datetime) -> SignIn | None:
    """The link with this token while it may still be pressed."""
    row = session.scalars(select(SignIn).where(SignIn.token_hash == _hash(token))).first()
    return row if row is not None and _usable(row, now) else None


def find_number(session: Session, number: int | None, now: datetime) -> SignIn | None:
    """The link with this number while it may still be pressed."""
    row = session.get(SignIn, number) if number is not None else None
    return row if row is not None and _usable(row, now) else None


def _usable(row: SignIn, now: datetime) -> bool:
    return row.spent_at is None and row.ended_at is None and now < row.expires_at


def spend(session: Session, token: str, now: datetime) -> SignIn | None:
    """Press the link: once, by whoever is first. Returns the session that it opens, or None."""
    row = find(session, token, now)
    return spend_row(session, row, now) if row is not None else None


def spend_row(session: Session, row: SignIn, now: datetime) -> SignIn | None:
    """Open the session of this link, by whoever is first."""
    mine = session.execute(
        update(SignIn)
        .where(SignIn.id == row.id, SignIn.spent_at.is_(None))
        .values(spent_at=now, seen_at=now)
        .execution_options(synchronize_session="fetch")
    )
    return row if getattr(mine, "rowcount", 0) == 1 else None


def session_of(session: Session, number: object, now: datetime) -> SignIn | None:
    """The signed-in session with that number, while it lasts."""
    row = session.get(SignIn, number) if isinstance(number, int) else None
    if row is None or row.spent_at is None or row.ended_at is not None:
        return None
    lasts, idle = (STAFF_LASTS, STAFF_IDLE) if row.staff_id else (LASTS, IDLE)
    if row.stage:
        lasts = STEP_LASTS
    return row if now < row.spent_at + lasts and now < (row.seen_at or row.spent_at) + idle else None


def is_fresh(row: SignIn, now: datetime) -> bool:
    """Whether it was noted a moment ago that this session is in use."""
    return row.seen_at is not None and now < row.seen_at + _SEEN_AGAIN


def is_used(session: Session, row: SignIn, now: datetime) -> None:
    """Note that a session is in use."""
    session.execute(update(SignIn).where(SignIn.id == row.id).values(seen_at=now))


def begin(session: Session, staff_id: int, now: datetime, stage: str) -> SignIn:
    """A session of staff that no link opened: after a password, or after the second factor."""
    row = SignIn(
        caregiver_id=None,
        staff_id=staff_id,
        token_hash=_hash(new_nonce()),  # of nothing that anybody was given
        created_at=now,
        expires_at=now,
        spent_at=now,
        seen_at=now,
        stage=stage,
    )
    session.add(row)
    session.flush()
    return row


def end_all(
    session: Session,
    now: datetime,
    *,
    caregiver_id: int | None = None,
    staff_id: int | None = None,
    keep: int | None = None,
) -> None:
    """No link and no session of this person opens anything any more, but session `keep`."""
    whose = SignIn.caregiver_id == caregiver_id if caregiver_id else SignIn.staff_id == staff_id
    session.execute(
        update(SignIn)
        .where(whose, SignIn.ended_at.is_(None), SignIn.id != (keep or 0))
        .values(ended_at=now)
        .execution_options(synchronize_session="fetch")
    )


def sessions_of(session: Session, caregiver_id: int, now: datetime) -> list[SignIn]:
    """Where a caregiver is signed in now, the one used last first."""
    rows = session.scalars(
        select(SignIn)
        .where(
            SignIn.caregiver_id == caregiver_id,
            SignIn.spent_at > now - LASTS,
            SignIn.ended_at.is_(None),
        )
        .order_by(SignIn.seen_at.desc(), SignIn.id.desc())
        .limit(50)
    )
    return [row for row in rows if session_of(session, row.id, now) is not None]


def _recent(session: Session, caregiver_id: int, now: datetime) -> int:
    return session.scalars(
        select(func.count())
        .select_from(SignIn)
        .where(SignIn.caregiver_id == caregiver_id, SignIn.created_at > now - timedelta(hours=1))
    ).one()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
