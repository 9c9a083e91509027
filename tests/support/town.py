"""Many families in one store and on one clock, for tables: each lives its own row through the real jobs."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Generic, TypeVar

from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.conversation.facts import facts_of
from assistant.conversation.inbound import Arrival, receive, take
from assistant.conversation.marks import Act, act
from assistant.escalation.types import Facts, StepKey
from assistant.evidence.ledger import Ledger, ledger_of
from assistant.schedule.types import ServiceLine
from assistant.store import Case, LogEntry, OutgoingMessage, Step, Store, open_store
from assistant.words import Language
from tests.support.family import LA, SETTINGS, caregiver, family, registered
from tests.support.once import once
from tests.support.stores import new_sqlite
from tests.support.talk import Talk

Key = TypeVar("Key", bound=Hashable)
_numbers = itertools.count(1)


def afternoon(day: date) -> datetime:
    """Half past four, school time: whatever ended by four has been asked about."""
    return datetime(day.year, day.month, day.day, 16, 30, tzinfo=LA)


@dataclass
class Home:
    """One family of the town: Leo, one parent with a phone of their own."""

    store: Store
    clock: VirtualClock
    phone: str
    child_id: int

    def say(self, text: str) -> None:
        """The parent writes; the jobs have not run yet."""
        with self.store.write() as session:
            arrival = Arrival(f"SM{next(_numbers):032x}", "sms", self.phone, "", text, self.clock.now())
            inbound = receive(session, arrival)
            assert inbound is not None
            take(session, inbound, self.clock.now(), SETTINGS)

    def texts(self, kind: str = "question") -> list[str]:
        """The texts of a kind that came, oldest first."""
        with self.store.read() as session:
            return list(
                session.scalars(
                    select(OutgoingMessage.body)
                    .where(OutgoingMessage.to_address == self.phone, OutgoingMessage.kind == kind)
                    .order_by(OutgoingMessage.id)
                )
            )

    def step_mails(self) -> list[str]:
        """The subjects of the e-mails that bring a step or its reminder; not those about a step's dates."""
        keys = [key for step in self.steps() for key in (f"step:{step.id}", f"step:{step.id}:reminder")]
        with self.store.read() as session:
            return list(
                session.scalars(
                    select(OutgoingMessage.subject)
                    .where(OutgoingMessage.dedupe_key.in_(keys))
                    .order_by(OutgoingMessage.id)
                )
            )

    def log(self, kind: str = "answer") -> list[LogEntry]:
        with self.store.read() as session:
            return list(
                session.scalars(
                    select(LogEntry)
                    .where(LogEntry.child_id == self.child_id, LogEntry.kind == kind)
                    .order_by(LogEntry.number)
                )
            )

    def facts(self, line: int = 0) -> Facts:
        """What the decision about the child's line number `line` rests on now."""
        with self.store.read() as session:
            cases = session.scalars(
                select(Case).where(Case.child_id == self.child_id).order_by(Case.service_line_id)
            ).all()
            return facts_of(session, cases[line], self.clock.now(), SETTINGS)

    def ledger(self, line: int = 0) -> Ledger:
        with self.store.read() as session:
            cases = session.scalars(
                select(Case).where(Case.child_id == self.child_id).order_by(Case.service_line_id)
            ).all()
            return ledger_of(session, cases[line].service_line_id, self.clock.now())

    def steps(self) -> list[Step]:
        with self.store.read() as session:
            return list(
                session.scalars(
                    select(Step).join(Case).where(Case.child_id == self.child_id).order_by(Step.id)
                )
            )

    def act(self, key: StepKey, do: Act, words: str = "") -> None:
        """The parent marks the newest step of that kind."""
        newest = [step.id for step in self.steps() if step.key == key][-1]
        with self.store.write() as session:
            act(session, newest, do, self.clock.now(), SETTINGS, "test", words=words)

    def step_keys(self) -> list[StepKey]:
        return [StepKey(step.key) for step in self.steps()]


@dataclass
class Town(Generic[Key]):
    """The families by their rows' names."""

    store: Store
    clock: VirtualClock
    homes: dict[Key, Home] = field(default_factory=dict)

    @classmethod
    def at(cls, folder: Path, starts: datetime) -> Town[Key]:
        """An empty town whose clock stands at `starts`."""
        return cls(new_sqlite(folder / "town.db"), VirtualClock(starts))

    @classmethod
    def lived(cls, shared: Path, name: str, starts: datetime, live: Callable[[Town[Key]], None]) -> Town[Key]:
        """A town in which `live` has happened; that happens once a run of all the tests."""

        def make() -> tuple[bytes, datetime, dict[Key, tuple[str, int]]]:
            with tempfile.TemporaryDirectory() as folder:
                town = cls.at(Path(folder), starts)
                live(town)
                town.store.close()
                homes = {key: (home.phone, home.child_id) for key, home in town.homes.items()}
                return (Path(folder) / "town.db").read_bytes(), town.clock.now(), homes

        database, now, homes = once(shared, name, make)
        file = Path(tempfile.mkdtemp(dir=shared)) / "town.db"
        file.write_bytes(database)
        town = cls(open_store(f"sqlite:///{file}", durable=False), VirtualClock(now))
        town.homes = {
            key: Home(town.store, town.clock, phone, child_id) for key, (phone, child_id) in homes.items()
        }
        return town

    def move_in(self, key: Key, lines: Sequence[ServiceLine], language: Language = "en") -> Home:
        number = len(self.homes)
        phone = f"+1415555{number:04d}"
        parent = caregiver(language, phone=phone, email=f"parent{number}@example.org")
        with self.store.write() as session:
            child = registered(session, family(parent, services=tuple(lines)), self.clock.now(), SETTINGS)
            self.homes[key] = Home(self.store, self.clock, phone, child.id)
        return self.homes[key]

    def until(self, moment: datetime) -> None:
        """Live on until then, with everything that is due on the way."""
        Talk(self.store, self.clock).until(moment)

    def lives(self, told: Iterable[tuple[date, Key, str]], until: date) -> None:
        """What is told on each day's afternoon, in date order; then on until the afternoon of `until`."""
        for day, entries in itertools.groupby(sorted(told, key=lambda one: one[0]), key=lambda one: one[0]):
            self.until(afternoon(day))
            for _, key, text in entries:
                self.homes[key].say(text)
        self.until(afternoon(until))
