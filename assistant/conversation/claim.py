"""Taking what is due to be asked, a family whole: everything for one evening goes into one text.

Several workers may take at once (PostgreSQL). Who holds a family's first child has the family: two workers
that each took a session of the same family would ask the same caregiver twice. On SQLite there is one writer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, aliased

from assistant.store import Child, Expectation, Guardianship


@dataclass(frozen=True, slots=True)
class Family:
    """Children who share caregivers, and for each the ids of those who care for it, in the family's order."""

    children: tuple[int, ...]
    carers: dict[int, tuple[int, ...]]
    whom: dict[int, str]  # by child: Child.whom


def families_due(session: Session, now: datetime, limit: int) -> list[Family]:
    """The families of up to `limit` sessions that are due, oldest first, held until the transaction ends.

    A family that another worker has taken, or part of it, is left out; it is still due afterwards.
    """
    taken = session.execute(_DUE_FIRST, {"now": now, "most": limit}).all()
    if not taken:
        return []
    held = {head for _, head in taken}
    families = _whole(session, dict.fromkeys(child for child, _ in taken))
    if session.get_bind().dialect.name == "sqlite":
        return families
    wanted = {head for family in families for head in _heads(family)} - held
    if wanted:
        more = select(Child.id).where(Child.id.in_(wanted)).order_by(Child.id)
        held.update(session.scalars(more.with_for_update(key_share=True, skip_locked=True)))
    return [family for family in families if _heads(family) <= held]


_OWN, _SHARED = aliased(Guardianship), aliased(Guardianship)
_HEAD = (
    select(func.min(_SHARED.child_id))
    .select_from(_OWN)
    .join(_SHARED, _SHARED.caregiver_id == _OWN.caregiver_id)
    .where(_OWN.child_id == Expectation.child_id)
    .scalar_subquery()
)
# Children with something due, each with the child that stands for its family: that row is held.
_DUE_FIRST = (
    select(Expectation.child_id, Child.id)
    .join(Child, Child.id == func.coalesce(_HEAD, Expectation.child_id))
    .where(Expectation.state == "planned", Expectation.ask_at <= bindparam("now"))
    .order_by(Expectation.ask_at, Expectation.id)
    .limit(bindparam("most"))
    .with_for_update(of=Child, key_share=True, skip_locked=True)
)
_CARERS = (
    select(Child.id, Child.whom, Guardianship.caregiver_id)
    .outerjoin(Guardianship, Guardianship.child_id == Child.id)
    .where(Child.id.in_(bindparam("fresh", expanding=True)))
    .order_by(Child.id, Guardianship.position, Guardianship.id)
)
_CARED_FOR = select(Guardianship.child_id).where(
    Guardianship.caregiver_id.in_(bindparam("strangers", expanding=True))
)


def _whole(session: Session, children: Iterable[int]) -> list[Family]:
    """The families of these children, in that order, with the brothers and sisters who were not named.

    Generation by generation, each by index: one recursive statement makes PostgreSQL read whole tables.
    """
    named = list(children)
    whom: dict[int, str] = {}
    carers: dict[int, list[int]] = defaultdict(list)
    cared: dict[int, list[int]] = defaultdict(list)
    fresh = set(named)
    while fresh:
        rows = session.execute(_CARERS, {"fresh": list(fresh)}).all()
        strangers = {
            caregiver for _, _, caregiver in rows if caregiver is not None and caregiver not in cared
        }
        for child, way, caregiver in rows:
            whom[child] = way
            if caregiver is not None:
                carers[child].append(caregiver)
                cared[caregiver].append(child)
        theirs = session.scalars(_CARED_FOR, {"strangers": list(strangers)}) if strangers else ()
        fresh = set(theirs) - set(whom)
    families, seen = [], set[int]()
    for child in named:
        if child not in seen:
            together = _reach(child, carers, cared)
            seen.update(together)
            families.append(
                Family(
                    tuple(together),
                    {one: tuple(carers[one]) for one in together},
                    {one: whom[one] for one in together},
                )
            )
    return families


def _reach(start: int, carers: dict[int, list[int]], cared: dict[int, list[int]]) -> list[int]:
    """All children that hang together with `start` by those who care for them."""
    found, waiting = {start: None}, [start]
    while waiting:
        for caregiver in carers[waiting.pop()]:
            fresh = [child for child in cared[caregiver] if child not in found]
            found.update(dict.fromkeys(fresh))
            waiting.extend(fresh)
    return list(found)


def _heads(family: Family) -> set[int]:
    """The children that stand for a family, as `_DUE_FIRST` names them: mostly one, several in patchworks."""
    first: dict[int, int] = {}
    for child in sorted(family.children):
        for caregiver in family.carers[child]:
            first.setdefault(caregiver, child)
    return {min((first[one] for one in carers), default=child) for child, carers in family.carers.items()}


def all_carers(families: Sequence[Family]) -> set[int]:
    """Everybody who cares for a child of these families."""
    return {one for family in families for carers in family.carers.values() for one in carers}
