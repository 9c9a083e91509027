"""Caregivers, their consent, children, and who cares for whom."""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, Time, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from assistant.store.base import Base, Short


class Caregiver(Base):
    """A person who is asked. `zone` is where they live: quiet hours are decided in it.

    `texts` and `mails` hold the consent in force, kept beside the consent rows that prove it:
    "none" (never asked), "invited" (asked to confirm), "in", "out".
    """

    __tablename__ = "caregivers"
    __table_args__ = (
        CheckConstraint("texts IN ('none', 'invited', 'in', 'out')", name="texts"),
        CheckConstraint("mails IN ('none', 'invited', 'in', 'out')", name="mails"),
        # A phone belongs to one caregiver; several children hang on the caregiver, not on the phone.
        Index("uq_caregivers_phone", "phone", unique=True),
        Index("uq_caregivers_feed_key", "feed_key", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    phone: Mapped[str | None] = mapped_column(Short)  # E.164
    email: Mapped[str | None]
    language: Mapped[str] = mapped_column(Short)
    zone: Mapped[str] = mapped_column(Short)
    texts: Mapped[str] = mapped_column(Short, default="none")
    mails: Mapped[str] = mapped_column(Short, default="none")
    quiet_start: Mapped[time | None] = mapped_column(Time)  # None: the program's setting
    quiet_end: Mapped[time | None] = mapped_column(Time)
    paused_until: Mapped[datetime | None]
    feed_key: Mapped[str | None] = mapped_column(Short)  # the secret in the address of their calendar feed
    created_at: Mapped[datetime]

    children: Mapped[list[Child]] = relationship(
        secondary="guardianships", back_populates="caregivers", viewonly=True, order_by="Child.id"
    )


class Consent(Base):
    """One act of consent or its withdrawal, with the wording shown. Append-only: the proof, not the state."""

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_caregiver_id", "caregiver_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    caregiver_id: Mapped[int] = mapped_column(ForeignKey("caregivers.id"))
    channel: Mapped[str] = mapped_column(Short)  # "sms" | "email"
    act: Mapped[str] = mapped_column(Short)  # "requested" | "given" | "withdrawn"
    method: Mapped[str] = mapped_column(Short)  # "web form", "text", "scenario", "carrier", "link"
    wording: Mapped[str]
    address: Mapped[str]  # the phone or e-mail address that it is about
    at: Mapped[datetime]


class Child(Base):
    """A child. `nickname` is what texts say; the full name appears only in letters and exports."""

    __tablename__ = "children"

    id: Mapped[int] = mapped_column(primary_key=True)
    nickname: Mapped[str]
    full_name: Mapped[str] = mapped_column(default="")
    school: Mapped[str] = mapped_column(default="")
    district: Mapped[str] = mapped_column(default="")
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendars.id"))
    created_at: Mapped[datetime]

    caregivers: Mapped[list[Caregiver]] = relationship(
        secondary="guardianships", back_populates="children", viewonly=True, order_by="Guardianship.position"
    )


class Guardianship(Base):
    """Caregiver `caregiver_id` cares for child `child_id`; position 0 is asked first."""

    __tablename__ = "guardianships"
    __table_args__ = (
        UniqueConstraint("child_id", "caregiver_id"),
        Index("ix_guardianships_caregiver_id", "caregiver_id"),
        CheckConstraint(text("position >= 0"), name="position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"))
    caregiver_id: Mapped[int] = mapped_column(ForeignKey("caregivers.id"))
    position: Mapped[int] = mapped_column(default=0)
