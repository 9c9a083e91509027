"""Keeping a small fact about the program, safe for several processes that keep the same one at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Executable
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from assistant.store.sending import Fact


def keep_fact(session: Session, key: str, value: str, until: datetime | None = None) -> None:
    """Write the fact over what was there. One statement, so two that write it first never collide."""
    statement = _ON_SQLITE if session.get_bind().dialect.name == "sqlite" else _ON_POSTGRESQL
    session.connection().execute(statement, {"key": key, "value": value, "until": until})


def _over(insert: Callable[[type[Fact]], Any]) -> Executable:
    """The statement, built once, as each pass keeps a fact."""
    new = insert(Fact)
    again = {"value": new.excluded.value, "until": new.excluded.until}
    statement: Executable = new.on_conflict_do_update(index_elements=["key"], set_=again)
    return statement


_ON_SQLITE = _over(sqlite.insert)
_ON_POSTGRESQL = _over(postgresql.insert)
