"""What a webhook keeps: whoever holds the database, however often and by whichever address a text comes."""

from __future__ import annotations

import random
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from assistant.clock import VirtualClock
from assistant.config import Settings
from assistant.conversation.arriving import Arrival, receive
from assistant.conversation.inbound import take_waiting
from assistant.store import InboundText, LogEntry, OutgoingMessage, Store, open_store
from assistant.store.migrate import upgrade
from assistant.web import create_app, twilio
from jobs.bench_load import form_of, signature
from jobs.tick import run_pass
from messages.channels.sandbox import SandboxEmail, SandboxText
from messages.deliver import Channels
from tests.support.examples import some
from tests.support.family import PHONE
from tests.support.stores import new_sqlite
from tests.web.pages_support import TOKEN, TWILIO, house_of
from tests.web.test_webhook_sms import URL, a_text, asked, count, read, send

FALLBACK = f"{URL}/fallback"


def post(app: Flask, form: dict[str, str], url: str = URL, token: str = TOKEN, path: str = "") -> int:
    """Post the form to the path of `url`, signed for `url`."""
    signature = str(RequestValidator(token).compute_signature(url, form))
    target = path or url.removeprefix("https://iep.example.org")
    return app.test_client().post(target, data=form, headers={"X-Twilio-Signature": signature}).status_code


def with_token(**changes: str) -> Settings:
    return TWILIO.model_copy(update={"twilio": TWILIO.twilio.model_copy(update=changes)})


def acks(store: Store) -> int:
    with store.read() as session:
        rows = session.scalars(select(OutgoingMessage).where(OutgoingMessage.dedupe_key.startswith("reply:")))
        return len(rows.all())


def test_the_jobs_are_told_once_a_text(store: Store, clock: VirtualClock) -> None:
    woken: list[str] = []
    app = create_app(replace(house_of(store, clock, TWILIO), wake=woken.append))
    for _ in range(3):
        assert post(app, a_text()) == 200
    assert woken == ["read_replies"], "a text that came before wakes nobody"


def test_either_token_counts_while_one_is_being_replaced(store: Store, clock: VirtualClock) -> None:
    app = create_app(house_of(store, clock, with_token(next_auth_token="n" * 32)))
    assert post(app, a_text("1", 1)) == 200
    assert post(app, a_text("1", 2), token="n" * 32) == 200
    assert post(app, a_text("1", 3), token="o" * 32) == 403
    assert count(store, InboundText) == 2


@pytest.mark.parametrize("query", ["a=%C3%A9", "x=%2F%3D%26", "a+b=c+d", "k=1&k=2", "m=3"])
def test_the_query_counts_as_it_was_sent(store: Store, clock: VirtualClock, query: str) -> None:
    app = create_app(house_of(store, clock, TWILIO))
    assert post(app, a_text(), f"{URL}?{query}") == 200
    assert post(app, a_text("1", 2), URL, path=f"/twilio/sms?{query}") == 403, "it is signed over, too"


def test_fifty_times_from_eight_threads_and_the_fallback_and_after_a_restart_is_once(
    each_store: Store, clock: VirtualClock
) -> None:
    app = asked(each_store, clock)
    urls = [URL if n % 3 else FALLBACK for n in range(50)]
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda url: post(app, a_text("2"), url), urls)) == {200}
    read(app)
    again = create_app(house_of(each_store, clock, TWILIO))
    assert post(again, a_text("2")) == post(again, a_text("2"), FALLBACK) == 200
    read(again)
    assert (count(each_store, InboundText), count(each_store, LogEntry), acks(each_store)) == (1, 1, 1)


def test_the_fallback_takes_a_text_and_says_so(store: Store, clock: VirtualClock) -> None:
    app = create_app(house_of(store, clock, TWILIO))
    assert post(app, a_text(), FALLBACK) == 200
    assert post(app, a_text("1", 2), URL, path="/twilio/sms/fallback") == 403, "signed for another address"
    with store.read() as session:
        assert session.scalars(select(InboundText.source)).all() == ["fallback"]


