"""A provider that hangs holds up nobody's webhook: what a text leads to is sent by the jobs, later."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.serve import Program, pages
from assistant.store import Caregiver, InboundText
from jobs.scheduler import Metronome
from tests.conversation.conftest import serving
from tests.conversation.test_conversation_arriving import SIGNED
from tests.conversation.test_conversation_keywords import asked
from tests.support.fake_twilio import FakeTwilio
from tests.support.family import PHONE

TEXTS = 200
WORDS = ("1", "JOIN", "HELP", "what is this?", "UNDO", "STOP")


@pytest.fixture
def outgoing(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Every connection and every request that this process makes: the name of the thread, the port there."""
    made: list[tuple[str, int]] = []
    connect, request = socket.socket.connect, HTTPConnection.putrequest

    def connecting(self: socket.socket, address: Any) -> None:
        made.append((threading.current_thread().name, address[1]))
        connect(self, address)

    def requesting(self: HTTPConnection, *what: Any, **how: Any) -> None:
        made.append((threading.current_thread().name, self.port))
        request(self, *what, **how)

    monkeypatch.setattr(socket.socket, "connect", connecting)
    monkeypatch.setattr(HTTPConnection, "putrequest", requesting)
    return made


def test_no_webhook_waits_for_a_transport_that_hangs(
    program: Program, clock: VirtualClock, fake: FakeTwilio, outgoing: list[tuple[str, int]]
) -> None:
    """With the jobs in the same process, stuck in a create; only their thread ever asks the provider."""
    asked(program, clock)
    fake.default_mode = "hang-before"
    metronome = Metronome(program.store, clock, program.settings, program.once)
    before = len(fake.attempts)
    with serving(pages(program, metronome.wake, alone=False)) as server:
        url = f"http://127.0.0.1:{server.server_port}/twilio/sms"
        metronome.start()
        outgoing.clear()
        fake.text(url, PHONE, "2", signed_as=SIGNED)
        while len(fake.attempts) == before:  # its answer is with the provider, who says nothing
            fake.released.wait(0.01)
        hanging = fake.connections

        def one(number: int) -> int:
            who = PHONE if number == 35 else f"+1415555{3000 + number}"
            pictures = [("image/png", b"\x89PNG")] if number % 25 == 0 else []
            words = WORDS[number % len(WORDS)]  # Ana says STOP
            [answer] = fake.text(url, who, words, signed_as=SIGNED, pictures=pictures)
            return answer.status

        with ThreadPoolExecutor(8) as burst:
            statuses = list(burst.map(one, range(1, TEXTS + 1)))
        made_by = {thread for thread, port in outgoing if port != server.server_port}
        more = fake.connections - hanging
        fake.released.set()
        program.channels.stopping.set()
        metronome.stop()
    assert statuses == [200] * TEXTS
    assert made_by == {"metronome"}
    assert more == 0, "the jobs are still in the same create"
    with program.store.read() as session:
        assert len(session.scalars(select(InboundText.id)).all()) == TEXTS + 1
        assert session.scalars(select(Caregiver.texts)).one() == "out", "STOP was obeyed all the same"
