"""Further sections of an evidence file: tables that stand behind the parent's own entries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from assistant.evidence.collected import Section, Wanted


def sections_of(session: Session, child_id: int, wanted: Wanted, as_of: datetime) -> tuple[Section, ...]:
    """The sections for this child and range, in the language wanted; () where there is none."""
    return ()
