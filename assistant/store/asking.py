"""Questions to caregivers and the texts that come in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assistant.store.base import Base, Short
from assistant.store.people import Caregiver
from assistant.store.plans import Expectation


class Question(Base):
    """One check-in to one caregiver about one or more expectations, of one child or several.

    `spoken_at` is when we last wrote about it: a bare answer belongs to what was written last.

    state: "open", "answered", "closed". `turn` counts what happened to it; a reminder or an expiry that was
    planned for an earlier turn does nothing.
    """

    __tablename__ = "questions"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'answered', 'closed')", name="state"),
        Index(
            "ix_questions_remind_at",
            "remind_at",
            sqlite_where=text("remind_at IS NOT NULL"),
            postgresql_where=text("remind_at IS NOT NULL"),
        ),
        Index(
            "ix_questions_close_at",
            "close_at",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_questions_caregiver_id_asked_at", "caregiver_id", "asked_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    caregiver_id: Mapped[int] = mapped_column(ForeignKey("caregivers.id"))
    channel: Mapped[str] = mapped_column(Short)  # "sms" | "email"
    state: Mapped[str] = mapped_column(Short, default="open")
    turn: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime]
    spoken_at: Mapped[datetime]
    remind_at: Mapped[datetime | None]
    close_at: Mapped[datetime]
    asked_back: Mapped[bool] = mapped_column(default=False)  # one question back, never a loop

    caregiver: Mapped[Caregiver] = relationship()
    items: Mapped[list[QuestionItem]] = relationship(
        back_populates="question", order_by="QuestionItem.position"
    )


class QuestionItem(Base):
    """One expectation that a question is about; `position` is the order asked, from 0."""

    __tablename__ = "question_items"
    __table_args__ = (
        UniqueConstraint("question_id", "expectation_id"),
        Index("ix_question_items_expectation_id", "expectation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"))
    expectation_id: Mapped[int] = mapped_column(ForeignKey("expectations.id"))
    position: Mapped[int]

    question: Mapped[Question] = relationship(back_populates="items")
    expectation: Mapped[Expectation] = relationship()


class InboundText(Base):
    """What a caregiver wrote, exactly as it came. Stored first, read after; read once (`handled_at`).

    `provider_id` is Twilio's MessageSid (or our own name for a page or sandbox reply); it and the hash of the
    signature are unique, so a repeated or re-cut webhook changes nothing.
    """

    __tablename__ = "inbound_texts"
    __table_args__ = (
        UniqueConstraint("provider_id"),
        UniqueConstraint("signature_hash"),
        Index(
            "ix_inbound_texts_unhandled",
            "received_at",
            sqlite_where=text("handled_at IS NULL"),
            postgresql_where=text("handled_at IS NULL"),
        ),
        Index("ix_inbound_texts_caregiver_id", "caregiver_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(Short)
    signature_hash: Mapped[str | None]
    channel: Mapped[str] = mapped_column(Short)  # "sms" | "page"
    from_address: Mapped[str]
    to_address: Mapped[str]
    body: Mapped[str]
    media: Mapped[int] = mapped_column(default=0)  # pieces of media that came with it
    opt_out_type: Mapped[str] = mapped_column(Short, default="")  # what the carrier says it did
    received_at: Mapped[datetime]
    caregiver_id: Mapped[int | None] = mapped_column(ForeignKey("caregivers.id"))
    handled_at: Mapped[datetime | None]
    meaning: Mapped[dict[str, Any] | None]  # what it was taken to mean, and the words that decided
    needs_staff: Mapped[bool] = mapped_column(default=False)
    flag: Mapped[str] = mapped_column(Short, default="")  # why a person should look; "" where nobody has to
    settled_at: Mapped[datetime | None]  # when a member of staff was done with it
    settled_by: Mapped[int | None]  # that member's number


class Proposal(Base):
    """What a member of staff thinks a text means, put to the parent. Nothing is logged before their yes.

    `answer` holds outcome, cause and minutes as in the log. state: "asked", "confirmed", "refused", "gone".
    """

    __tablename__ = "proposals"
    __table_args__ = (Index("ix_proposals_caregiver_id", "caregiver_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    inbound_id: Mapped[int] = mapped_column(ForeignKey("inbound_texts.id"))
    caregiver_id: Mapped[int] = mapped_column(ForeignKey("caregivers.id"))
    expectation_id: Mapped[int] = mapped_column(ForeignKey("expectations.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    answer: Mapped[dict[str, Any]]
    asked: Mapped[str]  # the question as it was put
    state: Mapped[str] = mapped_column(Short, default="asked")
    asked_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
