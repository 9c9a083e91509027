"""Teaching a phrase: looked at first, approved by somebody else, used, shown as such, and taken back."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.conversation.phrases import approve, frozen, look, phrases_in_use, teach
from assistant.store import AuditEvent, InboundText, LogEntry, Staff, Store, TaughtPhrase
from assistant.words import Outcome
from tests.support.family import SPEECH, caregiver, family, registered
from tests.support.talk import Talk
from tests.web.pages_support import client_of, press, signed_in, staff_in
from tests.web.test_pages_staff import as_role

NEW = "/admin/phrases/new"
OTHER = "+14155550102"


@pytest.fixture
def ana(store: Store, clock: VirtualClock) -> Talk:
    """Asked about speech."""
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
    ana = Talk(store, clock)
    ana.until_asked()
    return ana


@pytest.fixture
def helper(store: Store, clock: VirtualClock) -> FlaskClient:
    return as_role(client_of(store, clock), store, clock, "helper")


def waiting(store: Store) -> int:
    with store.read() as session:
        return session.scalars(select(InboundText.id).where(InboundText.needs_staff)).all()[-1]


def test_from_the_inbox_to_the_log_and_back(
    ana: Talk, helper: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    ana.say("Ghosted us!")
    ana.say("ghosted us")
    number = waiting(store)
    thread = f"/admin/inbox/{number}"
    page = press(helper, thread, NEW, text=str(number), outcome="missed").get_data(as_text=True)
    assert "have been read so: 1." in page
    assert f'href="{thread}"' in page
    same = {"text": str(number), "phrase": "ghosted us", "language": "en", "outcome": "missed"}
    answer = press(helper, NEW, NEW, do="teach", **same)
    assert answer.headers["Location"] == "/admin/phrases/"
    assert press(helper, NEW, NEW, do="teach", **same).status_code == 400  # it waits already
    assert helper.get("/admin/phrases/").get_data(as_text=True).count("Approve<") == 0
    assert press(helper, NEW, "/admin/phrases/1/approve").status_code == 403
    with store.read() as session:
        assert phrases_in_use(session, "en") == ()

    reviewer = as_role(client_of(store, clock), store, clock, "reviewer")
    assert press(reviewer, "/admin/phrases/", "/admin/phrases/1/approve").status_code == 303
    ana.until_asked()
    ana.say("Ghosted us, thanks")
    with store.read() as session:
        entry = session.scalars(select(LogEntry).order_by(LogEntry.id.desc())).first()
        assert entry is not None
        assert (entry.outcome, entry.words) == ("missed", "Ghosted us, thanks")
        assert session.get_one(TaughtPhrase, 1).used == 1
        child, about = entry.child_id, entry.expectation_id
        assert frozen(session) == [{"phrase": "ghosted us", "language": "en", "outcome": "missed"}]
    parent = signed_in(store, clock)
    assert "Your center taught the program that this means it: ghosted us" in parent.get(
        f"/family/{child}/mark/{about}"
    ).get_data(as_text=True)

    helper = as_role(client_of(store, clock), store, clock, "helper")  # days have gone by
    assert press(helper, "/admin/phrases/", "/admin/phrases/1/end").status_code == 303
    assert press(helper, "/admin/phrases/", "/admin/phrases/1/end").status_code == 400
    ana.until_asked()
    ana.say("ghosted us")
    with store.read() as session:
        assert session.get_one(TaughtPhrase, 1).used == 1
        assert len(session.scalars(select(LogEntry).where(LogEntry.outcome == "missed")).all()) == 1
        kinds = session.scalars(select(AuditEvent.kind).where(AuditEvent.subject == "phrase 1")).all()
    assert kinds == ["phrase_taught", "phrase_approved", "phrase_undone"]


def test_nobody_approves_their_own_but_who_is_alone(ana: Talk, store: Store, clock: VirtualClock) -> None:
    owner = staff_in(client_of(store, clock), store, clock)
    wanted = {"phrase": "ghosted us", "language": "en", "outcome": "missed", "do": "teach"}
    press(owner, NEW, NEW, **wanted)
    with store.write() as session:
        session.add(Staff(email="b@example.org", role="helper", created_at=clock.now(), ended_at=None))
    refused = press(owner, "/admin/phrases/", "/admin/phrases/1/approve")
    assert refused.status_code == 400
    assert "Somebody else has to approve" in refused.get_data(as_text=True)
    with store.write() as session:
        session.scalars(select(Staff).where(Staff.role == "helper")).one().ended_at = clock.now()
    assert press(owner, "/admin/phrases/", "/admin/phrases/1/approve").status_code == 303
    assert "the only person here" in owner.get("/admin/phrases/").get_data(as_text=True)


def test_who_sees_no_family_sees_counts_only(ana: Talk, store: Store, clock: VirtualClock) -> None:
    ana.say("ghosted us")
    ana.say("ghosted us")
    editor = as_role(client_of(store, clock), store, clock, "editor")
    wanted = {"phrase": "ghosted us", "language": "en", "outcome": "missed"}
    page = press(editor, NEW, NEW, **wanted).get_data(as_text=True)
    assert "have been read so: 1." in page
    assert "/admin/inbox/" not in page
    assert press(editor, NEW, NEW, text=str(waiting(store)), **wanted).status_code == 404


def test_what_other_families_meant_otherwise_is_not_taught(
    ana: Talk, store: Store, clock: VirtualClock
) -> None:
    with store.write() as session:
        mia = family(caregiver(phone=OTHER, email="olga@example.net"), services=(SPEECH,), nickname="Mia")
        registered(session, mia, clock.now())
        teacher = Staff(email="t@example.org", role="editor", created_at=clock.now(), ended_at=None)
        other = Staff(email="r@example.org", role="reviewer", created_at=clock.now(), ended_at=None)
        session.add_all((teacher, other))
        session.flush()
        row = teach(
            session, teacher, look(session, "all systems go", Outcome.HELD, "en", clock.now()), clock.now()
        )
        approve(session, other, row.id, clock.now())
    ana.until_asked()
    ana.say("All systems go")
    ana.say("FIX no")  # she meant that the session was not held
    with store.read() as session:
        found = look(session, "all systems go", Outcome.HELD, "en", clock.now())
        assert (found.otherwise, found.same) == (1, 0)
        assert set(found.problems) == {"taught", "used_otherwise"}
        turned = look(session, "all systems go", Outcome.MISSED, "en", clock.now())
        assert (turned.otherwise, turned.same, turned.problems) == (0, 1, ("taught_otherwise",))


def test_a_name_of_the_family_is_refused_and_so_is_what_stops(
    ana: Talk, helper: FlaskClient, store: Store
) -> None:
    ana.say("leo got ghosted")
    ana.say("leo got ghosted")
    wanted = {"text": str(waiting(store)), "language": "en", "outcome": "missed", "do": "teach"}
    refused = press(helper, NEW, NEW, **wanted)
    assert refused.status_code == 400
    assert "There is a name of the family" in refused.get_data(as_text=True)
    stops = press(helper, NEW, NEW, **{**wanted, "phrase": "the end"}).get_data(as_text=True)
    assert "It has a word that stops all texts" in stops
    assert press(helper, NEW, NEW, **{**wanted, "outcome": "great"}).status_code == 404
    spanish = press(helper, f"{NEW}?lang=es", NEW, **{**wanted, "phrase": "x"}).get_data(as_text=True)
    assert re.search(r"<li>Sin gracias, puntos y signos queda muy poco\.</li>", spanish)
    with store.read() as session:
        assert session.scalars(select(TaughtPhrase)).all() == []
