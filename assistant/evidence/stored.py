"""Checking a chain where it is kept: the hashes, and that the columns still say what was hashed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.evidence import chain
from assistant.store import LogEntry

# Columns that pages and ledgers read; each stands in the hashed content under the same name.
_COLUMNS = ("kind", "outcome", "cause", "minutes", "sessions", "knows", "words", "supersedes")


def check_stored(session: Session, child_id: int) -> chain.Check:
    """Check one child's chain. Tombstones (erased entries) count as sealed: their place is checked."""
    rows = session.scalars(
        select(LogEntry)
        .where(LogEntry.child_id == child_id)
        .order_by(LogEntry.number)
        .execution_options(populate_existing=True)
    ).all()
    found = chain.check(exported(row) for row in rows)
    if not found.intact:
        return found
    for place, row in enumerate(rows):
        if row.number != place + 1 or not _says_the_same(row):
            return chain.Check(place, f"entry {place + 1}: its columns say something else", found.sealed)
    return found


def exported(row: LogEntry) -> dict[str, Any]:
    """An entry as files carry it; an erased one sealed, with its number in the place of its content."""
    inside: dict[str, Any] = {"number": row.number} if row.erased_at else {"content": row.content}
    return {**inside, "previous_hash": row.previous_hash, "hash": row.hash}


def _says_the_same(row: LogEntry) -> bool:
    if row.erased_at is not None:
        return not row.words and not row.content
    return all(row.content[name] == getattr(row, name) for name in _present(row.content)) and (
        row.content.get("day") == row.day.isoformat()
    )


def _present(content: dict[str, Any]) -> Iterator[str]:
    return (name for name in _COLUMNS if name in content)
