"""The school's log on the pages: shown line by line before it is kept, then beside the parent's."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from io import BytesIO
from typing import Any, get_args

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from assistant.clock import VirtualClock
from assistant.evidence import school_columns, school_text, side_by_side
from assistant.store import SchoolLog, Store
from assistant.web.school_log_words import ASKING, STATES
from assistant.web.speech import speech
from assistant.words import Language
from tests.support.family import OT, SPEECH, caregiver, family, registered
from tests.support.talk import Talk
from tests.web.pages_support import client_of, press

PAGE = "/family/school-log/1"
LOG = """9/1/2026 30 min provided
9/3/2026 30 min provided
9/7/2026 30 min provided
Speech log
9/10/2026 2:00-2:30 provided"""


def signed_in(
    store: Store, clock: VirtualClock, language: Language = "en", *, answers: bool = True
) -> tuple[Talk, FlaskClient]:
    """Leo's speech: held on 9/1, not on 9/3, held on 9/8, not known on 9/10; or nothing answered yet."""
    with store.write() as session:
        registered(session, family(caregiver(language), services=(SPEECH,)), clock.now())
        other = caregiver(phone="+14155550109", email=None, mails=False)
        registered(session, family(other, nickname="Mia", services=(SPEECH, OT)), clock.now())
    talk = Talk(store, clock)
    for answer in ("1", "no, the therapist was out", "1", "3") if answers else ():
        talk.until_asked()
        talk.say(answer)
    clock.move_to(datetime(2026, 9, 11, 20, 0, tzinfo=UTC))
    client = client_of(store, clock)
    [body] = [one for one in talk.say("LINK") if "/family/enter/" in one]
    press(client, body[body.index("/family/enter/") :])
    return talk, client


@pytest.fixture
def ana(store: Store, clock: VirtualClock) -> tuple[Talk, FlaskClient]:
    return signed_in(store, clock, answers=False)


@pytest.fixture
def answered(store: Store, clock: VirtualClock) -> tuple[Talk, FlaskClient]:
    return signed_in(store, clock)


def text_of(answer: TestResponse | str) -> str:
    page = answer if isinstance(answer, str) else answer.get_data(as_text=True)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def look(client: FlaskClient, **fields: Any) -> TestResponse:
    return press(client, f"{PAGE}/add", **{"service": "1", **fields})


