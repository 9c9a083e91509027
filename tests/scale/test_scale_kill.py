"""The process that serves pages is killed after it has kept a text and before it has answered: kept once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from assistant.clock import SystemClock
from assistant.store import InboundText, Store, open_store
from assistant.store.migrate import upgrade
from jobs.bench_town import phone_of, settle
from jobs.engine_schema import upgrade_engine
from tests.support.fake_twilio import FakeTwilio
from tests.support.fake_twilio_rules import inbound_form
from tests.support.fake_twilio_wire import post
from tests.support.installation import PUBLIC, Installation
from tests.support.stores import new_postgresql, new_sqlite

# Python runs a file of this name in every process: ours makes the one that serves die at that moment, once.
AT_THAT_MOMENT = """
import os, signal
from flask import Flask, request

answer = Flask.finalize_request

def finalize_request(self, rv, from_error_handler=False):
    if request.path == "/twilio/sms" and os.path.exists(os.environ["DIE_ONCE"]):
        os.unlink(os.environ["DIE_ONCE"])
        os.killpg(os.getpgid(0), signal.SIGKILL)
    return answer(self, rv, from_error_handler)

Flask.finalize_request = finalize_request
"""


@contextmanager
def stored(kind: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[tuple[str, Store]]:
    if kind == "sqlite":
        store = new_sqlite(folder / "store.db", durable=True)
        yield f"sqlite:///{folder}/store.db", store
        store.close()
        return
    with new_postgresql(request.getfixturevalue("postgresql_url")) as url:
        store = open_store(url)
        upgrade(store)
        upgrade_engine(store)
        yield url, store
        store.close()


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def test_killed_between_keeping_a_text_and_answering_it_is_one_row_and_one_answer(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "sitecustomize.py").write_text(AT_THAT_MOMENT)
    flag = tmp_path / "die"
    with ExitStack() as stack:
        url, store = stack.enter_context(stored(kind, tmp_path, request))
        fake = stack.enter_context(FakeTwilio())
        now = SystemClock().now()
        settle(store, 1, now, now + timedelta(days=300))
        house = stack.enter_context(Installation(tmp_path, url, fake))
        house.env |= {"PYTHONPATH": str(tmp_path), "DIE_ONCE": str(flag)}
        first = house.start("web")
        house.until(lambda: house.answers() == 200, "the pages")
        flag.touch()
        form = inbound_form(fake.account, fake.receive(phone_of(1), "STATUS"))

        def handed_in() -> int:
            address = f"http://127.0.0.1:{house.port}/twilio/sms"
            return post(address, form, fake.account.auth_token, f"{PUBLIC}/twilio/sms").status

        assert handed_in() == 0, "no answer came"
        assert first.wait(10) == -9
        assert texts(store) == 1, "it was kept before"
        house.start("web")
        house.start("clock")
        if kind == "postgresql":
            house.start("worker")
        house.until(lambda: handed_in() == 200, "the provider's retry")
        assert handed_in() == 200
        house.until(lambda: fake.sent(), "the answer")
        house.until(lambda: unread(store) == 0, "it is read")
        time.sleep(1.2)  # a beat more
        assert (texts(store), len(fake.sent())) == (1, 1)


def texts(store: Store) -> int:
    with store.read() as session:
        return session.scalars(select(func.count()).select_from(InboundText)).one()


def unread(store: Store) -> int:
    with store.read() as session:
        return session.scalars(
            select(func.count()).select_from(InboundText).where(InboundText.handled_at.is_(None))
        ).one()
