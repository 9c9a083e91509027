"""Answers by e-mail: shown to the parent, done by their press. The whole way once, over real servers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from email import policy
from email.message import EmailMessage

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from assistant.clock import VirtualClock
from assistant.conversation import mailed, mailroom
from assistant.conversation.clarify import propose, suggestions
from assistant.store import (
    Alert,
    AuditEvent,
    Caregiver,
    InboundMail,
    InboundText,
    LogEntry,
    OutgoingMessage,
    Staff,
    Step,
    Store,
)
from assistant.words import Outcome
from tests.support.family import SPEECH, caregiver, family, registered
from tests.support.mail_people import PUBLIC, Post, answer, near, post
from tests.web.pages_support import client_of, staff_in

_LINK = re.compile(rf"{PUBLIC}(/said/\S+)")
_CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


def with_leo(found: Post) -> Post:
    """Leo's mother, who is asked by e-mail only."""
    with found.program.store.write() as session:
        person = caregiver(phone=None)
        registered(session, family(person, services=(SPEECH,)), found.clock.now(), found.program.settings)
    return found


@pytest.fixture
def mails(store: Store, clock: VirtualClock) -> Post:
    return with_leo(near(store, clock))


@pytest.fixture
def real(store: Store, clock: VirtualClock) -> Iterator[Post]:
    with post(store, clock) as found:
        yield with_leo(found)


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def question(mails: Post) -> EmailMessage:
    for _ in range(5):
        found = mails.until_mail()
        if "/answer/" in text_of(found):
            return found
    raise AssertionError("no question came")


def link_of(found: list[EmailMessage]) -> str:
    (message,) = found
    link = _LINK.search(text_of(message))
    assert link is not None
    return link[1]


def press(client: FlaskClient, path: str) -> str:
    page = client.get(path).get_data(as_text=True)
    token = _CSRF.search(page)
    assert token is not None, page
    answered = client.post(path, data={"csrf_token": token[1]}, follow_redirects=True)
    assert answered.status_code == 200
    return answered.get_data(as_text=True)


def entries(store: Store) -> list[LogEntry]:
    with store.read() as session:
        return list(session.scalars(select(LogEntry).where(LogEntry.outcome != "").order_by(LogEntry.id)))


def texts(store: Store) -> list[InboundText]:
    with store.read() as session:
        return list(session.scalars(select(InboundText).order_by(InboundText.id)))


def test_a_no_to_a_question_is_logged_when_the_parent_says_so(real: Post, store: Store) -> None:
    mails = real
    asked = question(mails)
    path = link_of(mails.back(answer(asked, "No, Leo was sick today.")))
    assert entries(store) == []
    client = mails.browser()
    for _ in range(10):
        assert client.get(path).status_code == client.head(path).status_code == 200
    assert entries(store) == [], "scanners open every link"
    page = press(client, path)
    assert "Noted" in page
    (entry,) = entries(store)
    assert (entry.outcome, entry.words) == ("missed", "No, Leo was sick today.")
    assert entry.content["clarified"]["answered"] == "Yes, note it"
    assert entry.content["clarified"]["asked"].startswith("Leo, speech Tue 9/1: no, child out")
    assert r"\Seen" in "".join(mails.server.flags().values()) if mails.server else False
    (text,) = texts(store)
    assert (text.channel, text.body, text.needs_staff) == ("email", "No, Leo was sick today.", False)
    again = client.post(path, data={"csrf_token": "x"})
    assert again.status_code == 400
    assert "Noted" in client.get(path).get_data(as_text=True)
    assert len(entries(store)) == 1


def test_what_they_said_since_counts_more(mails: Post, store: Store) -> None:
    asked = question(mails)
    path = link_of(mails.back(answer(asked, "no")))
    page = re.search(rf"{PUBLIC}(/answer/\S+)", text_of(asked))
    assert page is not None
    client = mails.browser()
    token = _CSRF.search(client.get(page[1]).get_data(as_text=True))
    assert token is not None
    with store.read() as session:
        number = session.scalars(
            select(OutgoingMessage.about).where(OutgoingMessage.kind == "question")
        ).first()
    assert number
    mails.clock.move_to(mails.clock.now() + timedelta(minutes=1))
    client.post(page[1], data={"csrf_token": token[1], "item": str(number[0]), "answer": "yes"})
    mails.clock.move_to(mails.clock.now() + timedelta(minutes=1))
    press(client, path)
    assert [entry.outcome for entry in entries(store)] == ["held"]


def step_mail(mails: Post, store: Store) -> EmailMessage:
    """Answer no until a step with a letter comes."""
    client = mails.browser()
    for _ in range(12):
        found = mails.until_mail()
        if "next steps" in str(found["Subject"]) and "docx" in found.as_string():
            return found
        if "/answer/" in text_of(found) and "One more try" not in text_of(found):
            press(client, link_of(mails.back(answer(found, "no, the therapist was out"))))
    raise AssertionError("no step came")


