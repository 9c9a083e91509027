"""Worlds to be broken, on either database; see `tests.faults.world`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.making import NewWorld, postgresql_worlds, sqlite_worlds
from tests.support.fake_twilio import FakeTwilio


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeTwilio]:
    import twilio.rest  # noqa: F401  loaded once, before any process is forked

    with FakeTwilio() as server:
        yield server


@pytest.fixture(scope="module")
def sqlite_world(tmp_path_factory: pytest.TempPathFactory, fake: FakeTwilio) -> Iterator[NewWorld]:
    with sqlite_worlds(tmp_path_factory.mktemp("faults"), fake) as make:
        yield make


@pytest.fixture(scope="module")
def postgresql_world(postgresql_url: str, fake: FakeTwilio) -> Iterator[NewWorld]:
    with postgresql_worlds(postgresql_url, fake) as make:
        yield make


@pytest.fixture(params=["sqlite", "postgresql"])
def new_world(request: pytest.FixtureRequest) -> NewWorld:
    """Makes a world of four families, on a database of either kind; one at a time."""
    made: NewWorld = request.getfixturevalue(f"{request.param}_world")
    return made
