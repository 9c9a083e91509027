"""How often something may be done, counted in the database so that it holds across all processes.

The count slides: of every stretch of `within`, at most `most`. Keys are kept as keyed hashes.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from assistant.store import Attempt

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_KEPT = timedelta(days=2)  # longer than any stretch that is counted


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` within any such stretch of time."""

    most: int
    within: timedelta


def take(session: Session, secret_key: str, scope: str, key: str, now: datetime, *limits: Limit) -> bool:
    """Whether this may be done once more now; if so it is counted. Only what was let through counts."""
    hashed = hashed_key(secret_key, scope, key)
    one_at_a_time(session, f"{scope} {hashed}")
    if any(_since(session, scope, hashed, now - one.within) >= one.most for one in limits):
        return False
    keep(session, scope, hashed, now)
    return True


def room(session: Session, secret_key: str, scope: str, key: str, now: datetime, *limits: Limit) -> bool:
    """Whether there is room for one more; nothing is counted."""
    hashed = hashed_key(secret_key, scope, key)
    return all(_since(session, scope, hashed, now - one.within) < one.most for one in limits)


def keep(session: Session, scope: str, hashed: str, now: datetime) -> None:
    """Count one; forget those too old to count."""
    session.execute(delete(Attempt).where(Attempt.at < now - _KEPT))
    session.add(Attempt(scope=scope, key=hashed, at=now))
    session.flush()


def latest(session: Session, scope: str, hashed: str, since: datetime) -> tuple[int, datetime | None]:
    """How many there were after `since`, and when the last one was."""
    found = session.execute(
        select(func.count(), func.max(Attempt.at)).where(
            Attempt.scope == scope, Attempt.key == hashed, Attempt.at > since
        )
    ).one()
    return found[0], found[1]


def forget(session: Session, scope: str, hashed: str) -> None:
    """Start counting anew."""
    session.execute(delete(Attempt).where(Attempt.scope == scope, Attempt.key == hashed))


def hashed_key(secret_key: str, scope: str, key: str) -> str:
    """What is kept in the place of a number, an address or a name."""
    return hmac.digest(secret_key.encode(), f"attempt {scope} {key}".encode(), "sha256").hex()[:32]


def one_at_a_time(session: Session, what: str) -> None:
    """Whoever counts the same thing waits until this transaction is over. SQLite has one writer anyway."""
    if session.get_bind().dialect.name != "sqlite":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:what))"), {"what": what})


def _since(session: Session, scope: str, hashed: str, since: datetime) -> int:
    return latest(session, scope, hashed, since)[0]
