"""Keeping a small fact about the program, safe for several processes that keep the same one at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from assistant.store.sending import Fact


def keep_fact(session: Session, key: str, value: str, until: datetime | None = None) -> None:
    """Write the fact over what was there. One statement, so two that write it first never collide."""
    new = {"value": value, "until": until}
    if session.get_bind().dialect.name == "sqlite":
        session.execute(
            sqlite.insert(Fact).values(key=key, **new).on_conflict_do_update(index_elements=["key"], set_=new)
        )
    else:
        session.execute(
            postgresql.insert(Fact)
            .values(key=key, **new)
            .on_conflict_do_update(index_elements=["key"], set_=new)
        )
