"""New databases at the newest schema, without living through every migration each time.

The migrations run once a process, into a database that is then copied; tests/store runs them for real.
"""

from __future__ import annotations

import itertools
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, create_engine, make_url, text

from assistant.store import Store, open_store
from assistant.store.migrate import upgrade

_names = (f"test_{os.getpid()}_{number}" for number in itertools.count())


def new_sqlite(file: Path, *, durable: bool = False) -> Store:
    """A SQLite store in `file`, at the newest schema, empty."""
    file.write_bytes(_migrated())
    return open_store(f"sqlite:///{file}", durable=durable)


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "migrated.db"
        store = open_store(f"sqlite:///{file}", durable=False)
        upgrade(store)
        store.close()  # the last connection takes the write-ahead log in
        return file.read_bytes()


def snapshot(store: Store) -> sqlite3.Connection:
    """Everything that a SQLite store holds, in memory."""
    saved = sqlite3.connect(":memory:", check_same_thread=False)
    with closing(sqlite3.connect(store.engine.url.database or "")) as live:
        live.backup(saved)
    return saved


def bring_back(store: Store, saved: sqlite3.Connection) -> None:
    """Make a SQLite store hold what it held when the snapshot was taken, or another one held."""
    with closing(sqlite3.connect(store.engine.url.database or "")) as live:
        saved.backup(live)


@contextmanager
def new_postgresql(server: str, template: str = "template1") -> Iterator[str]:
    """The address of a new database on `server`, a copy of `template`; it is dropped at the end."""
    name = next(_names)
    with administrator(server) as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    with administrator(server) as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@contextmanager
def administrator(server: str) -> Iterator[Connection]:
    """A connection to the server that is in no transaction, as making and dropping databases asks for."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()
