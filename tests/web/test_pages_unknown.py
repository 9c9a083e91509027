"""The page of what is not known yet: found out later, logged with who told."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.evidence import chain
from assistant.families.sign_in import new_link
from assistant.schedule.types import CountPerPeriod, ServiceLine
from assistant.store import Caregiver, Case, LogEntry, Store
from tests.support.family import LA, PHONE, SPEECH, caregiver, family, registered
from tests.support.talk import Talk, begun
from tests.web.pages_support import SANDBOX, client_of, press

THURSDAY = datetime(2026, 9, 3, 19, 0, tzinfo=LA)
PATH = "/family/unknown/1"


@pytest.fixture
def talk(store: Store, clock: VirtualClock) -> Talk:
    return begun("unknown", store, clock, begin)


def begin(talk: Talk) -> None:
    """Speech on Tuesday 1 September: not sure; on Thursday: nobody answered."""
    with talk.store.write() as session:
        registered(session, family(services=(SPEECH,)), talk.clock.now())
    talk.until_asked()
    talk.say("not sure")
    talk.until(datetime(2026, 9, 7, 12, 0, tzinfo=LA))


def signed_in(store: Store, clock: VirtualClock, phone: str = PHONE) -> FlaskClient:
    client = client_of(store, clock)
    with store.write() as session:
        person = session.scalars(select(Caregiver).where(Caregiver.phone == phone)).one()
        link = new_link(session, SANDBOX, clock.now(), caregiver=person)
    assert link is not None
    assert press(client, link.address[link.address.index("/family/enter") :]).status_code == 303
    return client


def test_who_is_not_signed_in_is_led_there_and_nobody_elses_child_is_shown(
    talk: Talk, store: Store, clock: VirtualClock
) -> None:
    assert client_of(store, clock).get(PATH).headers["Location"] == "/family/enter"
    with store.write() as session:
        registered(session, family(caregiver(phone="+14155550102"), nickname="Mia"), clock.now())
    other = signed_in(store, clock, "+14155550102")
    assert other.get(PATH).status_code == 404
    assert press(other, "/family/", PATH, item="1", answer="yes", knows="saw").status_code == 404
    assert (
        press(other, "/family/", "/family/unknown/2", item="1", answer="yes", knows="saw").status_code == 404
    )
    assert [entry.outcome for entry in talk.log()] == ["unknown", "unanswered"]


def test_what_was_found_out_corrects_with_who_said_so(talk: Talk, store: Store, clock: VirtualClock) -> None:
    client = signed_in(store, clock)
    home = client.get("/family/").get_data(as_text=True)
    assert "Not known yet: 2" in home
    page = client.get(PATH).get_data(as_text=True)
    assert "Tuesday, September 1" in page
    assert page.index("September 3") < page.index("September 1,")
    with store.write() as session:
        session.scalars(select(Case)).one().look_at = None
    assert press(client, PATH, item="1", answer="no", knows="school_wrote").status_code == 303
    entry = talk.log()[-1]
    assert (entry.outcome, entry.knows, entry.supersedes) == ("missed", "school_wrote", 1)
    assert entry.words == "speech: No (The provider or the school wrote it to me)"
    assert entry.content["delay_seconds"] > 5 * 24 * 3600
    assert [one.outcome for one in talk.log()] == ["unknown", "unanswered", "missed"]
    with store.read() as session:
        assert session.scalars(select(Case)).one().look_at == clock.now()
    exported = [
        {"content": one.content, "previous_hash": one.previous_hash, "hash": one.hash} for one in talk.log()
    ]
    assert chain.check(exported).intact
    page = client.get(PATH).get_data(as_text=True)
    assert "Your first answer stays in the record" in page
    assert "Wrong? Change it" in page


def test_the_same_press_twice_is_one_entry_and_a_change_is_another(
    talk: Talk, store: Store, clock: VirtualClock
) -> None:
    client = signed_in(store, clock)
    for _ in range(2):
        press(client, PATH, item="1", answer="yes", knows="school_said")
    assert len(talk.log()) == 3
    press(client, PATH, item="1", answer="no", knows="saw")
    press(client, PATH, item="1", answer="unsure")
    assert [(one.outcome, one.supersedes) for one in talk.log()[2:]] == [
        ("held", 1),
        ("missed", 3),
        ("unknown", 4),
    ]
    clock.move_to(clock.now() + timedelta(days=70))
    late = signed_in(store, clock)
    assert "Nothing is open" in late.get(PATH).get_data(as_text=True)
    press(late, PATH, item="1", answer="yes", knows="saw")
    assert len(talk.log()) == 5


@pytest.mark.parametrize(
    "fields",
    [
        {"item": "1", "answer": "yes"},
        {"item": "1", "answer": "yes", "knows": "school_log"},
        {"item": "1", "knows": "saw"},
        {"item": "1", "answer": "perhaps", "knows": "saw"},
        {"item": "1", "answer": "unsure"},
    ],
)
def test_half_an_answer_logs_nothing(
    talk: Talk, store: Store, clock: VirtualClock, fields: dict[str, str]
) -> None:
    client = signed_in(store, clock)
    assert press(client, PATH, **fields).status_code == 303
    assert len(talk.log()) == 2


@pytest.mark.parametrize("item", ["", "x", "99", "١", "9" * 40])
def test_what_is_no_session_is_not_found(talk: Talk, store: Store, clock: VirtualClock, item: str) -> None:
    client = signed_in(store, clock)
    assert press(client, PATH, item=item, answer="yes", knows="saw").status_code == 404
    assert client.post(PATH, data={"item": "1", "answer": "yes", "knows": "saw"}).status_code == 400
    assert len(talk.log()) == 2


def test_a_week_is_told_as_a_number(store: Store, clock: VirtualClock) -> None:
    line = ServiceLine("Occupational therapy", "OT", 30, CountPerPeriod(2, "week"))
    with store.write() as session:
        registered(session, family(services=(line,)), clock.now())
    talk = Talk(store, clock)
    talk.until(datetime(2026, 9, 4, 18, 0, tzinfo=LA))
    talk.say("?")
    client = signed_in(store, clock)
    press(client, PATH, item="1", count="1", knows="school_said")
    entry = talk.log()[-1]
    assert isinstance(entry, LogEntry)
    assert (entry.outcome, entry.sessions, entry.knows) == ("partial", 1, "school_said")
