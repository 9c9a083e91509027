"""Cases and their steps: where a service line stands on the ladder, which dates run, what letters need."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assistant.store.base import Base, Short
from assistant.store.plans import ServiceLine
from assistant.store.sealed import Sealed


class Case(Base):
    """The escalation of one service line. `look_at` (UTC, indexed) is when it has to be decided again."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("service_line_id"),
        Index("ix_cases_child_id", "child_id"),
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

    state: "suggested", "done" (sent), "not_now", "resolved" (fixed). `answer`: what the school did with what
    was sent: "answered", "refused", None while nothing came. `came`: what came of it by the
    parent's word (conversation.came_of). `dates` are the clocks it started, as JSON;
    `clocks` the same as rows, once it is done. `texts`: the versions of its letters as they were when it was
    written about, and again when it was sent: {"letter.written_notice.en": 2}; 0 is the guide's own file.
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
    answer: Mapped[str | None] = mapped_column(Short)
    answered_on: Mapped[date | None]
    came: Mapped[str | None] = mapped_column(Short)
    came_on: Mapped[date | None]
    why: Mapped[dict[str, Any]]
    dates: Mapped[list[Any]]
    guide_version: Mapped[str]
    policy: Mapped[dict[str, Any]]
    texts: Mapped[dict[str, Any]] = mapped_column(default=dict)

    case: Mapped[Case] = relationship(back_populates="steps")
    clocks: Mapped[list[StepClock]] = relationship(back_populates="step", order_by="StepClock.id")


class StepClock(Base):
    """A date that runs since a step was done. `next_at` (UTC, indexed) is when to speak of it.

    name, kind, starts, due, latest as in escalation.types.DueDate. state: "running", "met" (answered in
    time or late), "passed" (`latest` went by, and that is in the record), "ended" (the matter is closed).
    `told`: "" (nothing yet), "before" (reminded before `due`), "after".
    """

    __tablename__ = "clocks"
    __table_args__ = (
        UniqueConstraint("step_id", "name"),
        CheckConstraint("state IN ('running', 'met', 'passed', 'ended')", name="state"),
        Index(
            "ix_clocks_next_at",
            "next_at",
            sqlite_where=text("next_at IS NOT NULL"),
            postgresql_where=text("next_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    step_id: Mapped[int] = mapped_column(ForeignKey("steps.id"))
    name: Mapped[str] = mapped_column(Short)
    kind: Mapped[str] = mapped_column(Short)  # "legal" | "courtesy"
    starts: Mapped[date]
    due: Mapped[date]
    latest: Mapped[date]
    citation: Mapped[str]
    state: Mapped[str] = mapped_column(Short, default="running")
    told: Mapped[str] = mapped_column(Short, default="")
    next_at: Mapped[datetime | None]

    step: Mapped[Step] = relationship(back_populates="clocks")


class Signal(Base):
    """A sign that an advocate or attorney may help; raised once for a child, as an option, never again.

    `key` is the guide's; `how`: "known" (the tool saw it in the log or the clocks) or "asked" (the parent
    said so). `told_at`: when an e-mail carried it.
    """

    __tablename__ = "signals"
    __table_args__ = (UniqueConstraint("child_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    key: Mapped[str] = mapped_column(Short)
    how: Mapped[str] = mapped_column(Short)
    entries: Mapped[list[Any]]  # numbers of the log entries it rests on
    raised_at: Mapped[datetime]
    told_at: Mapped[datetime | None]


class Detail(Base):
    """A fact that letters need and the plan does not hold: a date of birth, a case manager's name.

    `key` is one of the guide's (guide.details). Never in a text, never in a log file.
    """

    __tablename__ = "details"
    __table_args__ = (UniqueConstraint("child_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"))
    key: Mapped[str] = mapped_column(Short)
    value: Mapped[str] = mapped_column(Sealed("detail"))
    caregiver_id: Mapped[int | None] = mapped_column(ForeignKey("caregivers.id"))
    updated_at: Mapped[datetime]


class Draft(Base):
    """A letter as the parent has changed it; `text` is the English one, ready to paste."""

    __tablename__ = "drafts"
    __table_args__ = (UniqueConstraint("step_id", "letter"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    step_id: Mapped[int] = mapped_column(ForeignKey("steps.id"))
    letter: Mapped[str] = mapped_column(Short)
    text: Mapped[str]
    caregiver_id: Mapped[int | None] = mapped_column(ForeignKey("caregivers.id"))
    updated_at: Mapped[datetime]


class PolicyVersion(Base):
    """Thresholds that staff set. Append-only; the newest row of a `service` kind is in force.

    `service`: a kind of service ("speech"), or "" for all that have none of their own. `values`: only the
    thresholds that differ from the configuration (escalation.policy.Policy, field for field).
    """

    __tablename__ = "policy_versions"
    __table_args__ = (UniqueConstraint("service", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(Short)
    version: Mapped[int]
    values: Mapped[dict[str, Any]]
    author: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[datetime]
