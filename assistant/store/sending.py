"""The outbox, what providers said about it, the templates, and the few facts about the program itself."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assistant.store.base import Base, Short
from assistant.store.sealed import Sealed

_TO_ACT_ON = text("next_at IS NOT NULL")
_FAILED = text("error_code <> ''")
_LOST = text("state = 'failed'")
_OF_A_STEP = text("step_id IS NOT NULL")


class OutgoingMessage(Base):
    """A text or e-mail to leave. `dedupe_key` makes it one, whatever is repeated around it.

    state: "queued" -> "sending" (leased) -> "sent" -> "delivered" | "failed"; "unsure" after a lost answer,
    until the provider was asked; "dropped" when it waited past its sense or consent ended.
    `next_at` (UTC, indexed): when the outbox has to act on it. For a text that was sent: when the provider is
    asked what became of it. `again_of`: the text that did not arrive and that this one repeats.
    """

    __tablename__ = "outgoing_messages"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        UniqueConstraint("provider_id"),
        CheckConstraint(
            "state IN ('queued', 'sending', 'unsure', 'sent', 'delivered', 'failed', 'dropped')", name="state"
        ),
        Index(
            "ix_outgoing_messages_next_at",
            "next_at",
            sqlite_where=_TO_ACT_ON,
            postgresql_where=_TO_ACT_ON,
        ),
        Index(
            "ix_outgoing_messages_error_code",
            "error_code",
            "sent_at",
            sqlite_where=_FAILED,
            postgresql_where=_FAILED,
        ),
        Index(
            "ix_outgoing_messages_failed_at",
            "created_at",
            sqlite_where=_LOST,
            postgresql_where=_LOST,
        ),
        Index(
            "ix_outgoing_messages_step_id",
            "step_id",
            sqlite_where=_OF_A_STEP,
            postgresql_where=_OF_A_STEP,
        ),
        Index("ix_outgoing_messages_caregiver_id", "caregiver_id"),
        Index("ix_outgoing_messages_reference", "reference"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str]
    reference: Mapped[str] = mapped_column(Short)  # goes out with the message and comes back in callbacks
    channel: Mapped[str] = mapped_column(Short)  # "sms" | "email" | "carrier" (the sandbox's phone company)
    kind: Mapped[str] = mapped_column(Short)  # "question", "reminder", "confirmation", "step", ...
    caregiver_id: Mapped[int] = mapped_column(ForeignKey("caregivers.id"))
    to_address: Mapped[str] = mapped_column(Sealed("address"))
    language: Mapped[str] = mapped_column(Short)
    subject: Mapped[str] = mapped_column(default="")
    body: Mapped[str]
    html: Mapped[str] = mapped_column(default="")
    thread: Mapped[str] = mapped_column(default="")  # e-mails of a case share it
    thread_subject: Mapped[str] = mapped_column(default="")  # and go out under this subject; "": their own
    about: Mapped[list[Any]]  # expectation ids
    template_key: Mapped[str] = mapped_column(Short)
    template_version: Mapped[int] = mapped_column(default=0)
    step_id: Mapped[int | None] = mapped_column(ForeignKey("steps.id"))
    created_at: Mapped[datetime]
    not_after: Mapped[datetime | None]  # past this it is dropped with a record, not sent stale
    state: Mapped[str] = mapped_column(Short, default="queued")
    next_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    put_off: Mapped[int] = mapped_column(default=0)  # times it waited for the sender, not for itself
    again_of: Mapped[int | None] = mapped_column(ForeignKey("outgoing_messages.id"))
    looks: Mapped[int] = mapped_column(default=0)  # times the provider was asked about an unsure one
    # Its files were too large for the mail server: it leaves with a link to them.
    without_files: Mapped[bool] = mapped_column(default=False, server_default=false())
    started_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    provider_id: Mapped[str | None] = mapped_column(Short)
    provider_status: Mapped[str] = mapped_column(Short, default="")
    error_code: Mapped[str] = mapped_column(Short, default="")
    error: Mapped[str] = mapped_column(default="")

    attachments: Mapped[list[Attachment]] = relationship(
        back_populates="message", order_by="Attachment.id", cascade="all, delete-orphan"
    )


class Attachment(Base):
    """A file that goes out with an e-mail."""

    __tablename__ = "attachments"
    __table_args__ = (Index("ix_attachments_message_id", "message_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("outgoing_messages.id"))
    name: Mapped[str]
    content_type: Mapped[str]
    data: Mapped[bytes] = mapped_column(LargeBinary)

    message: Mapped[OutgoingMessage] = relationship(back_populates="attachments")


class Sender(Base):
    """What a channel ("sms", "email") as a whole is up to, shared by all workers; locked for each claim.

    `ready_at`, `tail_at`: from when the sender's rate lets the next segment go, and where the queue behind it
    ends. `day`, `taken`: texts taken on that local day, for the daily limit. `failures`: tries in a row
    without an answer. `halted_at`: since when nothing goes but one message at `probe_at`, to see whether it
    works again; `proof`: what shows that it does, "accepted" by the provider or "delivered". `held_until`: a
    carrier takes no more from us on that day.
    """

    __tablename__ = "senders"

    channel: Mapped[str] = mapped_column(Short, primary_key=True)
    ready_at: Mapped[datetime | None]
    tail_at: Mapped[datetime | None]
    day: Mapped[date | None]
    taken: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0)
    halted_at: Mapped[datetime | None]
    halt_code: Mapped[str] = mapped_column(Short, default="")
    proof: Mapped[str] = mapped_column(Short, default="accepted")
    probe_at: Mapped[datetime | None]
    probes: Mapped[int] = mapped_column(default=0)
    held_until: Mapped[datetime | None]


class StatusEvent(Base):
    """One delivery status as a provider called it in; kept even where it changed nothing."""

    __tablename__ = "status_events"
    __table_args__ = (UniqueConstraint("provider_id", "status", "error_code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(Short)
    reference: Mapped[str] = mapped_column(Short, default="")
    status: Mapped[str] = mapped_column(Short)
    error_code: Mapped[str] = mapped_column(Short, default="")
    at: Mapped[datetime]


class Template(Base):
    """One version of one text in one language. Append-only; the newest live version is the one in use.

    What the program came with is live at once, what staff wrote once it was reviewed, until it is retired:
    that is told by its acts. `made_from`: the version of the English text that a text in another language
    was written beside. `machine`: a machine made the first draft. `warnings`: what the checks had to say when
    it was saved, each a code and its values. `over`: of a text of the guide, the fingerprint of its file's
    words then.
    """

    __tablename__ = "templates"
    __table_args__ = (UniqueConstraint("key", "language", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Short)
    language: Mapped[str] = mapped_column(Short)
    version: Mapped[int]
    body: Mapped[str]
    author: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[datetime]
    made_from: Mapped[int | None]
    machine: Mapped[bool] = mapped_column(default=False)
    warnings: Mapped[list[Any]] = mapped_column(default=list)
    over: Mapped[str] = mapped_column(Short, default="")


class TemplateAct(Base):
    """Something done with a version, by whom and why. Append-only.

    act: "sent" (to review), "sent_back", "reviewed" (good until `until`; `alone`: by its own author, as the
    centre had one person only), "kept" (in use since before there were reviews), "retired".
    """

    __tablename__ = "template_acts"
    __table_args__ = (
        CheckConstraint("act IN ('sent', 'sent_back', 'reviewed', 'kept', 'retired')", name="act"),
        Index("ix_template_acts_template_id", "template_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    template_id: Mapped[int] = mapped_column(ForeignKey("templates.id"))
    act: Mapped[str] = mapped_column(Short)
    by: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    until: Mapped[date | None]
    alone: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime]


class Fact(Base):
    """A small fact about the program: the sandbox's clock, who ticks until when, the last full tick."""

    __tablename__ = "facts"

    key: Mapped[str] = mapped_column(Short, primary_key=True)
    value: Mapped[str]
    until: Mapped[datetime | None]
