"""The pages behind e-mails: check-ins, steps, saying yes, leaving. Only a press records anything."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from assistant.clock import VirtualClock
from assistant.store import (
    Attachment,
    Caregiver,
    Case,
    Consent,
    Expectation,
    LogEntry,
    OutgoingMessage,
    Question,
    QuestionItem,
    Step,
    Store,
)
from messages.links import confirm_token, question_token, step_token, unsubscribe_token
from tests.support.family import OT, SPEECH, caregiver, family, registered
from tests.web.pages_support import SANDBOX, SECRET, client_of, press


@pytest.fixture
def client(store: Store, clock: VirtualClock) -> FlaskClient:
    return client_of(store, clock)


@pytest.fixture
def ids(store: Store, clock: VirtualClock) -> tuple[int, ...]:
    """A question about two sessions to Ana, who is asked by e-mail: the expectations' ids."""
    with store.write() as session:
        person = caregiver("es", phone=None)
        child = registered(session, family(person, services=(SPEECH, OT)), clock.now(), SANDBOX)
        found = session.scalars(
            select(Expectation).where(Expectation.child_id == child.id).order_by(Expectation.due_at).limit(2)
        ).all()
        clock.move_to(found[-1].due_at + timedelta(hours=1))
        question = Question(
            caregiver_id=child.caregivers[0].id,
            channel="email",
            asked_at=clock.now(),
            spoken_at=clock.now(),
            close_at=clock.now() + timedelta(hours=48),
            items=[QuestionItem(expectation=one, position=n) for n, one in enumerate(found)],
        )
        session.add(question)
        for one in found:
            one.state, one.ask_at = "asked", None
        return tuple(one.id for one in found)


PATH = f"/answer/{question_token(SECRET, 1)}"


def entries(store: Store) -> list[LogEntry]:
    with store.read() as session:
        rows = session.scalars(select(LogEntry).order_by(LogEntry.number)).all()
        session.expunge_all()
        return list(rows)


def test_looking_records_nothing(client: FlaskClient, store: Store, ids: tuple[int, ...]) -> None:
    page = client.get(PATH).get_data(as_text=True)
    assert '<html lang="es">' in page  # the caregiver's language
    assert page.count('value="yes"') == 2
    client.head(PATH)
    assert entries(store) == []
    assert '<html lang="en">' in client.get(f"{PATH}?lang=en").get_data(as_text=True)


def test_a_press_records_with_the_words_of_the_button(
    client: FlaskClient, store: Store, ids: tuple[int, ...]
) -> None:
    answer = press(client, PATH, item=ids[0], answer="yes")
    assert answer.status_code == 303
    (entry,) = entries(store)
    assert (entry.outcome, entry.expectation_id) == ("held", ids[0])
    assert "Sí" in entry.words
    page = client.get(answer.location).get_data(as_text=True)
    assert "Anotado: sí, la hubo" in page
    assert "Cámbielo" in page
    press(client, PATH, item=ids[1], answer="unsure")
    assert [entry.outcome for entry in entries(store)] == ["held", "unknown"]
    with store.read() as session:
        assert session.get_one(Question, 1).state == "answered"
    assert "Gracias, quedó anotado" in client.get(PATH).get_data(as_text=True)


def test_no_then_the_reason_then_a_change_of_mind(
    client: FlaskClient, store: Store, ids: tuple[int, ...]
) -> None:
    press(client, PATH, item=ids[0], answer="no")
    assert 'name="cause"' in client.get(PATH).get_data(as_text=True)
    press(client, PATH, item=ids[0], answer="why", cause="")  # skipped
    press(client, PATH, item=ids[0], answer="why", cause="provider_absent")
    press(client, PATH, item=ids[0], answer="yes")
    kept = [(entry.outcome, entry.cause, entry.supersedes) for entry in entries(store)]
    assert kept == [("missed", None, None), ("missed", "provider_absent", 1), ("held", None, 2)]


def test_a_school_that_was_closed_owed_nothing(
    client: FlaskClient, store: Store, ids: tuple[int, ...]
) -> None:
    press(client, PATH, item=ids[0], answer="no")
    press(client, PATH, item=ids[0], answer="why", cause="closure")
    assert entries(store)[-1].outcome == "no_school"


def test_the_same_button_twice_is_one_entry(client: FlaskClient, store: Store, ids: tuple[int, ...]) -> None:
    for _ in range(3):
        press(client, PATH, item=ids[0], answer="no")
    assert len(entries(store)) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"item": "999999", "answer": "yes"},
        {"item": "1", "answer": "maybe"},
        {"item": "1", "answer": "why", "cause": "aliens"},
        {"item": "1", "answer": "why", "cause": "not_given"},
        {"item": "x", "answer": "yes"},
        {"item": "", "answer": "yes"},
        {"item": "9" * 400, "answer": "yes"},
    ],
)
def test_nonsense_records_nothing(
    client: FlaskClient, store: Store, ids: tuple[int, ...], fields: dict[str, str]
) -> None:
    assert press(client, PATH, **fields).status_code in (303, 404)
    assert entries(store) == []


def test_an_old_question_takes_no_more_answers(
    client: FlaskClient, store: Store, clock: VirtualClock, ids: tuple[int, ...]
) -> None:
    clock.move_to(clock.now() + timedelta(days=6))
    press(client, PATH, item=ids[0], answer="yes")
    clock.move_to(clock.now() + timedelta(days=2))
    assert 'name="answer"' not in client.get(PATH).get_data(as_text=True)
    press(client, "/register", to=PATH, item=ids[0], answer="no")
    assert [entry.outcome for entry in entries(store)] == ["held"]


