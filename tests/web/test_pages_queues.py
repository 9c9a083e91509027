"""Today, for staff: what waits is counted, each list has its page, and what was seen to leaves it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.operations import morning
from assistant.operations.differing import compare_due
from assistant.store import (
    AuditEvent,
    Caregiver,
    Case,
    Consent,
    Expectation,
    FollowUp,
    Guardianship,
    LogEntry,
    OutgoingMessage,
    SchoolLog,
    SchoolLogRow,
    ServiceLine,
    Step,
    StepClock,
    Store,
    Template,
    TemplateAct,
)
from assistant.web import queues
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
        line = session.scalars(select(ServiceLine)).one()
        log = SchoolLog(child_id=leo, source="typed", raw="", digest="", imported_at=now)
        # The parent says that the first session was not held, the school that it was given.
        log.rows = [
            SchoolLogRow(service_line_id=line.id, place=1, day=first.day, said="given", minutes=30, note="")
        ]
        session.add(log)


def test_each_list_counts_shows_and_lets_go(
    leo: int, client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    everything(store, clock, leo)
    staff_in(client, store, clock)
    with store.write() as session:
        assert (compare_due(session, clock.now(), 50), compare_due(session, clock.now(), 50)) == (1, 0)
        counts = morning.counts(session, clock.now())
    page = client.get("/admin/queues/school_log?lang=en").get_data(as_text=True)
    assert "the family says not held" in page
    assert "the school says given" in page
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
    for what in ("mail", "second"):
        assert f"/admin/families/{leo}/1/{what}" in page
    press(client, "/admin/queues/delivery", f"/admin/families/{leo}/1/second", **{"from": "delivery"})
    assert "Nothing waits here" in client.get("/admin/queues/delivery").get_data(as_text=True)
    today = client.get("/admin/queues/?lang=en").get_data(as_text=True)
    assert "Reach the second one" in today
    with store.read() as session:
        number = session.scalars(select(FollowUp.id).where(FollowUp.kind == "call")).one()
    press(client, "/admin/queues/", f"/admin/queues/call/{number}/done", note="")
    press(client, f"/admin/families/{leo}", f"/admin/families/{leo}/call", note="in Spanish")
    assert "in Spanish" in client.get("/admin/queues/").get_data(as_text=True)
    with store.read() as session:
        number = session.scalars(select(FollowUp.id).where(FollowUp.done_at.is_(None))).one()
    press(client, "/admin/queues/", f"/admin/queues/call/{number}/done", note="has a new number")
    assert press(client, f"/admin/families/{leo}", "/admin/queues/call/99/done").status_code == 404
    assert "in Spanish" not in client.get("/admin/queues/").get_data(as_text=True)
    page = client.get(f"/admin/families/{leo}").get_data(as_text=True)
    assert "in Spanish\nhas a new number" in page


def test_two_logs_that_agree_wait_for_nobody(leo: int, store: Store, clock: VirtualClock) -> None:
    everything(store, clock, leo)
    with store.write() as session:
        row = session.scalars(select(SchoolLogRow)).one()
        row.said, row.minutes = "not_given", None
    with store.write() as session:
        compare_due(session, clock.now(), 50)
        assert morning.counts(session, clock.now())["school_log"] == 0


def test_a_list_of_many_is_turned_page_by_page(
    leo: int, client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    now = clock.now()
    with store.write() as session:
        for n in range(11, 47):
            session.add(
                Caregiver(id=n, name="", language="en", zone="UTC", texts="in", mails="none", created_at=now)
            )
            session.flush()
            session.add(Guardianship(child_id=leo, caregiver_id=n, position=n))
            session.add(
                OutgoingMessage(
                    dedupe_key=f"t:{n}", reference=f"t{n}", channel="sms", kind="question", caregiver_id=n,
                    to_address="", language="en", body="", about=[], template_key="", created_at=now,
                    state="failed", error_code="30006" if n < 45 else "30005",
                )
            )  # fmt: skip
    staff_in(client, store, clock)
    seen: list[int] = []
    first = client.get("/admin/queues/delivery?lang=en").get_data(as_text=True)
    assert "All 34 of these" in first
    path: str | None = "/admin/queues/delivery?group=landline"
    while path:
        page = client.get(path).get_data(as_text=True)
        seen += [int(one) for one in re.findall(rf"/admin/families/{leo}/(\d+)/second", page)]
        found = re.search(r'rel="next" href="([^"]+)"', page)
        path = found[1].replace("&amp;", "&") if found else None
    assert seen == list(range(11, 45))


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


def test_reviews_that_run_out_have_pages(
    client: FlaskClient, store: Store, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    today, now = clock.now().date(), clock.now()
    with store.write() as session:
        for row in session.scalars(select(Template).order_by(Template.id).limit(3)).all():
            act = {"template_id": row.id, "by": "staff 1", "reason": "", "alone": False, "at": now}
            session.add(TemplateAct(act="reviewed", until=today + timedelta(days=3), **act))
    monkeypatch.setattr(queues, "REVIEWS", 2)
    monkeypatch.setattr(queues, "_FIRST_REVIEWS", 1)
    first = client.get("/admin/queues/").get_data(as_text=True)
    assert "month: 3<" in first
    assert first.count("checked until") == 1
    assert 'href="/admin/queues/reviews"' in first
    page = client.get("/admin/queues/reviews").get_data(as_text=True)
    rest = client.get("/admin/queues/reviews?after=2").get_data(as_text=True)
    assert (page.count("checked until"), rest.count("checked until")) == (2, 1)
    assert 'href="/admin/queues/reviews?after=2"' in page
    assert 'rel="next"' not in rest
    assert "texts." not in page + rest  # no raw key
