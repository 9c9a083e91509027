"""Opening the database, and the two kinds of transaction: reading and writing.

SQLite: WAL, foreign keys on, `synchronous=FULL`, and every writing transaction begins with BEGIN IMMEDIATE,
so that it takes the write lock before it reads and never has to be rolled back half way because another
process wrote in between. PostgreSQL needs none of this.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Executable, Row, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from assistant.clock import monotonic
from assistant.store import sealed
from assistant.store.cipher import Cipher

BUSY_MILLISECONDS = 10_000
STATEMENTS = 1_000  # that a connection to SQLite keeps prepared; a pass of all jobs has some hundreds
IDLE_SECONDS = 600  # a transaction in which nothing happens for so long belongs to a process that hangs


_NORMAL = 1  # SQLite's number for synchronous=NORMAL
_BEGUN = "begun"  # a writing transaction that was begun by hand
_BREATH = threading.Event()  # never set


class StoreError(Exception):
    """The database cannot be used; the message is one line that says which and why, without credentials."""


class StoreBusyError(StoreError):
    """Another process holds the database, for longer than the caller can wait."""


class Store:
    """A database: `read()` for looking, `write()` for one transaction that changes things."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._sessions = sessionmaker(engine, expire_on_commit=False)
        self._turn = threading.Lock()  # SQLite has one writer; who waits here does not wait by polling
        self._single = engine if self.sqlite else engine.execution_options(isolation_level="AUTOCOMMIT")

    @property
    def sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; nothing it did is kept, and what it loaded stays readable afterwards."""
        with self._sessions() as session:
            yield session

    def one(self, statement: Executable, values: Mapping[str, object]) -> Row[*tuple[Any, ...]]:
        """The one row of one reading statement; on PostgreSQL one round trip, without BEGIN and ROLLBACK."""
        with self._single.connect() as connection:
            return connection.execute(statement, values).one()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back whole on any error."""
        with self._sessions() as session:
            session.connection(execution_options={"every_session_write": True})
            yield session
            session.commit()

    @contextmanager
    def passing(self) -> Iterator[Session]:
        """One transaction for what may be lost in a power cut, like "I was here just now": no fsync for it.

        What is committed after it is as durable as ever, and so is the database's own order.
        """
        with self.engine.connect() as plain:
            connection = plain.execution_options(every_session_write=True)
            with _unsynced(connection) if self.sqlite else nullcontext(), connection.begin():
                if not self.sqlite:
                    connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
                with Session(connection, expire_on_commit=False) as session:
                    yield session
                    session.flush()

    @contextmanager
    def brief(self, seconds: float, *, single: bool = False) -> Iterator[Connection]:
        """One short transaction without a session, for a caller that can wait so many seconds and no longer.

        `single`: it is one statement, so that PostgreSQL commits it by itself, in one round trip. Raises
        StoreBusyError when SQLite was held by others all that time; then nothing was written.
        """
        if not self.sqlite:
            with (self._single if single else self.engine).connect() as connection, connection.begin():
                yield connection
            return
        until = monotonic() + seconds
        if not self._turn.acquire(timeout=seconds):
            raise StoreBusyError("the database is busy")
        try:
            with self.engine.connect() as connection:
                _begin_by(until, connection)
                with connection.execution_options(every_session_write=_BEGUN).begin():
                    yield connection
        finally:
            self._turn.release()

    def close(self) -> None:
        self.engine.dispose()


@dataclass(frozen=True, slots=True)
class Use:
    """What a process uses its database for; on PostgreSQL its connections show it.

    name: `application_name`, seen in pg_stat_activity. connections: how many it keeps; a few more may be open
    for a moment. statement_seconds: a statement that takes longer is broken off (0: never, for migrations,
    copies and backups); it is far above what any statement of ours takes, and frees what a stuck one holds.
    """

    name: str = "every-session"
    connections: int = 5
    statement_seconds: int = 0


BY_HAND = Use()  # a command, a test


def open_store(url: str, *, durable: bool = True, use: Use = BY_HAND, cipher: Cipher | None = None) -> Store:
    """Connect to `url`. `durable=False` is for throw-away databases (simulations): no fsync.

    `cipher` seals numbers, addresses and names (columns of type Sealed); without one they are stored plain.

    Raises StoreError when the database cannot be reached.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            try:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise StoreError(f"database {parsed.database}: {error.strerror}") from None
        engine = create_engine(
            parsed,
            connect_args={"timeout": BUSY_MILLISECONDS / 1000, "cached_statements": STATEMENTS},
            hide_parameters=True,
        )
        _tune_sqlite(engine, durable)
    else:
        engine = create_engine(
            parsed,
            pool_pre_ping=True,
            pool_size=use.connections,
            max_overflow=2,
            pool_timeout=10,
            hide_parameters=True,  # an error's text must not carry a phone number into a log
            connect_args=connection_arguments(use),
        )
    sealed.use(engine.dialect, cipher)
    try:
        with engine.connect():
            pass
    except DBAPIError as error:
        engine.dispose()
        reason = str(error.orig).strip().splitlines()[0] if error.orig else "no reason given"
        shown = parsed.render_as_string(hide_password=True)
        raise StoreError(f"database {shown}: cannot be reached: {reason}") from None
    return Store(engine)


def connection_arguments(use: Use) -> dict[str, str | int]:
    """What libpq is told for each connection. A peer that vanished without a word is noticed in a minute."""
    return {
        "connect_timeout": 5,
        "application_name": use.name,
        "keepalives_idle": 20,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "options": f"-c statement_timeout={use.statement_seconds * 1000}"
        f" -c idle_in_transaction_session_timeout={IDLE_SECONDS * 1000}",
    }


def libpq_url(url: str) -> str:
    """The same address for those who speak to PostgreSQL without SQLAlchemy."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _begin_by(until: float, connection: Connection) -> None:
    """BEGIN IMMEDIATE, asked for every millisecond until `until` (monotonic). Raises StoreBusyError.

    SQLite's own waiting sleeps longer each time, up to 100 ms, past the moment at which the lock was free.
    """
    raw = connection.connection.dbapi_connection
    assert raw is not None
    raw.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                raw.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise StoreError("the database cannot be written to") from None
                if monotonic() > until:
                    raise StoreBusyError("the database is busy") from None
                _BREATH.wait(0.001)
            else:
                return
    finally:
        raw.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")


@contextmanager
def _unsynced(connection: Connection) -> Iterator[None]:
    """Commits of this SQLite connection wait for no disk meanwhile; in WAL mode the file stays whole."""
    raw = connection.connection.dbapi_connection
    assert raw is not None
    (usual,) = raw.execute("PRAGMA synchronous").fetchone()
    raw.execute(f"PRAGMA synchronous={min(usual, _NORMAL)}")
    try:
        yield
    finally:
        raw.execute(f"PRAGMA synchronous={usual}")


def _tune_sqlite(engine: Engine, durable: bool) -> None:
    # The driver's own transaction handling is switched off (isolation_level None); BEGIN is ours.
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        cursor.execute("PRAGMA cache_size=-32000")  # 32 MB: what a large register touches again stays at hand
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA secure_delete=ON")  # what a family had erased is zeros, not free space
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        writing = connection.get_execution_options().get("every_session_write", False)
        if writing == _BEGUN:
            return
        # Straight to the driver: the way through SQLAlchemy costs more than the BEGIN itself.
        raw = connection.connection.dbapi_connection
        try:
            raw.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
        except sqlite3.OperationalError as error:
            raise OperationalError("BEGIN", None, error) from error
