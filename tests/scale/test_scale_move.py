"""From SQLite to PostgreSQL: a lived term arrives whole, or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import DBAPIError

from assistant import desk, serve
from assistant.clock import VirtualClock
from assistant.config import Database, Email, Mailbox, Server, Settings
from assistant.evidence.collected import Wanted
from assistant.evidence.export import Kind
from assistant.move import move, move_to
from assistant.store import AuditEvent, Base, Caregiver, Child, LogEntry, Store, StoreError, open_store
from assistant.store.cipher import cipher_for
from tests.support.lived import live
from tests.support.once import once
from tests.support.stores import new_sqlite

AT = datetime(2026, 12, 20, 12, 0, tzinfo=UTC)
KEY = "a data key that only this test has, long enough"


@pytest.fixture
def lived(shared: Path, tmp_path: Path) -> Iterator[Store]:
    """The shipped term, lived; with one caregiver more, whose name and numbers are sealed."""
    file = tmp_path / "lived.db"
    file.write_bytes(once(shared, "lived-fall-2026", lambda: live("fall-2026")).database)
    store = open_store(f"sqlite:///{file}", cipher=cipher_for((KEY,)))
    with store.write() as session:
        newest = session.scalars(select(Caregiver)).first()
        assert newest is not None
        session.add(
            Caregiver(
                name="Zoë Núñez 🎒", phone="+14155550199", email="zoe@example.org", language="es",
                zone="America/Los_Angeles", texts="none", created_at=newest.created_at,
            )
        )  # fmt: skip
    yield store
    store.close()


@pytest.fixture
def target(postgresql_database: str) -> Iterator[Store]:
    store = open_store(postgresql_database, cipher=cipher_for((KEY,)))
    yield store
    store.close()


def nothing(_table: str, _done: int, _total: int) -> None:
    """Nobody watches."""


def plain(store: Store, table: Any) -> list[Any]:
    """The rows as the program reads them."""
    with store.read() as session:
        return [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]


def raw(store: Store, table: Any) -> list[Any]:
    """Text, JSON and sealed columns as they stand in the database, character by character."""
    kinds = ("TEXT", "JSON", "VARCHAR(40)")
    columns = [c for c in table.columns if c.type.compile(store.engine.dialect) in kinds]
    if not columns:
        return []
    names = ", ".join(f'CAST("{column.name}" AS TEXT)' for column in columns)
    order = ", ".join(f'"{column.name}"' for column in table.primary_key)
    with store.read() as session:
        return [
            tuple(row)
            for row in session.execute(text(f'SELECT {names} FROM "{table.name}" ORDER BY {order}'))
        ]


def exported(store: Store, folder: Path, child: int) -> dict[str, bytes]:
    settings = Settings(server=Server(secret_key="a key for tests that nobody uses"))
    files: dict[str, bytes] = {}
    kinds: tuple[Kind, ...] = ("json", "csv")
    for kind in kinds:
        file = folder / f"{store.engine.dialect.name}-{child}.{kind}"
        clock = VirtualClock(AT)
        desk.export(store, clock, settings, child, kind, file, Wanted(None, None, False, "en"))
        files[kind] = file.read_bytes()
    return files


def test_a_lived_term_arrives_whole(lived: Store, target: Store, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    moved = move(lived, target, lambda _table, done, total: seen.append((done, total)))
    assert moved.rows > 1_000
    assert moved.children == 3
    assert seen[-1] == (moved.rows, moved.rows)
    for table in Base.metadata.sorted_tables:
        assert plain(lived, table) == plain(target, table), table.name
        assert raw(lived, table) == raw(target, table), table.name
    assert "Núñez" in str(plain(target, Caregiver.__table__))
    assert "Núñez" not in str(raw(target, Caregiver.__table__))
    assert '"outcome": "held"' in str(raw(target, LogEntry.__table__))
    with lived.read() as session:
        children = session.scalars(select(Child.id)).all()
    for child in children:
        assert exported(lived, tmp_path, child) == exported(target, tmp_path, child)


def test_the_target_goes_on_where_the_source_stood(lived: Store, target: Store) -> None:
    move(lived, target, nothing)
    with lived.read() as session:
        last = session.scalars(select(func.max(AuditEvent.id))).one()
    with target.write() as session:
        event = AuditEvent(at=AT, actor="test", kind="moved", subject="", detail={})
        session.add(event)
        session.flush()
        assert event.id == last + 1
    with pytest.raises(DBAPIError, match="append-only"), target.write() as session:
        session.execute(delete(AuditEvent))


def test_a_target_that_was_made_ready_is_an_empty_one(lived: Store, target: Store) -> None:
    url = target.engine.url.render_as_string(hide_password=False)
    serve.open_migrated(
        Settings(
            server=Server(secret_key="a key for tests that nobody uses", data_key=(KEY,)),
            database=Database(url=url),
            mailbox=Mailbox(host="imap.example.org", username="us", password="secret"),
            email=Email(channel="smtp"),
        )
    ).close()
    assert plain(target, Base.metadata.tables["mailboxes"])
    move(lived, target, nothing)
    for name in ("mailboxes", "templates", "facts"):
        table = Base.metadata.tables[name]
        assert plain(lived, table) == plain(target, table)


def test_only_an_unused_database_is_written_to(lived: Store, target: Store, tmp_path: Path) -> None:
    move(lived, target, nothing)
    with pytest.raises(StoreError, match="the target is in use"):
        move(lived, target, nothing)
    with pytest.raises(StoreError, match="from SQLite to PostgreSQL only"):
        move(target, lived, nothing)


def test_a_log_that_does_not_hold_leaves_nothing_behind(lived: Store, target: Store) -> None:
    lived.close()
    with sqlite3.connect(str(lived.engine.url.database)) as file:
        file.execute("DROP TRIGGER log_entries_no_update")
        file.execute("UPDATE log_entries SET words = words || '!' WHERE id = 20")
    with pytest.raises(StoreError, match=r"the log of child \d does not hold"):
        move(lived, target, nothing)
    with target.read() as session:
        assert session.scalars(select(func.count()).select_from(Caregiver)).one() == 0


def test_an_older_source_and_wrong_addresses_are_one_line(tmp_path: Path, target: Store) -> None:
    old = open_store(f"sqlite:///{tmp_path}/old.db")
    with pytest.raises(StoreError, match=r"run `python app\.py migrate` first"):
        move(old, target, nothing)
    old.close()

    def wrong(source: str, to: str) -> str:
        settings = Settings(database=Database(url=source))
        with pytest.raises(StoreError) as said:
            move_to(settings, to, nothing)
        return str(said.value)

    address = target.engine.url.render_as_string(hide_password=False)
    assert "no SQLite file" in wrong(f"sqlite:///{tmp_path}/none.db", address)
    assert not (tmp_path / "none.db").exists()
    new_sqlite(tmp_path / "new.db").close()
    assert "--to" in wrong(f"sqlite:///{tmp_path}/new.db", "sqlite:///other.db")
    assert "--to" in wrong(f"sqlite:///{tmp_path}/new.db", "mysql://other")
