"""STOP against a text on its way, at every place between two transactions: it wins wherever it still can."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from assistant.clock import VirtualClock, monotonic, pause
from assistant.config import Jobs, Settings
from assistant.families.consent import opt_out
from assistant.store import Caregiver, Store
from messages.channels.types import FoundMessage, Receipt, Text, TextChannel
from messages.deliver import deliver
from messages.delivery.claim import claim
from messages.delivery.send import last_look
from messages.delivery.types import Channels, Result
from tests.support.fake_twilio import FakeTwilio
from tests.support.outbox import START, Outbox

ROUNDS, PEOPLE = 20, 50  # 1,000 interleavings


class Interleaved(Store):
    """Calls `between` before and after every transaction, never inside one."""

    between: Callable[[str], None] | None = None

    def _call(self, where: str) -> None:
        called, self.between = self.between, None  # what is done in between is not itself interrupted
        if called is not None:
            called(where)
            self.between = called

    @contextmanager
    def read(self) -> Iterator[Session]:
        self._call("before")
        with super().read() as session:
            yield session
        self._call("looked")

    @contextmanager
    def write(self) -> Iterator[Session]:
        self._call("before")
        with super().write() as session:
            yield session
        self._call("wrote")


@pytest.fixture
def fake() -> Iterator[FakeTwilio]:
    with FakeTwilio(clock=VirtualClock(START)) as server:
        yield server


@dataclass
class Stops:
    """Who says STOP at which step, and what had been posted by then."""

    store: Store
    fake: FakeTwilio
    at_step: dict[int, list[int]]
    taken: dict[int, tuple[int, str]] = field(default_factory=dict)
    step: int = 0

    def __call__(self, where: str) -> None:
        for person in self.at_step.pop(self.step, []):
            with self.store.write() as session:
                opt_out(session, session.get_one(Caregiver, person), "sms", "text", "STOP", START)
            self.taken[person] = (len(self.fake.attempts), where)
        self.step += 1


def test_after_stop_nothing_leaves_that_had_not_left(fake: FakeTwilio, store: Store) -> None:
    chance = random.Random(6)
    interleaved = Interleaved(store.engine)
    outbox = Outbox.at(fake, interleaved)
    on_their_way = 0
    for _ in range(ROUNDS):
        people = outbox.people_with_texts(PEOPLE)
        stops = Stops(store, fake, {})
        for number, person in enumerate(people):
            # Two transactions a text after the one that claims; every second STOP comes near its own text.
            near = 2 + 4 * number + chance.randrange(-1, 4)
            step = near if chance.random() < 0.5 else chance.randrange(4 * PEOPLE)
            stops.at_step.setdefault(step, []).append(person)
        interleaved.between = stops
        outbox.go()
        interleaved.between = None
        for person, (before, where) in stops.taken.items():
            after = [one["To"] for one in fake.attempts[before:]]
            if people[person] in after:
                # The last look had passed, and the post was the very next thing that happened.
                assert (where, after.index(people[person])) == ("looked", 0)
                on_their_way += 1
        with store.write() as session:  # nobody of this round is left for the next one
            session.execute(update(Caregiver).where(Caregiver.id.in_(people)).values(texts="out"))
    assert len(fake.attempts) > 300, "many left before their STOP"
    assert on_their_way > 25, "the place between the last look and the post was hit"
    assert len(fake.attempts) < ROUNDS * PEOPLE - 300, "many were stopped"


def test_the_last_look_refuses_what_is_no_longer_ours(fake: FakeTwilio, store: Store) -> None:
    """Consent that ended by any way, a text taken back, a lease that ran out, another worker's claim."""
    outbox = Outbox.at(fake, store)
    rows = {name: outbox.queue(outbox.person()) for name in ("ours", "no number", "taken back", "theirs")}
    channels = Channels(outbox.text, outbox.email)
    with store.write() as session:
        claimed = {row.id: row for row in claim(session, START, outbox.settings, channels).out}
    with store.write() as session:
        taken = session.get_one(Caregiver, outbox.row(rows["no number"]).caregiver_id)
        taken.texts = "none"
        opt_out(
            session,
            session.get_one(Caregiver, outbox.row(rows["taken back"]).caregiver_id),
            "sms",
            "page",
            "",
            START,
        )

    def why(name: str, attempt: int = 1) -> str:
        row = replace(claimed[rows[name]], attempt=attempt)
        found = last_look(store, outbox.clock, outbox.settings, row)
        return found.why if isinstance(found, Result) else "goes"

    assert [why("ours"), why("no number"), why("taken back"), why("theirs", 0)] == [
        "goes",
        "no_consent",
        "not_ours",
        "not_ours",
    ]
    outbox.clock.move_to(claimed[rows["ours"]].lease)
    assert why("ours") == "not_ours"


class Watched(Store):
    """Notes of each thread when its last look began."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.engine)
        self.looks = threading.local()

    @contextmanager
    def read(self) -> Iterator[Session]:
        self.looks.began = monotonic()
        with super().read() as session:
            yield session


@dataclass
class Posts:
    """A channel that notes of each text when the look before it began."""

    store: Watched
    channel: TextChannel
    began: dict[str, list[float]] = field(default_factory=dict)

    def send(self, text: Text) -> Receipt:
        self.began.setdefault(text.to, []).append(self.store.looks.began)
        return self.channel.send(text)

    def find(self, text: Text, since: datetime) -> tuple[FoundMessage, ...]:
        return self.channel.find(text, since)

    def fetch(self, provider_id: str) -> FoundMessage | None:
        return self.channel.fetch(provider_id)


@pytest.mark.parametrize("rounds", [4, pytest.param(20, marks=pytest.mark.long)])
def test_no_look_that_began_after_a_stop_was_kept_lets_a_text_go(
    fake: FakeTwilio, each_store: Store, rounds: int
) -> None:
    """Real threads: two workers of four connections each, and three phones at a time that say STOP."""
    chance = random.Random(10)
    watched = Watched(each_store)
    outbox = Outbox.at(fake, each_store)
    small = outbox.settings.model_copy(update={"jobs": Jobs(batch=20, connections=4)})
    posts = Posts(watched, outbox.text)
    stopped_before = 0
    for _ in range(rounds):
        people = list(outbox.people_with_texts(PEOPLE).items())
        kept: dict[str, float] = {}
        fake.forget()

        def stop(part: list[tuple[int, str]], kept: dict[str, float] = kept) -> None:
            for person, phone in part:
                pause(chance.random() * 0.01)
                with each_store.write() as session:
                    found = session.get_one(Caregiver, person, with_for_update=True)
                    opt_out(session, found, "sms", "text", "STOP", START)
                kept[phone] = monotonic()

        def work(small: Settings = small) -> None:
            while deliver(watched, outbox.clock, small, Channels(posts, outbox.email)):
                pass

        chance.shuffle(people)
        parts = [people[start::3] for start in range(3)]
        threads = [threading.Thread(target=stop, args=(part,)) for part in parts]
        threads += [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(kept) == PEOPLE
        for phone, moment in kept.items():
            texts = posts.began.pop(phone, [])
            assert len(texts) <= 1
            assert all(look < moment for look in texts), "a look saw a STOP that was kept, and went on"
            stopped_before += not texts
    assert PEOPLE * rounds > stopped_before > rounds, "some were stopped, some left before"
