"""What of a table of totals may be shown, so that nobody can tell from it about few families. Pure.

Three rules. A number about fewer families than `fewest` is not shown. Where one part of a total is hidden, a
part that is large enough by itself is hidden with it: whoever takes the shown parts from the total is left
with a sum over that many families at least. And what is shown is coarse: rates and counts to the nearest
five, never all and never nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

STEP = 5
Shade = Literal["about", "at_least", "at_most", "below"]


@dataclass(frozen=True, slots=True)
class Coarse:
    """A number as it may be told. "below" is less than `number`, which may be none at all."""

    number: int
    shade: Shade = "about"


def hidden(families: Mapping[str, int], fewest: int) -> frozenset[str]:
    """The parts that are not shown, of parts with so many families each; they may share families.

    A part without families is no secret of anybody's and hides nothing.
    """
    small = {name for name, count in families.items() if 0 < count < fewest}
    large = sorted((count, name) for name, count in families.items() if count >= fewest)
    if small and large:
        small.add(large[0][1])
    return frozenset(small)


def may_tell_total(families: int, fewest: int) -> bool:
    """Whether a number about all of so many families is shown."""
    return families >= fewest


def rate(part: int, whole: int) -> Coarse | None:
    """Percent, to the nearest five; nearly all and nearly none are told as just that. None of nothing."""
    if whole <= 0:
        return None
    percent = 100 * part / whole
    if percent > 100 - STEP:
        return Coarse(100 - STEP, "at_least")
    if percent < STEP:
        return Coarse(STEP, "at_most")
    return Coarse(_nearest(percent))


def amount(number: float) -> Coarse:
    """A count, or minutes or days, to the nearest five; below five it is only told that it is."""
    return Coarse(STEP, "below") if number < STEP else Coarse(_nearest(number))


def _nearest(number: float) -> int:
    return STEP * int(number / STEP + 0.5)
