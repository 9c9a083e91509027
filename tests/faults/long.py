"""The long fault test: worlds are broken, one after the other, for as long as one likes.

    python -m tests.faults.long --minutes 12 --seed 1 --db postgresql --workers 3

First every named place between two statements kills a process twenty times, then worlds live a day in bad
weather (`tests.faults.life`), and for a fifth of the time real processes of `app.py` are killed at work
(`tests.faults.house`). On PostgreSQL a server of its own is started, restarted and killed, too. Prints JSON
lines; the exit status is 1 when anything was lost, sent twice, sent after STOP, or a chain broke.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.clock import monotonic
from tests.faults.house import break_house
from tests.faults.life import Life
from tests.faults.making import NewWorld, postgresql_worlds, sqlite_worlds
from tests.faults.oracle import judge
from tests.faults.own_postgresql import SPACE, OwnPostgresql, own_postgresql
from tests.faults.world import PLACES, World, again
from tests.support.fake_twilio import FakeTwilio

WRONG = ("lost", "twice", "after_stop", "chains", "other", "stuck")
RUNS = 20  # of each named place
OF_HOUSE = 0.2  # of the time


def main() -> int:
    parser = argparse.ArgumentParser(description="Break worlds until the time is over.")
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--db", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--workers", type=int, default=3, help="at once, on PostgreSQL")
    parser.add_argument("--runs", type=int, default=RUNS, help="of each named place")
    parser.add_argument(
        "--no-mount", action="store_true", help="a full disk by SQLSTATE 53100, as where none can be mounted"
    )
    wanted = parser.parse_args()
    os.environ["NO_PROXY"] = "127.0.0.1,localhost"
    logging.disable(logging.CRITICAL)  # thousands of faults are reported, each as it should be
    sums: Counter[str] = Counter()
    begun, seed = monotonic(), wanted.seed
    ends = begun + wanted.minutes * 60
    with FakeTwilio() as fake, _worlds(wanted.db, fake, not wanted.no_mount) as (new_world, server):
        for place in PLACES:
            for run in range(wanted.runs):
                sums += _at(new_world, seed, place, run, server)
        _tell(wanted.db, seed, sums)
        while monotonic() < begun + (ends - begun) * (1 - OF_HOUSE):
            sums += _day(
                new_world, seed, 1 + seed % 2 if server is None else 1 + seed % wanted.workers, server
            )
            seed += 1
            if seed % 10 == 0:
                _tell(wanted.db, seed, sums)
        _tell(wanted.db, seed, sums)
        sums += break_house(server.url if server else "", seed, ends - monotonic())
    _tell(wanted.db, seed, sums)
    return int(any(sums[bad] for bad in WRONG))


def _tell(db: str, seed: int, sums: Counter[str]) -> None:
    more = {name: number for name, number in sorted(sums.items()) if name not in WRONG}
    print(json.dumps({"db": db, "next_seed": seed, **more, **{bad: sums[bad] for bad in WRONG}}), flush=True)


def _at(new_world: NewWorld, seed: int, place: str, run: int, server: OwnPostgresql | None) -> Counter[str]:
    """A day on which every second process dies at this place, the `run`-th time that it comes there."""
    world = new_world(seed + run)
    world.rough = server is not None
    turn = 0

    def kill_at() -> tuple[str, int] | None:
        nonlocal turn
        turn += 1
        return (place, 1 + run % 8) if turn % 2 else None

    world.live(kill_at)
    return _judged(world, seed + run, Counter({"runs at a named place": 1}))


def _day(new_world: NewWorld, seed: int, workers: int, server: OwnPostgresql | None) -> Counter[str]:
    world = new_world(seed)
    world.rough = server is not None
    life = Life(world, workers, server)
    life.day()
    return _judged(world, seed, life.counts)


def _judged(world: World, seed: int, counts: Counter[str]) -> Counter[str]:
    world.fake.released.set()
    again(world.finish)
    world.fake.released.clear()
    found = again(lambda: judge(world))
    if not found.clean:
        print(json.dumps({"seed": seed, "found": vars(found)}), flush=True)
    wrong = {name: len(rows) for name, rows in vars(found).items()}
    killed = {f"killed {place}": times for place, times in world.killed.items()}
    texts = len(world.fake.sent()) + len(world.said)
    return Counter(worlds=1, kills=world.kills, texts=texts, **wrong, **killed) + counts


@contextmanager
def _worlds(db: str, fake: FakeTwilio, small_disk: bool) -> Iterator[tuple[NewWorld, OwnPostgresql | None]]:
    """What makes worlds, and the server that they have to themselves (None for SQLite)."""
    if db == "sqlite":
        with tempfile.TemporaryDirectory() as folder, sqlite_worlds(Path(folder), fake) as make:
            yield make, None
        return
    with own_postgresql(small_disk=small_disk) as server:
        print(json.dumps({"disk full by": "a small disk" if server.small else "SQLSTATE 53100"}), flush=True)
        space = SPACE if server.small else "pg_default"
        with postgresql_worlds(server.url, fake, crashes=True, space=space) as make:
            yield make, server


if __name__ == "__main__":
    sys.exit(main())
