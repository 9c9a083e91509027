"""The family's page: a link that works once, texts with their meaning, and nobody else's family."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from assistant.clock import VirtualClock
from assistant.families.household import ask_whom
from assistant.store import Caregiver, Child, Guardianship, Invitation, SignIn, Store
from jobs.tick import run_pass
from tests.support.family import PHONE, SETTINGS, SPEECH, caregiver, family, registered
from tests.support.talk import CHANNELS, Talk
from tests.web.pages_support import client_of, press

BEN = "+14155550102"


@pytest.fixture
def ana(store: Store, clock: VirtualClock) -> Talk:
    with store.write() as session:
        ben = caregiver("es", phone=BEN, email=None, mails=False)
        child = registered(session, family(caregiver(), ben, services=(SPEECH,)), clock.now())
        ask_whom(session, child, "together", clock.now(), "test")
    return Talk(store, clock)


@pytest.fixture
def client(store: Store, clock: VirtualClock) -> FlaskClient:
    return client_of(store, clock)


def link_of(talk: Talk) -> str:
    talk.clock.move_to(talk.clock.now().replace(hour=20))  # an hour at which texts may leave
    [body] = [one for one in talk.say("LINK") if "/family/enter/" in one]
    return body[body.index("/family/enter/") :]


def signed_in(client: FlaskClient, talk: Talk) -> str:
    answer = press(client, link_of(talk))
    assert answer.status_code == 303
    return client.get("/family/").get_data(as_text=True) + client.get("/family/texts").get_data(as_text=True)


def test_opening_a_link_spends_nothing_and_one_press_does(client: FlaskClient, ana: Talk) -> None:
    path = link_of(ana)
    for _ in range(3):
        assert client.get(path).status_code == 200
    assert client.get("/family/").status_code == 303
    assert press(client, path).status_code == 303
    assert client.get("/family/").status_code == 200
    other = client_of(ana.store, ana.clock)
    assert other.get(path).status_code == 410
    assert press(other, "/family/enter", path).status_code == 410
    assert other.get("/family/").status_code == 303


def test_a_link_is_over_after_ten_minutes(client: FlaskClient, ana: Talk) -> None:
    path = link_of(ana)
    ana.clock.move_to(ana.clock.now() + timedelta(minutes=11))
    assert client.get(path).status_code == 410
    assert client.get("/family/enter/nonsense").status_code == 410


def test_more_than_five_links_an_hour_are_not_made(ana: Talk) -> None:
    ana.clock.move_to(ana.clock.now().replace(hour=20))
    answers = [ana.say("LINK") for _ in range(7)]
    most = SETTINGS.sms.replies_an_hour  # and of automatic answers not even five leave
    assert [sum("/enter/" in body for body in one) for one in answers] == [1] * most + [0] * (7 - most)
    with ana.store.read() as session:
        assert len(session.scalars(select(SignIn.id)).all()) == 5


def test_every_text_shows_what_it_was_taken_to_mean_and_why(client: FlaskClient, ana: Talk) -> None:
    ana.until_asked()
    ana.say("nope, the therapist had jury duty")
    ana.say("sorry i meant yes")
    ana.say("what is for dinner")
    page = signed_in(client, ana)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "nope, the therapist had jury duty" in text
    assert "speech Tue 9/1: no, it did not happen, the provider was out" in text
    assert "You corrected this later" in text
    assert "speech Tue 9/1: yes, it happened" in text
    assert "Because of: i meant" in text
    assert "what is for dinner" in text
    assert "Not understood, so not logged" in text or "Not about a session" in text
    assert text.index("what is for dinner") < text.index("nope, the therapist")  # newest first
    assert text.count("A person at the center will read this text") == 1  # the dinner


def test_the_other_ones_number_is_nowhere(client: FlaskClient, ana: Talk) -> None:
    ben = Talk(ana.store, ana.clock, BEN)
    ana.until_asked()
    ana.say("1")
    ben.say("no")
    ana.say("sorry i meant no")
    page = signed_in(client, ana)
    assert "What others told us" in page
    assert "kept beside an earlier answer" in page
    assert BEN not in page
    assert "0102" not in page
    page = signed_in(client_of(ana.store, ana.clock), ben)
    assert "Su familia" in page
    assert "Alguien contestó antes" in page
    assert page.count("lo corrigieron después") == 1
    assert PHONE not in page
    assert "ana@example.org" not in page


def test_who_is_asked_and_who_is_invited(client: FlaskClient, ana: Talk) -> None:
    signed_in(client, ana)
    household = "/family/1/settings/household"
    assert press(client, household, whom="turns").status_code == 303
    press(client, household, f"{household}/invite", name="Oma", phone="(415) 555-2671", language="en")
    press(client, household, f"{household}/invite", name="", phone="12", language="en")
    with ana.store.read() as session:
        assert session.scalars(select(Child.whom)).one() == "turns"
        oma = session.scalars(select(Caregiver).where(Caregiver.name == "Oma")).one()
        assert (oma.texts, [child.nickname for child in oma.children]) == ("invited", ["Leo"])
        assert session.scalars(select(func.count()).select_from(Guardianship)).one() == 3
        assert session.scalars(select(Invitation)).all() == []


def test_leaving(client: FlaskClient, ana: Talk) -> None:
    signed_in(client, ana)
    assert "stays in the log" in client.get("/family/leave/1").get_data(as_text=True)
    press(client, "/family/leave/1")
    assert "No child is set up" in client.get("/family/").get_data(as_text=True)
    with ana.store.read() as session:
        left = session.scalars(select(Caregiver).where(Caregiver.phone == PHONE)).one()
        assert (left.texts, left.mails, left.children) == ("out", "out", [])


@pytest.mark.parametrize("path", ["whom", "invite", "leave"])
def test_another_familys_child_is_not_there(
    client: FlaskClient, ana: Talk, store: Store, clock: VirtualClock, path: str
) -> None:
    with store.write() as session:
        other = caregiver(phone="+14155550109", email=None, mails=False)
        registered(session, family(other, nickname="Mia"), clock.now())
    assert "Mia" not in signed_in(client, ana)
    assert press(client, "/family/", f"/family/{path}/2", whom="turns").status_code == 404
    assert client.get("/family/leave/2").status_code == 404
    assert client_of(store, clock).get("/family/leave/1").status_code == 404


def test_signing_out_ends_the_session_everywhere(client: FlaskClient, ana: Talk) -> None:
    signed_in(client, ana)
    copied = client.get_cookie("session")
    press(client, "/family/", "/family/out")
    assert client.get("/family/").status_code == 303
    thief = client_of(ana.store, ana.clock)
    assert copied is not None
    thief.set_cookie("session", copied.value)
    assert thief.get("/family/").status_code == 303


def test_a_number_that_changed_hands_ends_every_session(client: FlaskClient, ana: Talk) -> None:
    signed_in(client, ana)
    ana.say("you have the wrong number")
    assert client.get("/family/").status_code == 303
    run_pass(ana.store, ana.clock, SETTINGS, CHANNELS)
