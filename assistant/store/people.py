"""Caregivers, their consent, children, and who cares for whom."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Time,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from assistant.store.base import Base, Short
from assistant.store.sealed import Sealed

PHONE_END = 4  # digits


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
        Index("ix_caregivers_phone_end", "phone_end"),
        Index(
            "ix_caregivers_summary_at",
            "summary_at",
            sqlite_where=text("summary_at IS NOT NULL"),
            postgresql_where=text("summary_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Sealed("name"))
    phone: Mapped[str | None] = mapped_column(Sealed("address"))  # E.164
    # The phone's last four digits, by which staff look for a family; follows the phone by itself.
    phone_end: Mapped[str | None] = mapped_column(Sealed("digits"))
    email: Mapped[str | None] = mapped_column(Sealed("address"))  # in lower case
    language: Mapped[str] = mapped_column(Short)
    zone: Mapped[str] = mapped_column(Short)
    texts: Mapped[str] = mapped_column(Short, default="none")
    mails: Mapped[str] = mapped_column(Short, default="none")
    us_state: Mapped[str | None] = mapped_column(Short)  # where they live, like "CA"; None: not told
    # Where they told no state: that of the guide chosen for their child on a page; None: the configuration's.
    guide_state: Mapped[str | None] = mapped_column(Short)
    quiet_start: Mapped[time | None] = mapped_column(Time)  # None: the program's setting
    quiet_end: Mapped[time | None] = mapped_column(Time)
    # When questions come: "each" (after each session), "evening" (one text a day), "week" (one a week).
    gather: Mapped[str] = mapped_column(Short, default="each", server_default="each")
    paused_until: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]  # their last text: after long silence a number may be another's
    summary_at: Mapped[datetime | None]  # when their next weekly or monthly e-mail is made
    # The secret in the address of their calendar feed.
    feed_key: Mapped[str | None] = mapped_column(Sealed("feed"))
    # A phone of the centre's staff, for test texts: nobody's parent, asked nothing.
    for_tests: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]  # they asked to be forgotten: only the number of the row is left

    children: Mapped[list[Child]] = relationship(
        secondary="guardianships", back_populates="caregivers", viewonly=True, order_by="Child.id"
    )

    @validates("phone")
    def _keep_the_end(self, _name: str, phone: str | None) -> str | None:
        self.phone_end = phone[-PHONE_END:] if phone else None
        return phone


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
    # The phone or e-mail address that it is about; a keyed hash of it once erased.
    address: Mapped[str] = mapped_column(Sealed("address"))
    at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class Child(Base):
    """A child. `nickname` is what texts say; the full name appears only in letters and exports.

    `whom`: which of those who care for the child is asked: "first" (who comes first and may be asked),
    "together" (all of them), "turns" (whoever was asked longest ago).
    """

    __tablename__ = "children"

    id: Mapped[int] = mapped_column(primary_key=True)
    nickname: Mapped[str] = mapped_column(Sealed("name"))
    full_name: Mapped[str] = mapped_column(Sealed("name"), default="")
    school: Mapped[str] = mapped_column(default="")
    district: Mapped[str] = mapped_column(default="")
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendars.id"))
    whom: Mapped[str] = mapped_column(Short, default="first")
    in_totals: Mapped[bool] = mapped_column(default=True, server_default=true())  # False: in no count of all
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]  # as of a caregiver; its entries are tombstones

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


class Invitation(Base):
    """A caregiver who is known already is asked whether they care for this child too; their yes ties them.

    state: "open", "accepted", "gone" (they left, or the number changed hands).
    """

    __tablename__ = "invitations"
    __table_args__ = (Index("ix_invitations_caregiver_id", "caregiver_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    child_id: Mapped[int] = mapped_column(ForeignKey("children.id"))
    caregiver_id: Mapped[int] = mapped_column(ForeignKey("caregivers.id"))
    position: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(Short, default="open")
    created_at: Mapped[datetime]


class Enrolment(Base):
    """A family that is being set up by text, from JOIN to a schedule. `draft` is what was told so far.

    stage: what was asked last ("consent", "child", "service", "how_often", "minutes", "time", "more",
    "calendar", "check"); state: "open", "done", "dropped". `nudge_at` (UTC, indexed) is when an unfinished
    one is spoken of.
    """

    __tablename__ = "enrolments"
    __table_args__ = (
        Index("ix_enrolments_caregiver_id", "caregiver_id"),
        Index(
            "ix_enrolments_nudge_at",
            "nudge_at",
            sqlite_where=text("nudge_at IS NOT NULL"),
            postgresql_where=text("nudge_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    caregiver_id: Mapped[int] = mapped_column(ForeignKey("caregivers.id"))
    stage: Mapped[str] = mapped_column(Short)
    state: Mapped[str] = mapped_column(Short, default="open")
    draft: Mapped[dict[str, Any]]
    nudge_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Staff(Base):
    """Somebody of the parent centre who signs in to the pages under /admin: a password and a second factor.

    `password_hash` (argon2id): "" until it is set through a link. `totp_secret`: of the app on their phone,
    in use since `totp_since`; `totp_step` is the time step of the last code that was taken, so that none is
    taken twice. `language`: of their pages, "" for what the browser asks for. `caregiver_id`: their own phone
    as one that may get test texts.
    """

    __tablename__ = "staff"
    __table_args__ = (Index("uq_staff_email", "email", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(Sealed("address"))
    role: Mapped[str] = mapped_column(Short, default="owner")
    language: Mapped[str] = mapped_column(Short, default="")
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    password_hash: Mapped[str] = mapped_column(default="")
    totp_secret: Mapped[str | None] = mapped_column(Sealed("totp"))
    totp_step: Mapped[int] = mapped_column(BigInteger, default=0)
    totp_since: Mapped[datetime | None]
    caregiver_id: Mapped[int | None] = mapped_column(ForeignKey("caregivers.id"))


class SignIn(Base):
    """A sign-in link and the session that it opened. Only a hash of its token is kept.

    Good until `expires_at` for one press (`spent_at`); the session then lasts until `ended_at` is set, or
    runs out: some time after the press, or after `seen_at`. Exactly one of `caregiver_id` and `staff_id` is
    set. `stage`: "" for a session; of staff who are not in yet, what they have shown: "link" or "password".
    """

    __tablename__ = "sign_ins"
    __table_args__ = (
        Index("uq_sign_ins_token_hash", "token_hash", unique=True),
        Index("ix_sign_ins_caregiver_id", "caregiver_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    caregiver_id: Mapped[int | None] = mapped_column(ForeignKey("caregivers.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    token_hash: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    stage: Mapped[str] = mapped_column(Short, default="")
