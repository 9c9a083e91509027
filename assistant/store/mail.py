"""The mailbox that answers and bounces come back to: how far it was read, and each e-mail that was taken.

No e-mail is kept here: what a parent wrote becomes an InboundText, of anything else only what it was. The
rows point at others by number without a foreign key, so that a family can be erased without them.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from assistant.store.base import Base, Short


class Mailbox(Base):
    """A folder on an IMAP server. UIDs (RFC 9051 2.3.1.1) go up within one `uid_validity`; 0 before a look.

    `next_at` (UTC, indexed): when to look again; while somebody looks, when that counts as given up.
    """

    __tablename__ = "mailboxes"
    __table_args__ = (
        UniqueConstraint("name"),
        Index(
            "ix_mailboxes_next_at",
            "next_at",
            sqlite_where=text("next_at IS NOT NULL"),
            postgresql_where=text("next_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Short)  # a hash of host, user and folder
    uid_validity: Mapped[int] = mapped_column(BigInteger, default=0)
    last_uid: Mapped[int] = mapped_column(BigInteger, default=0)  # the last that was stored
    next_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)  # looks in a row that did not work


class InboundMail(Base):
    """An e-mail that was taken from a mailbox, once: by its UID, and by its Message-ID where UIDs change.

    kind: "answer" (kept as InboundText `inbound_id`), "leave" (to the address that stops e-mails), "bounce"
    (`status` as RFC 3463 has it), "delayed", "forged" (a bounce of nothing that we sent), "machine" (sent by
    itself), "stranger" (from nobody we know, about nothing of ours: not kept), "flood" (too many in a day:
    not kept), "broken".
    `reference`: that of our message it is about, "" where that is not known.
    """

    __tablename__ = "inbound_mails"
    __table_args__ = (
        UniqueConstraint("mailbox_id", "uid_validity", "uid"),
        UniqueConstraint("key"),
        Index("ix_inbound_mails_inbound_id", "inbound_id"),
        Index("ix_inbound_mails_reference", "reference"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    mailbox_id: Mapped[int]
    uid_validity: Mapped[int] = mapped_column(BigInteger)
    uid: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str]  # SHA-256 of the Message-ID, or of the whole e-mail where it has none
    kind: Mapped[str] = mapped_column(Short)
    status: Mapped[str] = mapped_column(Short, default="")
    reference: Mapped[str] = mapped_column(Short, default="")
    by_tag: Mapped[bool] = mapped_column(default=False)  # it came to an address that only our message had
    inbound_id: Mapped[int | None]
    received_at: Mapped[datetime]
