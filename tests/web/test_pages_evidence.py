"""The page of the evidence file: the caregiver's own child only, freshly signed in, a trace without names."""

from __future__ import annotations

import gzip
import html
import io
import json
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.evidence.collect import evidence_of
from assistant.evidence.collected import Wanted
from assistant.evidence.file import verify
from assistant.evidence.paper.shape import shape
from assistant.evidence.paper.sheet import sheet
from assistant.evidence.paper.speech import speech
from assistant.guide.loader import load_guide
from assistant.store import AuditEvent, Store
from assistant.words import Language
from tests.support.family import SPEECH, caregiver, family, registered
from tests.support.logged import logged
from tests.support.talk import Talk
from tests.web.pages_support import client_of, press, signed_in

PATH = "/family/evidence/1"


@pytest.fixture
def ana(store: Store, clock: VirtualClock) -> Talk:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
    talk = Talk(store, clock)
    talk.until_asked()
    talk.say("no, the therapist was out")
    return talk


@pytest.fixture
def client(ana: Talk) -> FlaskClient:
    """Ana's browser, signed in."""
    client = client_of(ana.store, ana.clock)
    enter(client, ana)
    return client


def enter(client: FlaskClient, talk: Talk) -> None:
    [body] = [one for one in talk.say("LINK") if "/family/enter/" in one]
    assert press(client, body[body.index("/family/enter/") :]).status_code == 303


def test_the_family_page_leads_to_the_file(client: FlaskClient) -> None:
    assert f'href="{PATH}"' in client.get("/family/").get_data(as_text=True)
    page = client.get(PATH).get_data(as_text=True)
    assert "Leonardo Rivera" in page
    assert "does not show that what they say is true" in page


def test_every_form_of_the_file(client: FlaskClient) -> None:
    made = press(client, PATH, kind="json", name="nickname", language="en")
    assert made.status_code == 200
    assert verify(made.get_data()).entries == 1
    assert "Leonardo" not in made.get_data(as_text=True)
    assert "log-2026-09-0" in made.headers["Content-Disposition"]
    assert made.headers["Cache-Control"] == "no-store"
    full = press(client, PATH, kind="json", name="full", language="en", first="2026-09-02")
    assert json.loads(full.get_data())["child"] == "Leonardo Rivera"
    assert verify(full.get_data()).sealed == 1
    table = press(client, PATH, kind="csv")
    assert "the therapist was out" in table.get_data(as_text=True)
    paper = press(client, PATH, kind="pdf", language="es")
    reader = PdfReader(io.BytesIO(paper.get_data()))
    assert paper.mimetype == "application/pdf"
    assert "Registro de servicios: Leo" in reader.pages[0].extract_text()


def test_what_cannot_be_read_keeps_the_form(client: FlaskClient) -> None:
    wrong = press(client, PATH, kind="pdf", first="tomorrow", last="2026-09-01", name="full", language="es")
    page = wrong.get_data(as_text=True)
    assert wrong.status_code == 400
    assert "Give a day like 2026-09-01" in page
    assert 'value="tomorrow"' in page
    assert 'value="full" checked' in page
    backwards = press(client, PATH, kind="pdf", first="2026-09-02", last="2026-09-01")
    assert backwards.status_code == 400
    assert "comes before the first" in backwards.get_data(as_text=True)
    assert press(client, PATH, kind="exe").status_code == 400


def test_another_familys_child_is_not_there(client: FlaskClient, ana: Talk) -> None:
    with ana.store.write() as session:
        other = caregiver(phone="+14155550109", email=None, mails=False)
        registered(session, family(other, nickname="Mia"), ana.clock.now())
    for number in (2, 9, 2147483647):
        assert client.get(f"/family/evidence/{number}").status_code == 404
        assert press(client, PATH, f"/family/evidence/{number}", kind="json").status_code == 404
    stranger = client_of(ana.store, ana.clock)
    assert stranger.get(PATH).status_code == 404
    assert press(stranger, "/family/enter", PATH, kind="json").status_code == 404


def test_a_form_without_its_token_makes_no_file(client: FlaskClient) -> None:
    assert client.post(PATH, data={"kind": "json"}).status_code == 400


def test_an_old_session_has_to_open_a_new_link_first(client: FlaskClient, ana: Talk) -> None:
    page = client.get(PATH).get_data(as_text=True)
    assert "One more check" not in page
    ana.clock.move_to(ana.clock.now() + timedelta(minutes=61))
    assert client.get("/family/").status_code == 200
    assert "One more check" in client.get(PATH).get_data(as_text=True)
    late = press(client, "/family/", PATH, kind="json")
    assert late.status_code == 403
    assert "the therapist was out" not in late.get_data(as_text=True)
    enter(client, ana)
    assert press(client, PATH, kind="json").status_code == 200


def test_each_file_leaves_a_trace_without_names(client: FlaskClient, ana: Talk) -> None:
    press(client, PATH, kind="pdf", name="full", last="2026-09-30")
    press(client, PATH, kind="csv", first="x")
    with ana.store.read() as session:
        [event] = session.scalars(select(AuditEvent).where(AuditEvent.kind == "exported")).all()
    assert (event.actor, event.subject) == ("caregiver 1", "child 1")
    assert event.detail["format"] == "pdf"
    assert (event.detail["from"], event.detail["to"], event.detail["full_name"]) == (None, "2026-09-30", True)
    assert "Leo" not in json.dumps(event.detail)


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_page_to_print_has_the_numbers_and_words_of_the_file(
    store: Store, clock: VirtualClock, language: Language
) -> None:
    logged(store, clock)
    with store.read() as session:
        evidence = evidence_of(session, 1, Wanted(language=language), clock.now(), load_guide("us-ca"))
    client = signed_in(store, clock)
    path = "/family/1/evidence/print"
    answer = client.get(path, query_string={"language": language})
    assert answer.status_code == 200
    page = html.unescape(answer.get_data(as_text=True))
    said, data = speech(language), shape(evidence)
    [due] = [one.ledger for one in evidence.services if one.ledger.expected and one.name.startswith("Speech")]
    assert f"{due.held} " in sheet(evidence).sentences[0]
    for one, service in zip(evidence.services, data["services"], strict=True):
        if one.ledger.expected:
            for _, term, minutes, share in service["terms"]:
                assert f"{term}: {minutes} ({share})" in page
        for month in service["months"]:
            assert month["alt"] in page
    table = page.partition('<table class="ledger rows">')[2].partition("</table>")[0]
    assert table.count("<tr>") == 1 + len(evidence.told)
    for entry in evidence.told:
        if entry.content.get("words"):
            assert said.say("entries.quote", words=entry.content["words"]) in table
    assert evidence.head[:16] in page
    assert data["footer"] in page
    assert "Leonardo" not in page.partition("<article")[2], "the nickname, where nothing else is chosen"
    assert (
        "Leonardo"
        in client.get(path, query_string={"name": "full"}).get_data(as_text=True).partition("<article")[2]
    )
    assert client.get(path, query_string={"first": "x"}).status_code == 400
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data).startswith(b"<!doctype html>")
    clock.move_to(clock.now() + timedelta(minutes=61))
    late = client.get(path)
    assert late.status_code == 403
    assert "no vino" not in late.get_data(as_text=True)


def test_one_press_makes_the_plain_pdf(client: FlaskClient) -> None:
    page = client.get(PATH).get_data(as_text=True)
    form = page[page.index("<form") : page.index("</form>")]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    assert fields["kind"] == "pdf"
    made = client.post(PATH, data=fields)
    assert made.mimetype == "application/pdf"
    assert "minutes held as written" in page
