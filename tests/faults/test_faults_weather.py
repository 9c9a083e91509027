"""No space on the disk, a database that is restarted, a clock that jumps: refused cleanly, taken up again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import inspect, make_url, select, text
from sqlalchemy.exc import SQLAlchemyError

from assistant.store import Caregiver, OutgoingMessage
from tests.faults.full_disk import FILLED, refusing_rows
from tests.faults.making import NewWorld
from tests.faults.oracle import Verdict, judge
from tests.faults.world import WORDS, World, nothing, phone
from tests.support.stores import administrator

LA = ZoneInfo("America/Los_Angeles")


def everything(world: World) -> dict[str, list[Any]]:
    """All rows of all tables."""
    store = world.machine.store
    with store.engine.connect() as connection:
        names = inspect(connection).get_table_names()
        rows = {name: list(connection.execute(text(f"SELECT * FROM {name}"))) for name in names}
    world.machine.rest()
    return rows


@pytest.mark.parametrize("room", [33_000, 42_000, 60_000, 90_000])
def test_no_space_left_refuses_cleanly_and_loses_nothing(sqlite_world: NewWorld, room: int) -> None:
    """Files may not grow beyond `room` bytes: SQLite's log is full in the middle of whatever it writes."""
    world = sqlite_world(room)
    refused = world.end_of(world.begin("tick", largest_file=room))
    assert len({one.reference for one in world.fake.sent()}) == len(world.fake.sent())
    world.until_done("tick", lambda: None)
    world.later(world.now + timedelta(minutes=5))
    world.replies()
    before, waited = everything(world), len(world.waiting)
    world.end_of(world.begin("webhooks", largest_file=room))
    kept = len(everything(world)["inbound_texts"]) - len(before["inbound_texts"])
    assert kept == waited - len(world.waiting), "kept is what was answered with 200, and nothing else"
    world.until_done("webhooks", lambda: None)
    world.end_of(world.begin("tick", largest_file=room))
    assert refused or room > 60_000
    world.finish()
    assert judge(world) == Verdict()


@pytest.mark.parametrize("way", ["again", "swept"])
def test_stop_on_a_full_disk_is_refused_and_takes_effect_when_it_comes_again(
    new_world: NewWorld, way: str
) -> None:
    """Refused with 503, so nothing of it is kept; then Twilio tries again, or the sweep finds it."""
    world = new_world(1)
    world.ask(lambda: None)
    world.later(world.now + timedelta(minutes=5))
    world.reply(phone(0), "STOP")
    store = world.machine.store
    (webhook,) = world.waiting.values()
    with full(world):
        if store.sqlite:
            world.end_of(world.begin("webhooks", largest_file=33_000))
        else:
            assert world.machine.post(webhook) == 503
    assert list(world.waiting) == [webhook.name], "it was refused"
    assert texts_of(world, phone(0)) == "in"
    assert everything(world)["inbound_texts"] == []
    if way == "again":
        world.until_done("webhooks", lambda: None)
    else:
        world.waiting.clear()
        world.later(world.now + timedelta(minutes=20))
        world.until_done("tick", lambda: None)
        world.stopped[phone(0)] = len(world.fake.messages)
    assert texts_of(world, phone(0)) == "out"
    for number in (1, 3):
        world.reply(phone(number), WORDS[number])
    world.finish()
    assert judge(world) == Verdict()


@contextmanager
def full(world: World) -> Iterator[None]:
    """PostgreSQL says that the disk is full (SQLSTATE 53100) to whoever records a consent."""
    if world.machine.store.sqlite:
        yield
        return
    with refusing_rows(world.machine, ["consents"]):
        yield


