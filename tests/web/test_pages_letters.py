"""The pages of letters: the short form, the letter to change, the files, the marks; nobody else's."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from docx import Document
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.conversation.contacts import NewContact, add_contact
from assistant.conversation.marks import act
from assistant.store import Child, Detail, Draft, LogEntry, OutgoingMessage, Step, Store
from messages.links import step_token
from tests.support.family import caregiver, family, registered
from tests.support.logged import MISSED, logged, suggested
from tests.support.talk import Talk
from tests.web.pages_support import SANDBOX, SECRET, client_of, press

ADDRESSES = {"d-child_address": "12 Oak Street\r\nAlder, CA", "d-parent_address": "12 Oak Street"}


@pytest.fixture
def client(store: Store, clock: VirtualClock) -> FlaskClient:
    logged(store, clock)
    return client_of(store, clock)


def path_of(store: Store, clock: VirtualClock, key: str) -> str:
    return f"/step/{step_token(SECRET, suggested(store, clock, key))}"


def text_of(client: FlaskClient, path: str) -> str:
    return client.get(path).get_data(as_text=True)


def letter_of(client: FlaskClient, path: str, name: str = "written_notice") -> str:
    return text_of(client, f"{path}/letter/{name}")


def area(page: str) -> str:
    """The letter as it stands in the page's field."""
    import html

    found = re.search(r'<textarea class="paper"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def pdf_text(data: bytes) -> str:
    pages = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    return " ".join(pages.split())


def test_the_page_says_why_which_dates_and_who_helps(
    client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    page = text_of(client, path_of(store, clock, "written_notice"))
    assert "were not held or were cut short" in page
    assert "a courtesy date; no law sets it" in page
    assert "34 CFR 300.153(c)" in page
    assert "Disability Rights California" in page
    assert "Pending expert review" in page
    assert "What it can and cannot get you" in page
    assert "If it goes by" in page
    assert "Which log entries it rests on" in letter_of(
        client, path_of(store, clock, "document"), "records_request"
    )
    assert "<script" not in page
    assert len(page) < 60_000


def test_missing_facts_are_asked_for_and_then_the_letter_is_whole(
    client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    path = path_of(store, clock, "compliance_complaint")
    page = text_of(client, path)
    assert "Before the letter is ready" in page
    assert 'class="paper"' not in page
    assert client.get(f"{path}/letter/compliance_complaint.pdf").status_code == 404
    answer = press(client, path, f"{path}/details", **ADDRESSES, **{"d-birth_date": "4 March 2018"})
    assert answer.status_code == 400
    kept = answer.get_data(as_text=True)
    assert "Please give a day like" in kept
    assert "Alder, CA" in kept
    assert "4 March 2018" in kept
    with store.read() as session:
        assert session.scalars(select(Detail)).all() == []
    form = {**ADDRESSES, "d-birth_date": "2018-03-04", "d-full_name": "Leonardo A. Rivera"}
    assert press(client, path, f"{path}/details", **form).status_code == 303
    letter = area(letter_of(client, path, "compliance_complaint"))
    for said in ("12 Oak Street, Alder, CA", "born March 4, 2018", "Leonardo A. Rivera"):
        assert said in letter
    with store.read() as session:
        assert session.get_one(Child, 1).full_name == "Leonardo A. Rivera"


@pytest.mark.parametrize("edited", [False, True])
def test_files_are_made_from_what_the_parent_made_of_it(
    client: FlaskClient, store: Store, clock: VirtualClock, edited: bool
) -> None:
    path = path_of(store, clock, "written_notice")
    letter = area(letter_of(client, path))
    dates = set(re.findall(r"[A-Z][a-z]+ \d{1,2}, 202\d", letter))
    assert len(dates) > 5
    if edited:
        text = letter.replace("I know that schedules are hard", "I know <b>how hard</b> #let x = 1 it is")
        answer = press(
            client, path, f"{path}/letter/written_notice", text=text.replace("\n", "\r\n"), keep="save"
        )
        assert answer.status_code == 303
        assert "(changed by you)" in letter_of(client, path)
        assert area(letter_of(client, path)) == text
    files = {form: client.get(f"{path}/letter/written_notice.{form}") for form in ("docx", "pdf", "txt")}
    for form, file in files.items():
        assert file.headers["Content-Disposition"] == f"attachment; filename=written-notice-speech.{form}"
    plain = files["txt"].get_data(as_text=True)
    document = Document(io.BytesIO(files["docx"].data))
    word = "\n".join(paragraph.text for paragraph in document.paragraphs)
    printed = pdf_text(files["pdf"].data)
    for said in [*dates, "Annex: the log entries behind each numbered statement"]:
        assert said in plain
        assert said in printed
    wanted = "how hard</b> #let x = 1 it is" if edited else "I know that schedules are hard"
    assert wanted in plain
    assert wanted in word
    assert wanted in printed
    assert len(document.tables) == 3  # the sessions, and the annex's two
    assert files["docx"].data == client.get(f"{path}/letter/written_notice.docx").data
    assert files["pdf"].data == client.get(f"{path}/letter/written_notice.pdf").data


def test_a_change_is_kept_taken_back_and_grows_old(
    client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    path = path_of(store, clock, "written_notice")
    own = area(letter_of(client, path))
    to = f"{path}/letter/written_notice"
    press(client, path, to, text=own.replace("\n", "\r\n") + "\r\n", keep="save")
    assert "(changed by you)" not in letter_of(client, path), "the very same text is no change"
    press(client, path, to, text="Dear all,\n\nshort.", keep="save")
    assert area(letter_of(client, path)) == "Dear all,\n\nshort."
    assert press(client, path, to, text="x" * 40_001, keep="save").status_code == 400
    assert "Your log has news" not in text_of(client, path)
    clock.move_to(clock.now() + timedelta(hours=1))
    with store.write() as session:
        add_contact(
            session,
            1,
            NewContact(clock.now().date(), "phone", "more", who="X"),
            clock.now().date(),
            clock.now(),
        )
    assert "Your log has news" in text_of(client, path)
    press(client, path, to, text="anything", keep="reset")
    with store.read() as session:
        assert session.scalars(select(Draft)).all() == []
    assert press(client, path, f"{path}/letter/thank_you", text="x").status_code == 404


def test_a_parent_reads_the_letter_in_their_language_beside_the_english(
    store: Store, clock: VirtualClock
) -> None:
    logged(store, clock, "es")
    client = client_of(store, clock)
    path = path_of(store, clock, "written_notice")
    page = letter_of(client, path)
    assert "I am writing about Speech-language therapy" in area(page)
    assert "Le escribo por Speech-language therapy" in page
    assert '<html lang="es">' in page
    copy = pdf_text(client.get(f"{path}/letter/written_notice.copy").data)
    assert "Copia para usted" in copy
    assert "Según mi registro" in copy
    assert "By my log" not in copy


def test_marks_take_a_day_and_words_and_stand_in_the_record(
    client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    path = path_of(store, clock, "written_notice")
    today = clock.now().date()
    late = press(client, path, do="done", on=(today + timedelta(5)).isoformat(), words="hm")
    assert late.status_code == 400
    assert "This day has not come yet." in late.get_data(as_text=True)
    assert "hm" in late.get_data(as_text=True)
    assert press(client, path, do="done", on="soon").status_code == 400
    press(client, path, do="done", on=(today - timedelta(1)).isoformat())
    assert "Noted: you sent it" in text_of(client, path)
    press(client, path, do="refused", on=today.isoformat(), words="No staff until spring")
    assert "The school said no" in text_of(client, path)
    with store.read() as session:
        step = session.get_one(Step, 1)
        assert (step.state, step.answer, step.decided_on) == ("done", "refused", today - timedelta(1))
        notes = session.scalars(select(LogEntry).where(LogEntry.kind == "step")).all()
        assert [one.content["step"]["did"] for one in notes] == ["sent", "refused"]
        assert notes[1].words == "No staff until spring"


def test_letters_without_a_step_are_for_who_is_signed_in(store: Store, clock: VirtualClock) -> None:
    logged(store, clock, "es", term=[MISSED])
    clock.move_to(clock.now().replace(hour=20))
    with store.write() as session:
        registered(session, family(caregiver(phone="+14155550109", email=None), nickname="Mia"), clock.now())
        for child in (1, 2):
            new = NewContact(clock.now().date(), "phone", "Van a <buscar> a alguien", who="Ms. Lee")
            number = add_contact(session, child, new, clock.now().date(), clock.now()).number
    client = client_of(store, clock)
    assert client.get("/family/letters/1").status_code == 404
    [body] = [one for one in Talk(store, clock).say("LINK") if "/family/enter/" in one]
    press(client, body[body.index("/family/enter/") :])
    home = client.get("/family/letters/1?lang=en").get_data(as_text=True)
    assert "/family/letters/1/confirm_conversation/2" in home
    path = "/family/letters/1/confirm_conversation/2"
    page = client.get(path).get_data(as_text=True)
    assert "“Van a <buscar> a alguien”" in area(page)
    assert "Gracias por hablar conmigo" in page
    text = area(page).replace("Ms. Lee", "Ms. Leigh")
    made = press(client, path, **{"as": "txt", "text": text})
    assert "Ms. Leigh" in made.get_data(as_text=True)
    assert "Annex" in made.get_data(as_text=True)
    assert pdf_text(press(client, path, **{"as": "copy"}).data).startswith("Para confirmar")
    looked = press(client, path, **{"as": "look", "text": text}).get_data(as_text=True)
    assert looked.count("Ms. Leigh") == 2 * text.count("Ms. Leigh"), "as it would leave, and to change"
    assert press(client, path, **{"as": "exe", "text": text}).status_code == 404
    thanks = "/family/letters/1/thank_you/0"
    assert press(client, thanks, f"{thanks}/details", **{"d-thanks_to": "everyone"}).status_code == 303
    assert "Dear everyone," in area(client.get(thanks).get_data(as_text=True))
    wrong = press(client, thanks, f"{thanks}/details", **{"d-thanks_to": "x" * 500})
    assert wrong.status_code == 400
    for other in (
        "/family/letters/2",
        f"/family/letters/2/confirm_conversation/{number}",
        "/family/letters/1/confirm_conversation/1",
        "/family/letters/1/thank_you/99",
        "/family/letters/1/compliance_complaint/0",
    ):
        assert client.get(other).status_code == 404, other


def test_an_email_about_a_date_does_not_take_the_place_of_the_step(
    client: FlaskClient, store: Store, clock: VirtualClock
) -> None:
    path = path_of(store, clock, "document")
    before = re.search(r"<h1>(.*?)</h1>", text_of(client, path))
    with store.write() as session:
        step = session.scalars(select(Step).where(Step.key == "document")).one()
        act(session, step.id, "done", clock.now(), SANDBOX, "test")
    Talk(store, clock).until(clock.now() + timedelta(days=14))
    with store.read() as session:
        subjects = session.scalars(
            select(OutgoingMessage.subject).where(OutgoingMessage.template_key == "guide.clock_after")
        ).all()
    assert any("records" in subject for subject in subjects)
    after = re.search(r"<h1>(.*?)</h1>", text_of(client, path))
    assert before is not None
    assert after is not None
    assert after[1] == before[1]
