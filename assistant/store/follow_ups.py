"""What staff mean to do about a family, and have done: calls to make, and who was told what."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from assistant.store.base import Base, Short
from assistant.store.sealed import Sealed

_OPEN = text("done_at IS NULL")


class FollowUp(Base):
    """One thing to do about a family, or done. A child is on the call list once, whatever the reasons.

    kind: "call" (open until somebody is done with it), "mailed" (asked by e-mail from then on), "told" (the
    second contact was told; no longer made), "seen" (nothing more to do for now): all but calls are kept as
    done at once.
    why: one of families.follow_ups.WHYS. `note`: staff's own words, sealed.
    """

    __tablename__ = "follow_ups"
    __table_args__ = (
        Index("uq_follow_ups_open", "child_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_follow_ups_caregiver_id", "caregiver_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"))
    caregiver_id: Mapped[int | None] = mapped_column(ForeignKey("caregivers.id"))
    kind: Mapped[str] = mapped_column(Short)
    why: Mapped[str] = mapped_column(Short)
    note: Mapped[str] = mapped_column(Sealed("note"), default="")
    created_at: Mapped[datetime]
    created_by: Mapped[int]  # a member of staff's number
    done_at: Mapped[datetime | None]
    done_by: Mapped[int | None]
