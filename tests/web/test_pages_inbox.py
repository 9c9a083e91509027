"""The staff's inbox: who may see it, what comes first, and how a meaning becomes evidence."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.desk import new_staff
from assistant.store import AuditEvent, InboundText, LogEntry, Proposal, Store
from assistant.web.inbox import PAGE
from tests.support.family import PHONE, SPEECH, family, registered
from tests.support.talk import Talk
from tests.web.pages_support import SANDBOX, client_of, press, staff_in


@pytest.fixture
def ana(store: Store, clock: VirtualClock) -> Talk:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
    return Talk(store, clock)


@pytest.fixture
def client(store: Store, clock: VirtualClock) -> FlaskClient:
    return client_of(store, clock)


def staff(client: FlaskClient, store: Store, clock: VirtualClock) -> str:
    new_staff(store, clock, SANDBOX, "Rosa@Example.org")
    return staff_in(client, store, clock).get("/admin/inbox").get_data(as_text=True)


def unclear(ana: Talk) -> int:
    """A text that nobody understood, twice: its number."""
    ana.until_asked()
    ana.say("i think she said something about the bus")
    ana.say("hmm the bus was late")
    with ana.store.read() as session:
        waiting = session.scalars(select(InboundText.id).where(InboundText.needs_staff)).all()
    return waiting[-1]


def test_nobody_else_gets_in(client: FlaskClient, ana: Talk, store: Store, clock: VirtualClock) -> None:
    number = unclear(ana)
    for path in ("/admin/inbox", f"/admin/inbox/{number}"):
        assert client.get(path).status_code == 401
    assert press(client, "/family/enter", f"/admin/inbox/{number}/done").status_code == 401
    clock.move_to(clock.now().replace(hour=20))
    [body] = [one for one in ana.say("LINK") if "/family/enter/" in one]
    path = body[body.index("/family/enter/") :]
    assert client.get(path.replace("family", "admin")).status_code == 410
    assert press(client, path).status_code == 303
    assert client.get("/admin/inbox").status_code == 401


def test_a_link_pressed_at_the_wrong_door_stays_good(
    client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    link = new_staff(store, clock, SANDBOX, "rosa@example.org")
    path = link[link.index("/admin/") :]
    assert press(client, "/family/enter", path.replace("admin", "family")).status_code == 410
    answer = press(client, path)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/set-up")


def test_danger_comes_first_and_numbers_are_not_shown(
    client: FlaskClient, ana: Talk, store: Store, clock: VirtualClock
) -> None:
    ana.say("the aide locked her in the closet")
    unclear(ana)
    Talk(store, clock, "+12135550199").say("hello is this the pizza place")
    page = staff(client, store, clock)
    assert page.index("locked her in") < page.index("pizza place") < page.index("hmm the bus was late")
    assert "May be about danger" in page
    first = re.search(r"/admin/inbox/(\d+)", page)
    assert first
    assert "What to do now" in client.get(f"/admin/inbox/{first[1]}").get_data(as_text=True)
    unread = client.get(f"/admin/inbox/{int(first[1]) + 3}").get_data(as_text=True)
    assert "What to do now" not in unread
    assert "Latest session: speech Tue 9/1" in page
    assert re.search(r"Tuesday, September 1, \d", page)
    assert "a number that ends in 0199" in page
    assert PHONE not in page
    assert "+1213" not in page


def test_staff_pick_and_the_parent_confirms_before_it_is_evidence(
    client: FlaskClient, ana: Talk, store: Store, clock: VirtualClock
) -> None:
    number = unclear(ana)
    staff(client, store, clock)
    page = client.get(f"/admin/inbox/{number}").get_data(as_text=True)
    assert page.count('name="outcome" value="') == 6  # three to ask about, three to teach
    clock.move_to(clock.now().replace(hour=20))
    answer = press(client, f"/admin/inbox/{number}", f"/admin/inbox/{number}/ask", item="1", outcome="missed")
    assert answer.status_code == 303
    assert ana.log() == []
    [asked] = [one for one in ana.texts() if "Do you mean" in one]
    assert asked.startswith("You wrote: 'hmm the bus was late'. Do you mean speech Tue 9/1: no?")
    assert "Logged: speech Tue 9/1: no" in ana.say("1")[-1]
    [entry] = ana.log()
    assert (entry.outcome, entry.words, entry.inbound_id) == ("missed", "hmm the bus was late", number)
    assert entry.content["clarified"]["asked"] == asked
    assert entry.content["clarified"]["answered"] == "1"
    with store.read() as session:
        assert session.scalars(select(Proposal.state)).one() == "confirmed"
        kinds = session.scalars(select(AuditEvent.kind)).all()
        assert {"staff_created", "thread_read", "meaning_proposed"} <= set(kinds)


def test_a_meaning_that_is_pressed_twice_is_asked_once(
    client: FlaskClient, ana: Talk, store: Store, clock: VirtualClock
) -> None:
    number = unclear(ana)
    staff(client, store, clock)
    for outcome in ("missed", "missed", "held"):  # another meaning is another question
        press(client, f"/admin/inbox/{number}", f"/admin/inbox/{number}/ask", item="1", outcome=outcome)
    with store.read() as session:
        asked = session.scalars(select(Proposal).order_by(Proposal.id)).all()
        assert [one.answer["outcome"] for one in asked] == ["missed", "held"]


def test_a_no_comes_back_to_the_inbox(
    client: FlaskClient, ana: Talk, store: Store, clock: VirtualClock
) -> None:
    number = unclear(ana)
    staff(client, store, clock)
    clock.move_to(clock.now().replace(hour=20))
    press(client, f"/admin/inbox/{number}", f"/admin/inbox/{number}/ask", item="1", outcome="held")
    ana.say("2")
    assert ana.log() == []
    assert "Did not mean what we suggested" in client.get("/admin/inbox").get_data(as_text=True)


def test_who_stopped_cannot_be_asked(
    client: FlaskClient, ana: Talk, store: Store, clock: VirtualClock
) -> None:
    number = unclear(ana)
    ana.say("STOP")
    staff(client, store, clock)
    answer = press(client, f"/admin/inbox/{number}", f"/admin/inbox/{number}/ask", item="1", outcome="held")
    assert answer.status_code == 400
    assert "We may not text this person" in answer.get_data(as_text=True)


@pytest.mark.parametrize(("item", "outcome"), [("2", "held"), ("x", "held"), ("1", "nonsense")])
def test_a_made_up_choice_is_refused(
    client: FlaskClient, ana: Talk, store: Store, clock: VirtualClock, item: str, outcome: str
) -> None:
    number = unclear(ana)
    staff(client, store, clock)
    answer = press(client, f"/admin/inbox/{number}", f"/admin/inbox/{number}/ask", item=item, outcome=outcome)
    assert answer.status_code in (400, 404)
    with store.read() as session:
        assert session.scalars(select(Proposal)).all() == []


def test_done_takes_it_off_the_list(
    client: FlaskClient, ana: Talk, store: Store, clock: VirtualClock
) -> None:
    number = unclear(ana)
    staff(client, store, clock)
    press(client, f"/admin/inbox/{number}", f"/admin/inbox/{number}/done")
    assert "hmm the bus was late" not in client.get("/admin/inbox").get_data(as_text=True)
    with store.read() as session:
        settled = session.scalars(select(AuditEvent).where(AuditEvent.kind == "text_settled")).one()
        assert (settled.actor, settled.subject) == ("staff 1", f"text {number}")
        assert session.get_one(InboundText, number).settled_by == 1


def test_a_text_that_needs_nobody_is_not_opened(
    client: FlaskClient, ana: Talk, store: Store, clock: VirtualClock
) -> None:
    ana.until_asked()
    ana.say("1")
    staff(client, store, clock)
    assert client.get("/admin/inbox/1").status_code == 404


def test_an_address_that_is_none_is_named(store: Store, clock: VirtualClock) -> None:
    with pytest.raises(ValueError, match="is no e-mail address"):
        new_staff(store, clock, SANDBOX, "rosa")


def test_the_log_stays_empty_of_what_staff_only_read(
    client: FlaskClient, ana: Talk, store: Store, clock: VirtualClock
) -> None:
    number = unclear(ana)
    staff(client, store, clock)
    client.get(f"/admin/inbox/{number}")
    with store.read() as session:
        assert session.scalars(select(LogEntry)).all() == []


def test_a_long_inbox_has_pages_and_danger_comes_before_all(
    client: FlaskClient, ana: Talk, store: Store, clock: VirtualClock
) -> None:
    with store.write() as session:
        for number in range(2 * PAGE + 2):
            session.add(
                InboundText(
                    provider_id=f"SM{number}", channel="sms", from_address=PHONE, to_address="",
                    body=f"hm {number}",
                    received_at=clock.now(), handled_at=clock.now(), needs_staff=True,
                    flag="alarm" if number % 2 else "not_understood",
                )
            )  # fmt: skip
    staff_in(client, store, clock)
    path, seen = "/admin/inbox", list[str]()
    for _ in range(3):
        page = client.get(path).get_data(as_text=True)
        assert f"wait for a person: {2 * PAGE + 2}." in page
        seen += re.findall(r'class="said">hm (\d+)<', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1] if following else ""
    assert path == ""
    every = range(2 * PAGE + 2)
    odd, even = ([str(one) for one in every if one % 2 == rest] for rest in (1, 0))
    assert seen == [*reversed(odd), *reversed(even)]
    assert client.get("/admin/inbox?before=0").status_code == 200
