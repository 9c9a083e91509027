"""A set-up on the question pages: begun with the first answer, found by its secret, gone after weeks."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families.attempts import HOUR, Limit, take
from assistant.store import SetUp

KEPT_DAYS = 28  # an unfinished set-up is kept so long, and found again so long
A_PLACE = (Limit(30, HOUR),)  # begun from one address of the net; a centre's families may share one


def begin(
    session: Session, draft: Mapping[str, Any], place: str, now: datetime, settings: Settings
) -> tuple[SetUp, str] | None:
    """A new set-up with its secret, which is kept nowhere; None when too many were begun from that place."""
    if not take(session, settings.server.secret_key, "set_up", place, now, *A_PLACE):
        return None
    secret = secrets.token_urlsafe(24)
    row = SetUp(
        token_hash=_hash(secret),
        draft=json.dumps(draft),
        caregiver_id=None,
        enrolment_id=None,
        child_id=None,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    return row, secret


def find(session: Session, secret: str, now: datetime) -> SetUp | None:
    """The set-up of that secret, while it is kept; done or not."""
    row = session.scalars(select(SetUp).where(SetUp.token_hash == _hash(secret))).first() if secret else None
    return row if row and row.created_at > now - timedelta(days=KEPT_DAYS) else None


def draft_of(row: SetUp) -> dict[str, Any]:
    """What was answered so far."""
    draft = json.loads(row.draft or "{}")
    return draft if isinstance(draft, dict) else {}


def keep(row: SetUp, draft: Mapping[str, Any], now: datetime) -> None:
    """What is answered now."""
    row.draft, row.updated_at = json.dumps(draft), now


def done(row: SetUp, child_id: int, comes: str, now: datetime) -> None:
    """It became a child, whose page of what comes next is `comes`. What was typed is kept here no longer."""
    row.draft, row.child_id, row.updated_at = json.dumps({"comes": comes}), child_id, now


def drop(session: Session, row: SetUp) -> None:
    """They begin anew."""
    session.delete(row)
    session.flush()


def forget_those_of(
    session: Session, children: Collection[int], caregivers: Collection[int], addresses: Collection[str]
) -> None:
    """Every set-up of these people: by their numbers, and unfinished ones that name an address of theirs."""
    session.execute(
        delete(SetUp)
        .where(SetUp.child_id.in_(children) | SetUp.caregiver_id.in_(caregivers))
        .execution_options(synchronize_session=False)
    )
    wanted = {_bare(address) for address in addresses}
    for row in session.scalars(select(SetUp).where(SetUp.child_id.is_(None))):
        draft = draft_of(row)
        if wanted & {_bare(str(draft.get(key) or "-")) for key in ("phone", "email")}:
            session.delete(row)
    session.flush()


def _bare(address: str) -> str:
    """An address as it is compared: the last ten digits of a number, however it was typed."""
    return address.casefold() if "@" in address else "".join(filter(str.isdigit, address))[-10:]


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
