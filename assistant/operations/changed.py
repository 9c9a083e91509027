"""Words and thresholds in use from a simulation's first day on, in place of those that are shipped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assistant.operations.rehearsals import REVIEWED
from assistant.store import GuideReview, PolicyVersion, Staff, TaughtPhrase, Template
from assistant.words import Language
from messages.templates import CATALOGUE

Texts = Mapping[tuple[str, Language], str]  # bodies by whole key ("texts.confirm") and language
Policies = Mapping[str, Mapping[str, Any]]  # thresholds by kind of service, "" for all (families.thresholds)
Reviews = Sequence[Mapping[str, Any]]  # as operations.rehearsals freezes them
Phrases = Sequence[Mapping[str, str]]  # what staff taught the reader: phrase, language, outcome
_BY = "rehearsal"
_DAYS = ("checked_on", "until")


def put_in_use(
    session: Session, texts: Texts, policies: Policies, now: datetime, reviews: Reviews = ()
) -> None:
    """Add them as the newest versions of an empty database, right after its catalogue was written."""
    session.flush()
    for (key, language), body in sorted(texts.items()):
        newest = session.scalar(
            select(func.max(Template.version)).where(Template.key == key, Template.language == language)
        )
        session.add(
            Template(
                key=key, language=language, version=(newest or 0) + 1, body=body,
                author=CATALOGUE,  # as if the program came with them: so they are in use at once
                reason=_BY, created_at=now,
            )
        )  # fmt: skip
    for service, values in sorted(policies.items()):
        session.add(
            PolicyVersion(
                service=service, version=1, values=dict(values), author=_BY, reason=_BY, created_at=now
            )
        )
    for review in reviews:
        days = {name: date.fromisoformat(day) if (day := review[name]) else None for name in _DAYS}
        carried = {name: review[name] for name in REVIEWED}
        session.add(GuideReview(**carried, **days, note="", staff_id=0, created_at=now))


def teach_all(session: Session, phrases: Phrases, now: datetime) -> None:
    """The reader knows these from the first day on."""
    if not phrases:
        return
    teacher = Staff(email="rehearsal@example.invalid", role="reviewer", created_at=now, ended_at=now)
    session.add(teacher)
    session.flush()
    for one in phrases:
        session.add(TaughtPhrase(**one, state="live", taught_by=teacher.id, taught_at=now, approved_at=now))
