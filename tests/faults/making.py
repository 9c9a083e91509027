"""Databases with families whose questions are due, of either kind, as many as one asks for, one at a time."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from sqlalchemy import make_url, text

from assistant.store import open_store
from assistant.store.migrate import upgrade
from tests.faults.world import Machine, World, again, prepare, settings_for
from tests.support.fake_twilio import FakeTwilio
from tests.support.stores import administrator, new_postgresql, new_sqlite

FAMILIES = 4
NewWorld = Callable[[int], World]


@contextmanager
def sqlite_worlds(folder: Path, fake: FakeTwilio) -> Iterator[NewWorld]:
    """Makes a world out of a seed; the one before it is gone then."""
    prepared, file = folder / "prepared.db", folder / "world.db"
    store = new_sqlite(prepared)
    due = prepare(store, FAMILIES)
    store.close()
    shutil.copy(prepared, file)
    machine = Machine(f"sqlite:///{file}", settings_for(fake, connections=1))

    def make(seed: int) -> World:
        machine.rest()
        for left in folder.glob("world.db*"):
            left.unlink()
        shutil.copy(prepared, file)
        return World(machine, fake, due, FAMILIES, Random(seed))

    yield make


@contextmanager
def postgresql_worlds(
    url: str, fake: FakeTwilio, *, crashes: bool = False, space: str = "pg_default"
) -> Iterator[NewWorld]:
    """The same on the server at `url`, in this tablespace; `crashes`: the server itself will be killed.

    A copied sequence believes what was logged for its original; only from the next checkpoint on would it
    survive a crash of the server by itself.
    """
    with new_postgresql(url) as template, new_postgresql(url) as mine:
        for each in (template, mine):
            store = open_store(each)
            upgrade(store)
            if each == template:
                due = prepare(store, FAMILIES)
            store.close()
        machine = Machine(mine, settings_for(fake, connections=1))
        prepared, name = make_url(template).database, make_url(mine).database

        def renew() -> None:
            with administrator(url) as server:
                server.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
                server.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{prepared}" TABLESPACE {space}'))
                if crashes:
                    server.execute(text("CHECKPOINT"))

        def make(seed: int) -> World:
            machine.rest()
            again(renew)
            return World(machine, fake, due, FAMILIES, Random(seed))

        yield make
        machine.rest()