def hold(file: Path, seconds: float) -> threading.Thread:
    """Another process' transaction that holds the database for so long."""
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")

    def let_go() -> None:
        released.wait(seconds)
        other.execute("COMMIT")
        other.close()

    released = threading.Event()
    thread = threading.Thread(target=let_go)
    thread.start()
    return thread


def test_a_lock_of_two_seconds_is_waited_out(tmp_path: Path, clock: VirtualClock) -> None:
    store = new_sqlite(tmp_path / "store.db")
    app = create_app(house_of(store, clock, TWILIO))
    thread = hold(tmp_path / "store.db", 2)
    assert post(app, a_text()) == 200
    assert count(store, InboundText) == 1
    thread.join()
    store.close()


@pytest.mark.parametrize("word", ["1", "STOP"])
def test_a_longer_lock_is_a_clean_503_and_the_text_comes_again(
    tmp_path: Path, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    monkeypatch.setattr(twilio, "PATIENCE_SECONDS", 0.1)
    store = new_sqlite(tmp_path / "store.db")
    app = create_app(house_of(store, clock, TWILIO))
    thread = hold(tmp_path / "store.db", 0.5)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: send(app, a_text(word, n)), range(1, 5)))
    assert [(one.status_code, one.headers["Retry-After"]) for one in answers] == [(503, "5")] * 4
    assert count(store, InboundText) == 0
    thread.join()
    assert {send(app, a_text(word, n)).status_code for n in range(1, 5)} == {200}
    assert count(store, InboundText) == 4
    store.close()


def test_a_database_that_is_gone_is_a_503(tmp_path: Path, clock: VirtualClock) -> None:
    store = new_sqlite(tmp_path / "store.db")
    app = create_app(house_of(store, clock, TWILIO))
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE inbound_texts RENAME TO elsewhere")
    assert post(app, a_text()) == 503
    store.close()


def test_texts_of_one_sender_are_read_in_order_by_any_number_of_workers(
    postgresql_database: str, clock: VirtualClock
) -> None:
    """While one worker holds the older text, another takes neither it nor the younger one of that sender."""
    store = open_store(postgresql_database)
    upgrade(store)
    app = asked(store, clock)
    for number, (words, who) in enumerate((("1", PHONE), ("2", PHONE), ("hi", "+14155550999")), start=1):
        with store.write() as session:
            receive(session, Arrival(f"SM{number:032x}", "sms", who, "", words, clock.now()))
    with store.write() as first:
        first.scalars(select(InboundText.id).where(InboundText.body == "1").with_for_update()).one()
        with store.write() as second:
            assert take_waiting(second, clock.now(), TWILIO) == 1
        with store.read() as session:
            read_now = session.scalars(select(InboundText.body).where(InboundText.handled_at.is_not(None)))
            assert read_now.all() == ["hi"]
    read(app)
    with store.read() as session:
        outcomes = session.scalars(select(LogEntry.outcome).order_by(LogEntry.id)).all()
        assert outcomes[0] == "held"
    store.close()


# Re-cut: the signature covers names and values glued together, so they can be glued apart elsewhere.


def recut(form: dict[str, str], cuts: random.Random) -> dict[str, str] | None:
    """The same glue in another cut, so that the signature still fits; None where the cut is none."""
    glued = "".join(name + value for name, value in sorted(form.items()))
    places = sorted(cuts.sample(range(len(glued) + 1), 2 * cuts.randint(2, 8) - 1))
    pieces = [glued[a:b] for a, b in zip([0, *places], [*places, len(glued)], strict=True)]
    cut = list(zip(pieces[::2], pieces[1::2], strict=True))
    names = [name for name, _ in cut]
    return dict(cut) if names == sorted(set(names)) and all(names) else None


