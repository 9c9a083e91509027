"""Families that are being set up on the question pages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from assistant.store.base import Base
from assistant.store.sealed import Sealed


class SetUp(Base):
    """A set-up on the question pages, found by a secret of which only the hash is kept.

    `draft`: what was answered so far, as JSON; it has names and numbers, so it is sealed. "" once it is done,
    when `child_id` is the child that was made of it. `caregiver_id` and `enrolment_id`: of somebody who began
    by text and went on here.
    """

    __tablename__ = "set_ups"
    __table_args__ = (
        Index("uq_set_ups_token_hash", "token_hash", unique=True),
        Index("ix_set_ups_created_at", "created_at"),
        Index("ix_set_ups_caregiver_id", "caregiver_id"),
        Index("ix_set_ups_child_id", "child_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str]
    draft: Mapped[str] = mapped_column(Sealed("set_up"))
    caregiver_id: Mapped[int | None] = mapped_column(ForeignKey("caregivers.id"))
    enrolment_id: Mapped[int | None] = mapped_column(ForeignKey("enrolments.id"))
    child_id: Mapped[int | None] = mapped_column(ForeignKey("children.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