@pytest.mark.parametrize("room", ["answer", "step", "unsubscribe", "confirm"])
def test_a_link_that_we_did_not_make_opens_nothing(
    client: FlaskClient, ids: tuple[int, ...], room: str
) -> None:
    other = {"answer": step_token, "step": question_token, "unsubscribe": confirm_token}.get(
        room, unsubscribe_token
    )
    for token in ("1", "MQ.forged", other(SECRET, 1), question_token("another key", 1)):
        assert client.get(f"/{room}/{token}").status_code == 404
        assert press(client, "/register", to=f"/{room}/{token}").status_code == 404


@pytest.fixture
def step_path(store: Store, clock: VirtualClock, ids: tuple[int, ...]) -> str:
    """A step with its e-mail and letter."""
    with store.write() as session:
        case = session.scalars(select(Case).order_by(Case.id)).first()
        assert case is not None
        step = Step(
            case_id=case.id,
            key="document",
            suggested_on=clock.now().date(),
            suggested_at=clock.now(),
            why={"rule": "x", "values": {}, "entries": []},
            dates=[],
            guide_version="1",
            policy={},
        )
        session.add(step)
        session.flush()
        message = OutgoingMessage(
            dedupe_key="step:1",
            reference="r1",
            channel="email",
            kind="step",
            caregiver_id=1,
            to_address="ana@example.org",
            language="en",
            subject="Ask for the service log",
            body="Two <b>sessions</b> were missed. See http://127.0.0.1:8000/step/x",
            about=[],
            template_key="guide.document",
            step_id=step.id,
            created_at=clock.now(),
            attachments=[
                Attachment(name="carta año.docx", content_type="application/x-docx", data=b"PK letter")
            ],
        )
        session.add(message)
        return f"/step/{step_token(SECRET, step.id)}"


def test_a_step_shows_its_letter_and_takes_a_press(client: FlaskClient, store: Store, step_path: str) -> None:
    page = client.get(step_path).get_data(as_text=True)
    assert "Ask for the service log" in page
    assert "Two &lt;b&gt;sessions" in page
    file = client.get(f"{step_path}/file/1")
    assert file.data == b"PK letter"
    assert file.headers["Content-Disposition"].startswith("attachment;")
    assert client.get(f"{step_path}/file/2").status_code == 404
    with store.read() as session:
        assert session.get_one(Step, 1).state == "suggested"
    press(client, step_path, do="not_now")
    press(client, step_path, do="rubbish")
    with store.read() as session:
        assert session.get_one(Step, 1).state == "not_now"
    assert "Noted: not now" in client.get(step_path).get_data(as_text=True)


@pytest.mark.parametrize(("key", "says"), [("resolved", None), ("check_iep", "I did it")])
def test_a_step_asks_only_what_makes_sense(
    client: FlaskClient, store: Store, step_path: str, key: str, says: str | None
) -> None:
    with store.write() as session:
        session.get_one(Step, 1).key = key
        session.scalars(select(OutgoingMessage).where(OutgoingMessage.step_id == 1)).one().attachments = []
    page = client.get(step_path).get_data(as_text=True)
    assert "I sent it" not in page
    assert ('name="do"' in page) == (says is not None)
    assert says is None or says in page


def test_leaving_needs_one_press_and_no_cookie(
    store: Store, clock: VirtualClock, ids: tuple[int, ...]
) -> None:
    client = client_of(store, clock)
    path = f"/unsubscribe/{unsubscribe_token(SECRET, 1)}"
    first = client.get(path)
    assert "Set-Cookie" not in first.headers
    assert "ana@" not in first.get_data(as_text=True)
    with store.read() as session:
        assert session.get_one(Caregiver, 1).mails == "in"
    for _ in range(2):  # as a mail program does it: no cookie, no page before it
        answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    with store.read() as session:
        assert session.get_one(Caregiver, 1).mails == "out"
        acts = session.scalars(select(Consent.act).where(Consent.channel == "email")).all()
    assert acts.count("withdrawn") == 1


def test_saying_yes_needs_a_press(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        person = caregiver(phone=None, confirmed=False)
        registered(session, family(person), clock.now(), SANDBOX)
    client = client_of(store, clock)
    path = f"/confirm/{confirm_token(SECRET, 1)}"
    assert "May we write to you?" in client.get(path).get_data(as_text=True)
    with store.read() as session:
        assert session.get_one(Caregiver, 1).mails == "invited"
    for _ in range(2):
        assert "You are set" in press(client, "/register", to=path).get_data(as_text=True)
    with store.read() as session:
        assert session.get_one(Caregiver, 1).mails == "in"
        kinds = session.scalars(select(OutgoingMessage.kind).order_by(OutgoingMessage.id)).all()
        wordings = session.scalars(select(Consent.wording).where(Consent.act == "given")).all()
        given = session.scalars(select(func.count()).select_from(Consent)).one()
    assert [kind for kind in kinds if kind != "step"] == ["invite", "welcome"]
    assert len(wordings) == 1
    assert re.match("I agree to get e-mails from Every Session", wordings[0])
    assert given == 2
