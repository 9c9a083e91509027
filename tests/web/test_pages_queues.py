"""Today, for staff: what waits is counted, each list has its page, and what was seen to leaves it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.operations import morning
from assistant.store import (
    AuditEvent,
    Caregiver,
    Case,
    Consent,
    Expectation,
    FollowUp,
    LogEntry,
    OutgoingMessage,
    SchoolLog,
    Step,
    StepClock,
    Store,
)
from tests.support.family import SPEECH, caregiver, family, registered
from tests.support.talk import Talk
from tests.web.pages_support import client_of, press, staff_in
from tests.web.test_pages_families import failed

LISTS = ("delivery", *morning.QUEUES)


@pytest.fixture
def client(store: Store, clock: VirtualClock) -> FlaskClient:
    return staff_in(client_of(store, clock), store, clock)


@pytest.fixture
def leo(store: Store, clock: VirtualClock) -> int:
    """Asked once and answered by both; a step is open and one has a date that went by."""
    with store.write() as session:
        people = caregiver(), caregiver(phone="+14155550102", email="ben@example.org")
        number = registered(session, family(*people, services=(SPEECH,)), clock.now()).id
    ana = Talk(store, clock)
    ana.until_asked()
    ana.say("no, the therapist was out")
    return number


def everything(store: Store, clock: VirtualClock, leo: int) -> None:
    """One of each thing that can wait."""
    failed(store, clock, "30006")
    now, today = clock.now(), clock.now().date()
    with store.write() as session:
        person = session.scalars(select(Caregiver).order_by(Caregiver.id)).first()
        first = session.scalars(select(LogEntry).where(LogEntry.kind == "answer")).one()
        case = session.scalars(select(Case)).one()
        assert person is not None
        values = {key: getattr(first, key) for key in first.__table__.columns.keys()}  # noqa: SIM118
        values |= {"id": None, "number": 90, "kind": "second", "outcome": "held", "cause": None, "hash": "x"}
        session.add(LogEntry(**values))
        for key, state in (("document", "done"), ("written_notice", "suggested")):
            session.add(
                Step(
                    case_id=case.id, key=key, suggested_on=today, suggested_at=now, state=state, why={},
                    dates=[], guide_version="", policy={},
                )
            )  # fmt: skip
            session.flush()
        done = session.scalars(select(Step).where(Step.key == "document")).one()
        session.add(
            StepClock(
                step_id=done.id, name="records", kind="legal", starts=today, due=today, latest=today,
                citation="", state="passed",
            )
        )  # fmt: skip
        session.add(
            OutgoingMessage(
                dedupe_key="test:step", reference="step", channel="email", kind="step",
                caregiver_id=person.id, to_address="", language="en", body="", about=[], template_key="",
                created_at=now - timedelta(days=2), sent_at=now - timedelta(days=2), state="sent",
            )
        )  # fmt: skip
        session.add(
            Consent(
                caregiver_id=person.id, channel="email", act="withdrawn", method="link", wording="",
                address="", at=now,
            )
        )  # fmt: skip
        session.add(SchoolLog(child_id=leo, source="typed", raw="", digest="", imported_at=now))


def test_each_list_counts_shows_and_lets_go(
    leo: int, client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    everything(store, clock, leo)
    staff_in(client, store, clock)
    with store.read() as session:
        counts = morning.counts(session, clock.now())
    assert counts == {
        "replies": 0,
        "calls": 0,
        "silent": 0,
        "deadline": 1,
        "letter": 1,
        "opt_out": 1,
        "disagreement": 1,
        "school_log": 1,
    }
    front = client.get("/admin/queues/").get_data(as_text=True)
    assert front.count('class="count">1<') == 6
    for name in LISTS:
        page = client.get(f"/admin/queues/{name}").get_data(as_text=True)
        assert (f"Leo #{leo}" in page) == (name != "silent"), name
        assert "Ana" not in page
        if name != "silent":
            to, fields = f"/admin/families/{leo}/call", {"do": "seen", "why": name, "from": name}
            if name == "delivery":
                fields["person"] = "1"
            answer = press(client, f"/admin/queues/{name}", to, **fields)
            assert answer.headers["Location"] == f"/admin/queues/{name}"
            assert "Nothing waits here" in client.get(f"/admin/queues/{name}").get_data(as_text=True)
    with store.read() as session:
        assert set(session.scalars(select(FollowUp.kind))) == {"seen"}
        assert "follow_up_seen" in session.scalars(select(AuditEvent.kind)).all()


def test_the_call_list_and_the_ways_around_a_dead_number(
    leo: int, client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    failed(store, clock, "30006")
    staff_in(client, store, clock)
    page = client.get("/admin/queues/delivery?lang=en").get_data(as_text=True)
    assert "Landline, or a phone that takes no texts: 1" in page
    for what in ("mail", "told"):
        assert f"/admin/families/{leo}/1/{what}" in page
    press(client, "/admin/queues/delivery", f"/admin/families/{leo}/1/told", **{"from": "delivery"})
    assert "Nothing waits here" in client.get("/admin/queues/delivery").get_data(as_text=True)
    press(client, f"/admin/families/{leo}", f"/admin/families/{leo}/call", note="in Spanish")
    assert "in Spanish" in client.get("/admin/queues/").get_data(as_text=True)
    with store.read() as session:
        number = session.scalars(select(FollowUp.id).where(FollowUp.kind == "call")).one()
    press(client, "/admin/queues/", f"/admin/queues/call/{number}/done", note="has a new number")
    assert press(client, f"/admin/families/{leo}", "/admin/queues/call/99/done").status_code == 404
    assert "in Spanish" not in client.get("/admin/queues/").get_data(as_text=True)
    page = client.get(f"/admin/families/{leo}").get_data(as_text=True)
    assert "in Spanish\nhas a new number" in page


def test_a_silent_family_waits_until_somebody_looked(leo: int, store: Store, clock: VirtualClock) -> None:
    clock.move_to(clock.now() + timedelta(days=22))
    with store.write() as session:
        for one in session.scalars(select(Expectation).where(Expectation.state == "planned")):
            one.state = "closed" if one.day < clock.now().date() else one.state
        for one in session.scalars(select(Expectation).where(Expectation.state == "answered")):
            one.day -= timedelta(days=7)
    with store.read() as session:
        assert [row.child_id for row in morning.waiting(session, "silent", clock.now())] == [leo]
        assert morning.waiting(session, "silent", clock.now(), after=leo) == []
