"""Proof of consent, read for staff and for a carrier's audit: every act, its words, method and moment.

Addresses are masked: enough to tell whether a complaint is about this one, no more.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assistant.store import Caregiver, Consent, Guardianship

PAGE = 25  # caregivers
MOST = 50_000  # acts in a file, the newest of them
COLUMNS = ("caregiver", "families", "channel", "act", "method", "wording", "address", "at_utc")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # how a cell begins that a spreadsheet would run


@dataclass(frozen=True, slots=True)
class Act:
    """One act. channel, act, method as in store.Consent; `at` in UTC; `address` masked, "" once erased."""

    channel: str
    act: str
    method: str
    wording: str
    address: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """A caregiver by number, the numbers of their families, the states in force, and every act."""

    caregiver: int
    families: Sequence[int]
    texts: str
    mails: str
    acts: Sequence[Act]


def proofs(session: Session, before: int | None = None, family: int | None = None) -> list[Proof]:
    """A page of caregivers with their acts, the newest first; `before` goes on below that number."""
    wanted = select(Caregiver).order_by(Caregiver.id.desc()).limit(PAGE)
    if before is not None:
        wanted = wanted.where(Caregiver.id < before)
    if family is not None:
        wanted = wanted.join(Guardianship, Guardianship.caregiver_id == Caregiver.id)
        wanted = wanted.where(Guardianship.child_id == family)
    people = session.scalars(wanted).all()
    numbers = [one.id for one in people]
    acts: dict[int, list[Act]] = defaultdict(list)
    for row in session.scalars(
        select(Consent).where(Consent.caregiver_id.in_(numbers)).order_by(Consent.at, Consent.id)
    ):
        acts[row.caregiver_id].append(_act(row))
    families = _families(session, numbers)
    return [Proof(one.id, families[one.id], one.texts, one.mails, acts[one.id]) for one in people]


def as_csv(session: Session) -> str:
    """Every act as a row, the newest first; what begins like a formula gets an apostrophe."""
    rows = session.scalars(select(Consent).order_by(Consent.id.desc()).limit(MOST)).all()
    families = _families(session, {row.caregiver_id for row in rows})
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        one = _act(row)
        told = (one.channel, one.act, one.method, one.wording, one.address)
        where = " ".join(map(str, families[row.caregiver_id]))
        writer.writerow([row.caregiver_id, where, *map(_cell, told), one.at.isoformat(timespec="seconds")])
    return out.getvalue()


def texting(session: Session) -> int:
    """How many caregivers have said yes to texts."""
    return session.scalar(select(func.count()).select_from(Caregiver).where(Caregiver.texts == "in")) or 0


def masked(address: str) -> str:
    """ "…0101", "a…@example.org"."""
    name, at, domain = address.rpartition("@")
    if at:
        return f"{name[:1]}…@{domain}"
    return f"…{address[-4:]}" if address else ""


def _act(row: Consent) -> Act:
    address = "" if row.erased_at else masked(row.address)
    return Act(row.channel, row.act, row.method, row.wording, address, row.at)


def _families(session: Session, numbers: Iterable[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    chosen = sorted(numbers)
    for start in range(0, len(chosen), 500):
        ties = select(Guardianship.caregiver_id, Guardianship.child_id).where(
            Guardianship.caregiver_id.in_(chosen[start : start + 500])
        )
        for caregiver, child in session.execute(ties.order_by(Guardianship.child_id)):
            found[caregiver].append(child)
    return found


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
