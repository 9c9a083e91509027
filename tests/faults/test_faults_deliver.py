"""The program is killed (SIGKILL) before every single line of a delivery run, and started again.

A child process delivers a queue of texts to a loopback Messages API and dies before its N-th line, for every
N there is. Then a new run takes over. Whatever the line was: every text reached the API exactly once, and
every row ends as sent.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.config import Jobs, Settings, Twilio
from assistant.store import Caregiver, OutgoingMessage, Store, open_store
from messages.channels.sandbox import SandboxEmail
from messages.channels.twilio_sms import TwilioSms
from messages.deliver import Channels, deliver, reconcile
from tests.support.fake_twilio import FakeTwilio
from tests.support.stores import new_sqlite

# Before every line takes minutes: `make faults` does it. Between any two statements: test_faults_everywhere.
STEP = 1 if os.environ.get("FAULT_LINES") == "all" else 97
START = datetime(2026, 9, 1, 18, 0, tzinfo=UTC)
TEXTS = 3
WATCHED = (
    "/messages/deliver.py",
    "/messages/delivery/",
    "/messages/outbox.py",
    "/messages/channels/twilio_sms.py",
)


@pytest.fixture
def fake() -> Iterator[FakeTwilio]:
    with FakeTwilio(clock=VirtualClock(START)) as server:
        yield server


def settings_for(fake: FakeTwilio) -> Settings:
    account = fake.account
    return Settings(
        jobs=Jobs(connections=1),  # one thread: the N-th line is the same one every time
        twilio=Twilio(
            account_sid=account.sid,
            auth_token=account.auth_token,
            messaging_service_sid=account.messaging_service_sid,
            api_base=fake.url,
        ),
    )


def channels_for(settings: Settings, clock: VirtualClock) -> Channels:
    return Channels(TwilioSms(settings.twilio, "", clock), SandboxEmail())


def prepared(path: Path) -> None:
    store = new_sqlite(path, durable=True)
    with store.write() as session:
        for number in range(TEXTS):
            caregiver = Caregiver(
                name="Ana",
                phone=f"+1415555010{number}",
                language="en",
                zone="America/Los_Angeles",
                texts="in",
                created_at=START,
            )
            session.add(caregiver)
            session.flush()
            session.add(
                OutgoingMessage(
                    dedupe_key=f"question:{number}",
                    reference=f"reference{number}",
                    channel="sms",
                    kind="question",
                    caregiver_id=caregiver.id,
                    to_address=caregiver.phone or "",
                    language="en",
                    body=f"Did it happen? {number}",
                    about=[],
                    template_key="question_one",
                    created_at=START,
                    not_after=START + timedelta(hours=6),
                    next_at=START,
                )
            )
    store.close()


def dies_before_line(number: int, work: Any) -> bool:
    """Run `work` in a child that kills itself before its `number`-th watched line; True if it did."""
    child = os.fork()
    if child == 0:
        left = number

        def trace(frame: FrameType, event: str, _arg: object) -> Any:
            nonlocal left
            if not any(part in frame.f_code.co_filename for part in WATCHED):
                return None
            if event == "line":
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        sys.settrace(trace)
        work()
        sys.settrace(None)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def finish(store: Store, settings: Settings) -> None:
    """A new process takes over and works until nothing is left to do."""
    clock = VirtualClock(START)
    channels = channels_for(settings, clock)
    for _ in range(20):
        deliver(store, clock, settings, channels)
        reconcile(store, clock, settings, channels)
        with store.read() as session:
            waiting = session.scalars(
                select(OutgoingMessage.next_at).where(OutgoingMessage.next_at.is_not(None))
            ).all()
        if not waiting:
            return
        clock.move_to(min(moment for moment in waiting if moment is not None))


def test_no_text_is_lost_or_repeated_wherever_the_process_dies(tmp_path: Path, fake: FakeTwilio) -> None:
    settings = settings_for(fake)
    template = tmp_path / "template.db"
    prepared(template)
    channels_for(settings, VirtualClock(START)).text.find  # noqa: B018  the client's modules load before forking
    import twilio.rest  # noqa: F401

    kills = 0
    for number in range(1, 20_000, STEP):
        path = tmp_path / f"run{number}.db"
        shutil.copy(template, path)
        with sqlite3.connect(path) as raw:  # texts of their own: the API keeps those of the runs before
            raw.execute("UPDATE outgoing_messages SET body = body || ?", (f" (run {number})",))
        raw.close()
        before = len(fake.messages)

        def work(path: Path = path) -> None:
            store = open_store(f"sqlite:///{path}")
            clock = VirtualClock(START)
            deliver(store, clock, settings, channels_for(settings, clock))

        killed = dies_before_line(number, work)
        kills += killed
        store = open_store(f"sqlite:///{path}")
        finish(store, settings)
        with store.read() as session:
            rows = session.scalars(select(OutgoingMessage)).all()
            states = [(row.reference, row.state) for row in rows]
        store.close()
        path.unlink()
        sent = sorted(message.to for message in fake.messages[before:])
        assert sent == sorted(f"+1415555010{n}" for n in range(TEXTS)), (
            f"killed before line {number}: {states}"
        )
        assert {state for _, state in states} == {"sent"}, f"killed before line {number}: {states}"
        if not killed:
            break
    assert kills * STEP > 300, "the run was traced, line by line"


@pytest.mark.parametrize("mode", ["500-after", "hang-after", "reset-after", "empty-200", "html-502"])
def test_an_answer_that_says_nothing_is_asked_about_before_anything_is_sent_again(
    tmp_path: Path, fake: FakeTwilio, mode: Any
) -> None:
    path = tmp_path / "store.db"
    prepared(path)
    settings = settings_for(fake)
    settings = settings.model_copy(
        update={"twilio": settings.twilio.model_copy(update={"timeout_seconds": 0.5})}
    )
    fake.next(mode)
    store = open_store(f"sqlite:///{path}")
    finish(store, settings)
    fake.released.set()
    with store.read() as session:
        assert {row.state for row in session.scalars(select(OutgoingMessage))} == {"sent"}
    store.close()
    assert len(fake.sent()) == TEXTS
    assert len({message.to for message in fake.sent()}) == TEXTS