def moved(form: dict[str, str], cuts: random.Random) -> dict[str, str]:
    """The true fields, with some boundaries moved: a value swallows the field after it, or a name grows."""
    fields = sorted(form.items())
    for _ in range(cuts.randint(1, 4)):
        place = cuts.randrange(len(fields) - 1)
        (name, value), (after, other) = fields[place], fields[place + 1]
        step = cuts.randint(0, len(value))
        swallow = [(name, value + after + other)]
        grow = [(name + value[:step], value[step:]), (after, other)]
        fields[place : place + 2] = swallow if cuts.random() < 0.5 else grow
        if len(fields) < 2:
            break
    return dict(fields)


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An app that has taken one text; its store, the text's form and signature."""
    from datetime import UTC, datetime

    store = new_sqlite(tmp_path_factory.mktemp("recut") / "store.db")
    clock = VirtualClock(datetime(2026, 9, 1, 15, 0, tzinfo=UTC))
    app = asked(store, clock)
    form = a_text("no Early dismissal From+14155550111 MessageSidSM" + "a" * 32, SmsMessageSid=f"SM{1:032x}")
    assert post(app, form) == 200
    yield app, store, form, str(RequestValidator(TOKEN).compute_signature(URL, form))
    store.close()


@settings(max_examples=some(300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), true_fields=st.booleans())
def test_a_request_cut_anywhere_else_has_no_effect(taken: Any, seed: int, true_fields: bool) -> None:
    app, store, form, signature = taken
    cuts = random.Random(seed)
    other = moved(form, cuts) if true_fields else recut(form, cuts)
    if other is None or other == form:
        return
    headers = {"X-Twilio-Signature": signature}
    place = f"10.{seed >> 16 & 255}.{seed >> 8 & 255}.{seed & 255}"  # one alone would soon be braked
    answer = app.test_client().post(
        "/twilio/sms", data=other, headers=headers, environ_base={"REMOTE_ADDR": place}
    )
    assert answer.status_code in (200, 403)
    assert count(store, InboundText) == 1
    with store.read() as session:
        assert session.scalars(select(InboundText.body)).one() == form["Body"]


def test_cutting_does_keep_the_signature(taken: Any) -> None:
    """Or the test above would show nothing."""
    _, _, form, signature = taken
    validator = RequestValidator(TOKEN)
    kept = [moved(form, random.Random(seed)) for seed in range(200)]
    assert sum(bool(validator.validate(URL, other, signature)) for other in kept if other != form) > 50


BODIES = ("", "\x00", "a\x00b", "\x1b[31m1", "😀" * 800, "x" * 1600, "¡sí!\r\n<Response>&", "\u202e1")


def test_any_body_is_kept_and_the_answer_is_xml(each_store: Store, clock: VirtualClock) -> None:
    app = create_app(house_of(each_store, clock, TWILIO))
    for number, body in enumerate(BODIES):
        answer = send(app, a_text(body, number))
        assert answer.status_code == 200
        assert ElementTree.fromstring(answer.data).tag == "Response"
    with each_store.read() as session:
        kept = session.scalars(select(InboundText.body).order_by(InboundText.id)).all()
    assert kept == ["".join(char for char in body if char >= " " or char in "\t\n") for body in BODIES]


def test_a_pass_answers_what_was_kept_before_the_process_died(store: Store, clock: VirtualClock) -> None:
    """Stored, answered with 200, and then nothing more of that process: another one reads it, once."""
    app = asked(store, clock)
    assert post(app, a_text("2")) == 200
    for _ in range(2):
        run_pass(store, clock, TWILIO, Channels(SandboxText(), SandboxEmail()))
    assert (count(store, LogEntry), acks(store)) == (1, 1)


def test_the_benchmark_signs_as_twilio_does() -> None:
    task = {"to": "+14155550100", "account": "AC" + "0" * 32, "parents": 10}
    form = form_of(7, task)
    assert signature(TOKEN, URL, form) == RequestValidator(TOKEN).compute_signature(URL, dict(form))