def test_where_no_small_disk_can_be_mounted_rows_are_refused_and_nothing_is_lost(
    postgresql_world: NewWorld,
) -> None:
    """What the long test does then: each row is refused, a statement that adds none is not."""
    world = postgresql_world(1)
    world.rough, machine = True, world.machine
    with refusing_rows(machine):
        with machine.store.engine.connect() as connection:
            for table in FILLED:
                connection.execute(text(f"INSERT INTO {table} SELECT * FROM {table} WHERE false"))
        assert world.end_of(world.begin("tick", None)), "it was told that the disk is full"
        assert everything(world)["questions"] == []
    assert world.fake.sent() == []
    world.until_done("tick", lambda: None)
    world.later(world.now + timedelta(minutes=5))
    world.replies()
    waited = set(world.waiting)
    with refusing_rows(machine):
        assert {machine.post(webhook) for webhook in world.waiting.values()} == {503}
    assert set(world.waiting) == waited
    world.finish()
    assert judge(world) == Verdict()


def texts_of(world: World, number: str) -> str:
    with world.machine.store.read() as session:
        found = session.scalars(select(Caregiver.texts).where(Caregiver.phone == number)).one()
    world.machine.rest()
    return found


def test_a_restarted_database_is_found_again_and_nothing_is_sent_twice(
    postgresql_world: NewWorld, postgresql_url: str
) -> None:
    """All connections are cut between two statements; the same process goes on with new ones."""
    cuts = 0
    for place in range(3, 120, 13):
        world = postgresql_world(place)
        left = place
        name = make_url(world.machine.url).database
        with administrator(postgresql_url) as server:

            def reach(_place: str) -> None:
                nonlocal left, cuts
                left -= 1
                if left == 0:
                    cuts += 1
                    server.execute(
                        text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
                        {"name": name},  # noqa: B023
                    )

            world.machine.reach = reach
            for step in ("tick", "webhooks", "tick"):
                left = place
                for _ in range(3):
                    try:
                        world.run(step, None)
                        break
                    except SQLAlchemyError:
                        continue
                world.statuses()
                if not world.said:
                    world.later(world.now + timedelta(minutes=5))
                    world.replies()
            world.machine.reach = nothing
        world.finish()
        assert judge(world) == Verdict(), f"cut at place {place}"
    assert cuts > 15


def test_a_clock_that_jumps_sends_nothing_twice_and_nothing_at_night(new_world: NewWorld) -> None:
    """Ahead and back by minutes and by a day; back before its question no reply can be about it."""
    for seed in range(5):
        world = new_world(seed)
        begun = world.now

        asking, answering = [-30, -3, -0.2, 0, 0.1, 1.5], [0.1, 0.2, 0.5, 1.5]

        def jump(world: World = world, begun: Any = begun, hours_ahead: Any = asking) -> int | None:
            hours = world.random.choice(hours_ahead)
            world.jump_to(begun + timedelta(hours=hours))
            return world.random.choice([None, world.random.randint(1, 90)])

        world.ask(jump)
        world.jump_to(begun + timedelta(hours=0.1))
        world.ask(lambda: None)
        world.answer(partial(jump, hours_ahead=answering))
        world.jump_to(begun + timedelta(hours=1.5))
        world.finish()
        assert judge(world) == Verdict(), f"seed {seed}"
        assert all(9 <= one.created.astimezone(LA).hour < 20 for one in world.fake.sent())


def test_what_a_jump_into_the_night_catches_waits_or_is_let_go(new_world: NewWorld) -> None:
    """Claimed, and the process dies; then it is half past nine in the evening."""
    for place in (20, 30, 40, 50):
        world = new_world(place)
        assert world.run("tick", place)
        taken = len(world.fake.sent())
        world.jump_to(world.now + timedelta(hours=7))
        for _ in range(6):
            world.run("tick", None)
            world.later(world.now + timedelta(minutes=2))
        assert len(world.fake.sent()) == taken, "nobody is texted at night"
        world.jump_to(world.now + timedelta(hours=12))
        world.finish()
        created = [one.reference for one in world.fake.sent()]
        assert len(set(created)) == len(created)
        assert all(9 <= one.created.astimezone(LA).hour < 20 for one in world.fake.sent())
        with world.machine.store.read() as session:
            states = session.execute(select(OutgoingMessage.reference, OutgoingMessage.state)).all()
        world.machine.rest()
        assert {state for _, state in states} <= {"sent", "delivered", "dropped"}
