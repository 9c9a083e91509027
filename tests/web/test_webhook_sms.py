"""POST /twilio/sms: without a right signature nothing is stored; a text that comes again changes nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from assistant.clock import VirtualClock
from assistant.config import Settings
from assistant.conversation import inbound
from assistant.store import Caregiver, InboundText, LogEntry, Store
from assistant.web import create_app
from jobs.tick import run_pass
from messages.channels.sandbox import SandboxEmail, SandboxText
from messages.deliver import Channels
from tests.support.family import PHONE, SPEECH, family, registered
from tests.support.stores import new_sqlite
from tests.web.pages_support import SID, TOKEN, TWILIO, house_of

URL = "https://iep.example.org/twilio/sms"


def a_text(body: str = "1", number: int = 1, **changes: str) -> dict[str, str]:
    """The fields of a webhook, as Twilio sends them."""
    form = {
        "MessageSid": f"SM{number:032x}",
        "SmsSid": f"SM{number:032x}",
        "AccountSid": SID,
        "From": PHONE,
        "To": "+14155550100",
        "Body": body,
        "NumMedia": "0",
        "NumSegments": "1",
        "FromCity": "",
    }
    return {**form, **changes}


def send(app: Flask, form: dict[str, str], signature: str | None = None, **more: Any) -> TestResponse:
    """Post the form, signed like Twilio does, or with this signature."""
    if signature is None:
        signature = str(RequestValidator(TOKEN).compute_signature(URL, form))
    headers = {"X-Twilio-Signature": signature} if signature else {}
    return app.test_client().post("/twilio/sms", data=form, headers=headers, **more)


def read(app: Flask) -> None:
    """Let the jobs read what came in."""
    app.extensions["house"].run_pass()


def count(store: Store, table: type) -> int:
    with store.read() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def asked(store: Store, clock: VirtualClock) -> Flask:
    """An app with one open question to Ana about Tuesday's speech."""
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now(), TWILIO)
        due = session.scalars(select(func.min(twilio_ask_at()))).one()
    clock.move_to(due)
    run_pass(store, clock, TWILIO, Channels(SandboxText(), SandboxEmail()))
    return create_app(house_of(store, clock, TWILIO))


def twilio_ask_at() -> Any:
    from assistant.store import Expectation

    return Expectation.ask_at


@pytest.fixture
def app(store: Store, clock: VirtualClock) -> Flask:
    return asked(store, clock)


@pytest.fixture
def each_app(each_store: Store, clock: VirtualClock) -> tuple[Flask, Store]:
    return asked(each_store, clock), each_store


def test_a_text_is_kept_and_read(app: Flask, store: Store) -> None:
    answer = send(app, a_text("2 the therapist was out"))
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert b"<Response/>" in answer.data
    assert (count(store, InboundText), count(store, LogEntry)) == (1, 0), "kept, and read by a job"
    read(app)
    with store.read() as session:
        text = session.scalars(select(InboundText)).one()
        entry = session.scalars(select(LogEntry)).one()
        assert (text.body, text.from_address) == ("2 the therapist was out", PHONE)
        assert text.handled_at is not None
        assert (entry.outcome, entry.words) == ("missed", "2 the therapist was out")


@pytest.mark.parametrize("signature", ["", "wrong", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="])
def test_a_bad_or_missing_signature_stores_nothing(app: Flask, store: Store, signature: str) -> None:
    assert send(app, a_text(), signature).status_code == 403
    assert count(store, InboundText) == 0


def test_a_signature_of_other_words_stores_nothing(app: Flask, store: Store) -> None:
    signature = str(RequestValidator(TOKEN).compute_signature(URL, a_text("1")))
    assert send(app, a_text("2"), signature).status_code == 403
    assert count(store, InboundText) == 0


def test_without_a_token_everything_is_refused(store: Store, clock: VirtualClock) -> None:
    settings = Settings.model_validate({"server": {"secret_key": "k" * 40}})
    app = create_app(house_of(store, clock, settings))
    form = a_text()
    for url in (URL, "http://127.0.0.1:8000/twilio/sms"):
        signature = str(RequestValidator("").compute_signature(url, form))
        assert send(app, form, signature).status_code == 403
    assert count(store, InboundText) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"AccountSid": "AC" + "1" * 32},
        {"From": "Ana"},
        {"To": "+14155550199"},
        {"MessageSid": "x"},
        {"Body": None},
    ],
)
def test_a_signed_text_of_another_shape_is_refused(
    app: Flask, store: Store, changes: dict[str, str | None]
) -> None:
    form = {key: value for key, value in {**a_text(), **changes}.items() if value is not None}
    assert send(app, form).status_code == 403
    assert count(store, InboundText) == 0


