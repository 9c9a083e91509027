"""Whose guide holds for whom: the configuration's, what staff chose for all, what they chose for one child.

Everything about a guide is asked with settings (`guide_now`, `guide_of`), so what was chosen is told by
settings: `of_child`, `of_centre` and `of_step` give those under which a child's, the centre's and a step's
guide is found. What was done under one guide stays under it: a step keeps the one of the moment it was done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Final, Literal

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families.tell import audited
from assistant.families.thresholds import living
from assistant.guide.loader import jurisdictions
from assistant.store import Caregiver, Case, Child, Guardianship, JurisdictionChoice, Step

Whom = Literal["all", "new"]
FOLLOWS: Final = ""  # a child without a guide of its own
_AT_ONCE: Final = 500
_HISTORY: Final = 50


def under(settings: Settings, jurisdiction: str) -> Settings:
    """The same settings under another guide; a guide that is no longer shipped changes nothing."""
    if jurisdiction == settings.program.jurisdiction or jurisdiction not in _shipped():
        return settings
    program = settings.program.model_copy(update={"jurisdiction": jurisdiction})
    return settings.model_copy(update={"program": program})


def of_centre(session: Session, settings: Settings) -> Settings:
    """The settings for what is about no child: those of whoever has no guide of their own."""
    return under(settings, _newest(session, None, None).get(None, FOLLOWS))


def of_child(session: Session, child_id: int, settings: Settings, as_of: datetime | None = None) -> Settings:
    """The settings that hold for a child, now or at a moment (UTC)."""
    found = _newest(session, child_id, as_of)
    return under(settings, found.get(child_id) or found.get(None, FOLLOWS))


def of_step(session: Session, step: Step, settings: Settings) -> Settings:
    """The settings of a step: as of when it was done, with all that began with it; else those of now."""
    return of_child(session, step.case.child_id, settings, step.decided_at)


def of_children(session: Session, settings: Settings) -> Mapping[int | None, Settings]:
    """The same for all at once: children who have their own guide, and under None all others."""
    chosen = _all_newest(session)
    others = under(settings, chosen.pop(None, FOLLOWS))
    return {None: others, **{child: under(settings, key) for child, key in chosen.items() if key}}


def in_use(session: Session, settings: Settings) -> tuple[str, ...]:
    """The guides that hold for somebody, the centre's first."""
    found = [one.program.jurisdiction for one in of_children(session, settings).values()]
    return tuple(dict.fromkeys(found))


def state_of(jurisdiction: str) -> str | None:
    """The state whose hours go with a guide: "IL" of "us-il"; None where it is of no state."""
    country, _, state = jurisdiction.partition("-")
    return state.upper() if country == "us" and state else None


def hours_state(session: Session, child_id: int | None) -> str | None:
    """The state for a caregiver of that child who tells none; None where nothing was chosen on a page."""
    found = _newest(session, child_id, None)
    chosen = (found.get(child_id) if child_id is not None else None) or found.get(None, FOLLOWS)
    return state_of(chosen) if chosen in _shipped() else None


def followers(session: Session) -> list[int]:
    """The children who have no guide of their own, by number."""
    own = {child for child, key in _all_newest(session).items() if key}
    every = session.scalars(select(Child.id).where(Child.erased_at.is_(None)).order_by(Child.id))
    return [number for number in every if number not in own]


def choose(
    session: Session,
    jurisdiction: str,
    whom: Whom,
    author: str,
    reason: str,
    now: datetime,
    settings: Settings,
) -> JurisdictionChoice:
    """From now on this guide holds for who is new, and ("all") for all who have none of their own.

    With "new" those who are here keep what they have, as a choice of their own. Cases of those it changes for
    are decided anew in the next pass; dates that run go on. Raises ValueError for an unknown guide or the one
    that holds already.
    """
    before, touched = of_centre(session, settings).program.jurisdiction, followers(session)
    _may_become(jurisdiction, before)
    if whom == "new":
        kept = (JurisdictionChoice(child_id=one, jurisdiction=before, author=author, reason=reason, at=now)
                for one in touched)  # fmt: skip
        session.add_all(kept)
    row = _row(session, None, jurisdiction, author, reason, now)
    cases = _follow(session, touched, state_of(jurisdiction), now) if whom == "all" else 0
    audited(
        session, now, author, "jurisdiction_chosen", "guide",
        before=before, after=jurisdiction, whom=whom, children=len(touched), cases=cases,
    )  # fmt: skip
    return row


