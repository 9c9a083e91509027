"""How many webhooks were refused, and why: kept in stretches of ten minutes, for two days.

A stranger decides how often something is refused, so a process adds up and writes a few rows at most every
ten seconds (`Tally`); what it has not written yet is lost when it is killed.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from assistant.store import Refusal

STRETCH = timedelta(minutes=10)
KEPT = timedelta(days=2)
PAUSE = timedelta(seconds=10)

Why = tuple[str, str]
"""The hook ("twilio", "mail"), and the reason: "signature" (or token), "shape", "too_large", "too_many"."""


class Tally:
    """What one process refused and did not write down yet. Used by many threads at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[Why] = Counter()
        self._next: datetime | None = None

    def add(self, why: Why) -> None:
        """One more."""
        with self._lock:
            self._counts[why] += 1

    def give_back(self, counts: Mapping[Why, int]) -> None:
        """They could not be written down this time."""
        with self._lock:
            self._counts.update(counts)

    def due(self, now: datetime) -> dict[Why, int]:
        """What is to be written down now; empty within ten seconds of the last time."""
        with self._lock:
            if not self._counts or (self._next is not None and now < self._next):
                return {}
            found, self._counts, self._next = dict(self._counts), Counter(), now + PAUSE
            return found


def note(connection: Connection, counts: Mapping[Why, int], now: datetime) -> None:
    """Add them to what is there, also when several processes do it at once; forget what is old."""
    at = datetime.fromtimestamp(
        now.timestamp() // STRETCH.total_seconds() * STRETCH.total_seconds(), now.tzinfo
    )
    new = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    for (hook, reason), times in sorted(counts.items()):
        connection.execute(
            new(Refusal)
            .values(at=at, hook=hook, reason=reason, times=times)
            .on_conflict_do_update(
                index_elements=["at", "hook", "reason"], set_={"times": Refusal.times + times}
            )
        )
    connection.execute(delete(Refusal).where(Refusal.at < now - KEPT))


def refused(session: Session, since: datetime) -> dict[Why, int]:
    """How many since then, by hook and reason."""
    rows = session.execute(
        select(Refusal.hook, Refusal.reason, func.sum(Refusal.times))
        .where(Refusal.at > since)
        .group_by(Refusal.hook, Refusal.reason)
    )
    return {(hook, reason): int(times) for hook, reason, times in rows}
