"""APScheduler as a metronome: one interval job that calls `run_pass`, in one process at a time.

APScheduler holds no truth: its store is memory, and what is due stands in our tables. No session time is ever
one of its triggers (they skip and double hours at clock changes). A lease in the database keeps a second
process from ticking at the same time; when its holder dies, the lease runs out and another takes over.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from datetime import datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.store import Fact, Store

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)


class Metronome:
    """Calls `tick` every `settings.jobs.tick_seconds` seconds while this process holds the lease."""

    def __init__(self, store: Store, clock: Clock, settings: Settings, tick: Callable[[], object]) -> None:
        self._store, self._clock, self._tick = store, clock, tick
        self._me = f"{os.uname().nodename}:{os.getpid()}"
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._scheduler.add_job(
            self.beat,
            "interval",
            seconds=settings.jobs.tick_seconds,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )

    def start(self) -> None:
        """Begin; the first beat comes at once, in this thread, so that what is due is done when we return."""
        self.beat()
        self._scheduler.start()

    def stop(self) -> None:
        """Let a running pass finish, then stop and give the lease back."""
        self._scheduler.shutdown(wait=True)
        with self._store.write() as session:
            fact = session.get(Fact, "ticker")
            if fact is not None and fact.value == self._me:
                session.delete(fact)

    def beat(self) -> None:
        """One beat. An error is logged and the next beat tries again: a metronome that stops is silence."""
        try:
            with self._store.write() as session:
                mine = take_lease(session, "ticker", self._me, self._clock.now())
            if mine:
                self._tick()
        except Exception:
            log.exception("a pass failed; the next one tries again")


def _gone(holder: str) -> bool:
    """Whether the holder ran on this machine and is no more; then nobody needs to wait for its lease."""
    host, _, number = holder.rpartition(":")
    if host != os.uname().nodename:
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def take_lease(session: Session, key: str, me: str, now: datetime) -> bool:
    """Whether `me` may go on: the lease was free, mine, or run out. It is renewed by asking."""
    fact = session.get(Fact, key, with_for_update=True)
    held = fact is not None and fact.value != me and fact.until is not None and fact.until > now
    if held and fact is not None and not _gone(fact.value):
        return False
    session.merge(Fact(key=key, value=me, until=now + LEASE))
    return True
