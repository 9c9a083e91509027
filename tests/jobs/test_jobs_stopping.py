"""A process that is told to stop begins no further message, and gives back what it had claimed."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.config import Jobs, Settings, Sms
from assistant.store import Caregiver, OutgoingMessage, Store
from jobs.tick import run_pass
from messages.channels.sandbox import SandboxEmail
from messages.channels.types import FoundMessage, Receipt, Text
from messages.deliver import Channels


class StopsAfterOne:
    """A way out; while it takes the first text, the process is told to stop."""

    def __init__(self) -> None:
        self.stopping = Event()
        self.took: list[str] = []

    def send(self, text: Text) -> Receipt:
        self.took.append(text.reference)
        self.stopping.set()
        return Receipt("sent", provider_id=f"SM{text.reference}")

    def find(self, text: Text, since: object) -> tuple[FoundMessage, ...]:
        raise AssertionError("there is nothing to ask about")

    def fetch(self, provider_id: str) -> FoundMessage | None:
        raise AssertionError("there is nothing to ask about")


@pytest.mark.parametrize("connections", [1, 2])
def test_what_was_claimed_and_not_sent_waits_for_the_next_process(
    each_store: Store, clock: VirtualClock, connections: int
) -> None:
    clock.move_to(clock.now() + timedelta(hours=3))
    with each_store.write() as session:
        for number in range(8):
            session.add(
                Caregiver(
                    id=number + 1, name="Ana", phone=f"+1415555010{number}", language="en",
                    zone="America/Los_Angeles", texts="in", created_at=clock.now(),
                )
            )  # fmt: skip
            session.flush()
            session.add(
                OutgoingMessage(
                    dedupe_key=f"question:{number}", reference=f"{number}", channel="sms", kind="question",
                    caregiver_id=number + 1, to_address=f"+1415555010{number}", language="en", body="Hello?",
                    about=[], template_key="question_one", created_at=clock.now(), next_at=clock.now(),
                )
            )  # fmt: skip
    settings = Settings(jobs=Jobs(connections=connections), sms=Sms(segments_per_second=100))
    leaving = StopsAfterOne()
    run_pass(each_store, clock, settings, Channels(leaving, SandboxEmail(), stopping=leaving.stopping))
    assert 1 <= len(leaving.took) <= connections  # those that had begun
    with each_store.read() as session:
        rows = session.scalars(select(OutgoingMessage)).all()
    assert {row.reference for row in rows if row.state == "sent"} == set(leaving.took)
    for row in rows:
        if row.reference not in leaving.took:
            assert (row.state, row.next_at, row.attempts) == ("queued", clock.now(), 0)
    second = StopsAfterOne()
    second.stopping = Event()
    run_pass(each_store, clock, settings, Channels(second, SandboxEmail()))
    assert sorted(leaving.took + second.took) == [str(number) for number in range(8)]
