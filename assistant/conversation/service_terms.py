"""What the IEP says of a service, told anew by a parent: changed from today on, and kept as an entry.

The entry (kind "plan") has what was said before and what is said now, so a paper of an earlier day can still
be understood, and nothing that was logged is touched.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.evidence.log import note
from assistant.families.changes import set_consent
from assistant.families.plan import Replanned, calendar_of
from assistant.families.terms import Terms, set_terms, terms_of
from assistant.store import Caregiver, ServiceLine


def tell_terms(
    session: Session, row: ServiceLine, new: Terms, now: datetime, settings: Settings, person: Caregiver
) -> Replanned:
    """Name, how it is given and by whom: as `new` from today on. Nothing where all is as it was."""
    about: dict[str, object] = {}
    for field, (before, after) in terms_of(row).changed(new).items():
        about |= {f"{field}_before": before, field: after}
    if not about:
        return Replanned()
    _keep(session, row, about, now, person)
    return set_terms(session, row, new, now, settings, f"caregiver {person.id}")


def tell_consent(
    session: Session, row: ServiceLine, agreed: bool, now: datetime, settings: Settings, person: Caregiver
) -> Replanned:
    """Whether they agreed to the service: from today on it is asked about, or no longer."""
    if row.consented == agreed:
        return Replanned()
    _keep(session, row, {"agreed_before": row.consented, "agreed": agreed}, now, person)
    return set_consent(session, row, agreed, now, settings, f"caregiver {person.id}")


def _keep(
    session: Session, row: ServiceLine, about: dict[str, object], now: datetime, person: Caregiver
) -> None:
    today = now.astimezone(calendar_of(session, row).zone).date()
    note(
        session, row.child_id, "plan", today, {"from": today.isoformat(), **about}, now, line=row,
        caregiver_id=person.id,
    )  # fmt: skip
