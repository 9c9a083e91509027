"""A consistent copy of everything while the program runs; `restore.py` puts it back, on either engine.

A backup is one ZIP file: `tables/NAME.jsonl`, a row a line, and `manifest.json` with the schema's revision,
the kind of each column, and the rows and SHA-256 of each table. It is read in one transaction (a snapshot on
both engines), so it is the database as it stood at one moment; whoever writes meanwhile waits for nothing.
Sealed values stay sealed: without their key a backup tells nobody's number or name.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table
from sqlalchemy.types import TypeEngine

from assistant.clock import Clock
from assistant.store import Base, Store
from assistant.store.base import Moment
from assistant.store.cipher import Cipher
from assistant.store.migrate import revision_of

FORMAT = "every-session-backup-1"
MANIFEST = "manifest.json"
ROWS = 1_000  # read or written at a time

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


class BackupError(Exception):
    """A backup cannot be made or used; the message is one line that says which and why."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What a backup holds, or what was restored. `erased_again`: children and caregivers whom the restored
    database had whole, and who were erased since: "child 3".
    """

    rows: int
    tables: int
    children: int
    made_at: str
    erased_again: tuple[str, ...] = ()


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
    return copied_of(told, now.isoformat())


def _write_table(connection: Connection, archive: zipfile.ZipFile, table: Table) -> dict[str, Any]:
    kinds = {column.name: _kind(column.type) for column in table.columns}
    plain = plain_table(table.name, kinds)
    wanted = sa.select(plain).order_by(*(plain.c[column.name] for column in table.primary_key))
    digest, rows = hashlib.sha256(), 0
    with archive.open(member_of(table.name), "w", force_zip64=True) as out:
        for some in connection.execute(wanted, execution_options={"stream_results": True}).partitions(ROWS):
            for row in some:
                values = {
                    name: _TO_TEXT.get(kind, as_it_is)(value) if value is not None else None
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


def plain_table(name: str, kinds: Mapping[str, str]) -> Any:
    """The table with no type of ours but moments: values pass as they stand."""
    return sa.table(name, *(sa.column(column, TYPES[kind]) for column, kind in kinds.items()))


def as_it_is(value: Any) -> Any:
    """The value."""
    return value


def member_of(table: str) -> str:
    """Where a table is in the ZIP."""
    return f"tables/{table}.jsonl"


def copied_of(tables: Mapping[str, Any], made_at: str) -> Copied:
    """What the tables of a manifest come to."""
    rows = sum(one["rows"] for one in tables.values())
    return Copied(rows, len(tables), tables["children"]["rows"], made_at)
