"""Reviews of the guide that staff recorded, laid over those of its files: of its texts, and of its facts.

A review is of the words as they were: where a file is changed afterwards, it no longer holds, and what is
sent says "pending" again. Nothing sent is rewritten; a step that was sent keeps the review it went out with.
A fact's review (its keys: `guide.stated`) tells staff when to look it up again; what is sent goes by
the review of its text. Only a fact whose review was withdrawn makes the texts that state it pending.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families.guide_versions import guide_now, newest_reviews
from assistant.families.tell import audited
from assistant.guide.checked import KEYS, Group, fingerprint
from assistant.guide.stated import FactGroup, fact_print, stated
from assistant.guide.types import Guide, Review
from assistant.store import GuideReview

LONGEST_NAME = 120
LONGEST_NOTE = 600
SOON = 31  # days; a review that ends within them is running out
_HISTORY = 50
Standing = Literal["pending", "reviewed", "soon", "expired", "changed", "withdrawn", "doubted"]
NEEDING: Final = ("soon", "expired", "changed", "doubted")


@dataclass(frozen=True, slots=True)
class Reviewable:
    """A text or fact of the guide and what its review is worth today.

    `standing`: "soon" is a review that still holds and runs out within a month; "changed" one of words that
    are no longer the same, which counts as pending, as does "doubted", of a text: the review of a fact in it
    was withdrawn.
    """

    key: str
    group: Group | FactGroup
    review: Review
    standing: Standing


def reviewables(session: Session, settings: Settings, today: date) -> list[Reviewable]:
    """Every step, letter and kind of e-mail of the guide in use, with its review today."""
    guide, rows = guide_now(session, settings), newest_reviews(session, settings.program.jurisdiction, None)
    return [
        Reviewable(key, group, guide.review_for(key), _standing(guide, key, rows.get(key), today))
        for key, group in KEYS.items()
    ]


def fact_reviewables(session: Session, settings: Settings, today: date) -> list[Reviewable]:
    """Every fact of the guide in use, with its review today."""
    guide = guide_now(session, settings)
    rows = newest_reviews(session, guide.key, None, facts=True)
    return [
        Reviewable(key, one.group, *_of_fact(rows.get(key), fact_print(one), today))
        for key, one in stated(guide).items()
    ]


def needing_review(session: Session, settings: Settings, today: date) -> list[Reviewable]:
    """Texts and facts whose review runs out within a month, ran out, or is of other words."""
    every = [*reviewables(session, settings, today), *fact_reviewables(session, settings, today)]
    return [one for one in every if one.standing in NEEDING]


def record_review(
    session: Session,
    settings: Settings,
    key: str,
    by_name: str,
    checked_on: date,
    until: date,
    note: str,
    staff_id: int,
    now: datetime,
) -> GuideReview:
    """Write down that a named person checked a text or fact. Of a text everything sent then says so.

    Raises KeyError for an unknown text or fact, ValueError for days in the wrong order.
    """
    if not checked_on <= until:
        raise ValueError("a review cannot end before it was made")
    return _add(session, settings, key, "reviewed", by_name, checked_on, until, note, staff_id, now)


def withdraw_review(
    session: Session, settings: Settings, key: str, note: str, staff_id: int, now: datetime
) -> GuideReview:
    """Let a text count as pending again, also where the guide's files call it reviewed. Raises KeyError.

    Of a fact: it is in doubt, and every text that states it counts as pending.
    """
    return _add(session, settings, key, "withdrawn", "", None, None, note, staff_id, now)


def review_history(session: Session, settings: Settings, key: str) -> Sequence[GuideReview]:
    """What was written down of a text's or fact's reviews, newest first."""
    return session.scalars(
        select(GuideReview)
        .where(GuideReview.jurisdiction == settings.program.jurisdiction, GuideReview.key == key)
        .order_by(GuideReview.id.desc())
        .limit(_HISTORY)
    ).all()


def _add(
    session: Session,
    settings: Settings,
    key: str,
    state: str,
    by_name: str,
    checked_on: date | None,
    until: date | None,
    note: str,
    staff_id: int,
    now: datetime,
) -> GuideReview:
    guide = guide_now(session, settings)
    row = GuideReview(
        jurisdiction=guide.key,
        key=key,
        state=state,
        by_name=by_name,
        checked_on=checked_on,
        until=until,
        note=note,
        guide_version=guide.version,
        fingerprint=fingerprint(guide, key) if key in KEYS else fact_print(stated(guide)[key]),
        staff_id=staff_id,
        created_at=now,
    )
    session.add(row)
    session.flush()
    audited(
        session,
        now,
        f"staff {staff_id}",
        f"guide_{state}",
        f"guide {guide.key} {key}",
        version=guide.version,
        until=until.isoformat() if until else None,
    )
    return row


def _standing(guide: Guide, key: str, row: GuideReview | None, today: date) -> Standing:
    standing = _by_day(guide.review_for(key), today)
    if standing != "pending" or row is None:
        return standing
    if row.state == "withdrawn":
        return "withdrawn"
    return "doubted" if row.fingerprint == fingerprint(guide, key) else "changed"


def _of_fact(row: GuideReview | None, now: str, today: date) -> tuple[Review, Standing]:
    """The review that holds for a fact, and what it is worth. `now`: the fact's fingerprint today."""
    if row is None:
        return Review(), "pending"
    if row.fingerprint != now:
        return Review(), "changed"
    if row.state == "withdrawn":
        return Review(), "withdrawn"
    review = Review(row.by_name, row.until)
    return review, _by_day(review, today)


def _by_day(review: Review, today: date) -> Literal["pending", "reviewed", "soon", "expired"]:
    state = review.state(today)
    soon = state == "reviewed" and review.until is not None and review.until <= today + timedelta(days=SOON)
    return "soon" if soon else state
