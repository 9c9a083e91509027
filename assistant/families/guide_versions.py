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

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families.jurisdictions import of_child
from assistant.guide.checked import KEYS, fingerprint
from assistant.guide.leaf_rules import faults
from assistant.guide.leaves import from_body, with_words
from assistant.guide.loader import load_guide
from assistant.guide.stated import fact_print, facts_of, stated
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


def guide_of_child(
    session: Session, child_id: int, settings: Settings, as_of: datetime | None = None
) -> Guide:
    """The same under which a child lives, as staff chose it. Raises GuideError."""
    return guide_now(session, of_child(session, child_id, settings, as_of), as_of)


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
    guide = _laid(jurisdiction, said).with_reading(settings.guide.model_dump())
    reviews, doubted = dict(guide.reviews), set[str]()
    for key, row in newest_reviews(session, jurisdiction, as_of).items():
        if key not in KEYS:
            doubted |= {key} if _is_doubted(guide, key, row) else set()
        elif row.state == "withdrawn":
            reviews[key] = Review()
        elif row.fingerprint == _fingerprint(jurisdiction, said, key):
            reviews[key] = Review(row.by_name, row.until)
    if doubted:  # whoever checked the text relied on what somebody has since called wrong
        reviews |= {key: Review() for key in KEYS if doubted & set(facts_of(guide, key))}
    return replace(guide, reviews=reviews)


def _is_doubted(guide: Guide, key: str, row: GuideReview) -> bool:
    """Whether a fact's review was withdrawn and it still says what it said then."""
    if row.state != "withdrawn":
        return False
    fact = stated(guide).get(key)
    return fact is not None and row.fingerprint == fact_print(fact)


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


def newest_reviews(
    session: Session, jurisdiction: str, as_of: datetime | None, *, facts: bool = False
) -> dict[str, GuideReview]:
    """The newest row of each text, and of each fact whose review was withdrawn; `facts`: of every fact."""
    newest = select(func.max(GuideReview.id)).where(GuideReview.jurisdiction == jurisdiction)
    if as_of is not None:
        newest = newest.where(GuideReview.created_at <= as_of)
    rows = select(GuideReview).where(GuideReview.id.in_(newest.group_by(GuideReview.key)))
    if not facts:
        rows = rows.where(or_(GuideReview.key.in_(KEYS), GuideReview.state == "withdrawn"))
    return {row.key: row for row in session.scalars(rows)}
