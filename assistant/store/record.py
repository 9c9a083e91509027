"""The record: log entries, hash-chained per child, and audit events. Append-only, by trigger."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assistant.store.base import Base, Short
from assistant.store.plans import Expectation, ServiceLine


class LogEntry(Base):
    """One thing the record says about one expectation. Never changed: a correction is a new entry.

    kind: "answer" (what became of the expectation; the newest is in force), "progress" (how much of a period
    there was so far, told before its end), "make_up" (about repaying a miss), "second" (what another
    caregiver said of something answered before: kept and shown, the first answer counts). `number` counts a
    child's entries from 1. `hash` is SHA-256 over the entry's canonical JSON and the hash before it
    (evidence.chain).
    `minutes` are those given; None where the outcome already says it.
    """

    __tablename__ = "log_entries"
    __table_args__ = (
        UniqueConstraint("child_id", "number"),
        CheckConstraint("number > 0", name="number"),
        Index("ix_log_entries_expectation_id", "expectation_id"),
        Index("ix_log_entries_service_line_id_day", "service_line_id", "day"),
        Index("ix_log_entries_inbound_id", "inbound_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"))
    number: Mapped[int]
    service_line_id: Mapped[int] = mapped_column(ForeignKey("service_lines.id"))
    expectation_id: Mapped[int] = mapped_column(ForeignKey("expectations.id"))
    question_id: Mapped[int | None] = mapped_column(ForeignKey("questions.id"))
    caregiver_id: Mapped[int | None] = mapped_column(ForeignKey("caregivers.id"))
    inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound_texts.id"))
    kind: Mapped[str] = mapped_column(Short, default="answer")
    day: Mapped[date]
    outcome: Mapped[str] = mapped_column(Short)
    cause: Mapped[str | None] = mapped_column(Short)
    minutes: Mapped[int | None]
    sessions: Mapped[int | None]
    chances: Mapped[int | None]  # of an accommodation: how often there was an occasion for it
    knows: Mapped[str] = mapped_column(Short)
    words: Mapped[str]  # exactly as they came; empty where nobody replied
    asked_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]
    supersedes: Mapped[int | None]  # the number of the entry that this one corrects
    content: Mapped[dict[str, Any]]  # the very JSON that was hashed
    previous_hash: Mapped[str]
    hash: Mapped[str]

    line: Mapped[ServiceLine] = relationship()
    expectation: Mapped[Expectation] = relationship()


class AuditEvent(Base):
    """Something done that is worth finding again. `detail` has no names, numbers or bodies."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_at", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(Short)
    kind: Mapped[str] = mapped_column(Short)
    subject: Mapped[str]  # "caregiver 12", "message 40"
    detail: Mapped[dict[str, Any]]
