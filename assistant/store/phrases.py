"""Phrases that staff taught the reader."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from assistant.store.base import Base, Short

_STANDS = text("state IN ('proposed', 'live')")


class TaughtPhrase(Base):
    """A whole reply that means an outcome, in one language. No number, no name: what families share.

    state: "proposed" -> "live" (somebody else approved it) | "refused"; "live" -> "undone". `phrase` is in
    the reader's plain form (replies.taught.phrase_of). `alone`: approved by the one person there was. `used`:
    how many texts were read by it.
    """

    __tablename__ = "taught_phrases"
    __table_args__ = (
        CheckConstraint("state IN ('proposed', 'live', 'refused', 'undone')", name="state"),
        CheckConstraint("outcome IN ('held', 'missed', 'unknown')", name="outcome"),
        Index(
            "uq_taught_phrases_standing",
            "language",
            "phrase",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(Short)
    phrase: Mapped[str]
    outcome: Mapped[str] = mapped_column(Short)
    state: Mapped[str] = mapped_column(Short, default="proposed")
    taught_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    taught_at: Mapped[datetime]
    approved_by: Mapped[int | None]  # a member of staff's number
    approved_at: Mapped[datetime | None]
    alone: Mapped[bool] = mapped_column(default=False)
    ended_by: Mapped[int | None]  # who refused it, or took it back
    ended_at: Mapped[datetime | None]
    used: Mapped[int] = mapped_column(default=0)
