"""Worlds to be broken, on either database; see `tests.faults.world`."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from random import Random

import pytest
from sqlalchemy import make_url, text

from assistant.store import open_store
from tests.faults.world import Machine, World, prepare, settings_for
from tests.support.fake_twilio import FakeTwilio
from tests.support.stores import administrator, new_postgresql, new_sqlite

FAMILIES = 4
NewWorld = Callable[[int], World]


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeTwilio]:
    import twilio.rest  # noqa: F401  loaded once, before any process is forked

    with FakeTwilio() as server:
        yield server


@pytest.fixture(scope="module")
def sqlite_world(tmp_path_factory: pytest.TempPathFactory, fake: FakeTwilio) -> NewWorld:
    folder = tmp_path_factory.mktemp("faults")
    prepared, file = folder / "prepared.db", folder / "world.db"
    store = new_sqlite(prepared)
    due = prepare(store, FAMILIES)
    store.close()
    shutil.copy(prepared, file)
    machine = Machine(f"sqlite:///{file}", settings_for(fake, connections=1))

    def make(seed: int) -> World:
        for left in folder.glob("world.db*"):
            left.unlink()
        shutil.copy(prepared, file)
        return World(machine, fake, due, FAMILIES, Random(seed))

    return make


@pytest.fixture(scope="module")
def postgresql_world(postgresql_url: str, migrated_postgresql: str, fake: FakeTwilio) -> Iterator[NewWorld]:
    with (
        new_postgresql(postgresql_url, migrated_postgresql) as template,
        new_postgresql(postgresql_url, migrated_postgresql) as url,
        administrator(postgresql_url) as server,
    ):
        store = open_store(template)
        due = prepare(store, FAMILIES)
        store.close()
        machine = Machine(url, settings_for(fake, connections=1))
        prepared, name = make_url(template).database, make_url(url).database

        def make(seed: int) -> World:
            server.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
            server.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{prepared}"'))
            return World(machine, fake, due, FAMILIES, Random(seed))

        yield make
        machine.rest()


@pytest.fixture(params=["sqlite", "postgresql"])
def new_world(request: pytest.FixtureRequest) -> NewWorld:
    """Makes a world of four families, on a database of either kind; one at a time."""
    made: NewWorld = request.getfixturevalue(f"{request.param}_world")
    return made
