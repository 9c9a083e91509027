"""A thousand families out of a lived term's three: every row of theirs again, with numbers of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import String, Table, UniqueConstraint

from assistant.store import Base
from assistant.store.sealed import Sealed

# One for the whole centre, whoever is in it.
SHARED = {
    "calendars", "staff", "templates", "facts", "policy_versions", "senders", "alerts", "recovery_codes",
    "attempts", "link_asks", "sign_ins", "alembic_version", "template_acts",
    "measured_months",
}  # fmt: skip


def multiply(file: Path, families: int) -> int:
    """Add copies to the database until it has about that many children. Returns how many it has."""
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        there = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        mine = [one for one in Base.metadata.sorted_tables if one.name in there - SHARED]
        children = int(connection.execute("SELECT count(*) FROM children").fetchone()[0])
        highest = {
            table.name: int(
                connection.execute(f'SELECT coalesce(max(id), 0) FROM "{table.name}"').fetchone()[0]
            )
            for table in mine
            if "id" in table.columns
        }
        step = max(highest.values()) + 1
        for table in mine:
            if "id" not in table.columns:
                continue
            names = [column.name for column in table.columns]
            for copy in range(1, families // children):
                wanted = ", ".join(_value(table, name, copy, step) for name in names)
                listed = ", ".join(f'"{name}"' for name in names)
                connection.execute(
                    f'INSERT INTO "{table.name}" ({listed}) SELECT {wanted} FROM "{table.name}" '
                    f"WHERE id <= {highest[table.name]}"
                )
        connection.execute("ANALYZE")
        return int(connection.execute("SELECT count(*) FROM children").fetchone()[0])


def _value(table: Table, name: str, copy: int, step: int) -> str:
    """A column of the copy: its own number, those it points at; what is unique is made its own."""
    column = table.columns[name]
    points_at = {key.column.table.name for key in column.foreign_keys}
    if name == "id" or points_at - SHARED:
        return f'"{name}" + {copy * step}'
    if points_at or name not in _alone(table):
        return f'"{name}"'
    return f"\"{name}\" || '-{copy}'"


def _alone(table: Table) -> set[str]:
    """Columns of letters that are unique by themselves or together with others that are no numbers."""
    found: set[str] = set()
    for columns in _unique(table):
        if not any(one.foreign_keys for one in columns):
            found |= {str(one.name) for one in columns if isinstance(one.type, String | Sealed)}
    return found


def _unique(table: Table) -> Iterator[list]:  # type: ignore[type-arg]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield list(constraint.columns)
    for index in table.indexes:
        if index.unique:
            yield list(index.columns)
