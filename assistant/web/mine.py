"""The one door to a child's pages: who is signed in, and a child that they care for."""

from __future__ import annotations

from flask import abort
from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.store import Caregiver, Child, Guardianship, ServiceLine
from assistant.web.language import prefer
from assistant.web.signed_in import caregiver_here


def mine(session: Session, number: int) -> tuple[Caregiver, Child]:
    """Who is signed in, and a child that they care for; 404 for anybody or anything else."""
    person = caregiver_here(session)
    if person is None:
        abort(404)
    prefer(person.language)
    child = session.scalars(
        select(Child)
        .join(Guardianship, Guardianship.child_id == Child.id)
        .where(Child.id == number, Guardianship.caregiver_id == person.id)
    ).first()
    if child is None:
        abort(404)
    return person, child


def lines_of(session: Session, child: Child) -> list[ServiceLine]:
    """All service lines of a child, of the newest IEP first."""
    return list(
        session.scalars(
            select(ServiceLine)
            .where(ServiceLine.child_id == child.id)
            .order_by(ServiceLine.iep_version_id.desc(), ServiceLine.id)
        )
    )
