"""Who wants in: links asked for on a page, what was tried and how often, and the staff's spare codes.

And a new number or address that a caregiver gave, until it is confirmed.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from assistant.store.base import Base, Short
from assistant.store.sealed import Sealed

_WAITS = text("answer_at IS NOT NULL")


class LinkAsk(Base):
    """Somebody typed a number or address on a page and asked for a way in, whether we know it or not.

    The page only keeps this row, so it answers everybody alike; a job looks who it is (`answer_at`, UTC,
    indexed, until it has). `browser_hash`: of the secret in the cookie of the browser that asked; the code
    works there only. `code_hash`: "" until there is a code, and for ever where nobody was found.
    """

    __tablename__ = "link_asks"
    __table_args__ = (
        Index("uq_link_asks_browser_hash", "browser_hash", unique=True),
        Index("ix_link_asks_address_created_at", "address", "created_at"),
        Index("ix_link_asks_created_at", "created_at"),
        Index("ix_link_asks_answer_at", "answer_at", sqlite_where=_WAITS, postgresql_where=_WAITS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(
        Sealed("address")
    )  # E.164, or an e-mail in lower case; "" for neither
    browser_hash: Mapped[str]
    created_at: Mapped[datetime]
    answer_at: Mapped[datetime | None]
    sign_in_id: Mapped[int | None] = mapped_column(ForeignKey("sign_ins.id"))
    code_hash: Mapped[str] = mapped_column(default="")
    tries: Mapped[int] = mapped_column(default=0)


class Attempt(Base):
    """One thing done that may be done only so often. `key` is a keyed hash: no number, address or name."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_scope_key_at", "scope", "key", "at"), Index("ix_attempts_at", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(Short)
    key: Mapped[str] = mapped_column(Short)
    at: Mapped[datetime]


class RecoveryCode(Base):
    """A spare code of a member of staff, for when the phone is lost. Only its hash; good once."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("staff_id", "code_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    code_hash: Mapped[str]
    used_at: Mapped[datetime | None]


class AddressChange(Base):
    """A new phone number or e-mail address of a caregiver's, waiting for the code that was sent there.

    At most one a caregiver and channel ("sms", "email"). `code_hash`, `link_hash`: keyed; "" where nothing
    was sent, as to a number that is another person's. `wording`: what they agreed to on the page, for the
    proof of consent.
    """

    __tablename__ = "address_changes"
    __table_args__ = (Index("ix_address_changes_caregiver_id", "caregiver_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    caregiver_id: Mapped[int] = mapped_column(ForeignKey("caregivers.id"))
    channel: Mapped[str] = mapped_column(Short)
    address: Mapped[str] = mapped_column(Sealed("address"))
    wording: Mapped[str]
    code_hash: Mapped[str] = mapped_column(default="")
    link_hash: Mapped[str] = mapped_column(default="")
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
