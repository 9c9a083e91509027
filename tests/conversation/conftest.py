"""A program over real sockets: Twilio's client, a loopback Messages API, webhooks, a mail server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from werkzeug.serving import BaseWSGIServer, make_server

from assistant.clock import VirtualClock
from assistant.config import Email, Server, Settings, Sms, Smtp, Twilio
from assistant.serve import Program, channels_of, pages
from assistant.store import Store
from jobs.tick import next_due, run_pass
from tests.support.fake_twilio import FakeTwilio
from tests.support.mail_server import Inbox, real_server

PUBLIC = "https://iep.example.org"


@pytest.fixture
def fake(clock: VirtualClock) -> Iterator[FakeTwilio]:
    with FakeTwilio(clock=clock) as server:
        yield server


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def program(store: Store, clock: VirtualClock, fake: FakeTwilio, inbox: Inbox) -> Iterator[Program]:
    with real_server(inbox) as port:
        settings = Settings(
            server=Server(public_url=PUBLIC, secret_key="k" * 40),
            sms=Sms(channel="twilio"),
            twilio=Twilio(
                account_sid=fake.account.sid,
                auth_token=fake.account.auth_token,
                messaging_service_sid=fake.account.messaging_service_sid,
                api_base=fake.url,
            ),
            email=Email.model_validate({"channel": "smtp", "from": "Every Session <hello@iep.example.org>"}),
            smtp=Smtp(host="127.0.0.1", port=port, tls="none"),
        )
        yield Program(settings, store, clock, channels_of(settings, clock))


@pytest.fixture
def site(program: Program) -> Iterator[str]:
    with serving(pages(program)) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@contextmanager
def serving(app: Any, listener: socket.socket | None = None) -> Iterator[BaseWSGIServer]:
    """The app over HTTP, on a socket of ours where one is given."""
    number = None if listener is None else listener.fileno()
    server = make_server("127.0.0.1", 0, app, threaded=True, fd=number)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def go_on(program: Program, clock: VirtualClock, times: int = 1) -> None:
    for _ in range(times):
        with program.store.read() as session:
            due = next_due(session)
        if due is not None:
            clock.move_to(due)
        run_pass(program.store, clock, program.settings, program.channels)
