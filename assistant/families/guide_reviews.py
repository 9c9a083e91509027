"""Reviews of the guide that staff recorded, laid over those of its files.

A review is of the words as they were: where a file is changed afterwards, it no longer holds, and what is
sent says "pending" again. Nothing sent is rewritten; a step that was sent keeps the review it went out with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families.guide_versions import guide_now, newest_reviews
from assistant.families.tell import audited
from assistant.guide.checked import KEYS, Group, fingerprint
from assistant.guide.types import Guide, Review
from assistant.store import GuideReview

LONGEST_NAME = 120
LONGEST_NOTE = 600
SOON = 31  # days; a review that ends within them is running out
_HISTORY = 50
Standing = Literal["pending", "reviewed", "soon", "expired", "changed", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Reviewable:
    """A text of the guide and what its review is worth today.

    `standing`: "soon" is a review that still holds and runs out within a month; "changed" one of words that
    are no longer the same, which counts as pending.
    """

    key: str
    group: Group
    review: Review
    standing: Standing


def reviewables(session: Session, settings: Settings, today: date) -> list[Reviewable]:
    """Every step, letter and kind of e-mail of the guide in use, with its review today."""
    guide, rows = guide_now(session, settings), newest_reviews(session, settings.program.jurisdiction, None)
    return [
        Reviewable(key, group, guide.review_for(key), _standing(guide, key, rows.get(key), today))
        for key, group in KEYS.items()
    ]


def reviews_running_out(
    session: Session, settings: Settings, today: date, days: int = SOON
) -> list[Reviewable]:
    """What has a review that ran out, or will within so many days; the soonest first."""
    last = today + timedelta(days=days)
    found = [
        one
        for one in reviewables(session, settings, today)
        if one.review.until is not None and one.review.until <= last
    ]
    return sorted(found, key=lambda one: (one.review.until or last, one.key))


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
    """Write down that a named person checked these words. From now on everything sent says so, until `until`.

    Raises KeyError for an unknown text, ValueError for days in the wrong order.
    """
    if not checked_on <= until:
        raise ValueError("a review cannot end before it was made")
    return _add(session, settings, key, "reviewed", by_name, checked_on, until, note, staff_id, now)


def withdraw_review(
    session: Session, settings: Settings, key: str, note: str, staff_id: int, now: datetime
) -> GuideReview:
    """Let a text count as pending again, also where the guide's files call it reviewed. Raises KeyError."""
    return _add(session, settings, key, "withdrawn", "", None, None, note, staff_id, now)


def review_history(session: Session, settings: Settings, key: str) -> Sequence[GuideReview]:
    """What was written down of a text's reviews, newest first."""
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
        fingerprint=fingerprint(guide, key),
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
    review = guide.review_for(key)
    state = review.state(today)
    if state == "reviewed" and review.until and review.until <= today + timedelta(days=SOON):
        return "soon"
    if state != "pending" or row is None:
        return state
    return "withdrawn" if row.state == "withdrawn" else "changed"
