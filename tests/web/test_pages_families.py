"""Families for staff: by how they stand, found by nickname, number or last digits; one family's page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from assistant.clock import VirtualClock
from assistant.operations.one_family import families
from assistant.operations.standing import State, group_of
from assistant.store import AuditEvent, Caregiver, Expectation, FollowUp, OutgoingMessage, Store
from tests.support.family import PHONE, SPEECH, caregiver, family, registered
from tests.support.talk import Talk
from tests.web.pages_support import client_of, press, staff_in


@pytest.fixture
def client(store: Store, clock: VirtualClock) -> FlaskClient:
    return staff_in(client_of(store, clock), store, clock)


@pytest.fixture
def leo(store: Store, clock: VirtualClock) -> int:
    with store.write() as session:
        return registered(session, family(services=(SPEECH,)), clock.now()).id


def text_of(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def states(store: Store, clock: VirtualClock) -> list[State]:
    with store.read() as session:
        [found] = families(session, clock.now())
        for state in found.states:
            assert [one.child.id for one in families(session, clock.now(), state=state)] == [found.child.id]
        return list(found.states)


def failed(store: Store, clock: VirtualClock, code: str, channel: str = "sms") -> None:
    """A message to the first caregiver that did not arrive."""
    with store.write() as session:
        person = session.scalars(select(Caregiver).order_by(Caregiver.id)).first()
        assert person is not None
        session.add(
            OutgoingMessage(
                dedupe_key=f"test:{clock.now()}:{code}", reference=f"{code}{clock.now():%s}", channel=channel,
                kind="question", caregiver_id=person.id, to_address=PHONE, language="en", body="Speech?",
                about=[], template_key="question_one", created_at=clock.now(), state="failed",
                error_code=code,
            )
        )  # fmt: skip


def test_how_a_family_stands(leo: int, store: Store, clock: VirtualClock) -> None:
    assert states(store, clock) == ["well"]
    failed(store, clock, "30006")
    assert states(store, clock) == ["problem"]
    clock.move_to(clock.now() + timedelta(days=22))
    with store.write() as session:
        for one in session.scalars(select(Expectation)):
            if one.day < clock.now().date():
                one.state = "closed"
    assert states(store, clock) == ["silent"]  # the trouble is older than two weeks
    with store.write() as session:
        person = session.scalars(select(Caregiver)).one()
        person.texts, person.mails = "out", "out"
    assert states(store, clock) == ["stopped", "silent"]
    with store.write() as session:
        session.scalars(select(Caregiver)).one().texts = "invited"
        session.scalars(select(Expectation).order_by(Expectation.day.desc())).first().state = "answered"  # type: ignore[union-attr]
    assert states(store, clock)[:2] == ["stopped", "waiting"]


def test_a_family_that_is_behind(leo: int, store: Store, clock: VirtualClock) -> None:
    ana = Talk(store, clock)
    for expected in (["well"], ["behind"]):
        ana.until_asked()
        ana.say("no, the therapist was out")
        assert states(store, clock) == expected


@pytest.mark.parametrize(
    ("channel", "code", "group"),
    [
        ("sms", "30005", "dead"),
        ("sms", "30006", "landline"),
        ("sms", "21610", "opted_out"),
        ("sms", "30007", "blocked"),
        ("sms", "30008", "temporary"),
        ("sms", "99999", "other"),
        ("email", "5.1.1", "mail"),
    ],
)
def test_a_code_says_what_to_do(channel: str, code: str, group: str) -> None:
    assert group_of(channel, code) == group


def test_a_family_is_found(leo: int, client: FlaskClient, store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        other = registered(
            session,
            family(caregiver(phone="+14155550198", email="bo@example.org"), nickname="Mia"),
            clock.now(),
        ).id
    shown = {
        find: (f"/admin/families/{leo}" in page, f"/admin/families/{other}" in page)
        for find in ("", "leo", "Mia", str(other), "0198", "le", "%00", "9999999999999")
        for page in [text_of(client, f"/admin/families/?find={find}")]
    }
    only_leo, only_mia, nobody = (True, False), (False, True), (False, False)
    assert shown == {
        "": (True, True),
        "leo": only_leo,
        "Mia": only_mia,
        str(other): only_mia,
        "0198": only_mia,
        "le": nobody,
        "%00": (True, True),
        "9999999999999": nobody,
    }
    with store.write() as session:
        person = session.scalars(select(Caregiver).where(Caregiver.email == "bo@example.org")).one()
        person.phone = "+14155550197"
    assert f"/admin/families/{other}" in text_of(client, "/admin/families/?find=0197")


def test_one_family_without_a_name_or_number_and_every_look_is_kept(
    leo: int, client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    ana = Talk(store, clock)
    ana.until_asked()
    ana.say("no, the therapist was out")
    staff_in(client, store, clock)  # it is another hour by now
    page = text_of(client, f"/admin/families/{leo}")
    for said in ("Leo, family", "Phone that ends in 0101: has agreed.", "The provider was out".lower()):
        assert said in page
    for hidden in ("Ana", "Rivera", PHONE, "ana@example.org"):
        assert hidden not in page
    text_of(client, f"/admin/families/{leo}?lang=es")
    assert client.get("/admin/families/77").status_code == 404
    with store.read() as session:
        looks = session.scalars(select(AuditEvent).where(AuditEvent.kind == "family_read")).all()
        assert [(one.actor, one.subject) for one in looks] == [("staff 1", f"child {leo}")] * 2


def test_what_staff_can_do(leo: int, client: FlaskClient, store: Store, clock: VirtualClock) -> None:
    clock.move_to(clock.now().replace(hour=20))
    staff_in(client, store, clock)
    at = f"/admin/families/{leo}"
    with store.read() as session:
        person = session.scalars(select(Caregiver.id)).one()
    ana = Talk(store, clock)
    press(client, at, f"{at}/{person}/link")
    assert any("/family/enter/" in one for one in ana.texts())
    press(client, at, f"{at}/{person}/pause", days="7")
    assert any("no texts until" in one for one in ana.texts())
    assert "On pause until" in text_of(client, at)
    assert press(client, at, f"{at}/{person}/pause", days="8").status_code == 404
    press(client, at, f"{at}/{person}/pause", days="0")
    for _ in range(2):
        press(client, at, f"{at}/call", note="after four", why="silent")
    press(client, at, f"{at}/{person}/mail")
    assert press(client, at, f"{at}/77/mail").status_code == 404
    clock.move_to(clock.now().replace(day=2, hour=7))  # midnight for them
    staff_in(client, store, clock)
    with store.write() as session:
        session.get_one(Caregiver, person).texts = "in"
    assert "outside the hours" in press_and_see(client, at, f"{at}/{person}/link")
    with store.read() as session:
        rows = session.scalars(select(FollowUp).order_by(FollowUp.id)).all()
        assert [(one.kind, one.why, one.note, one.done_at is None) for one in rows] == [
            ("call", "silent", "after four", True),
            ("mailed", "delivery", "", False),
        ]


def press_and_see(client: FlaskClient, page: str, to: str) -> str:
    return client.get(press(client, page, to).headers["Location"]).get_data(as_text=True)


def test_the_list_asks_no_more_for_many_families(
    client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    def asked() -> int:
        statements: list[str] = []

        def count(*args: object) -> None:
            statements.append(str(args[2]))

        event.listen(store.engine, "before_cursor_execute", count)
        page = text_of(client, "/admin/families/")
        event.remove(store.engine, "before_cursor_execute", count)
        assert len(page) < 60_000
        return len(statements)

    with store.write() as session:
        registered(session, family(caregiver(phone="+14155550200", email=None)), clock.now())
    asked()  # what a process reads once
    few = asked()
    with store.write() as session:
        for number in range(1, 5):
            registered(session, family(caregiver(phone=f"+1415555020{number}", email=None)), clock.now())
    assert asked() == few
