"""Two people take one phone number at the same moment: nobody meets an error, and one of them has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from assistant.clock import VirtualClock
from assistant.store import Caregiver, Child, Invitation, OutgoingMessage, Staff, Store, open_store
from messages.one_time import revealed
from tests.support.family import SPEECH, caregiver, family, registered
from tests.support.stores import new_postgresql
from tests.web.pages_support import SECRET, a_form, client_of, press, signed_in, staff_in

NEW = "+14155550133"
HOME = "/family/1/settings"
_WAITS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def two(postgresql_url: str, migrated_postgresql: str, clock: VirtualClock) -> Iterator[Store]:
    """Two families, where writers do not wait for each other; one in the afternoon: texts may leave."""
    with new_postgresql(postgresql_url, migrated_postgresql) as url:
        store = open_store(url)
        with store.write() as session:
            registered(session, family(services=(SPEECH,)), clock.now())
            other = caregiver(phone="+14155550109", email=None, mails=False)
            registered(session, family(other, services=(SPEECH,), nickname="Mia"), clock.now())
        clock.move_to(clock.now().replace(hour=20))
        yield store
        store.close()


def as_another_takes_it(store: Store, does: Callable[[], TestResponse]) -> TestResponse:
    """What `does` gets, begun while the other family's phone becomes NEW and ended after that is kept."""
    with ThreadPoolExecutor(1) as pool, store.write() as session:
        session.get_one(Caregiver, 2).phone = NEW
        session.flush()
        answer = pool.submit(does)
        for _ in range(2_000):
            with store.read() as looking:
                if answer.done() or looking.scalar(text(_WAITS)):
                    break
            sleep(0.005)
        session.commit()
        return answer.result(timeout=30)


def asked(store: Store, clock: VirtualClock) -> tuple[FlaskClient, str, str]:
    """Ana's browser, and the code and the link's path that went to the new number."""
    ana = signed_in(store, clock)
    assert press(ana, f"{HOME}/phone", address=NEW).status_code == 303
    with store.read() as session:
        body = session.scalars(select(OutgoingMessage.body).where(OutgoingMessage.to_address == NEW)).one()
    said = revealed(body, SECRET)
    code, path = re.search(r"\b\d{6}\b", said), re.search(r"/family/new/enter/[\w.-]*\w", said)
    assert code is not None
    assert path is not None
    return ana, code[0], path[0]


@pytest.mark.parametrize("way", ["code", "link"])
def test_who_confirms_a_moment_later_is_told(two: Store, clock: VirtualClock, way: str) -> None:
    ana, code, path = asked(two, clock)
    fields: dict[str, Any] = {"code": code} if way == "code" else {}
    at = f"{HOME}/phone/code" if way == "code" else path
    for answer in (as_another_takes_it(two, lambda: press(ana, at, **fields)), press(ana, at, **fields)):
        assert answer.status_code == 409
        assert "Somebody else has this number now" in answer.get_data(as_text=True)
    with two.read() as session:
        assert session.get_one(Caregiver, 1).phone != NEW


def test_who_registers_a_moment_later_is_registered(two: Store, clock: VirtualClock) -> None:
    client = client_of(two, clock)
    form = a_form(phone=NEW, email="", mails=None, nickname="Theo")
    answer = as_another_takes_it(two, lambda: press(client, "/register", **form))
    assert answer.status_code == 303
    with two.read() as session:
        child = session.scalars(select(Child).where(Child.nickname == "Theo")).one()
        assert session.scalars(
            select(Invitation.caregiver_id).where(Invitation.child_id == child.id)
        ).all() == [2]


def test_any_other_page_says_so(two: Store, clock: VirtualClock) -> None:
    rosa = staff_in(client_of(two, clock), two, clock)
    answer = as_another_takes_it(two, lambda: press(rosa, "/admin/templates/phone", phone=NEW))
    assert answer.status_code == 409
    assert "Nothing was changed" in answer.get_data(as_text=True)
    with two.read() as session:
        assert session.scalars(select(Staff.caregiver_id)).all() == [None]
