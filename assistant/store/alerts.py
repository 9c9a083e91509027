"""Alerts: what a person who runs the program has to look at. One open row for one trouble, counted.

And how many webhooks were refused, so that any process can tell.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from assistant.store.base import Base, Short

_OPEN = text("closed_at IS NULL")


class Alert(Base):
    """One trouble: `kind` says which ("send_halted"), `subject` of what ("sms", a template's key), or "".

    Open until it is over (`closed_by` "program") or somebody of the staff is done with it. `detail` holds no
    phone number, name or message text.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        Index("uq_alerts_open", "kind", "subject", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Short)
    subject: Mapped[str] = mapped_column(Short, default="")
    detail: Mapped[dict[str, Any]]
    times: Mapped[int] = mapped_column(default=1)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str] = mapped_column(Short, default="")


class Refusal(Base):
    """Webhooks that were refused within the ten minutes from `at` (UTC), by hook and reason; no content."""

    __tablename__ = "refusals"

    at: Mapped[datetime] = mapped_column(primary_key=True)
    hook: Mapped[str] = mapped_column(Short, primary_key=True)
    reason: Mapped[str] = mapped_column(Short, primary_key=True)
    times: Mapped[int]
