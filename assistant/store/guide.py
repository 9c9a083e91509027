"""What the centre's staff said of the guide: who checked its texts and facts, and whose law holds."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from assistant.store.base import Base, Short


class GuideReview(Base):
    """A step, letter, kind of e-mail or fact that somebody checked, or that is to count as unchecked again.

    Append-only: the newest row of a `key` in its `jurisdiction` holds, over the guide's own files. `state`:
    "reviewed" or "withdrawn". `by_name`: who checked it, as everything that is sent will say. `fingerprint`:
    of the words that were checked; a review of other words does not hold. `staff_id`: who wrote it down.
    """

    __tablename__ = "guide_reviews"
    __table_args__ = (Index("ix_guide_reviews_jurisdiction_key", "jurisdiction", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction: Mapped[str] = mapped_column(Short)
    key: Mapped[str] = mapped_column(Short)
    state: Mapped[str] = mapped_column(Short)
    by_name: Mapped[str]
    checked_on: Mapped[date | None]
    until: Mapped[date | None]
    note: Mapped[str]
    guide_version: Mapped[str]
    fingerprint: Mapped[str]
    staff_id: Mapped[int]
    created_at: Mapped[datetime]


class JurisdictionChoice(Base):
    """Whose guide holds from a moment on, as staff chose it on a page; until then the configuration's.

    Append-only. `child_id`: None for every child without a choice of its own. `jurisdiction`: "us-il"; "" for
    a child that goes on as all others do. What was done before `at` stays under what held then.
    """

    __tablename__ = "jurisdiction_choices"

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int | None] = mapped_column(ForeignKey("children.id"), index=True)
    jurisdiction: Mapped[str] = mapped_column(Short)
    author: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]