@pytest.mark.parametrize(("said", "state"), [("Ya la mandé", "done"), ("they fixed it", "resolved")])
def test_a_step_is_marked_when_the_parent_says_so(mails: Post, store: Store, said: str, state: str) -> None:
    letter = step_mail(mails, store)
    found = mails.back(answer(letter, said))
    path = link_of(found)
    assert found[0]["Subject"] == letter["Subject"], "it stays in the case's thread"
    assert found[0]["References"] == letter["References"]
    with store.read() as session:
        step = session.scalars(select(Step).order_by(Step.id.desc())).first()
    assert step is not None
    assert step.state == "suggested"
    press(mails.browser(), path)
    with store.read() as session:
        step = session.get_one(Step, step.id)
        assert (step.state, step.decided_on) == (state, mails.clock.now().date())
        if state == "done":
            note = session.scalars(select(LogEntry).where(LogEntry.kind == "step")).one()
            assert note.words == said


def test_they_answered_means_that_it_was_sent(mails: Post, store: Store) -> None:
    letter = step_mail(mails, store)
    press(mails.browser(), link_of(mails.back(answer(letter, "They answered today"))))
    with store.read() as session:
        step = session.scalars(select(Step).order_by(Step.id.desc())).first()
    assert step is not None
    assert (step.state, step.answer) == ("done", "answered")


@pytest.mark.parametrize("said", ["Stop e-mails", "unsubscribe", "No más correos, por favor"])
def test_stop_is_done_at_once(mails: Post, store: Store, said: str) -> None:
    asked = question(mails)
    (last,) = mails.back(answer(asked, said))
    assert (last["To"], "/confirm/" in text_of(last)) == ("ana@example.org", True), (
        "the way back, if it was forged"
    )
    with store.read() as session:
        person = session.scalars(select(Caregiver)).one()
        assert person.mails == "out"
    mails.clock.move_to(mails.clock.now() + timedelta(days=5))
    mails.run()
    assert mails.out() == []


def test_the_address_of_list_unsubscribe_is_enough(mails: Post, store: Store) -> None:
    asked = question(mails)
    found = re.search(r"<mailto:([^?>]+)", str(asked["List-Unsubscribe"]))
    assert found is not None
    bare = f"From: {'x' * 20}@elsewhere.example\r\nTo: {found[1]}\r\nSubject: unsubscribe\r\n\r\n".encode()
    assert mails.back(bare) == []
    with store.read() as session:
        assert session.scalars(select(Caregiver)).one().mails == "out"
        assert session.scalars(select(InboundMail.kind)).all() == ["leave"]


def test_what_is_not_understood_is_for_a_person(mails: Post, store: Store) -> None:
    asked = question(mails)
    assert (
        mails.back(answer(asked, "Who decides about the bus? They told me something else last week.")) == []
    )
    (text,) = texts(store)
    assert (text.needs_staff, text.flag) == (True, "mailed")
    assert PUBLIC not in text.body, "the quoted letter has links that are theirs alone"


def test_staff_ask_by_e_mail_what_an_e_mail_meant(real: Post, store: Store) -> None:
    """Over real servers, to who takes no texts: nothing is noted before a press; one counts once."""
    asked = question(real)
    real.back(answer(asked, "Something about Tuesday, I will tell you when I see you."))
    (text,) = texts(store)
    now, settings = real.clock.now(), real.program.settings
    with store.write() as session:
        staff = Staff(email="kim@example.org", role="editor", created_at=now)
        session.add(staff)
        session.flush()
        found = suggestions(session, session.get_one(InboundText, text.id))[0].item.expectation.id
        inbound = session.get_one(InboundText, text.id)
        propose(session, staff, inbound, found, Outcome.MISSED, now, settings)
    real.program.once()
    (sent,) = real.out()
    link = re.search(rf"{PUBLIC}(/meant/\S+)", text_of(sent))
    assert link is not None
    assert "Something about Tuesday" in text_of(sent)
    client = real.browser()
    assert client.get(link[1]).status_code == 200
    assert entries(store) == []
    for said in ("yes", "no"):
        page = client.get(link[1]).get_data(as_text=True)
        token = _CSRF.search(page)
        client.post(link[1], data={"csrf_token": token[1] if token else "", "said": said})
        if said == "yes":
            assert "Noted" in client.get(link[1]).get_data(as_text=True)
    (entry,) = entries(store)
    assert (entry.outcome, entry.words, entry.inbound_id) == ("missed", text.body, text.id)
    assert entry.content["clarified"]["answered"] == "Yes, note it"
    assert client.get("/meant/nonsense").status_code == 404


def test_an_answer_from_another_address_does_nothing(mails: Post, store: Store) -> None:
    asked = question(mails)
    assert mails.back(answer(asked, "Yes, it did", sender="Ms. Lee <lee@school.example>")) == []
    (text,) = texts(store)
    assert (text.caregiver_id, text.flag, text.needs_staff) == (None, "other_address", True)
    (last,) = mails.back(answer(asked, "Please stop these e-mails", sender="a.rivera@other.example"))
    assert last["To"] == "ana@example.org"
    assert mails.back(answer(asked, "Stop all e-mails!", sender="a.rivera@other.example")) == []
    with store.read() as session:
        assert session.scalars(select(Caregiver)).one().mails == "out"


