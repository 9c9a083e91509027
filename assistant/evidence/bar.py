"""The minutes bar of a service: what was promised so far, in parts that add up to it. Pure.

The parts are the ledger's terms (contracts, section 2), some together; what make-ups repaid is taken out of
what was not held and shown as a part of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from assistant.evidence.ledger import Ledger

PartKey = Literal["held", "other", "made_up", "missed", "event", "away", "unknown", "unanswered"]
PARTS: tuple[PartKey, ...] = get_args(PartKey)


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the minutes. `start` and `width` are its place on a bar that is `wide` units long."""

    key: PartKey
    minutes: int
    start: int
    width: int


def parts_of(ledger: Ledger, wide: int = 320) -> tuple[Part, ...]:
    """The parts that are not empty, in order; their minutes are `ledger.expected`, their widths `wide`."""
    minutes: dict[PartKey, int] = {
        "held": ledger.held,
        "other": ledger.other,
        "made_up": ledger.made_up,
        "missed": ledger.school - ledger.made_up,
        "event": ledger.grey,
        "away": ledger.family + ledger.refused + ledger.closure,
        "unknown": ledger.unknown,
        "unanswered": ledger.unanswered,
    }
    found, so_far = [], 0
    for key in PARTS:
        if minutes[key]:
            start = so_far * wide // ledger.expected
            so_far += minutes[key]
            found.append(Part(key, minutes[key], start, so_far * wide // ledger.expected - start))
    return tuple(found)
