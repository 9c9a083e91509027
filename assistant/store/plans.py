"""What the school owes: calendars, IEP versions, service lines, and the expectations made from them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assistant.store.base import Base, Short
from assistant.store.people import Child


class Calendar(Base):
    """A school calendar, shared by every child of a school or district.

    `definition` is the schedule room's calendar as JSON (schedule.jsonable); `revision` counts its changes.
    """

    __tablename__ = "calendars"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    zone: Mapped[str] = mapped_column(Short)
    definition: Mapped[dict[str, Any]]
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class IepVersion(Base):
    """One IEP of a child, in force from `starts`. An amended one is a new row; the past keeps its lines."""

    __tablename__ = "iep_versions"
    __table_args__ = (Index("ix_iep_versions_child_id", "child_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"))
    dated: Mapped[date | None]  # the date on the document; unknown until the parent says
    starts: Mapped[date]
    ends: Mapped[date | None]
    consented_on: Mapped[date | None]
    created_at: Mapped[datetime]

    child: Mapped[Child] = relationship()


class ServiceLine(Base):
    """A service line of an IEP version.

    `planned_to` is the first school-local date not yet planned; `next_plan_at` (UTC, indexed) is when the
    planner has to look again. Lines without consent are kept and not planned.
    """

    __tablename__ = "service_lines"
    __table_args__ = (
        Index("ix_service_lines_next_plan_at", "next_plan_at", sqlite_where=text("next_plan_at IS NOT NULL")),
        Index("ix_service_lines_child_id", "child_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"))
    iep_version_id: Mapped[int] = mapped_column(ForeignKey("iep_versions.id"))
    name: Mapped[str]
    alias: Mapped[str]
    minutes: Mapped[int]
    frequency: Mapped[dict[str, Any]]
    starts: Mapped[date]
    ends: Mapped[date]
    mode: Mapped[str] = mapped_column(Short, default="individual")
    delivery: Mapped[str] = mapped_column(Short, default="direct")
    wording: Mapped[str] = mapped_column(default="")  # as the IEP has it, where the parent gave it
    consented: Mapped[bool] = mapped_column(default=True)
    planned_to: Mapped[date]
    next_plan_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    child: Mapped[Child] = relationship()
    iep_version: Mapped[IepVersion] = relationship()


class Expectation(Base):
    """Something due on a day or within a period. What was asked is history and is never rewritten.

    state: "planned" (not asked yet), "asked", "answered", "closed" (nobody replied), "withdrawn" (re-planned
    before it was asked). `ask_at` (UTC, indexed while planned) is when a question may go out.
    """

    __tablename__ = "expectations"
    __table_args__ = (
        UniqueConstraint("service_line_id", "form", "day", "start_at"),
        CheckConstraint("state IN ('planned', 'asked', 'answered', 'closed', 'withdrawn')", name="state"),
        Index(
            "ix_expectations_ask_at",
            "ask_at",
            sqlite_where=text("state = 'planned'"),
            postgresql_where=text("state = 'planned'"),
        ),
        Index("ix_expectations_child_id_day", "child_id", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    service_line_id: Mapped[int] = mapped_column(ForeignKey("service_lines.id"))
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"))
    form: Mapped[str] = mapped_column(Short)  # "slot" | "period"
    day: Mapped[date]  # a slot's school-local date; a period's last day
    period_from: Mapped[date | None]
    start_at: Mapped[datetime]  # a period: the moment it falls due
    due_at: Mapped[datetime]
    due_sessions: Mapped[int]
    due_minutes: Mapped[int]
    minimum_day: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(Short, default="planned")
    ask_at: Mapped[datetime | None]

    line: Mapped[ServiceLine] = relationship()
