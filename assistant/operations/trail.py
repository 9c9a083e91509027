"""Reading the audit: for an owner, filtered and by pages; for a parent, who of the centre looked at them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from assistant.store import AuditEvent, Caregiver, Case, Child, Guardianship, Step

PAGE = 50
MOST = 10_000  # rows of a file
_MOST_SHOWN = 100  # to a parent
# What staff do with a family that the family is shown: about the child to all who care for it, about one
# caregiver to that one only.
OF_A_CHILD = ("family_read", "exported", "follow_up_call", "follow_up_done")
OF_A_CAREGIVER = ("thread_read", "picture_read", "link_sent", "family_paused", "family_resumed")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which events are wanted; "" and None are all. `first` and `last` (UTC): from then, and before then."""

    actor: str = ""
    kind: str = ""
    family: int | None = None
    first: datetime | None = None
    last: datetime | None = None


def events(
    session: Session, asked: Asked, before: int | None = None, most: int = PAGE
) -> Sequence[AuditEvent]:
    """The newest of those wanted, from below event number `before`."""
    wanted = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(most)
    if before is not None:
        wanted = wanted.where(AuditEvent.id < before)
    if asked.actor:
        wanted = wanted.where(AuditEvent.actor == asked.actor)
    if asked.kind:
        wanted = wanted.where(AuditEvent.kind == asked.kind)
    if asked.family is not None:
        wanted = wanted.where(AuditEvent.subject.in_(_subjects(session, asked.family)))
    if asked.first is not None:
        wanted = wanted.where(AuditEvent.at >= asked.first)
    if asked.last is not None:
        wanted = wanted.where(AuditEvent.at < asked.last)
    return session.scalars(wanted).all()


def as_csv(found: Iterable[AuditEvent]) -> str:
    """As a file for a spreadsheet; nothing in it is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["number", "at", "actor", "kind", "subject", "detail"])
    for one in found:
        detail = json.dumps(one.detail, ensure_ascii=False, sort_keys=True)
        row = (one.id, one.at.isoformat(), one.actor, one.kind, one.subject, detail)
        writer.writerow([_plain(str(cell)) for cell in row])
    return out.getvalue()


def looks_of(session: Session, person: Caregiver, children: Sequence[Child]) -> Sequence[AuditEvent]:
    """What staff did with this caregiver and their children, the newest first."""
    mine = [f"child {child.id}" for child in children]
    return session.scalars(
        select(AuditEvent)
        .where(
            or_(
                and_(AuditEvent.subject.in_(mine), AuditEvent.kind.in_(OF_A_CHILD)),
                and_(AuditEvent.subject == f"caregiver {person.id}", AuditEvent.kind.in_(OF_A_CAREGIVER)),
            ),
            AuditEvent.actor.startswith("staff"),
        )
        .order_by(AuditEvent.id.desc())
        .limit(_MOST_SHOWN)
    ).all()


def _subjects(session: Session, child_id: int) -> list[str]:
    carers = session.scalars(select(Guardianship.caregiver_id).where(Guardianship.child_id == child_id))
    steps = session.scalars(select(Step.id).join(Case).where(Case.child_id == child_id).limit(500))
    return [
        f"child {child_id}",
        *(f"caregiver {number}" for number in carers),
        *(f"step {number}" for number in steps),
    ]


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
