"""What a week or a month was: the sessions that fell due in it, by what became of them. Pure.

Every session stands under exactly one kind, so the kinds together are all that was due, and the ledger of
these days holds the very minutes that the ledger of the whole line has for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from assistant.escalation.shortfall import side_of
from assistant.escalation.types import Occasion
from assistant.evidence.ledger import Ledger, fold
from assistant.words import Bucket, Outcome


class Kind(StrEnum):
    """What became of a session, as a parent reads it."""

    HELD = "held"
    PARTIAL = "partial"
    OTHER = "other"
    MISSED = "missed"  # not held, on the school's side
    EVENT = "event"  # a school event, testing, a minimum day
    AWAY = "away"
    REFUSED = "refused"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    UNANSWERED = "unanswered"


_BY_OUTCOME = {
    Outcome.HELD: Kind.HELD,
    Outcome.PARTIAL: Kind.PARTIAL,
    Outcome.OTHER: Kind.OTHER,
    Outcome.NO_SCHOOL: Kind.CLOSED,
    Outcome.UNKNOWN: Kind.UNKNOWN,
    Outcome.UNANSWERED: Kind.UNANSWERED,
}
_BY_SIDE = {
    Bucket.GREY: Kind.EVENT,
    Bucket.FAMILY: Kind.AWAY,
    Bucket.REFUSED: Kind.REFUSED,
    Bucket.CLOSURE: Kind.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Tally:
    """The sessions of some days. `ledger` counts their minutes, `by_kind` the sessions in date order."""

    by_kind: Mapping[Kind, tuple[Occasion, ...]]
    ledger: Ledger

    @property
    def due(self) -> int:
        """How many sessions (or days, or occasions for an accommodation) fell due."""
        return sum(len(found) for found in self.by_kind.values())

    def count(self, kind: Kind) -> int:
        return len(self.by_kind.get(kind, ()))


def kind_of(occasion: Occasion) -> Kind:
    """The one kind that the occasion stands under."""
    found = _BY_OUTCOME.get(occasion.outcome)
    if found is not None:
        return found
    side = side_of(occasion)
    return _BY_SIDE.get(side, Kind.MISSED) if side is not None else Kind.MISSED


def within(occasions: Iterable[Occasion], first: date, last: date) -> tuple[Occasion, ...]:
    """The occasions of the days from `first` to `last`, both included."""
    return tuple(one for one in occasions if first <= one.date <= last)


def tally(occasions: Iterable[Occasion]) -> Tally:
    """Count these occasions; kinds that did not occur are left out."""
    every = sorted(occasions, key=lambda one: one.date)
    found: dict[Kind, list[Occasion]] = {kind: [] for kind in Kind}
    for one in every:
        found[kind_of(one)].append(one)
    return Tally({kind: tuple(those) for kind, those in found.items() if those}, fold(every))


def first_miss(occasions: Iterable[Occasion], first: date, last: date) -> Occasion | None:
    """The line's only miss on the school's side so far, where it fell on these days; None for several.

    One alone sends no step: it is spoken of in the summary only. Part-sessions are misses as well, but not
    sessions that were not held.
    """
    misses = [one for one in occasions if side_of(one) is Bucket.SCHOOL]
    if len(misses) != 1 or kind_of(misses[0]) is not Kind.MISSED:
        return None
    return misses[0] if first <= misses[0].date <= last else None


def unknown_run(occasions: Sequence[Occasion]) -> int:
    """How many "not sure" there are in a row at the end; silence and days off neither end nor lengthen it."""
    run = 0
    for one in reversed(occasions):
        kind = kind_of(one)
        if kind is Kind.UNKNOWN:
            run += 1
        elif kind in (Kind.HELD, Kind.PARTIAL, Kind.OTHER, Kind.MISSED):
            break
    return run
