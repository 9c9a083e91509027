"""The guide as it now stands: its files, what the centre's staff wrote over them, and the reviews.

`guide_now` is what everything that is sent, shown or printed goes by; `guide_with_drafts` is the same with
whatever is being worked on, for looking and for rehearsals. A version whose words no longer fit the text
(its file has another form since) is passed over, and the file's words stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.guide.checked import KEYS, fingerprint
from assistant.guide.leaf_rules import faults
from assistant.guide.leaves import from_body, with_words
from assistant.guide.loader import load_guide
from assistant.guide.types import Guide, Review
from assistant.store import GuideReview, Template, TemplateAct
from assistant.words import Language
from messages.template_states import LIVE, Version

Using = Literal["live", "drafts"]


@dataclass(frozen=True, slots=True)
class Said:
    """A version of a text of the guide: which text, in which language, and its words."""

    piece: str
    language: Language
    version: int
    body: str


def guide_now(session: Session, settings: Settings, as_of: datetime | None = None) -> Guide:
    """The guide with the versions in use and the reviews, now or as of a moment (UTC). Raises GuideError."""
    return _whole(session, settings, _said(session, settings.program.jurisdiction, "live", as_of), as_of)


def guide_with_drafts(session: Session, settings: Settings) -> Guide:
    """The same with the newest words of each text, also those of drafts and in review. Raises GuideError."""
    return _whole(session, settings, _said(session, settings.program.jurisdiction, "drafts", None), None)


def versions_now(
    session: Session, jurisdiction: str, as_of: datetime | None = None
) -> Mapping[tuple[str, Language], int]:
    """Which version of each text is in use; those that are the file's, version 0, are left out."""
    said = _said(session, jurisdiction, "live", as_of)
    return {(one.piece, one.language): one.version for one in said if fits(jurisdiction, one)}


def version_of(session: Session, piece: str, language: Language, settings: Settings) -> int:
    """The version of a text that is in use; 0 is the file's."""
    return versions_now(session, settings.program.jurisdiction).get((piece, language), 0)


@lru_cache(maxsize=512)
def fits(jurisdiction: str, said: Said) -> bool:
    """Whether the words are, key by key, those that the text has today, and leave no hole in it."""
    guide = load_guide(jurisdiction)
    try:
        return not faults(guide, said.piece, said.language, from_body(said.body), guide.verified_on)
    except (KeyError, ValueError):
        return False


def _said(session: Session, jurisdiction: str, using: Using, as_of: datetime | None) -> tuple[Said, ...]:
    """The newest version of each text that is live (else that is not retired); few, as few are rewritten."""
    rows = session.scalars(
        select(Template)
        .where(Template.key.startswith(f"{jurisdiction}.", autoescape=True))
        .order_by(Template.key, Template.language, Template.version)
    ).all()
    if not rows:
        return ()
    acts: dict[int, list[TemplateAct]] = {}
    wanted = select(TemplateAct).where(TemplateAct.template_id.in_([row.id for row in rows]))
    for act in session.scalars(wanted.order_by(TemplateAct.id)):
        if as_of is None or act.at <= as_of:
            acts.setdefault(act.template_id, []).append(act)
    found: dict[tuple[str, str], Said] = {}
    for row in rows:
        state = Version(row, tuple(acts.get(row.id, ()))).state
        if state in LIVE or (using == "drafts" and state != "retired"):
            piece = row.key.removeprefix(f"{jurisdiction}.")
            found[piece, row.language] = Said(piece, cast(Language, row.language), row.version, row.body)
    return tuple(found.values())


def _whole(session: Session, settings: Settings, said: tuple[Said, ...], as_of: datetime | None) -> Guide:
    jurisdiction = settings.program.jurisdiction
    guide = _laid(jurisdiction, said)
    reviews = dict(guide.reviews)
    for key, row in newest_reviews(session, jurisdiction, as_of).items():
        if row.state == "withdrawn":
            reviews[key] = Review()
        elif row.fingerprint == _fingerprint(jurisdiction, said, key):
            reviews[key] = Review(row.by_name, row.until)
    return replace(guide, reviews=reviews).with_reading(settings.guide.model_dump())


@lru_cache(maxsize=16)
def _laid(jurisdiction: str, said: tuple[Said, ...]) -> Guide:
    guide = load_guide(jurisdiction)
    for one in said:
        if fits(jurisdiction, one):
            guide = with_words(guide, one.piece, one.language, from_body(one.body))
    return guide


@lru_cache(maxsize=256)
def _fingerprint(jurisdiction: str, said: tuple[Said, ...], key: str) -> str:
    return fingerprint(_laid(jurisdiction, said), key)


def newest_reviews(session: Session, jurisdiction: str, as_of: datetime | None) -> dict[str, GuideReview]:
    """The newest row of each text. There are few: one for every review that a person made."""
    rows = select(GuideReview).where(GuideReview.jurisdiction == jurisdiction, GuideReview.key.in_(KEYS))
    if as_of is not None:
        rows = rows.where(GuideReview.created_at <= as_of)
    return {row.key: row for row in session.scalars(rows.order_by(GuideReview.id))}
