"""A caregiver's phone in a test: what they write, what they get, on a virtual clock with the real jobs."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.conversation.inbound import Arrival, receive, take
from assistant.store import LogEntry, OutgoingMessage, Store
from jobs.tick import next_due, run_pass
from messages.channels.sandbox import SandboxEmail, SandboxText
from messages.deliver import Channels
from messages.one_time import revealed
from tests.support.family import PHONE, SETTINGS
from tests.support.stores import bring_back, snapshot

CHANNELS = Channels(SandboxText(), SandboxEmail())
_ids = itertools.count()
_begun: dict[str, tuple[sqlite3.Connection, datetime, frozenset[int]]] = {}


@dataclass
class Talk:
    """One caregiver's phone: what they write, what they get."""

    store: Store
    clock: VirtualClock
    phone: str = PHONE
    seen: set[int] = field(default_factory=set)

    def jump(self, times: int = 1) -> list[str]:
        """To the next thing due, `times` times; the texts that came."""
        for _ in range(times):
            with self.store.read() as session:
                due = next_due(session)
            assert due is not None
            self.clock.move_to(due)
            run_pass(self.store, self.clock, SETTINGS, CHANNELS)
        return self.texts()

    def until_asked(self) -> str:
        """Go on until a question comes; its text."""
        for _ in range(40):
            for body in self.jump():
                if "happen" in body or "hubo" in body or "hubo" in body.casefold():
                    return body
        raise AssertionError("no question came")

    def say(self, text: str, minutes: int = 5, provider_id: str = "") -> list[str]:
        """Write a text; what comes back at once."""
        self.clock.move_to(self.clock.now() + timedelta(minutes=minutes))
        arrival = Arrival(
            provider_id or f"SM{next(_ids):032x}", "sms", self.phone, "", text, self.clock.now()
        )
        with self.store.write() as session:
            inbound = receive(session, arrival)
        if inbound is not None:
            with self.store.write() as session:
                take(session, inbound, self.clock.now(), SETTINGS)
        run_pass(self.store, self.clock, SETTINGS, CHANNELS)
        return self.texts()

    def texts(self) -> list[str]:
        with self.store.read() as session:
            rows = session.scalars(
                select(OutgoingMessage)
                .where(
                    OutgoingMessage.channel == "sms",
                    OutgoingMessage.state == "sent",
                    OutgoingMessage.to_address == self.phone,
                )
                .order_by(OutgoingMessage.id)
            ).all()
        new = [row for row in rows if row.id not in self.seen]
        self.seen.update(row.id for row in new)
        return [revealed(row.body, SETTINGS.server.secret_key) for row in new]

    def log(self) -> list[LogEntry]:
        with self.store.read() as session:
            return list(session.scalars(select(LogEntry).order_by(LogEntry.number)))

    def until(self, moment: datetime) -> list[str]:
        """Live on until then; the texts that came."""
        while True:
            with self.store.read() as session:
                due = next_due(session)
            if due is None or due > moment:
                break
            self.clock.move_to(due)
            run_pass(self.store, self.clock, SETTINGS, CHANNELS)
        self.clock.move_to(moment)
        run_pass(self.store, self.clock, SETTINGS, CHANNELS)
        return self.texts()


def begun(name: str, store: Store, clock: VirtualClock, begin: Callable[[Talk], None]) -> Talk:
    """A talk in which `begin` has happened. It happens once a process; later it is brought back.

    The store is a SQLite one, and empty.
    """
    talk = Talk(store, clock)
    if name not in _begun:
        begin(talk)
        _begun[name] = (snapshot(store), clock.now(), frozenset(talk.seen))
        return talk
    saved, now, seen = _begun[name]
    bring_back(store, saved)
    clock.move_to(now)
    talk.seen = set(seen)
    return talk