def hidden(answer: TestResponse) -> dict[str, str]:
    """The fields of the page that shows the reading, as a browser would send them."""
    page = answer.get_data(as_text=True)
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    found = re.search(r'<textarea class="hidden"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert found
    return {**fields, "text": unescape(found[1]).replace("\n", "\r\n")}


def kept(talk: Talk) -> list[SchoolLog]:
    with talk.store.read() as session:
        return list(session.scalars(select(SchoolLog)))


def entry_of(talk: Talk) -> dict[str, Any]:
    """What the record says of the log that was kept."""
    [entry] = [one for one in talk.log() if one.kind == "school_log"]
    return dict(entry.content["school_log"])


def keep(client: FlaskClient, text: str = LOG, **fields: Any) -> TestResponse:
    answer = look(client, text=text, **fields)
    assert answer.status_code == 200
    return client.post(f"{PAGE}/keep", data={**hidden(answer), "do": "keep"})


def test_every_row_is_shown_before_anything_is_kept(ana: tuple[Talk, FlaskClient]) -> None:
    talk, client = ana
    answer = look(client, text=LOG)
    text = text_of(answer)
    assert "Rows read: 4" in text
    assert "Tuesday, September 1, 2026 given, 30 minutes “30 min provided” · Line 1" in text
    assert "Not read: 1" in text
    assert "Line 4: no day in it" in text
    assert kept(talk) == []
    assert client.post(f"{PAGE}/keep", data={**hidden(answer), "do": "keep"}).status_code == 303
    [log] = kept(talk)
    assert (log.source, log.raw, log.caregiver_id) == ("pasted", LOG, 1)
    assert entry_of(talk)["unread"] == 1


def test_both_logs_stand_side_by_side_with_facts_and_a_question(answered: tuple[Talk, FlaskClient]) -> None:
    _, client = answered
    assert PAGE in client.get("/family/").get_data(as_text=True)
    assert "No log of the school's is here yet" in text_of(client.get(PAGE))
    keep(client)
    page = client.get(PAGE).get_data(as_text=True)
    text = text_of(page)
    assert "By your log 60 By the school's log 120 In both 60" in text
    assert "You said not held. The school's log says given." in text
    assert "You not held, the provider was out School given, 30 minutes" in text
    assert "Logged on Monday, September 7, a day the calendar shows no school." in text
    assert "Given, by the school's log." in text
    assert page.count('class="mark-state is-differ"') == 1
    draft = page[page.index("<textarea") : page.index("</textarea>")]
    assert "- Thursday, September 3, 2026: my notes say it was not held, the log says it was given" in draft
    assert (
        "- Tuesday, September 8, 2026: my notes have it on this day. The log has it on Monday, September 7"
        in draft
    )
    assert "September 10, 2026:" not in draft  # what the parent does not know is no question
    for word in ("violation", "illegal", "owe", "fraud", "wrong"):
        assert word not in text.casefold()


def test_a_file_is_read_and_its_columns_are_shown(answered: tuple[Talk, FlaskClient]) -> None:
    talk, client = answered
    data = "Fecha;x\nService Date;Units;Attended\n9/1/2026;2;Y\n9/3/2026;2;N\n".encode("utf-16")
    answer = look(client, file=(BytesIO(data), "log.csv"))
    text = text_of(answer)
    assert "Service Date : the day" in text
    assert "One unit was read as 15 minutes" in text
    client.post(f"{PAGE}/keep", data={**hidden(answer), "do": "keep"})
    assert [log.source for log in kept(talk)] == ["csv"]
    text = text_of(client.get(PAGE))
    assert "School not given, “N”" in text
    assert "There is no day to ask about" in text


def test_typed_rows(answered: tuple[Talk, FlaskClient]) -> None:
    talk, client = answered
    fields = {"day-0": "9/1/2026", "said-0": "given", "minutes-0": "25", "note-0": ""}
    more = {"day-2": "9/3/2026", "said-2": "not given", "note-2": "student absent", "minutes-2": ""}
    answer = look(client, **fields, **more)
    client.post(f"{PAGE}/keep", data={**hidden(answer), "do": "keep"})
    assert [log.source for log in kept(talk)] == ["typed"]
    text = text_of(client.get(PAGE))
    assert "5 minutes less than was due" in text
    assert "The reasons are not the same" in text


def test_a_row_without_a_word_waits_for_the_parent(ana: tuple[Talk, FlaskClient]) -> None:
    talk, client = ana
    answer = look(client, text="9/1/2026 30 min\n9/3/2026 2:00-2:30")
    assert "no word like provided or absent: 2" in text_of(answer)
    sent = {**hidden(answer), "do": "keep"}
    again = client.post(f"{PAGE}/keep", data=sent)
    assert again.status_code == 400
    assert "Please choose what a row without a word means" in text_of(again)
    assert kept(talk) == []
    client.post(f"{PAGE}/keep", data={**sent, "bare": "given"})
    assert entry_of(talk)["bare_rows"] == "given"
    with talk.store.read() as session:
        [log] = session.scalars(select(SchoolLog)).all()
        assert [row.said for row in log.rows] == ["given", "given"]


def test_a_text_that_changed_on_the_way_is_shown_again(ana: tuple[Talk, FlaskClient]) -> None:
    talk, client = ana
    sent = hidden(look(client, text=LOG))
    answer = client.post(f"{PAGE}/keep", data={**sent, "text": "9/2/2026 provided", "do": "keep"})
    assert answer.status_code == 400
    assert "Rows read: 1" in text_of(answer)
    assert kept(talk) == []


def test_pressing_twice_keeps_once_and_changing_goes_back(ana: tuple[Talk, FlaskClient]) -> None:
    talk, client = ana
    sent = hidden(look(client, text=LOG))
    for _ in range(2):
        assert client.post(f"{PAGE}/keep", data={**sent, "do": "keep"}).status_code == 303
    assert len(kept(talk)) == 1
    page = client.post(f"{PAGE}/keep", data={**sent, "do": "change"}).get_data(as_text=True)
    assert "9/7/2026 30 min provided" in page[page.index('id="text"') :]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, "There is nothing in it yet"),
        ({"text": " \n "}, "There is nothing in it yet"),
        ({"file": (BytesIO(b"PK\x03\x04zip"), "log.xlsx")}, "This file is no text"),
        ({"text": "9/1/2026 provided\n" * 2_001}, "too many rows"),
        ({"text": "9/1/2026 provided", "service": "9"}, "Choose the service"),
        ({"text": "9/1/2026 provided", "service": "2"}, "Choose the service"),  # another family's
        ({"text": "9/1/2026 provided", "first": "2026-09-01"}, "Give both days"),
        ({"text": "9/1/2026 provided", "first": "2026-09-02", "last": "2026-09-01"}, "Give both days"),
        ({"text": "9/1/2026 provided", "first": "soon", "last": "2026-09-01"}, "Give both days"),
    ],
)
def test_what_cannot_be_read_is_said_and_the_form_kept(
    ana: tuple[Talk, FlaskClient], fields: dict[str, Any], problem: str
) -> None:
    talk, client = ana
    answer = look(client, **fields)
    assert answer.status_code == 400
    assert problem in text_of(answer)
    assert fields.get("text", "")[:17] in answer.get_data(as_text=True)
    assert kept(talk) == []


