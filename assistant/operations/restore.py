"""A backup put in the place of the database, SQLite or PostgreSQL.

Nothing is touched before every byte of the file was checked. On SQLite a new file is made beside the old one
and takes its place at the end; on PostgreSQL it is one transaction. Before either, every child's chain is
made anew, and whoever was erased after the backup was made is erased again.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, make_url
from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.evidence.stored import check_stored
from assistant.operations.backup import (
    FORMAT,
    MANIFEST,
    ROWS,
    TYPES,
    BackupError,
    Copied,
    as_it_is,
    copied_of,
    member_of,
    plain_table,
)
from assistant.operations.erase import erase_again
from assistant.operations.erased_list import Gone, gone_in
from assistant.store import Base, Child, Fact, open_store
from assistant.store.cipher import Cipher
from assistant.store.migrate import upgrade, upgrade_on
from assistant.store.scrub import scrub

RUNNING = timedelta(seconds=90)  # a program that made a pass in this time is running
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_OF_PROCESSES = ("ticker", "last_tick")  # facts about processes, which are not copied with the rest
_FROM_TEXT: Mapping[str, Callable[[Any], Any]] = {
    "moment": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "bytes": base64.b64decode,
}

# What reading a file that is damaged, or none of ours, may raise.
_DAMAGED = (
    *(KeyError, TypeError, AttributeError, ValueError, OSError, EOFError, NotImplementedError, RuntimeError),
    *(zlib.error, zipfile.BadZipFile),
)


@dataclass(frozen=True, slots=True)
class _Task:
    """What a restore goes by."""

    archive: zipfile.ZipFile
    manifest: dict[str, Any]
    clock: Clock
    cipher: Cipher | None
    gone: frozenset[Gone]
    secret_key: str
    force: bool


def restore(
    url: str,
    file: Path,
    clock: Clock,
    cipher: Cipher | None,
    *,
    gone: Collection[Gone] = (),
    secret_key: str = "",
    force: bool = False,
    durable: bool = True,
) -> Copied:
    """Put the backup `file` in the place of the database `url`.

    `gone`: who was erased since; those that the database in place had erased are added. All are erased
    again (`secret_key` is for the proofs of their consents).

    Raises BackupError where the file is damaged or none, where its key is not set, where the database has
    rows and `force` is not given, and always while a program runs on it; StoreError; OSError. Then nothing
    was changed.
    """
    with _opened(file) as archive:
        manifest = _checked(archive, file)
        missing = set(manifest["keys"]) - set(cipher.names if cipher else ())
        if missing:
            raise BackupError(f"{file}: sealed under key {min(missing)}, which is not in server.data_key")
        task = _Task(archive, manifest, clock, cipher, frozenset(gone), secret_key, force)
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _into_sqlite(Path(parsed.database or ""), task, durable)
        return _into_postgresql(url, task)


def _opened(file: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except zipfile.BadZipFile:
        raise BackupError(f"{file}: not a backup of this program, or cut off") from None


def _checked(archive: zipfile.ZipFile, file: Path) -> dict[str, Any]:
    """The manifest, once every table's bytes are those that it names."""
    try:
        manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
        if manifest["format"] != FORMAT:
            raise BackupError(f"{file}: a backup of another format than {FORMAT}")
        copied_of(manifest["tables"], manifest["made_at"] + manifest["schema"] + "".join(manifest["keys"]))
        for table, told in manifest["tables"].items():
            good = all(_NAME.fullmatch(name) for name in (table, *told["columns"]))
            if not good or not set(told["columns"].values()) <= set(TYPES):
                raise BackupError(f"{file}: {MANIFEST}: {table}: not written by this program")
            if _digest(archive, table) != told["sha256"]:
                raise BackupError(f"{file}: {member_of(table)}: was changed after the backup was made")
    except _DAMAGED:
        raise BackupError(f"{file}: damaged, or not a backup of this program") from None
    return manifest


def _digest(archive: zipfile.ZipFile, table: str) -> str:
    digest = hashlib.sha256()
    with archive.open(member_of(table)) as lines:
        while piece := lines.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _into_sqlite(target: Path, task: _Task, durable: bool) -> Copied:
    if target.exists():
        old = open_store(f"sqlite:///{target}")
        try:
            with old.engine.connect() as connection:
                _may_replace(connection, task)
                task = replace(task, gone=task.gone | gone_in(connection))
        finally:
            old.close()
    new = target.with_name(f".{target.name}.restoring")
    _unlink(new)
    store = open_store(f"sqlite:///{new}", durable=durable, cipher=task.cipher)
    try:
        with store.write() as session:
            upgrade_on(session.connection(), task.manifest["schema"])
            copied = _read_in(session.connection(), task)
        upgrade(store)
        with store.write() as session:
            _check_children(session)
            copied = _erase_again(session, copied, task)
        if copied.erased_again:
            scrub(store, whole=True)
    except BaseException:
        store.close()
        _unlink(new)
        raise
    store.close()  # the last connection takes the write-ahead log in
    _unlink(target)
    new.replace(target)
    return copied