def test_a_forged_sender_gets_nothing_done_and_the_parent_sees_it(mails: Post, store: Store) -> None:
    question(mails)
    head = b"From: ana@example.org\r\nTo: answers@iep.example.org\r\nMessage-ID: <x@evil.example>\r\n"
    found = mails.back(head + b"\r\nYes it did\r\n")
    assert [one["To"] for one in found] == ["ana@example.org"]
    assert entries(store) == []


MACHINES: tuple[dict[str, str], ...] = (
    {"Auto_Submitted": "auto-replied"},
    {"Precedence": "bulk"},
    {"X_Autoreply": "yes"},
    {"List_Id": "<parents.example>"},
    {"Return_Path": "<>"},
)


def test_machines_are_not_answered(mails: Post, store: Store) -> None:
    asked = question(mails)
    for number, header in enumerate(MACHINES):
        assert mails.back(answer(asked, "yes", Message_ID=f"<{number}@robot.example>", **header)) == [], (
            header
        )
    assert texts(store) == []
    with store.read() as session:
        assert session.scalars(select(InboundMail.kind)).all() == ["machine"] * len(MACHINES)


def test_two_programs_do_not_talk_all_night(
    mails: Post, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailed, "A_DAY", 4)
    asked = question(mails)
    found: list[EmailMessage] = [asked]
    for number in range(18):
        said = f"<{number}@robot.example>"
        found = mails.back(answer(found[0] if found else asked, "yes", Message_ID=said))
    with store.read() as session:
        ours = session.scalar(select(func.count()).where(OutgoingMessage.kind == "mailed"))
    assert ours == 4, "three in the first hour, one in the second, and that is the day's"
    assert any(text.flag == "too_many" for text in texts(store))


def test_a_flood_is_not_kept(mails: Post, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailroom, "A_DAY", 4)
    asked = question(mails)
    said = "Tell me more about this, please, and about all of it"
    many = [answer(asked, said, Message_ID=f"<{n}@robot.example>") for n in range(7)]
    assert mails.back(*many) == []
    assert len(texts(store)) == 4
    with store.read() as session:
        assert session.scalars(select(Alert.kind).where(Alert.kind == "mail_flood")).all() == ["mail_flood"]


def test_a_stranger_is_not_kept(mails: Post, store: Store) -> None:
    mails.run()
    mails.out()
    spam = b"From: win@spam.example\r\nTo: answers@iep.example.org\r\n\r\nBuy\r\n"
    assert mails.back(spam) == []
    assert texts(store) == []


def test_danger_is_seen_by_a_person_first(mails: Post, store: Store) -> None:
    asked = question(mails)
    mails.back(answer(asked, "No. He came home with bruises."))
    (text,) = texts(store)
    assert (text.flag, text.needs_staff) == ("alarm", True)


def test_the_link_is_good_for_a_week(mails: Post, store: Store) -> None:
    asked = question(mails)
    path = link_of(mails.back(answer(asked, "no")))
    mails.clock.move_to(mails.clock.now() + timedelta(days=8))
    page = mails.browser().get(path).get_data(as_text=True)
    assert "This link is over" in page
    assert "<form" not in page.split("<main")[1].split("</main")[0]
    assert mails.browser().get("/said/nonsense").status_code == 404


def test_consent_by_e_mail_is_on_record(mails: Post, store: Store) -> None:
    asked = question(mails)
    mails.back(answer(asked, "stop"))
    with store.read() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.kind == "email_opt_out")).one()
        assert event.detail == {}


def test_staff_see_what_was_mailed_and_no_link_of_a_familys(mails: Post, store: Store) -> None:
    asked = question(mails)
    odd = EmailMessage(policy=policy.SMTP)
    odd["From"], odd["To"], odd["In-Reply-To"] = (
        "ana@example.org",
        str(asked["Reply-To"]),
        str(asked["Message-ID"]),
    )
    odd.set_content("Who decides about the bus? See the photo.")
    odd.add_attachment(b"jpeg", maintype="image", subtype="jpeg", filename="bus.jpg")
    mails.back(odd.as_bytes(), answer(asked, "yes", sender="Ms. Lee <lee@school.example>"))
    client = staff_in(client_of(store, mails.clock), store, mails.clock)
    listed = client.get("/admin/inbox").get_data(as_text=True)
    assert "An e-mail, not understood" in listed
    assert "by e-mail" in listed
    assert "somebody at school.example" in listed
    assert "lee@school.example" not in listed
    shown = client.get("/admin/inbox/1").get_data(as_text=True)
    assert "Files that came with it are not kept: 1." in shown
    assert str(asked["Subject"]) in shown, "what we had written, by its subject"
    assert "/answer/" not in shown + listed
    assert "/unsubscribe/" not in shown + listed
