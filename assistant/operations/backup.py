"""A consistent copy of everything while the program runs, and back again, into SQLite or PostgreSQL.

A backup is one ZIP file: `tables/NAME.jsonl`, a row a line, and `manifest.json` with the schema's revision,
the kind of each column, and the rows and SHA-256 of each table. It is read in one transaction (a snapshot on
both engines), so it is the database as it stood at one moment; whoever writes meanwhile waits for nothing.
Sealed values stay sealed: without their key a backup tells nobody's number or name.

Restoring touches nothing before every byte of the file was checked. On SQLite a new file is made beside the
old one and takes its place at the end; on PostgreSQL it is one transaction. Before either, every child's
chain is made anew.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table, make_url
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from assistant.clock import Clock
from assistant.evidence.stored import check_stored
from assistant.store import Base, Child, Fact, Store, StoreError, open_store
from assistant.store.base import Moment
from assistant.store.cipher import Cipher
from assistant.store.migrate import revision_of, upgrade, upgrade_on

FORMAT = "every-session-backup-1"
MANIFEST = "manifest.json"
ROWS = 1_000  # read or written at a time
RUNNING = timedelta(seconds=90)  # a program that made a pass in this time is running
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_OF_PROCESSES = ("ticker", "last_tick")  # facts about processes, which are not copied with the rest

TYPES: Mapping[str, TypeEngine[Any]] = {
    "text": sa.Text(),
    "int": sa.BigInteger(),
    "bool": sa.Boolean(),
    "moment": Moment(),
    "date": sa.Date(),
    "time": sa.Time(),
    "json": sa.JSON(none_as_null=True),
    "bytes": sa.LargeBinary(),
}
_TO_TEXT: Mapping[str, Callable[[Any], Any]] = {
    "moment": lambda value: value.isoformat(),
    "date": lambda value: value.isoformat(),
    "time": lambda value: value.isoformat(),
    "bytes": lambda value: base64.b64encode(value).decode(),
}
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


class BackupError(Exception):
    """A backup cannot be made or used; the message is one line that says which and why."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What a backup holds, or what was restored."""

    rows: int
    tables: int
    children: int
    made_at: str


# Making one


def backup(store: Store, file: Path, clock: Clock, cipher: Cipher | None) -> Copied:
    """Write the database to `file`: the whole file, or nothing. Raises BackupError, OSError."""
    new = ""
    try:
        with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name[:80]}.", delete=False) as made:
            new = made.name
            copied = _write(store, made, clock.now(), cipher)
            made.flush()
            os.fsync(made.fileno())
        Path(new).replace(file)  # only whoever made it can read it (mode 0600)
    except BaseException:
        if new:
            with suppress(OSError):
                Path(new).unlink()
        raise
    return copied


def _write(store: Store, made: Any, now: datetime, cipher: Cipher | None) -> Copied:
    told: dict[str, Any] = {}
    options = {} if store.sqlite else {"isolation_level": "REPEATABLE READ"}
    with (
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
        store.engine.connect().execution_options(**options) as connection,
        connection.begin(),
    ):
        revision = revision_of(connection)  # the first read: from here on the snapshot stands still
        for table in Base.metadata.sorted_tables:
            told[table.name] = _write_table(connection, archive, table)
        manifest = {
            "format": FORMAT,
            "made_at": now.isoformat(),
            "schema": revision,
            "keys": list(cipher.names) if cipher else [],
            "tables": told,
        }
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1) + "\n")
    return _copied(told, now.isoformat())


def _write_table(connection: Connection, archive: zipfile.ZipFile, table: Table) -> dict[str, Any]:
    kinds = {column.name: _kind(column.type) for column in table.columns}
    plain = _plain(table.name, kinds)
    wanted = sa.select(plain).order_by(*(plain.c[column.name] for column in table.primary_key))
    digest, rows = hashlib.sha256(), 0
    with archive.open(_member(table.name), "w", force_zip64=True) as out:
        for some in connection.execute(wanted, execution_options={"stream_results": True}).partitions(ROWS):
            for row in some:
                values = {
                    name: _TO_TEXT.get(kind, _same)(value) if value is not None else None
                    for (name, kind), value in zip(kinds.items(), row, strict=True)
                }
                line = (json.dumps(values, separators=(",", ":")) + "\n").encode("ascii")
                digest.update(line)
                out.write(line)
                rows += 1
    return {"columns": kinds, "rows": rows, "sha256": digest.hexdigest()}


