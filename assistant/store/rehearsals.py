"""A year in a minute: made-up families living under words and thresholds that staff want to try."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from assistant.store.base import Base, Short

_WAITS = text("next_at IS NOT NULL")


class Rehearsal(Base):
    """A scenario to be lived, or that was. Nobody in it is real, and it touches nobody who is.

    `scenario`: "shipped:NAME" or "own:NAME". `texts`: bodies by "KEY LANGUAGE" that differ from the shipped
    catalogue, frozen when it was asked for, the centre's own texts of the guide among them; `policies`:
    thresholds by kind of service, likewise; `reviews`: the newest of each text of the guide;
    `phrases`: what staff taught the reader. `changed`: what
    of it is not in use ("texts", "guide", "thresholds"). `digest` names all of that: the same is lived once
    and compared with often. `beside`: the one that lived it with what is in use.

    state: "queued" -> "running" (until `next_at`, UTC, indexed, it is left alone) -> "done" | "failed".
    """

    __tablename__ = "rehearsals"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name="state"),
        Index("ix_rehearsals_next_at", "next_at", sqlite_where=_WAITS, postgresql_where=_WAITS),
        Index("ix_rehearsals_digest", "digest"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scenario: Mapped[str]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    texts: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    policies: Mapped[dict[str, Any]]
    reviews: Mapped[list[Any]] = mapped_column(default=list, server_default="[]", deferred=True)
    phrases: Mapped[list[Any]] = mapped_column(default=list, server_default="[]", deferred=True)
    changed: Mapped[list[Any]]
    digest: Mapped[str] = mapped_column(Short)
    beside: Mapped[int | None] = mapped_column(ForeignKey("rehearsals.id"))
    state: Mapped[str] = mapped_column(Short, default="queued")
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    sums: Mapped[dict[str, Any] | None]  # what lists show: texts, segments, letters, seconds
    result: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)  # every event, in order
    fault: Mapped[str] = mapped_column(default="")  # why it failed, a line a problem
