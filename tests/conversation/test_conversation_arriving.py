"""From Twilio's first try to the log, over HTTP: tries, the fallback address, the sweep; once in all."""

from __future__ import annotations

import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.serve import Program, pages
from assistant.store import InboundText, LogEntry, OutgoingMessage
from assistant.web import twilio
from jobs.tick import run_pass
from tests.conversation.conftest import PUBLIC, serving
from tests.conversation.test_conversation_keywords import asked
from tests.support.fake_twilio import FakeTwilio
from tests.support.family import PHONE

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SIGNED = f"{PUBLIC}/twilio/sms"
OVERRIDES = "#rc=3&rp=all&ct=2000&rt=5000&tt=15000"  # what docs/operating.md asks for


def kept(program: Program) -> list[tuple[str, str]]:
    with program.store.read() as session:
        return [(one.source, one.body) for one in session.scalars(select(InboundText))]


def once_in_all(program: Program, clock: VirtualClock) -> None:
    """The text is read, and it had one effect and one answer."""
    for _ in range(2):
        run_pass(program.store, clock, program.settings, program.channels)
    with program.store.read() as session:
        assert session.scalars(select(LogEntry.outcome)).all() == ["missed"]
        answers = select(OutgoingMessage.id).where(OutgoingMessage.dedupe_key.startswith("reply:"))
        assert len(session.scalars(answers).all()) == 1


def statuses(fake: FakeTwilio) -> list[int]:
    return [one.answer.status for one in fake.calls]


class Holder:
    """Another process' transaction that holds the database."""

    def __init__(self, program: Program) -> None:
        file = program.store.engine.url.database or ""
        self._other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)

    def hold(self) -> None:
        self._other.execute("BEGIN IMMEDIATE")

    def let_go(self) -> None:
        if self._other.in_transaction:
            self._other.execute("COMMIT")


@pytest.fixture
def holder(program: Program, monkeypatch: pytest.MonkeyPatch) -> Iterator[Holder]:
    monkeypatch.setattr(twilio, "PATIENCE_SECONDS", 0.1)
    one = Holder(program)
    yield one
    one.let_go()


def late(app: WSGIApplication, worked: threading.Event, over: threading.Event) -> WSGIApplication:
    """The app, which does its work, says so in `worked`, and keeps its answer back until `over`."""

    def wrapped(environ: Any, start_response: Any) -> Any:
        body = list(app(environ, start_response))
        worked.set()
        over.wait()
        return body

    return wrapped


def test_a_503_is_tried_again_and_the_text_is_kept_once(
    program: Program, clock: VirtualClock, fake: FakeTwilio, site: str, holder: Holder
) -> None:
    asked(program, clock)
    holder.hold()
    fake.before_retry = holder.let_go
    [answer] = fake.text(f"{site}/twilio/sms{OVERRIDES}", PHONE, "2", signed_as=f"{SIGNED}{OVERRIDES}")
    assert answer.status == 200
    assert statuses(fake) == [503, 200]
    assert len({one.token for one in fake.calls}) == 1
    assert (kept(program), fake.errors) == ([("webhook", "2")], [])
    once_in_all(program, clock)


def test_a_503_is_by_default_lost_to_the_webhook_and_found_by_the_sweep(
    program: Program, clock: VirtualClock, fake: FakeTwilio, site: str, holder: Holder
) -> None:
    asked(program, clock)
    holder.hold()
    fake.text(f"{site}/twilio/sms", PHONE, "2", signed_as=SIGNED)
    holder.let_go()
    assert (statuses(fake), fake.errors, kept(program)) == ([503], [11200], [])
    clock.move_to(clock.now() + timedelta(minutes=10))
    once_in_all(program, clock)
    assert kept(program) == [("sweep", "2")]
    fake.again(f"{site}/twilio/sms", fake.inbound_sid(), signed_as=SIGNED)
    once_in_all(program, clock)
    assert len(kept(program)) == 1


def test_the_fallback_takes_what_the_first_address_could_not(
    program: Program, clock: VirtualClock, fake: FakeTwilio, site: str
) -> None:
    """The same text by another address, with Twilio's error beside it, and so with another signature."""
    asked(program, clock)
    url, spare = f"{site}/twilio/sms", f"{site}/twilio/sms/fallback"
    with nobody_listens() as (dead, _):
        [answer] = fake.text(
            dead, PHONE, "2", signed_as=SIGNED, fallback=spare, fallback_signed_as=f"{SIGNED}/fallback"
        )
    assert (answer.status, statuses(fake), fake.errors) == (200, [0, 0, 200], [11205])
    assert kept(program) == [("fallback", "2")]
    with program.store.read() as session:
        assert session.scalars(select(InboundText.error_code)).one() == "", "the code is not the text's"
    once_in_all(program, clock)
    fake.again(url, fake.inbound_sid(), signed_as=SIGNED)  # another signature, and the same text
    assert len(kept(program)) == 1
    once_in_all(program, clock)


@contextmanager
def nobody_listens() -> Iterator[tuple[str, socket.socket]]:
    """An address whose port is ours and refuses, and its socket, to listen on later."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/twilio/sms", bound


def test_a_refused_connection_is_tried_again_also_by_default(
    program: Program, clock: VirtualClock, fake: FakeTwilio
) -> None:
    asked(program, clock)
    with nobody_listens() as (url, bound), ExitStack() as up:

        def restarted() -> None:
            bound.listen()
            up.enter_context(serving(pages(program), bound))

        fake.before_retry = restarted
        [answer] = fake.text(url, PHONE, "2", signed_as=SIGNED)
    assert (answer.status, statuses(fake)) == (200, [0, 200])
    assert kept(program) == [("webhook", "2")]
    once_in_all(program, clock)


def test_an_answer_that_comes_too_late_means_the_text_comes_again_and_counts_once(
    program: Program, clock: VirtualClock, fake: FakeTwilio, site: str
) -> None:
    """Kept, and then Twilio's patience ended: it tries again, and then calls the fallback, too."""
    asked(program, clock)
    worked, over = threading.Event(), threading.Event()
    fake.before_retry = worked.wait
    with serving(late(pages(program), worked, over)) as server:
        fake.text(
            f"http://127.0.0.1:{server.server_port}/twilio/sms#rc=1&rp=rt&rt=100",
            PHONE,
            "2",
            signed_as=SIGNED,
            fallback=f"{site}/twilio/sms/fallback",
            fallback_signed_as=f"{SIGNED}/fallback",
        )
        over.set()
    assert (statuses(fake), fake.errors) == ([0, 0, 200], [11200])
    assert kept(program) == [("webhook", "2")]
    once_in_all(program, clock)