def _kind(of: TypeEngine[Any]) -> str:
    """How a column is written. What is sealed is text here, as it stands in the database."""
    known: tuple[tuple[Any, str], ...] = (
        (Moment, "moment"), (sa.Date, "date"), (sa.Time, "time"), (sa.JSON, "json"),
        (sa.LargeBinary, "bytes"), (sa.Boolean, "bool"), (sa.Integer, "int"), (sa.String, "text"),
    )  # fmt: skip
    under = getattr(of, "impl_instance", None) or getattr(of, "impl", of)
    for candidate in (of, under):
        for kind, name in known:
            if isinstance(candidate, kind):
                return name
    raise BackupError(f"a column of type {of!r} cannot be written to a backup")


def _plain(name: str, kinds: Mapping[str, str]) -> Any:
    """The table with no type of ours but moments: values pass as they stand."""
    return sa.table(name, *(sa.column(column, TYPES[kind]) for column, kind in kinds.items()))


def _same(value: Any) -> Any:
    return value


def _member(table: str) -> str:
    return f"tables/{table}.jsonl"


# And back


def restore(
    url: str, file: Path, clock: Clock, cipher: Cipher | None, *, force: bool = False, durable: bool = True
) -> Copied:
    """Put the backup `file` in the place of the database `url`.

    Raises BackupError where the file is damaged or none, where its key is not set, where the database has
    rows and `force` is not given, and always while a program runs on it; StoreError; OSError. Then nothing
    was changed.
    """
    with _opened(file) as archive:
        manifest = _checked(archive, file)
        missing = set(manifest["keys"]) - set(cipher.names if cipher else ())
        if missing:
            raise BackupError(f"{file}: sealed under key {min(missing)}, which is not in server.data_key")
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _into_sqlite(Path(parsed.database or ""), archive, manifest, clock, cipher, force, durable)
        return _into_postgresql(url, archive, manifest, clock, cipher, force)


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
        _copied(manifest["tables"], manifest["made_at"] + manifest["schema"] + "".join(manifest["keys"]))
        for table, told in manifest["tables"].items():
            good = all(_NAME.fullmatch(name) for name in (table, *told["columns"]))
            if not good or not set(told["columns"].values()) <= set(TYPES):
                raise BackupError(f"{file}: {MANIFEST}: {table}: not written by this program")
            if _digest(archive, table) != told["sha256"]:
                raise BackupError(f"{file}: {_member(table)}: was changed after the backup was made")
    except _DAMAGED:
        raise BackupError(f"{file}: damaged, or not a backup of this program") from None
    return manifest


def _digest(archive: zipfile.ZipFile, table: str) -> str:
    digest = hashlib.sha256()
    with archive.open(_member(table)) as lines:
        while piece := lines.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def _into_sqlite(
    target: Path,
    archive: zipfile.ZipFile,
    manifest: dict[str, Any],
    clock: Clock,
    cipher: Cipher | None,
    force: bool,
    durable: bool,
) -> Copied:
    if target.exists():
        old = open_store(f"sqlite:///{target}")
        try:
            with old.engine.connect() as connection:
                _may_replace(connection, clock, force)
        finally:
            old.close()
    new = target.with_name(f".{target.name}.restoring")
    _unlink(new)
    store = open_store(f"sqlite:///{new}", durable=durable, cipher=cipher)
    try:
        with store.write() as session:
            upgrade_on(session.connection(), manifest["schema"])
            copied = _read_in(session.connection(), archive, manifest)
        upgrade(store)
        _check_chains(store)
    except BaseException:
        store.close()
        _unlink(new)
        raise
    store.close()  # the last connection takes the write-ahead log in
    _unlink(target)
    new.replace(target)
    return copied