def test_ten_times_the_same_is_once(app: Flask, store: Store) -> None:
    assert {send(app, a_text()).status_code for _ in range(10)} == {200}
    read(app)
    assert (count(store, InboundText), count(store, LogEntry)) == (1, 1)


def test_ten_times_at_once_is_once(each_app: tuple[Flask, Store]) -> None:
    app, store = each_app
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: send(app, a_text()).status_code, range(10)))
    assert answers == [200] * 10
    read(app)
    assert (count(store, InboundText), count(store, LogEntry)) == (1, 1)


def test_different_texts_at_once_are_all_kept(each_app: tuple[Flask, Store]) -> None:
    app, store = each_app
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: send(app, a_text("1", number)).status_code, range(1, 9)))
    assert answers == [200] * 8
    read(app)
    assert count(store, InboundText) == 8
    with store.read() as session:
        assert session.scalars(select(InboundText.id).where(InboundText.handled_at.is_(None))).all() == []


def test_a_request_cut_apart_differently_is_not_taken_again(app: Flask, store: Store) -> None:
    """The signature covers names and values glued together; the same glue must not count twice."""
    form = a_text("1", FromCity="")
    signature = str(RequestValidator(TOKEN).compute_signature(URL, form))
    assert send(app, form, signature).status_code == 200
    recut = {key: value for key, value in form.items() if key not in ("Body", "FromCity")}
    recut["Body1From"] = "City"  # "Body" + "1" + "FromCity" + "" in another cut
    assert send(app, recut, signature).status_code == 403
    assert count(store, InboundText) == 1


@pytest.mark.parametrize("body", ["1\x00", "no \x01\x02\x1b he was sick", "😀" * 400, ""])
def test_strange_letters_break_nothing(each_app: tuple[Flask, Store], body: str) -> None:
    app, store = each_app
    assert send(app, a_text(body, OptOutType="\x00", NumMedia="\x00")).status_code == 200
    assert count(store, InboundText) == 1


def test_a_huge_body_is_not_read(app: Flask, store: Store) -> None:
    assert send(app, a_text("x" * 33_000)).status_code == 413
    assert count(store, InboundText) == 0


def test_a_stop_that_cannot_be_read_is_kept_for_later(
    app: Flask, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(f"a fault that names {PHONE}")

    with monkeypatch.context() as patch:
        patch.setattr(inbound, "take", broken)
        assert send(app, a_text("STOP")).status_code == 200
    with store.read() as session:
        assert session.scalars(select(Caregiver.texts)).one() == "in"
        assert session.scalars(select(InboundText.handled_at)).one() is None
    assert "could not be read yet" in caplog.text
    assert PHONE not in caplog.text
    read(app)
    with store.read() as session:
        assert session.scalars(select(Caregiver.texts)).one() == "out"


def test_one_text_that_cannot_be_read_holds_up_no_other(
    each_app: tuple[Flask, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, store = each_app
    real = inbound.take

    def broken(session: Session, number: int, *more: Any) -> None:
        if session.get_one(InboundText, number).body == "bad":
            session.execute(text("UPDATE inbound_texts SET channel = NULL"))  # no column for nothing
        real(session, number, *more)

    monkeypatch.setattr(inbound, "take", broken)
    for number, words in enumerate(("bad", "1"), start=1):
        assert send(app, a_text(words, number)).status_code == 200
    read(app)
    with store.read() as session:
        flags = session.scalars(select(InboundText.flag).order_by(InboundText.id)).all()
        assert flags == ["unread", ""]
    assert count(store, LogEntry) == 1


def test_the_public_address_counts_not_the_one_asked(app: Flask, store: Store) -> None:
    assert send(app, a_text(), base_url="http://10.0.0.7:8000").status_code == 200
    assert count(store, InboundText) == 1


def test_stop_is_obeyed_at_once(app: Flask, store: Store) -> None:
    assert send(app, a_text("STOP", OptOutType="STOP")).status_code == 200
    with store.read() as session:
        assert session.scalars(select(Caregiver.texts)).all() == ["out"]


def test_only_posts_are_taken(app: Flask) -> None:
    assert app.test_client().get("/twilio/sms").status_code == 405


def test_a_store_of_its_own_is_used(tmp_path: Path, clock: VirtualClock) -> None:
    """A stranger's text is kept for a person to see, and nobody is answered."""
    store = new_sqlite(tmp_path / "other.db")
    app = create_app(house_of(store, clock, TWILIO))
    assert send(app, a_text("who is this", From="+14155559999")).status_code == 200
    read(app)
    with store.read() as session:
        text = session.scalars(select(InboundText)).one()
        assert (text.caregiver_id, text.needs_staff) == (None, True)
    store.close()
