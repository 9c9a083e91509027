"""Processes die between any two statements while questions go out and replies come in, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest

from tests.faults.making import NewWorld
from tests.faults.oracle import Verdict, judge
from tests.support.fake_twilio_wire import Mode

MODES: tuple[Mode, ...] = ("500-after", "reset-after", "empty-200", "html-502", "429")
PLACES = (
    141  # of the longest step: before each statement and commit, after each transaction, around each post
)


def dying(first: int, random: Random) -> Callable[[], int | None]:
    """Every process dies at its `first`-th place or, taking over from one that died, at any place or none."""
    turn = 0

    def kill_at() -> int | None:
        nonlocal turn
        turn += 1
        return first if turn % 2 else random.choice([None, random.randint(1, 40)])

    return kill_at


def test_a_day_on_which_nothing_dies(new_world: NewWorld) -> None:
    world = new_world(0)
    world.live(lambda: None)
    world.finish()
    assert judge(world) == Verdict()
    assert world.kills == 0


def test_it_dies_between_any_two_statements(new_world: NewWorld, request: pytest.FixtureRequest) -> None:
    """A part of the places, and other ones on each database; `make faults` goes to all of them."""
    kills = 0
    begin, stride = (1, 29) if "[sqlite]" in request.node.name else (2, 47)
    for place in range(begin, PLACES, stride):
        world = new_world(place)
        if place % 3 == 0:
            world.fake.next(*world.random.choices(MODES, k=3))
        world.live(dying(place, world.random))
        world.finish()
        assert judge(world) == Verdict(), f"killed at place {place}"
        kills += world.kills
    assert kills > 15, "processes were killed"


@pytest.mark.long
def test_several_workers_at_once_die_at_random_moments(postgresql_world: NewWorld) -> None:
    kills = 0
    for seed in range(2):
        world = postgresql_world(seed)
        left = [12]

        def place(random: Random = world.random, left: list[int] = left) -> int | None:
            left[0] -= 1
            return random.randint(1, 60) if left[0] > 0 else None

        world.crowd(3, place)
        world.later(world.now + timedelta(minutes=5))
        world.replies()
        left[0] = 12
        world.crowd(3, place)
        world.finish()
        assert judge(world) == Verdict(), f"seed {seed}"
        kills += world.kills
    assert kills > 20, "processes were killed"