def choose_for_child(
    session: Session, child_id: int, jurisdiction: str, author: str, reason: str, now: datetime
) -> JurisdictionChoice:
    """From now on this guide holds for the child; `FOLLOWS`: the one of all others, as it is and will be.

    Raises ValueError for an unknown guide, or where it is so already.
    """
    before = _newest(session, child_id, None).get(child_id, FOLLOWS)
    if jurisdiction != FOLLOWS:
        _may_become(jurisdiction, before)
    elif before == FOLLOWS:
        raise ValueError("the child has no guide of its own")
    row = _row(session, child_id, jurisdiction, author, reason, now)
    cases = _follow(session, [child_id], hours_state(session, child_id), now)
    audited(
        session, now, author, "jurisdiction_chosen", f"child {child_id}",
        before=before, after=jurisdiction, cases=cases,
    )  # fmt: skip
    return row


def choices(session: Session, child_id: int | None) -> Sequence[JurisdictionChoice]:
    """What was chosen for all, or for one child, newest first."""
    whose = (
        JurisdictionChoice.child_id.is_(None) if child_id is None else JurisdictionChoice.child_id == child_id
    )
    newest = JurisdictionChoice.id.desc()
    return session.scalars(select(JurisdictionChoice).where(whose).order_by(newest).limit(_HISTORY)).all()


def some(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    """The numbers in parts that one statement takes."""
    for start in range(0, len(numbers), _AT_ONCE):
        yield numbers[start : start + _AT_ONCE]


@cache
def _shipped() -> frozenset[str]:
    return frozenset(jurisdictions())


def _may_become(jurisdiction: str, before: str) -> None:
    if jurisdiction not in _shipped() or jurisdiction == before:
        raise ValueError(f"{jurisdiction}: no such guide, or it holds already")


def _row(
    session: Session, child_id: int | None, jurisdiction: str, author: str, reason: str, now: datetime
) -> JurisdictionChoice:
    row = JurisdictionChoice(
        child_id=child_id, jurisdiction=jurisdiction, author=author, reason=reason, at=now
    )
    session.add(row)
    session.flush()
    return row


def _follow(session: Session, children: Sequence[int], state: str | None, now: datetime) -> int:
    """Let hours and cases of these children go by it. Returns how many cases are decided anew."""
    cases = 0
    for numbers in some(children):
        carers = select(Guardianship.caregiver_id).where(Guardianship.child_id.in_(numbers))
        session.execute(update(Caregiver).where(Caregiver.id.in_(carers)).values(guide_state=state))
        cases += _decide_anew(session, numbers, now)
    return cases


def _decide_anew(session: Session, children: Collection[int], now: datetime) -> int:
    cases = list(session.scalars(living(now).where(Case.child_id.in_(children))))
    for numbers in some(cases):
        session.execute(update(Case).where(Case.id.in_(numbers)).values(look_at=now))
    return len(cases)


def _newest(session: Session, child_id: int | None, as_of: datetime | None) -> dict[int | None, str]:
    of_all = JurisdictionChoice.child_id.is_(None)
    whose = of_all if child_id is None else or_(of_all, JurisdictionChoice.child_id == child_id)
    rows = select(JurisdictionChoice.child_id, JurisdictionChoice.jurisdiction).where(whose)
    if as_of is not None:
        rows = rows.where(JurisdictionChoice.at <= as_of)
    return {row[0]: row[1] for row in session.execute(rows.order_by(JurisdictionChoice.id))}


def _all_newest(session: Session) -> dict[int | None, str]:
    newest = select(func.max(JurisdictionChoice.id)).group_by(JurisdictionChoice.child_id)
    rows = select(JurisdictionChoice.child_id, JurisdictionChoice.jurisdiction)
    return {row[0]: row[1] for row in session.execute(rows.where(JurisdictionChoice.id.in_(newest)))}
