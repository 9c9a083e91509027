"""Months of measures, as they were made once and are shown from then on."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from assistant.store.base import Base


class MeasuredMonth(Base):
    """A month's figures, already rounded and with few families hidden. Never written anew.

    `first`: the month's first day. `fewest`: below how many families figures were hidden when it was made.
    """

    __tablename__ = "measured_months"
    __table_args__ = (Index("uq_measured_months_first", "first", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[date]
    fewest: Mapped[int]
    figures: Mapped[list[Any]]
    made_at: Mapped[datetime]
