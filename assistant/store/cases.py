"""Cases and their steps: where a service line stands on the ladder."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assistant.store.base import Base, Short
from assistant.store.plans import ServiceLine


class Case(Base):
    """The escalation of one service line. `look_at` (UTC, indexed) is when it has to be decided again."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("service_line_id"),
        Index(
            "ix_cases_look_at",
            "look_at",
            sqlite_where=text("look_at IS NOT NULL"),
            postgresql_where=text("look_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    service_line_id: Mapped[int] = mapped_column(ForeignKey("service_lines.id"))
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"))
    look_at: Mapped[datetime | None]
    school_said_no: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]

    line: Mapped[ServiceLine] = relationship()
    steps: Mapped[list[Step]] = relationship(back_populates="case", order_by="Step.id")


class Step(Base):
    """A step that was suggested. The guide's version and the reason are frozen here.

    state: "suggested", "done", "not_now", "resolved". `dates` are the clocks it started, as JSON.
    """

    __tablename__ = "steps"
    __table_args__ = (
        UniqueConstraint("case_id", "key", "suggested_on"),
        CheckConstraint("state IN ('suggested', 'done', 'not_now', 'resolved')", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    key: Mapped[str] = mapped_column(Short)
    suggested_on: Mapped[date]
    suggested_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Short, default="suggested")
    decided_on: Mapped[date | None]
    decided_at: Mapped[datetime | None]
    reminded_on: Mapped[date | None]  # reminded once, never twice
    why: Mapped[dict[str, Any]]
    dates: Mapped[list[Any]]
    guide_version: Mapped[str]
    policy: Mapped[dict[str, Any]]

    case: Mapped[Case] = relationship(back_populates="steps")
