"""Opening the database, and the two kinds of transaction: reading and writing.

SQLite: WAL, foreign keys on, `synchronous=FULL`, and every writing transaction begins with BEGIN IMMEDIATE,
so that it takes the write lock before it reads and never has to be rolled back half way because another
process wrote in between. PostgreSQL needs none of this.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

BUSY_MILLISECONDS = 10_000


class StoreError(Exception):
    """The database cannot be used; the message is one line that says which and why, without credentials."""


class Store:
    """A database: `read()` for looking, `write()` for one transaction that changes things."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._sessions = sessionmaker(engine, expire_on_commit=False)

    @property
    def sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; nothing it did is kept, and what it loaded stays readable afterwards."""
        with self._sessions() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back whole on any error."""
        with self._sessions() as session:
            session.connection(execution_options={"every_session_write": True})
            yield session
            session.commit()

    def close(self) -> None:
        self.engine.dispose()


def open_store(url: str, *, durable: bool = True) -> Store:
    """Connect to `url`. `durable=False` is for throw-away databases (simulations): no fsync.

    Raises StoreError when the database cannot be reached.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            try:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(f"database {parsed.database}: {error.strerror}") from None
        engine = create_engine(parsed, connect_args={"timeout": BUSY_MILLISECONDS / 1000})
        _tune_sqlite(engine, durable)
    else:
        engine = create_engine(parsed, pool_pre_ping=True, connect_args={"connect_timeout": 5})
    try:
        with engine.connect():
            pass
    except DBAPIError as error:
        engine.dispose()
        reason = str(error.orig).strip().splitlines()[0] if error.orig else "no reason given"
        shown = parsed.render_as_string(hide_password=True)
        raise StoreError(f"database {shown}: cannot be reached: {reason}") from None
    return Store(engine)


def _tune_sqlite(engine: Engine, durable: bool) -> None:
    # The driver's own transaction handling is switched off (isolation_level None); BEGIN is ours.
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        writing = connection.get_execution_options().get("every_session_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
