"""Sign-in links: a secret that is sent to the number or address we know, good for one press within minutes.

The token follows from the row and the server's secret key, so it cannot be guessed, and only its hash is
kept: who reads the database cannot sign in with it. Opening the link spends nothing (previews and scanners
open links); the press does.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.store import Caregiver, SignIn, Staff

GOOD_FOR = timedelta(minutes=10)  # of a link to a phone or mailbox
LASTS = timedelta(days=30)  # of the session that it opens, on the family's own phone
STAFF_LASTS = timedelta(hours=12)
MOST_AN_HOUR = 5  # links to one person; more are not made, and nobody is told
MOST_BY_PAGE = 2  # of these, where a page asks: anybody can type a number, and must not use them up


@dataclass(frozen=True, slots=True)
class Link:
    """A new link: its number, and the address that opens it (a secret)."""

    number: int
    address: str


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
    row = SignIn(
        caregiver_id=caregiver.id if caregiver else None,
        staff_id=staff.id if staff else None,
        token_hash="",
        created_at=now,
        expires_at=now + good_for,
    )
    row.token_hash = f"new {now.isoformat()} {row.caregiver_id} {row.staff_id}"
    session.add(row)
    session.flush()
    token = _token(settings, row)
    row.token_hash = _hash(token)
    session.flush()
    return Link(row.id, f"{settings.base_url()}/{'admin' if staff else 'family'}/enter/{token}")


def find(session: Session, token: str, now: datetime) -> SignIn | None:
    """The link with this token while it may still be pressed."""
    row = session.scalars(select(SignIn).where(SignIn.token_hash == _hash(token))).first()
    usable = row is not None and row.spent_at is None and row.ended_at is None and now < row.expires_at
    return row if usable else None


def spend(session: Session, token: str, now: datetime) -> SignIn | None:
    """Press the link: once, by whoever is first. Returns the session that it opens, or None."""
    row = find(session, token, now)
    if row is None:
        return None
    mine = session.execute(
        update(SignIn)
        .where(SignIn.id == row.id, SignIn.spent_at.is_(None))
        .values(spent_at=now)
        .execution_options(synchronize_session="fetch")
    )
    return row if getattr(mine, "rowcount", 0) == 1 else None


def session_of(session: Session, number: object, now: datetime) -> SignIn | None:
    """The signed-in session with that number, while it lasts."""
    row = session.get(SignIn, number) if isinstance(number, int) else None
    if row is None or row.spent_at is None or row.ended_at is not None:
        return None
    return row if now < row.spent_at + (STAFF_LASTS if row.staff_id else LASTS) else None


def end_all(session: Session, caregiver_id: int, now: datetime) -> None:
    """No link and no session of this caregiver opens anything any more."""
    session.execute(
        update(SignIn)
        .where(SignIn.caregiver_id == caregiver_id, SignIn.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session="fetch")
    )


def _recent(session: Session, caregiver_id: int, now: datetime) -> int:
    return session.scalars(
        select(func.count())
        .select_from(SignIn)
        .where(SignIn.caregiver_id == caregiver_id, SignIn.created_at > now - timedelta(hours=1))
    ).one()


def _token(settings: Settings, row: SignIn) -> str:
    body = f"sign-in {row.id} {row.caregiver_id} {row.staff_id} {row.created_at.isoformat()}"
    secret = settings.server.secret_key.encode()
    return urlsafe_b64encode(hmac.digest(secret, body.encode(), "sha256")[:18]).decode()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
