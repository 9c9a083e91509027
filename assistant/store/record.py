"""The record: log entries, hash-chained per child, and audit events. Append-only, by trigger.

Beside it the school's own service logs, as the parent was given them: kept apart, never mixed in.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assistant.store.base import Base, Short
from assistant.store.plans import Expectation, ServiceLine

_SECOND = text("kind = 'second'")


class LogEntry(Base):
    """One thing the record says. Never changed: a correction is a new entry.

    kind, about one expectation: "answer" (what became of it; the newest is in force), "progress" (how much of
    a period there was so far, told before its end), "make_up" (about repaying a miss), "second" (what another
    caregiver said of something answered before: kept and shown, the first answer counts).
    kind, about the child or a service line, with no expectation and an empty outcome (NOTES): "contact" (who
    was talked to, when, how, what was said), "step" (the parent sent a letter, or the school answered or
    refused), "passed" (a date of law or courtesy went by without an answer), "school_log" (the school's own
    log was entered), "plan" (what the IEP says of a service was told anew: its name, how and by whom it is
    given, the parent's consent; from which day). `number` counts a child's entries from 1, whatever their
    kind. `hash` is SHA-256 over the entry's canonical JSON and the hash before it (evidence.chain). `minutes`
    are those given; None where the outcome already says it. An erased one (`erased_at`, kind "erased") is a
    tombstone: its number and hashes, so that the chain holds, and nothing of what it said.
    """

    __tablename__ = "log_entries"
    __table_args__ = (
        UniqueConstraint("child_id", "number"),
        CheckConstraint("number > 0", name="number"),
        Index("ix_log_entries_expectation_id", "expectation_id"),
        Index("ix_log_entries_service_line_id_day", "service_line_id", "day"),
        Index("ix_log_entries_inbound_id", "inbound_id"),
        Index("ix_log_entries_second", "day", sqlite_where=_SECOND, postgresql_where=_SECOND),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"))
    number: Mapped[int]
    service_line_id: Mapped[int | None] = mapped_column(ForeignKey("service_lines.id"))
    expectation_id: Mapped[int | None] = mapped_column(ForeignKey("expectations.id"))
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
    erased_at: Mapped[datetime | None]

    line: Mapped[ServiceLine | None] = relationship()
    expectation: Mapped[Expectation | None] = relationship()


# Kinds of entries that are about no expectation.
NOTES = ("contact", "step", "passed", "school_log", "plan")


def _when_it_came(context: DefaultExecutionContext) -> Any:
    return context.get_current_parameters()["imported_at"]  # type: ignore[no-untyped-call]


class SchoolLog(Base):
    """A service log of the school's, as the parent typed, pasted or imported it. Never edited; a newer one
    is another row. `digest` is the SHA-256 of `raw`, which stands in the record's entry as well.

    `differ`: on how many sessions the two logs did not fit when they were compared last; `compare_at` (UTC,
    indexed) is when that is made anew.
    """

    __tablename__ = "school_logs"
    __table_args__ = (
        Index("ix_school_logs_child_id", "child_id"),
        Index(
            "ix_school_logs_compare_at",
            "compare_at",
            sqlite_where=text("compare_at IS NOT NULL"),
            postgresql_where=text("compare_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"))
    caregiver_id: Mapped[int | None] = mapped_column(ForeignKey("caregivers.id"))
    source: Mapped[str] = mapped_column(Short)  # "typed" | "pasted" | "csv"
    raw: Mapped[str]  # exactly as it came
    digest: Mapped[str]
    imported_at: Mapped[datetime]
    differ: Mapped[int] = mapped_column(default=0, server_default="0")
    compare_at: Mapped[datetime | None] = mapped_column(default=_when_it_came)

    rows: Mapped[list[SchoolLogRow]] = relationship(back_populates="log", order_by="SchoolLogRow.id")


class SchoolLogRow(Base):
    """One row of the school's log: what the school says of one day.

    said: "given", "not_given", or "unclear" where the row does not tell. `place`: its line in `raw`, from 1.
    """

    __tablename__ = "school_log_rows"
    __table_args__ = (
        CheckConstraint("said IN ('given', 'not_given', 'unclear')", name="said"),
        Index("ix_school_log_rows_school_log_id", "school_log_id"),
        Index("ix_school_log_rows_service_line_id", "service_line_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    school_log_id: Mapped[int] = mapped_column(ForeignKey("school_logs.id"))
    service_line_id: Mapped[int] = mapped_column(ForeignKey("service_lines.id"))
    place: Mapped[int]
    day: Mapped[date]
    said: Mapped[str] = mapped_column(Short)
    minutes: Mapped[int | None]
    note: Mapped[str] = mapped_column(default="")  # the school's words, such as "student absent"

    log: Mapped[SchoolLog] = relationship(back_populates="rows")


# What happens to calendars: few events among many, asked for by calendar.
OF_CALENDARS = text(
    "kind IN ('calendar_made', 'calendar_replaced', 'calendar_named', 'closure', 'closure_undone')"
)


class AuditEvent(Base):
    """Something done that is worth finding again. `detail` has no names, numbers or bodies."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_at", "at"),
        Index("ix_audit_events_subject", "subject"),
        Index(
            "ix_audit_events_calendars",
            "subject",
            sqlite_where=OF_CALENDARS,
            postgresql_where=OF_CALENDARS,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(Short)
    kind: Mapped[str] = mapped_column(Short)
    subject: Mapped[str]  # "caregiver 12", "message 40"
    detail: Mapped[dict[str, Any]]
