"""The pages on which a family is forgotten: who may, what they are told, and that it takes a word."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.store import Caregiver, Child, Guardianship, LogEntry, Staff, Store
from tests.support.family import SPEECH, caregiver, family, registered
from tests.support.talk import Talk
from tests.web.pages_support import client_of, press, signed_in, staff_in


@pytest.fixture
def home(store: Store, clock: VirtualClock) -> Talk:
    """Ana cares for Leo alone, and with Olga for Mia."""
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
        olga = caregiver(phone="+14155550199", email="olga@example.net")
        registered(session, family(olga, services=(SPEECH,), nickname="Mia"), clock.now())
        session.add(Guardianship(child_id=2, caregiver_id=1, position=1))
    talk = Talk(store, clock)
    talk.until_asked()
    talk.say("no")
    return talk


def left(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.scalars(select(Caregiver.name).order_by(Caregiver.id)))


def test_a_parent_is_forgotten_at_once_and_another_s_child_stays(home: Talk) -> None:
    store, clock = home.store, home.clock
    client = signed_in(store, clock)
    assert "/family/erase" in client.get("/family/").get_data(as_text=True)
    page = client.get("/family/erase").get_data(as_text=True)
    assert "all we hold about Leo" in page
    assert "also cares for Mia" in page
    assert press(client, "/family/erase", word="yes").status_code == 400
    assert left(store) == ["Ana Rivera", "Ana Rivera"]
    answer = press(client, "/family/erase", word=" delete ")
    assert answer.status_code == 200
    assert "It is deleted" in answer.get_data(as_text=True)
    assert left(store) == ["", "Ana Rivera"]
    with store.read() as session:
        assert session.scalars(select(Child.nickname).order_by(Child.id)).all() == ["", "Mia"]
        assert session.scalars(select(LogEntry.kind).where(LogEntry.child_id == 1)).all() == ["erased"]
    assert client.get("/family/").status_code == 303, "signed out"


def test_in_spanish_with_its_own_word(home: Talk) -> None:
    client = signed_in(home.store, home.clock)
    page = client.get("/family/erase?lang=es").get_data(as_text=True)
    assert "Escriba BORRAR para seguir" in page
    assert "Está borrado" in press(client, "/family/erase", word="Borrar").get_data(as_text=True)


def test_an_old_sign_in_is_not_enough(home: Talk) -> None:
    client = signed_in(home.store, home.clock)
    home.clock.move_to(home.clock.now() + timedelta(minutes=61))
    assert "please sign in again" in client.get("/family/erase").get_data(as_text=True)
    assert press(client, "/family/", "/family/erase", word="DELETE").status_code == 403
    assert left(home.store) == ["Ana Rivera", "Ana Rivera"]


def test_nobody_else_gets_there(home: Talk) -> None:
    stranger = client_of(home.store, home.clock)
    assert stranger.get("/family/erase").status_code == 303
    assert press(stranger, "/family/enter", "/family/erase", word="DELETE").status_code == 303
    assert stranger.get("/admin/erase").status_code == 401
    form = {"what": "child", "number": "1", "word": "DELETE"}
    assert press(stranger, "/family/enter", "/admin/erase", **form).status_code == 401
    parent = signed_in(home.store, home.clock)
    assert press(parent, "/family/", "/admin/erase", **form).status_code == 401
    assert left(home.store) == ["Ana Rivera", "Ana Rivera"]


@pytest.fixture
def staff(home: Talk) -> FlaskClient:
    return staff_in(client_of(home.store, home.clock), home.store, home.clock)


def test_staff_see_first_what_would_go(home: Talk, staff: FlaskClient) -> None:
    page = press(staff, "/admin/erase", what="child", number="2").get_data(as_text=True)
    assert "Children: 1 (Mia). Caregivers: 1. Caregivers who stay: 1." in page
    assert press(staff, "/admin/erase", what="child", number="2", word="no").status_code == 400
    assert left(home.store) == ["Ana Rivera", "Ana Rivera"]
    assert press(staff, "/admin/erase", what="child", number="2", word="DELETE").status_code == 303
    assert "Deleted. Empty entries: 0." in staff.get("/admin/erase").get_data(as_text=True)
    assert left(home.store) == ["Ana Rivera", ""]
    page = press(staff, "/admin/erase", what="caregiver", number="(415) 555-0101").get_data(as_text=True)
    assert "Children: 1 (Leo). Caregivers: 1. Caregivers who stay: 0." in page
    again = press(staff, "/admin/erase", what="child", number="2").get_data(as_text=True)
    assert "There is nobody with this number." in again
    for wrong in ("", "x", "-1", "1" * 30, "²"):
        page = press(staff, "/admin/erase", what="child", number=wrong).get_data(as_text=True)
        assert "Please give a whole number." in page


def test_who_only_helps_cannot(home: Talk, staff: FlaskClient) -> None:
    with home.store.write() as session:
        session.scalars(select(Staff)).one().role = "helper"
    page = press(staff, "/admin/erase", what="child", number="1", word="DELETE").get_data(as_text=True)
    assert "Only an owner can do this." in page
    assert left(home.store) == ["Ana Rivera", "Ana Rivera"]