def _into_postgresql(url: str, task: _Task) -> Copied:
    store = open_store(url, cipher=task.cipher)
    try:
        with store.engine.connect() as connection, connection.begin():
            connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
            _may_replace(connection, task)
            task = replace(task, gone=task.gone | gone_in(connection))
            _drop_ours(connection)
            upgrade_on(connection, task.manifest["schema"])
            copied = _read_in(connection, task)
            upgrade_on(connection, "head")
            _set_sequences(connection)
            with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
                _check_children(session)
                copied = _erase_again(session, copied, task)
                session.commit()
        if copied.erased_again:
            scrub(store, whole=True)
    finally:
        store.close()
    return copied


def _erase_again(session: Session, copied: Copied, task: _Task) -> Copied:
    done = erase_again(session, task.gone, task.clock.now(), task.secret_key)
    if done is None:
        return copied
    names = [f"child {one}" for one in done.scope.children]
    names += [f"caregiver {one}" for one in done.scope.caregivers]
    return replace(copied, erased_again=tuple(names))


def _may_replace(connection: Connection, task: _Task) -> None:
    """Raises BackupError where a program runs on the database, or it has rows and may not be replaced."""
    there = set(sa.inspect(connection).get_table_names())
    if Fact.__tablename__ in there:
        told = connection.scalar(sa.text("SELECT value FROM facts WHERE key = 'last_tick'"))
        if told and abs(task.clock.now() - datetime.fromisoformat(told)) < RUNNING:
            raise BackupError("the program is running on this database: stop it, wait two minutes, try again")
    used = [
        name
        for name in ("caregivers", "children", "log_entries", "staff")
        if name in there and connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name)))
    ]
    if used and not task.force:
        raise BackupError(
            f"the database is in use (it has {', '.join(used)}); --force puts the backup in its place"
        )


def _drop_ours(connection: Connection) -> None:
    there = set(sa.inspect(connection).get_table_names())
    ours = {table.name for table in Base.metadata.sorted_tables} | {"alembic_version"}
    for name in sorted(there & ours):
        connection.execute(sa.text(f'DROP TABLE "{name}" CASCADE'))
        connection.execute(sa.text(f'DROP FUNCTION IF EXISTS "{name}_keep"() CASCADE'))


def _read_in(connection: Connection, task: _Task) -> Copied:
    tables = task.manifest["tables"]
    for name, told in tables.items():  # in the order written: what is pointed at comes first
        plain = plain_table(name, told["columns"])
        for rows in _batches(task.archive, name, told["columns"]):
            connection.execute(sa.insert(plain), rows)
        if connection.scalar(sa.select(sa.func.count()).select_from(plain)) != told["rows"]:
            raise BackupError(f"not every row of {name} arrived; nothing was kept")
    facts = sa.table("facts", sa.column("key"))
    connection.execute(sa.delete(facts).where(facts.c.key.in_(_OF_PROCESSES)))
    return copied_of(tables, task.manifest["made_at"])


def _batches(archive: zipfile.ZipFile, name: str, kinds: Mapping[str, str]) -> Iterator[list[dict[str, Any]]]:
    some: list[dict[str, Any]] = []
    with archive.open(member_of(name)) as lines:
        for line in lines:
            values = json.loads(line)
            some.append({column: _read_value(kind, values[column]) for column, kind in kinds.items()})
            if len(some) == ROWS:
                yield some
                some = []
    if some:
        yield some


def _read_value(kind: str, value: Any) -> Any:
    return None if value is None else _FROM_TEXT.get(kind, as_it_is)(value)


def _set_sequences(connection: Connection) -> None:
    """The next row of each table gets a number after the last one's."""
    for table in Base.metadata.sorted_tables:
        if "id" not in table.columns:
            continue
        last = connection.scalar(sa.select(sa.func.max(table.columns["id"])))
        owned = connection.scalar(sa.text(f"SELECT pg_get_serial_sequence('{table.name}', 'id')"))
        if last and owned:
            connection.execute(sa.text("SELECT setval(:owned, :last)"), {"owned": owned, "last": last})


def _check_children(session: Session) -> None:
    for child_id in session.scalars(sa.select(Child.id).order_by(Child.id)).all():
        found = check_stored(session, child_id)
        if not found.intact:
            raise BackupError(f"the log of child {child_id} does not hold: {found.problem}; nothing was kept")
        session.expunge_all()


def _unlink(file: Path) -> None:
    """With what SQLite keeps beside it."""
    for one in _with_logs(file):
        with suppress(FileNotFoundError):
            one.unlink()


def _with_logs(file: Path) -> Iterable[Path]:
    return (file.with_name(file.name + "-wal"), file.with_name(file.name + "-shm"), file)
