"""Who beats: one process of all those on one database. The others stand by and take over when it dies.

A lease row says who leads and until when; it is renewed long before it runs out. On SQLite, where all
processes are on one machine, a holder that is no more is seen by its process number. On PostgreSQL the
leader also holds an advisory lock in a session of its own: the server lets go of it the moment that session
ends, however it ended, so a killed leader is replaced at the next beat. A leader that hangs keeps its lock,
but not its lease. Two that lead for a moment do no harm: every job claims its rows.
"""

from __future__ import annotations

import contextlib
import os
from datetime import datetime, timedelta

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.store import Fact, Store
from assistant.store.facts import keep_fact

LEASE = timedelta(seconds=60)
RENEW = timedelta(seconds=20)  # so an idle beat only reads
KEY = "ticker"
_LOCK = 7_316_203  # any number, the same in every process, another than the migrations'


class Leader:
    """This process's part in it. Not for several threads at once."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._me = f"{os.uname().nodename}:{os.getpid()}"
        self._session: Connection | None = None  # PostgreSQL: the one that holds the lock
        self._until: datetime | None = None

    def leads(self) -> bool:
        """Whether this process may go on, now. Raises SQLAlchemyError when the database cannot be asked."""
        locked = not self._store.sqlite and self._locked()
        now = self._clock.now()
        if self._until is not None and now < self._until - (LEASE - RENEW) and (locked or self._store.sqlite):
            return True
        with self._store.write() as session:
            mine = take_lease(session, KEY, self._me, now, sure=locked)
        self._until = now + LEASE if mine else None
        return mine

    def resign(self) -> None:
        """Give lock and lease back, so that another begins at its next beat."""
        self._let_go()
        self._until = None
        with self._store.write() as session:
            fact = session.get(Fact, KEY)
            if fact is not None and fact.value == self._me:
                session.delete(fact)

    def _locked(self) -> bool:
        """Whether our session holds the lock; asked of the server each time, as sessions can end."""
        if self._session is not None:
            try:
                self._session.execute(text("SELECT 1"))
            except SQLAlchemyError:
                self._let_go()
            else:
                return True
        connection = self._store.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            if connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK}):
                self._session = connection
                return True
        except SQLAlchemyError:
            connection.invalidate()
            raise
        connection.close()
        return False

    def _let_go(self) -> None:
        if self._session is not None:
            with contextlib.suppress(SQLAlchemyError):
                self._session.invalidate()  # closes it for real; back in the pool it would keep the lock
                self._session.close()
            self._session = None


def take_lease(session: Session, key: str, me: str, now: datetime, *, sure: bool = False) -> bool:
    """Whether `me` may go on: the lease was free, mine, or run out. It is renewed by asking.

    `sure`: whoever has it is known to be gone, or never had more than the lease.
    """
    fact = session.get(Fact, key, with_for_update=True)
    held = fact is not None and fact.value != me and fact.until is not None and fact.until > now
    if held and not sure and fact is not None and not _gone(fact.value):
        return False
    keep_fact(session, key, me, now + LEASE)
    return True


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
