"""One day of a world in bad weather: asked, answered, some say STOP and some of them START, and all the while
processes die, the clock jumps by hours, the disk is full, the database's server is restarted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from tests.faults.full_disk import refusing_rows
from tests.faults.own_postgresql import OwnPostgresql
from tests.faults.world import PLACES, Place, World
from tests.support.fake_twilio_wire import Mode

MODES: tuple[Mode, ...] = (
    "500-after",
    "reset-after",
    "empty-200",
    "html-502",
    "429",
    "hang-after",
    "drip-after",
)
# Hours from the moment at which the questions are due. Back before its question no reply can be about it.
ASKING, ANSWERING = (-30.0, -3.0, -0.2, 0.0, 0.1, 1.5), (0.1, 0.2, 0.5, 1.5)
LEASE = timedelta(minutes=4)  # what a process that died held is free again


@dataclass
class Life:
    """`counts`: what befell it, by kind."""

    world: World
    workers: int
    server: OwnPostgresql | None
    deaths: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def day(self) -> None:
        world = self.world
        jumps = world.random.random() < 0.4
        if world.random.random() < 0.4:
            world.fake.next(*world.random.choices(MODES, k=world.random.randint(1, 4)))
        begun = world.now
        self._turns(3, ASKING if jumps else ())
        world.jump_to(begun + timedelta(hours=1.6 if jumps else 0.1))  # later than any of them was asked
        self._turns(2)
        world.replies()
        self._turns(3, ANSWERING if jumps else ())
        if jumps:
            world.jump_to(begun + timedelta(hours=4))
        asked = {message.to for message in world.fake.sent()}
        for phone in sorted(asked - world.stopped.keys()):
            if world.random.random() < 0.25 and "STOP" not in {
                one.body for one in world.said if one.sender == phone
            }:
                world.reply(phone, "STOP")
        self._turns(2)
        for phone in sorted(world.stopped):
            if world.random.random() < 0.5:
                world.reply(phone, "START")
        self._turns(2)

    def _turns(self, turns: int, jumps: Sequence[float] = ()) -> None:
        """So often everybody works until nothing is due now; then minutes go by, or the clock jumps."""
        world, begun = self.world, self.world.now
        for _ in range(turns):
            if jumps:
                world.jump_to(begun + timedelta(hours=world.random.choice(jumps)))
                self.counts["jumps"] += 1
            self.deaths = world.random.randint(4, 14)
            self._weather()
            world.crowd(self.workers, self._place)
            if not jumps:
                world.later(world.now + LEASE)

    def _place(self) -> Place:
        """Where the next process dies. All reach early places, those with much to do late ones."""
        random = self.world.random
        self.deaths -= 1
        if self.server is not None and random.random() < 0.01:
            self.counts["backends"] += self.server.kill_a_backend()
        if self.deaths < 0:
            return None
        if random.random() < 0.2:
            return random.choice(PLACES[1:]), random.randint(1, 6)
        return random.randint(1, random.choice((8, 25, 60, 160)))

    def _weather(self) -> None:
        """Now and then the disk is full for a while, or the server is restarted."""
        chance = self.world.random.random()
        if chance < 0.12:
            self.counts["full"] += 1
            with self._full():
                for step in self.world.random.sample(("tick", "webhooks"), 2):
                    most = self.world.random.randint(33_000, 120_000)
                    small = most if self.world.machine.store.sqlite else None
                    self.world.end_of(self.world.begin(step, largest_file=small))
        elif chance < 0.2 and self.server is not None:
            mode = self.world.random.choice(("fast", "immediate"))
            begun = self.world.begin("tick", None)
            self.server.restart(mode)
            self.world.end_of(begun)
            self.counts[mode] += 1

    @contextmanager
    def _full(self) -> Iterator[None]:
        """On SQLite the process' own files may not grow; on PostgreSQL the disk of the database is full.

        Where no disk could be mounted, the database says so of every row that is added (SQLSTATE 53100).
        """
        if self.server is None:
            yield
        elif self.server.small:
            with self.server.full():
                yield
        else:
            with refusing_rows(self.world.machine):
                yield