def _into_postgresql(
    url: str,
    archive: zipfile.ZipFile,
    manifest: dict[str, Any],
    clock: Clock,
    cipher: Cipher | None,
    force: bool,
) -> Copied:
    store = open_store(url, cipher=cipher)
    try:
        with store.engine.connect() as connection, connection.begin():
            connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
            _may_replace(connection, clock, force)
            _drop_ours(connection)
            upgrade_on(connection, manifest["schema"])
            copied = _read_in(connection, archive, manifest)
            upgrade_on(connection, "head")
            _set_sequences(connection)
            with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
                _check_children(session)
    finally:
        store.close()
    return copied


def _may_replace(connection: Connection, clock: Clock, force: bool) -> None:
    """Raises BackupError where a program runs on the database, or it has rows and may not be replaced."""
    there = set(sa.inspect(connection).get_table_names())
    if Fact.__tablename__ in there:
        told = connection.scalar(sa.text("SELECT value FROM facts WHERE key = 'last_tick'"))
        if told and abs(clock.now() - datetime.fromisoformat(told)) < RUNNING:
            raise BackupError("the program is running on this database: stop it, wait two minutes, try again")
    used = [
        name
        for name in ("caregivers", "children", "log_entries", "staff")
        if name in there and connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name)))
    ]
    if used and not force:
        raise BackupError(
            f"the database is in use (it has {', '.join(used)}); --force puts the backup in its place"
        )


def _drop_ours(connection: Connection) -> None:
    there = set(sa.inspect(connection).get_table_names())
    ours = {table.name for table in Base.metadata.sorted_tables} | {"alembic_version"}
    for name in sorted(there & ours):
        connection.execute(sa.text(f'DROP TABLE "{name}" CASCADE'))
        connection.execute(sa.text(f'DROP FUNCTION IF EXISTS "{name}_keep"() CASCADE'))


def _read_in(connection: Connection, archive: zipfile.ZipFile, manifest: Mapping[str, Any]) -> Copied:
    tables = manifest["tables"]
    for name, told in tables.items():  # in the order written: what is pointed at comes first
        plain = _plain(name, told["columns"])
        for rows in _batches(archive, name, told["columns"]):
            connection.execute(sa.insert(plain), rows)
        if connection.scalar(sa.select(sa.func.count()).select_from(plain)) != told["rows"]:
            raise BackupError(f"not every row of {name} arrived; nothing was kept")
    facts = sa.table("facts", sa.column("key"))
    connection.execute(sa.delete(facts).where(facts.c.key.in_(_OF_PROCESSES)))
    return _copied(tables, manifest["made_at"])


def _copied(tables: Mapping[str, Any], made_at: str) -> Copied:
    rows = sum(one["rows"] for one in tables.values())
    return Copied(rows, len(tables), tables["children"]["rows"], made_at)


def _batches(archive: zipfile.ZipFile, name: str, kinds: Mapping[str, str]) -> Iterator[list[dict[str, Any]]]:
    some: list[dict[str, Any]] = []
    with archive.open(_member(name)) as lines:
        for line in lines:
            values = json.loads(line)
            some.append({column: _read_value(kind, values[column]) for column, kind in kinds.items()})
            if len(some) == ROWS:
                yield some
                some = []
    if some:
        yield some


def _read_value(kind: str, value: Any) -> Any:
    return None if value is None else _FROM_TEXT.get(kind, _same)(value)


def _set_sequences(connection: Connection) -> None:
    """The next row of each table gets a number after the last one's."""
    for table in Base.metadata.sorted_tables:
        if "id" not in table.columns:
            continue
        last = connection.scalar(sa.select(sa.func.max(table.columns["id"])))
        owned = connection.scalar(sa.text(f"SELECT pg_get_serial_sequence('{table.name}', 'id')"))
        if last and owned:
            connection.execute(sa.text("SELECT setval(:owned, :last)"), {"owned": owned, "last": last})


def _check_chains(store: Store) -> None:
    with store.read() as session:
        _check_children(session)


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


__all__ = ["BackupError", "Copied", "StoreError", "backup", "restore"]
