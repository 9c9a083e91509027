"""How many minutes were short, and what share of the service that is: two percentages, never one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from assistant.escalation.types import Occasion
from assistant.words import Bucket, Outcome, bucket_of


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Minutes of one service line, by what became of them.

    expected = given + other + school + grey + family + refused + closure + unknown + unanswered.
    `short` is the school's side after make-ups (`school` less `made_up`); only it is ever claimed.
    `of_all_percent` is `short` of all expected minutes; `of_attended_percent` leaves out the minutes that
    the child was away or nobody was served (family and closure). Both are exact fractions rounded half up.
    """

    expected: int = 0
    given: int = 0
    other: int = 0
    school: int = 0
    grey: int = 0
    family: int = 0
    refused: int = 0
    closure: int = 0
    unknown: int = 0
    unanswered: int = 0
    made_up: int = 0
    short: int = 0
    sessions: int = 0  # that fell due
    not_held: int = 0  # of those, not given at all, on the school's side, not made up
    shortened: int = 0  # given in part, the rest on the school's side, not made up
    of_all_percent: int = 0
    of_attended_percent: int = 0
    first: date | None = None
    last: date | None = None
    entries: tuple[int, ...] = ()  # of the misses that `short` rests on


def side_of(occasion: Occasion) -> Bucket | None:
    """The side an occasion's missing minutes fall on, also where the caller left `bucket` out."""
    return occasion.bucket or bucket_of(occasion.outcome, occasion.cause)


def stands(occasion: Occasion) -> bool:
    """Whether something of the occasion is still missing, on whichever side it falls.

    A line without minutes (an aide's day, a ride) has nothing to add up: there a miss is a miss.
    """
    return occasion.short > 0 or (occasion.due == 0 and occasion.outcome is Outcome.MISSED)


def shortfall(occasions: Iterable[Occasion], grey_counts: bool = False) -> Shortfall:
    """Add up `occasions`. With `grey_counts`, grey minutes count as short too and stay in their own column;
    so do short days that are marked as repeated.

    Raises ValueError for an occasion that was given more minutes than were due: the sum would not hold.
    """
    every = sorted(occasions, key=lambda one: one.date)
    minutes = dict.fromkeys([bucket.value for bucket in Bucket] + ["unanswered"], 0)
    short = made_up = not_held = shortened = 0
    entries = []
    for one in every:
        rest = one.due - one.given - one.other
        if rest < 0:
            raise ValueError(f"{one.date}: more minutes given than were due")
        side = side_of(one)
        # A session held in full leaves nothing; whatever is left without a side, nobody has told us about.
        minutes[side.value if side else "unanswered"] += rest
        claimed = side is Bucket.SCHOOL or (side is Bucket.GREY and (grey_counts or one.repeated))
        if side is Bucket.SCHOOL:
            made_up += min(one.made_up, rest)
        if claimed and stands(one):
            short += one.short
            shortened += one.given + one.other > 0
            not_held += one.given + one.other == 0
            entries += [one.entry] if one.entry is not None else []
    expected = sum(one.due for one in every)
    return Shortfall(
        expected=expected,
        given=sum(one.given for one in every),
        other=sum(one.other for one in every),
        made_up=made_up,
        short=short,
        sessions=len(every),
        not_held=not_held,
        shortened=shortened,
        of_all_percent=percent(short, expected),
        of_attended_percent=percent(short, expected - minutes["family"] - minutes["closure"]),
        first=every[0].date if every else None,
        last=every[-1].date if every else None,
        entries=tuple(sorted(set(entries))),
        **minutes,
    )


def percent(part: int, whole: int) -> int:
    """`part` of `whole` in percent, the exact fraction rounded half up; 0 of nothing is 0."""
    return (200 * part + whole) // (2 * whole) if whole > 0 else 0
