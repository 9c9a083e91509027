"""Bounces that a provider posts: only with the token, only about our e-mails, never an error for nonsense."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.store import Caregiver, OutgoingMessage, Store
from messages.channels.sandbox import SandboxText
from tests.support.examples import some
from tests.support.family import SPEECH, caregiver, family, registered
from tests.support.mail_people import Post, near
from tests.web.pages_support import client_of

TOKEN = "a bounce token for tests"
RIGHT = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def mails(store: Store, clock: VirtualClock) -> Post:
    found = near(store, clock)
    with store.write() as session:
        registered(session, family(caregiver(), services=(SPEECH,)), clock.now(), found.program.settings)
    found.run()
    assert isinstance(found.program.channels.text, SandboxText)
    return found


def client(mails: Post, token: str = TOKEN) -> FlaskClient:
    base = mails.program.settings
    email = base.email.model_copy(update={"bounce_token": token})
    return client_of(mails.program.store, mails.clock, base.model_copy(update={"email": email}))


def sent(mails: Post) -> OutgoingMessage:
    with mails.program.store.read() as session:
        return session.scalars(select(OutgoingMessage).where(OutgoingMessage.channel == "email")).first()  # type: ignore[return-value]  # the welcome went out


@pytest.mark.parametrize("named", ["reference", "return_path", "message_id"])
def test_a_dead_address(mails: Post, named: str) -> None:
    row = sent(mails)
    wire = mails.out()[0]
    names = {
        "reference": row.reference,
        "return_path": str(wire["X-Return-Path"]),
        "message_id": str(wire["Message-ID"]),
    }
    posted: dict[str, Any] = {named: names[named], "status": "5.1.1", "action": "failed"}
    for _ in range(2):
        assert client(mails).post("/mail/bounce", json=[posted], headers=RIGHT).status_code == 204
    with mails.program.store.read() as session:
        assert session.scalars(select(Caregiver)).one().mails == "none"
        assert session.get_one(OutgoingMessage, row.id).state == "failed"


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}, {"Authorization": f"Basic {TOKEN}"}],
)
def test_without_the_token_nothing_happens(mails: Post, headers: dict[str, str]) -> None:
    posted = {"reference": sent(mails).reference, "status": "5.1.1"}
    assert client(mails).post("/mail/bounce", json=posted, headers=headers).status_code == 401
    assert client(mails, "").post("/mail/bounce", json=posted, headers=RIGHT).status_code == 404
    with mails.program.store.read() as session:
        assert session.scalars(select(Caregiver)).one().mails == "in"


NONSENSE: tuple[object, ...] = (
    None,
    [],
    {},
    "text",
    {"reference": "0", "status": "dead"},
    {"reference": "0", "status": 511},
    {"reference": "../x", "status": "5.1.1"},
    {"message_id": "<x@y>", "status": "5.1.1"},
    {"reference": "0", "status": "5.1.1", "action": "exploded"},
    [{"reference": "0", "status": "5.1.1"}] * 101,
    {"return_path": "answers+r.0.aaaaaaaaaaaaaaaa@iep.example.org", "status": "5.1.1"},
)


def test_nonsense_is_refused(mails: Post) -> None:
    browser = client(mails)
    for posted in NONSENSE:
        assert browser.post("/mail/bounce", json=posted, headers=RIGHT).status_code == 400, posted


def test_what_is_not_ours_and_what_is_too_large(mails: Post) -> None:
    browser = client(mails)
    unknown = {"reference": "abc123", "status": "5.1.1"}
    assert browser.post("/mail/bounce", json=unknown, headers=RIGHT).status_code == 204
    large = b'[{"reference": "' + b"0" * 70_000 + b'"}]'
    head = RIGHT | {"Content-Type": "application/json"}
    assert browser.post("/mail/bounce", data=large, headers=head).status_code in (400, 413)
    assert browser.get("/mail/bounce").status_code == 405


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(
            st.sampled_from(["reference", "return_path", "message_id", "status", "action"]),
            inside,
            max_size=5,
        )
    ),
    max_leaves=8,
)


def test_anything_gets_an_answer(mails: Post) -> None:
    browser = client(mails)

    @settings(max_examples=some(60))
    @given(ANYTHING)
    def post(posted: object) -> None:
        assert browser.post("/mail/bounce", json=posted, headers=RIGHT).status_code in (204, 400)

    post()
