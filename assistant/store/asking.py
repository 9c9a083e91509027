"""Questions to caregivers and the texts that come in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assistant.store.base import Base, Short
from assistant.store.people import Caregiver
from assistant.store.plans import Expectation
from assistant.store.sealed import Sealed


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


def _when_it_came(context: DefaultExecutionContext) -> Any:
    return context.get_current_parameters()["received_at"]  # type: ignore[no-untyped-call]


class InboundText(Base):
    """What a caregiver wrote, exactly as it came. Stored first, read after; read once (`handled_at`).

    `provider_id` is Twilio's MessageSid (or our own name for a page or sandbox reply); it and the hash of the
    signature are unique, so a repeated or re-cut webhook changes nothing.

    `received_at` is the provider's time where it is known; `kept_at` then says when we stored it. `body` is
    what is read; where that is not what came (packed, or joined with other parts), `raw` is what came.
    """

    __tablename__ = "inbound_texts"
    __table_args__ = (
        UniqueConstraint("provider_id"),
        UniqueConstraint("signature_hash"),
        Index(
            "ix_inbound_texts_unread",
            "read_from",
            sqlite_where=text("handled_at IS NULL"),
            postgresql_where=text("handled_at IS NULL"),
        ),
        Index(
            "ix_inbound_texts_unread_of",
            "from_address",
            sqlite_where=text("handled_at IS NULL"),
            postgresql_where=text("handled_at IS NULL"),
        ),
        Index("ix_inbound_texts_caregiver_id", "caregiver_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(Short)
    signature_hash: Mapped[str | None]
    channel: Mapped[str] = mapped_column(Short)  # "sms" | "page"
    source: Mapped[str] = mapped_column(
        Short, default=""
    )  # "webhook" | "fallback" | "sweep" | "sandbox" | ""
    from_address: Mapped[str] = mapped_column(Sealed("address"))
    to_address: Mapped[str]
    body: Mapped[str]
    raw: Mapped[str | None]
    media: Mapped[int] = mapped_column(default=0)  # pieces of media that came with it
    opt_out_type: Mapped[str] = mapped_column(Short, default="")  # what the carrier says it did
    error_code: Mapped[str] = mapped_column(Short, default="")  # the provider's; 30009: a part was lost
    received_at: Mapped[datetime]
    kept_at: Mapped[datetime | None]
    # A text that looks cut waits a little for the rest of it; any other is read from when it came.
    read_from: Mapped[datetime | None] = mapped_column(default=_when_it_came)
    caregiver_id: Mapped[int | None] = mapped_column(ForeignKey("caregivers.id"))
    part_of: Mapped[int | None]  # the number of the text that this one was read with, as a part of it
    handled_at: Mapped[datetime | None]
    meaning: Mapped[dict[str, Any] | None]  # what it was taken to mean, and the words that decided
    needs_staff: Mapped[bool] = mapped_column(default=False)
    flag: Mapped[str] = mapped_column(Short, default="")  # why a person should look; "" where nobody has to
    settled_at: Mapped[datetime | None]  # when a member of staff was done with it
    settled_by: Mapped[int | None]  # that member's number


class Media(Base):
    """A picture or paper that came with a text. `data` is kept here, so it has no address of its own.

    state: "waiting" (to be fetched), "kept", "refused" (`why`: "size", "type", "gone", "tries").
    `claimed_type` is the provider's word; `content_type` what the bytes themselves are. `provider_id` may not
    be known yet.
    """

    __tablename__ = "media"
    __table_args__ = (
        UniqueConstraint("inbound_id", "position"),
        Index(
            "ix_media_next_at",
            "next_at",
            sqlite_where=text("next_at IS NOT NULL"),
            postgresql_where=text("next_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    inbound_id: Mapped[int] = mapped_column(ForeignKey("inbound_texts.id"))
    position: Mapped[int]
    provider_id: Mapped[str] = mapped_column(Short, default="")
    claimed_type: Mapped[str] = mapped_column(default="")
    content_type: Mapped[str] = mapped_column(Short, default="")
    state: Mapped[str] = mapped_column(Short, default="waiting")
    why: Mapped[str] = mapped_column(Short, default="")
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]  # when it is fetched, or deleted at the provider; empty: nothing to do
    kept_at: Mapped[datetime | None]
    gone_at: Mapped[datetime | None]  # when it was deleted at the provider
    data: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)


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