def test_a_text_without_any_day_has_nothing_to_keep(ana: tuple[Talk, FlaskClient]) -> None:
    talk, client = ana
    answer = look(client, text="<script>alert(1)</script> hello\x00")
    page = answer.get_data(as_text=True)
    assert "nothing to keep" in page
    assert "<script>alert" not in page
    assert client.post(f"{PAGE}/keep", data={**hidden(answer), "do": "keep"}).status_code == 400
    assert kept(talk) == []


def test_another_familys_log_is_not_there(ana: tuple[Talk, FlaskClient]) -> None:
    talk, client = ana
    sent = {**hidden(look(client, text=LOG)), "do": "keep"}
    for path in ("", "/add"):
        assert client.get(f"/family/school-log/2{path}").status_code == 404
        assert client_of(talk.store, talk.clock).get(f"{PAGE}{path}").status_code == 404
    for path in ("add", "keep"):
        assert client.post(f"/family/school-log/2/{path}", data=sent).status_code == 404
    assert kept(talk) == []


def test_in_spanish_the_draft_is_english_with_spanish_beside_it(store: Store, clock: VirtualClock) -> None:
    _, client = signed_in(store, clock, "es")
    keep(client)
    page = client.get(PAGE).get_data(as_text=True)
    assert "El registro de la escuela junto al suyo" in page
    draft = page[page.index("<textarea") : page.index("</textarea>")]
    assert "Thank you for the service log" in draft
    assert "mis notas dicen que no hubo" in page
    assert "Usted dijo que no hubo." in page


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_word_that_is_made_up_of_a_key_is_there(language: Language) -> None:
    known = speech(language).entries
    facts = get_args(side_by_side.FactKey)
    assert [key for key in facts if f"school_log.fact_{key}" not in known] == []
    assert [key for key in ASKING if f"school_log.ask_{key}" not in known] == []
    assert set(ASKING) <= set(facts)
    assert set(STATES) == set(get_args(side_by_side.State))
    for state in STATES:
        assert {f"school_log.state_{state}", f"school_log.letter_{state}"} <= set(known)
    letters = [known[f"school_log.letter_{state}"] for state in STATES]
    assert len(set(letters)) == len(letters)
    assert [one for one in get_args(school_text.Reason) if f"school_log.reason_{one}" not in known] == []
    columns = {name for name, _ in school_columns.COLUMNS if name}
    assert [name for name in columns if f"school_log.col_{name}" not in known] == []
    assert {f"school_log.says_{one}" for one in get_args(side_by_side.ParentSays)} <= set(known)
    assert {f"school_log.said_{one}" for one in ("given", "not_given", "unclear")} <= set(known)
    assert {f"school_log.wrong_{key}" for key in ("empty", "too_large", "too_many_rows", "not_text")} <= set(
        known
    )
