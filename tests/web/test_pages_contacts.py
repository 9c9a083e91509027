"""The contact log's page: kept as told, put right beside the first, and nobody else's."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from assistant.clock import VirtualClock
from assistant.store import LogEntry, Store
from tests.support.family import caregiver, family, registered
from tests.support.talk import Talk
from tests.web.pages_support import client_of, press

PAGE = "/family/contacts/1"
FILLED = {
    "day": "2026-09-01",
    "at": "3:15 PM",
    "how": "phone",
    "who": "Ms. Lee",
    "title": "case manager",
    "said": "She said <b>two</b> sessions will be made up.",
    "promised": "Two extra sessions",
    "promised_by": "2026-10-15",
    "service": "1",
}


@pytest.fixture
def ana(store: Store, clock: VirtualClock) -> Talk:
    with store.write() as session:
        registered(session, family(caregiver()), clock.now())
        registered(session, family(caregiver(phone="+14155550109", email=None), nickname="Mia"), clock.now())
    clock.move_to(clock.now().replace(hour=20))
    return Talk(store, clock)


@pytest.fixture
def client(ana: Talk) -> FlaskClient:
    client = client_of(ana.store, ana.clock)
    [body] = [one for one in ana.say("LINK") if "/family/enter/" in one]
    press(client, body[body.index("/family/enter/") :])
    return client


def contacts(talk: Talk) -> list[LogEntry]:
    return [one for one in talk.log() if one.kind == "contact"]


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_a_talk_is_kept_in_the_log_and_shown(client: FlaskClient, ana: Talk) -> None:
    assert "Talks with the school" in client.get("/family/").get_data(as_text=True)
    assert press(client, PAGE, **FILLED).status_code == 303
    [entry] = contacts(ana)
    assert entry.words == FILLED["said"]
    assert entry.content["contact"] == {
        "with": "Ms. Lee",
        "how": "phone",
        "promised": "Two extra sessions",
        "title": "case manager",
        "at": "3:15 PM",
        "promised_by": "2026-10-15",
        "corrects": None,
    }
    page = client.get(PAGE).get_data(as_text=True)
    assert "She said &lt;b&gt;two&lt;/b&gt; sessions" in page
    assert re.search("They promised: Two extra sessions By when: .*October 15, 2026", text_of(page))


def test_putting_right_fills_the_form_and_adds_an_entry(client: FlaskClient, ana: Talk) -> None:
    press(client, PAGE, **FILLED)
    page = client.get(f"{PAGE}?corrects=1").get_data(as_text=True)
    assert 'name="corrects" value="1"' in page
    assert 'value="case manager"' in page
    press(client, PAGE, **{**FILLED, "said": "She said one session.", "corrects": "1"})
    assert [one.content["contact"]["corrects"] for one in contacts(ana)] == [None, 1]
    page = text_of(client.get(PAGE).get_data(as_text=True))
    assert "Entry 2 puts it right" in page
    assert "two&lt;/b&gt; sessions" in page  # the first one stays to be seen


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"day": "2026-09-30"}, "not in the future"),
        ({"day": "yesterday"}, "not in the future"),
        ({"who": ""}, "Say who it was"),
        ({"said": " "}, "Write what was said"),
        ({"said": "x" * 3_000}, "Write what was said"),
        ({"how": "owl"}, "Choose how you talked"),
        ({"promised_by": "soon"}, "Give a date on or after"),
        ({"service": "99"}, "Choose a service"),
        ({"service": "3"}, "Choose a service"),  # another family's
        ({"corrects": "9"}, "no such entry"),
        ({"corrects": "-1"}, "no such entry"),
        ({"at": "x" * 21}, "Give a short time"),
    ],
)
def test_what_is_wrong_is_said_and_the_form_kept(
    client: FlaskClient, ana: Talk, changes: dict[str, str], problem: str
) -> None:
    answer = press(client, PAGE, **{**FILLED, **changes})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert problem in page
    assert 'value="case manager"' in page
    assert contacts(ana) == []


def test_another_familys_page_is_not_there(client: FlaskClient, ana: Talk) -> None:
    assert client.get("/family/contacts/2").status_code == 404
    assert press(client, PAGE, "/family/contacts/2", **FILLED).status_code == 404
    assert client_of(ana.store, ana.clock).get(PAGE).status_code == 404
    assert contacts(ana) == []


def test_the_page_is_in_spanish_too(client: FlaskClient) -> None:
    press(client, PAGE, **FILLED)
    page = client.get(f"{PAGE}?lang=es").get_data(as_text=True)
    assert "Conversaciones con la escuela" in page
    assert "Prometieron: Two extra sessions" in page
