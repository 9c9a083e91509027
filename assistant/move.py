"""Moving an installation from SQLite to PostgreSQL: every row, exactly as it stands.

Values are not read into the program's types and written back; they go over as they stand in the file, and
the server reads each as its column's type. So JSON keeps every character, a sealed name stays sealed under
its key, and a hash chain cannot change on the way. The source is read inside one transaction: what is written
to it meanwhile is not in the copy, and the source itself is not touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import sql
from psycopg.errors import DataError
from sqlalchemy import Connection, Integer, Table, delete, func, make_url, select, text
from sqlalchemy.orm import Session

from assistant.config import Database, Settings
from assistant.evidence.stored import check_stored
from assistant.store import Base, Child, Fact, Store, StoreError, Template, TemplateAct, open_store
from assistant.store.cipher import cipher_for
from assistant.store.mail import Mailbox
from assistant.store.migrate import is_current, upgrade
from jobs.engine_schema import upgrade_engine
from jobs.leader import KEY
from messages.templates import CATALOGUE

ROWS_AT_ONCE = 2_000
# A migrated database that nobody used has these rows and no others.
_AT_START = frozenset({Fact.__tablename__, Mailbox.__tablename__, Template.__tablename__})

Progress = Callable[[str, int, int], None]
"""Told after each batch: the table, how many rows of all are copied, how many there are."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What is in the target now."""

    tables: int
    rows: int
    children: int


def move_to(settings: Settings, url: str, progress: Progress) -> Moved:
    """Move what these settings run on to the PostgreSQL database `url`, with the engine's tables.

    Raises StoreError.
    """
    file = make_url(settings.database.url).database or ""
    if not settings.database.url.startswith("sqlite") or not Path(file).is_file():
        raise StoreError("move: [database] url names no SQLite file to move from")
    try:
        address = Database(url=url).url
        known = not address.startswith("sqlite")
    except ValueError:
        known = False
    if not known:
        raise StoreError("move: --to: expected postgresql://USER@HOST/NAME")
    cipher = cipher_for(settings.server.data_key)
    source = open_store(settings.database.url, cipher=cipher)
    target = open_store(address, cipher=cipher)
    try:
        moved = move(source, target, progress)
        upgrade_engine(target)
    finally:
        source.close()
        target.close()
    return moved


def move(source: Store, target: Store, progress: Progress) -> Moved:
    """Copy all of `source` (SQLite) into `target` (PostgreSQL, empty), in one transaction that is only
    committed once everything was found there again: rows counted, each child's chain made anew.

    Raises StoreError when the two do not fit, the target is in use, or anything was not found again.
    """
    if not source.sqlite or target.sqlite:
        raise StoreError("move: from SQLite to PostgreSQL only; [database] url names the SQLite file")
    if not is_current(source):
        raise StoreError("move: the SQLite database is of an older schema: run `python app.py migrate` first")
    upgrade(target)
    tables = Base.metadata.sorted_tables
    with _reading(source) as old, target.engine.connect() as connection, connection.begin():
        connection.execute(text("SET LOCAL timezone = 'UTC'"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        _must_be_empty(connection, tables)
        total = sum(_count(old, table) for table in tables)
        done = 0
        for table in tables:
            for rows in _batches(old, table):
                _write(connection, table, rows)
                done += len(rows)
                progress(table.name, done, total)
        for table in tables:
            if _count(old, table) != _count(connection, table):
                raise StoreError(f"move: not every row of {table.name} arrived; nothing was kept")
            _set_sequence(connection, table)
        children = _check_chains(connection)
        connection.execute(delete(Fact).where(Fact.key == KEY))  # who beats there is another matter
    return Moved(len(tables), total, children)


@contextmanager
def _reading(source: Store) -> Iterator[Connection]:
    """The source as it stands at one moment."""
    with source.engine.connect() as connection, connection.begin():
        connection.execute(text("SELECT count(*) FROM alembic_version"))  # the moment: SQLite's first read
        yield connection


def _must_be_empty(connection: Connection, tables: list[Table]) -> None:
    for table in tables:
        connection.execute(text(f"LOCK TABLE {table.name} IN EXCLUSIVE MODE"))
    used = [table.name for table in tables if table.name not in _AT_START and _count(connection, table)]
    written = connection.scalar(
        select(func.count()).select_from(Template).where(Template.author != CATALOGUE)
    )
    if used or written:
        raise StoreError(f"move: the target is in use: it has rows in {', '.join(used[:3]) or 'templates'}")
    emptied = sorted(
        {*_AT_START, TemplateAct.__tablename__}
    )  # empty, but PostgreSQL wants both named at once
    connection.execute(text(f"TRUNCATE {', '.join(emptied)}"))


def _batches(connection: Connection, table: Table) -> Iterator[list[tuple[Any, ...]]]:
    """The raw rows, in the order of their keys."""
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    order = ", ".join(f'"{column.name}"' for column in table.primary_key)
    cursor = connection.connection.cursor()
    cursor.execute(f'SELECT {columns} FROM "{table.name}" ORDER BY {order}')  # noqa: S608  names of our tables
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        yield [tuple(row) for row in rows]


def _write(connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), names)
    cursor = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]  # psycopg's
    try:
        with cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except DataError as error:
        # Only where, never what: the server's text would show the value.
        raise StoreError(f"move: PostgreSQL does not take a row of {table.name} ({error.sqlstate})") from None


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _set_sequence(connection: Connection, table: Table) -> None:
    """The next row gets a number after the last one's."""
    keys = list(table.primary_key)
    if len(keys) != 1 or not isinstance(keys[0].type, Integer):
        return
    last = connection.scalar(select(func.max(keys[0])))
    owned = connection.scalar(
        text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": table.name, "column": keys[0].name}
    )
    if last and owned:
        connection.execute(text("SELECT setval(:owned, :last)"), {"owned": owned, "last": last})


def _check_chains(connection: Connection) -> int:
    """Make every child's chain anew from what arrived; returns how many there are."""
    with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
        children = session.scalars(select(Child.id).order_by(Child.id)).all()
        for child in children:
            found = check_stored(session, child)
            if not found.intact:
                raise StoreError(f"move: the log of child {child} does not hold: {found.problem}")
            session.expunge_all()
    return len(children)
