"""POST /twilio/status: signed, in any order, any number of times."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from assistant.clock import VirtualClock
from assistant.store import OutgoingMessage, StatusEvent, Store
from assistant.web import create_app
from tests.support.family import family, registered
from tests.web.pages_support import SID, TOKEN, TWILIO, house_of

MESSAGE = "SM" + "a" * 32


def report(status: str, **changes: str) -> dict[str, str]:
    return {
        "MessageSid": MESSAGE,
        "SmsSid": MESSAGE,
        "AccountSid": SID,
        "MessageStatus": status,
        "From": "+14155550100",
        "To": "+14155550101",
        **changes,
    }


def send(app: Flask, form: dict[str, str], reference: str = "", token: str = TOKEN) -> TestResponse:
    query = f"?m={reference}" if reference else ""
    url = f"https://iep.example.org/twilio/status{query}"
    headers = {"X-Twilio-Signature": str(RequestValidator(token).compute_signature(url, form))}
    return app.test_client().post(f"/twilio/status{query}", data=form, headers=headers)


@pytest.fixture
def app(each_store: Store, clock: VirtualClock) -> Flask:
    return app_of(each_store, clock)


@pytest.fixture
def plain(store: Store, clock: VirtualClock) -> Flask:
    """On SQLite alone."""
    return app_of(store, clock)


def app_of(store: Store, clock: VirtualClock) -> Flask:
    """One text is on its way."""
    with store.write() as session:
        registered(session, family(), clock.now(), TWILIO)
        message = session.scalars(select(OutgoingMessage).where(OutgoingMessage.channel == "sms")).one()
        message.state, message.provider_id, message.next_at = "sent", MESSAGE, None
    return create_app(house_of(store, clock, TWILIO))


def state(store: Store) -> tuple[str, str, int]:
    with store.read() as session:
        message = session.scalars(select(OutgoingMessage).where(OutgoingMessage.channel == "sms")).one()
        events = session.scalars(select(func.count()).select_from(StatusEvent)).one()
        return message.state, message.provider_status, events


def test_a_status_moves_its_message_upwards_only(app: Flask, each_store: Store) -> None:
    for status in ("sent", "delivered", "sending", "sent"):
        assert send(app, report(status)).status_code == 204
    assert state(each_store) == ("delivered", "delivered", 3)


def test_repeated_at_once_is_once(app: Flask, each_store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(app, report("delivered")).status_code, range(8)))
    assert answers == [204] * 8
    assert state(each_store) == ("delivered", "delivered", 1)


def test_our_reference_finds_a_message_whose_answer_was_lost(app: Flask, each_store: Store) -> None:
    with each_store.write() as session:
        message = session.scalars(select(OutgoingMessage).where(OutgoingMessage.channel == "sms")).one()
        message.state, message.provider_id = "unsure", None
        reference = message.reference
    assert send(app, report("sent"), reference).status_code == 204
    with each_store.read() as session:
        found = session.scalars(select(OutgoingMessage).where(OutgoingMessage.channel == "sms")).one()
        assert (found.state, found.provider_id) == ("sent", MESSAGE)


@pytest.mark.parametrize("reference", ["%00", "x" * 500, "..%2F"])
def test_a_strange_reference_breaks_nothing(app: Flask, reference: str) -> None:
    assert send(app, report("sent"), reference).status_code == 204


def test_unsigned_or_misshaped_is_refused(plain: Flask, store: Store) -> None:
    assert send(plain, report("delivered"), token="another").status_code == 403
    assert send(plain, report("delivered", AccountSid="AC" + "9" * 32)).status_code == 403
    assert send(plain, report("<b>")).status_code == 403
    assert send(plain, report("failed", ErrorCode="no")).status_code == 403
    assert state(store) == ("sent", "", 0)


def test_a_failure_keeps_its_code(plain: Flask, store: Store) -> None:
    assert send(plain, report("undelivered", ErrorCode="30005")).status_code == 204
    assert state(store)[0] == "failed"
