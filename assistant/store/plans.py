"""What the school owes: calendars, IEP versions, service lines, and the expectations made from them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assistant.store.base import Base, Short
from assistant.store.people import Child
from assistant.store.sealed import Sealed


class Calendar(Base):
    """A school calendar, shared by every child of a school or district.

    `definition` is the schedule room's calendar as JSON (schedule.jsonable); `revision` counts its changes.
    `offered`: staff offer it to families who register; others are offered once several children share them.
    """

    __tablename__ = "calendars"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    zone: Mapped[str] = mapped_column(Short)
    definition: Mapped[dict[str, Any]]
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    offered: Mapped[bool] = mapped_column(default=False)


class Closure(Base):
    """A day on which a school was closed unplanned, as staff marked it. `by`: "staff 2".

    `answered`: questions that were open and got "no school". `undone_at`: it was a mistake, and taken back.
    """

    __tablename__ = "closures"
    __table_args__ = (Index("ix_closures_calendar_id_day", "calendar_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendars.id"))
    day: Mapped[date]
    name: Mapped[str]
    made_at: Mapped[datetime]
    by: Mapped[str] = mapped_column(Short)
    answered: Mapped[int] = mapped_column(default=0)
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None] = mapped_column(Short)

    calendar: Mapped[Calendar] = relationship()


class IepVersion(Base):
    """One IEP of a child, in force from `starts`. An amended one is a new row; the past keeps its lines.

    `ends` is the last day it is in force: the day before the next version, once there is one. `renews_on` is
    the date by which the team has to meet again; `remind_at` (UTC, indexed) is when we speak of it.
    """

    __tablename__ = "iep_versions"
    __table_args__ = (
        Index("ix_iep_versions_child_id", "child_id"),
        Index(
            "ix_iep_versions_remind_at",
            "remind_at",
            sqlite_where=text("remind_at IS NOT NULL"),
            postgresql_where=text("remind_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"))
    dated: Mapped[date | None]  # the date on the document; unknown until the parent says
    starts: Mapped[date]
    ends: Mapped[date | None]
    consented_on: Mapped[date | None]
    renews_on: Mapped[date | None]
    remind_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    child: Mapped[Child] = relationship()


class ServiceLine(Base):
    """A service line of an IEP version. `provider`: who gives it, in the parent's words, where they said.

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
    provider: Mapped[str] = mapped_column(Sealed("provider"), default="", server_default="")
    consented: Mapped[bool] = mapped_column(default=True)
    esy: Mapped[bool] = mapped_column(default=False)
    minimum_day_minutes: Mapped[int | None]
    planned_to: Mapped[date]
    next_plan_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    child: Mapped[Child] = relationship()
    iep_version: Mapped[IepVersion] = relationship()


class Expectation(Base):
    """Something due on a day or within a period. What was asked is history and is never rewritten.

    form: "slot", "period", or "make_up" (a make-up that was promised; a credit, never part of what was due).
    `asks` (words.Asks) is what a parent can say about it. `day` is the school-local date it falls due on;
    a period runs from `period_from` to `period_to`.

    state: "planned" (not asked yet), "asked", "answered", "closed" (nobody replied), "withdrawn" (re-planned
    before it was asked). `ask_at` (UTC, indexed while planned) is when a question may go out; `nudge_at`
    (likewise) when to look whether what is left of a long period still fits into it.
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
        Index(
            "ix_expectations_nudge_at",
            "nudge_at",
            sqlite_where=text("nudge_at IS NOT NULL"),
            postgresql_where=text("nudge_at IS NOT NULL"),
        ),
        Index("ix_expectations_child_id_day", "child_id", "day"),
        Index(
            "ix_expectations_child_id_ask_at",
            "child_id",
            "ask_at",
            sqlite_where=text("state = 'planned'"),
            postgresql_where=text("state = 'planned'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    service_line_id: Mapped[int] = mapped_column(ForeignKey("service_lines.id"))
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"))
    form: Mapped[str] = mapped_column(Short)
    asks: Mapped[str] = mapped_column(Short, default="happened")
    day: Mapped[date]
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]
    start_at: Mapped[datetime]  # a period: the moment it falls due
    due_at: Mapped[datetime]
    due_sessions: Mapped[int]
    due_minutes: Mapped[int]
    minimum_day: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(Short, default="planned")
    ask_at: Mapped[datetime | None]
    nudge_at: Mapped[datetime | None]

    line: Mapped[ServiceLine] = relationship()


class MakeUp(Base):
    """A make-up: what the school said about repaying missed sessions, and what came of it.

    state: "offered", "declined" (by the parent), "promised" (for a date, which is an expectation of its own),
    "given", "not_given". `minutes` are those offered or promised, then those given. `day` is school-local.
    """

    __tablename__ = "make_ups"
    __table_args__ = (
        CheckConstraint("state IN ('offered', 'declined', 'promised', 'given', 'not_given')", name="state"),
        Index("ix_make_ups_service_line_id", "service_line_id"),
        Index("ix_make_ups_expectation_id", "expectation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    service_line_id: Mapped[int] = mapped_column(ForeignKey("service_lines.id"))
    state: Mapped[str] = mapped_column(Short)
    minutes: Mapped[int]
    day: Mapped[date | None]
    expectation_id: Mapped[int | None] = mapped_column(ForeignKey("expectations.id"))
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]  # when it was given, not given or declined

    line: Mapped[ServiceLine] = relationship()
    repays: Mapped[list[Repaid]] = relationship(back_populates="make_up", order_by="Repaid.id")


class Repaid(Base):
    """A miss that a make-up is for; `minutes` are those it repaid, 0 until it is given."""

    __tablename__ = "repaid"
    __table_args__ = (
        UniqueConstraint("make_up_id", "expectation_id"),
        Index("ix_repaid_expectation_id", "expectation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    make_up_id: Mapped[int] = mapped_column(ForeignKey("make_ups.id"))
    expectation_id: Mapped[int] = mapped_column(ForeignKey("expectations.id"))
    minutes: Mapped[int] = mapped_column(default=0)

    make_up: Mapped[MakeUp] = relationship(back_populates="repays")
    expectation: Mapped[Expectation] = relationship()
