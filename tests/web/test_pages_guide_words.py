"""Staff write a letter of the guide anew, somebody else reviews it, and a parent's step gives the new one."""

from __future__ import annotations

import html
import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from assistant.clock import VirtualClock
from assistant.conversation.reply_words import check_offered
from assistant.guide.leaf_rules import filled
from assistant.guide.leaves import PIECES, words_of
from assistant.guide.loader import jurisdictions, load_guide
from assistant.store import Step, Store
from assistant.words import LANGUAGES, Language
from messages.links import step_token
from messages.templates import catalogue
from tests.support.logged import logged, suggested
from tests.web.pages_support import SECRET, client_of, press, signed_in
from tests.web.test_pages_guide import as_role
from tests.web.test_pages_wordings import act

LETTER = "/admin/templates/en/us-ca.letter.written_notice"
SPANISH = "/admin/templates/es/us-ca.letter.written_notice"
MAIL = "/admin/templates/en/us-ca.mail.written_notice"
OPENING = "I am writing about {{ service }} for my child. Thank you for reading this."


def place(piece: str, key: str) -> str:
    """The field of the form in which words stand."""
    keys = list(words_of(load_guide("us-ca"), piece, "en"))
    return f"w{keys.index(next(one for one in keys if one == key or one.startswith(f'{key}.')))}"


def said(client: FlaskClient, path: str, **fields: Any) -> tuple[int, str]:
    answer = press(client, path, **fields) if fields else client.get(path)
    return answer.status_code, html.unescape(answer.get_data(as_text=True))


def test_from_an_editor_to_a_parents_letter(store: Store, clock: VirtualClock) -> None:
    logged(store, clock)
    step_id = suggested(store, clock, "written_notice")
    parent = signed_in(store, clock)
    editor, reviewer = as_role(store, clock, "editor"), as_role(store, clock, "reviewer")
    opening = place("letter.written_notice", "4")
    assert press(editor, LETTER, **{opening: OPENING}, reason="Warmer.", do="save").status_code == 303
    assert press(editor, LETTER, **{opening: OPENING}, reason="Again.", do="save").status_code == 409
    assert act(editor, 1, "send", LETTER) == 303

    def letter() -> str:
        path = f"/step/{step_token(SECRET, step_id)}/letter/written_notice"
        return html.unescape(parent.get(path).get_data(as_text=True))

    assert "Thank you for reading this." not in letter(), "what waits for its review is not given to anybody"
    assert press(editor, LETTER, f"{LETTER}/versions/1", do="review").status_code == 403
    assert act(reviewer, 1, "review", LETTER, until="2027-08-01") == 303
    assert "Thank you for reading this." in letter()
    assert "Pending expert review" in letter(), "a centre's own words are no expert's"
    assert press(parent, f"/step/{step_token(SECRET, step_id)}", do="done").status_code == 303
    with store.read() as session:
        step = session.get_one(Step, step_id)
        assert step.texts == {"letter.written_notice.en": 1, "letter.written_notice.es": 0}
    clock.move_to(clock.now() + timedelta(minutes=5))
    assert act(reviewer, 1, "retire", LETTER, reason="Too long.") == 303
    assert "Thank you for reading this." in letter(), "what was sent stays as it was"


def test_faults_are_named_and_block(store: Store, clock: VirtualClock) -> None:
    editor = as_role(store, clock, "editor")
    body = place("mail.written_notice", "body")
    wrong = "{{ why }} They violated the plan, {{ nicknam }}. Reply “CANCEL” or “purple” now."
    code, page = said(editor, MAIL, **{body: wrong}, reason="Try.", do="save")
    assert code == 400
    for line in ("“words”: there is no name “nicknam” here. Do you mean “nickname”?", "“violated” sounds"):
        assert line in page
    right = wrong.replace("nicknam ", "nickname ").replace("violated", "left out")
    code, page = said(editor, MAIL, **{body: right}, do="look")
    assert code == 200
    for line in (
        "take “CANCEL”",
        "The text offers “purple”",
        "Gone against the words in use",
        "School grade",
    ):
        assert line in page
    hole = "{{ why }} {{ dates.reply.due }}"
    assert "For some families it would have a hole" in said(editor, MAIL, **{body: hole}, do="look")[1]
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    alone = editor.post(f"{MAIL}/look", data={"csrf_token": token[1], body: "{{ why }} New here."})
    assert "New here." in alone.get_data(as_text=True)
    assert b"<html" not in alone.data
    assert press(as_role(store, clock, "helper"), MAIL, reason="x", do="save").status_code == 403


def test_the_printed_letter_and_every_form(store: Store, clock: VirtualClock) -> None:
    editor = as_role(store, clock, "editor")
    paper = press(editor, SPANISH, do="pdf")
    assert (paper.mimetype, paper.data[:5]) == ("application/pdf", b"%PDF-")
    page = said(editor, "/admin/templates/?show=guide")[1]
    ways = re.findall(r'href="(/admin/templates/e[ns]/us-ca[^"]+)"', page)
    assert len(ways) == 40
    for way in ways[::7]:
        code, page = said(editor, way)
        assert code == 200
        assert "This must be put right" not in page, way
        assert len(page.encode()) < 60_000, way
    assert editor.get("/admin/templates/en/us-xx.letter.thank_you").status_code == 404
    history = said(editor, f"{LETTER}/versions")[1]
    assert "the words of its own file" in history


def test_a_translation_is_stale_once_its_source_changed(store: Store, clock: VirtualClock) -> None:
    editor, reviewer = as_role(store, clock, "editor"), as_role(store, clock, "reviewer")
    press(editor, LETTER, **{place("letter.written_notice", "4"): OPENING}, reason="Warmer.", do="save")
    act(editor, 1, "send", LETTER)
    act(reviewer, 1, "review", LETTER, until="2027-08-01")
    page = said(editor, SPANISH)[1]
    assert "The English was changed since" in page
    assert "<ins>" in page
    listed = said(editor, "/admin/templates/?show=guide&state=stale")[1]
    assert listed.count("us-ca.letter.written_notice") == 2
    history = said(editor, f"{LETTER}/versions")[1]
    for told in ("Warmer.", "Part 4: words", "Changed against version 0", "<ins>"):
        assert told in history


def test_it_is_shown_as_it_arrives_for_several_families(store: Store, clock: VirtualClock) -> None:
    editor = as_role(store, clock, "editor")
    code, page = said(editor, MAIL)
    assert code == 200
    frame = editor.get(f"{MAIL}/arrives")
    assert f'src="{MAIL}/arrives' in page
    assert "unsafe-inline" in frame.headers["Content-Security-Policy"]
    assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"
    whole = frame.get_data(as_text=True)
    assert "<a href=" in whole, "the button of the e-mail is there"
    assert "Maximiliana" in whole
    typed = {place("mail.written_notice", "body"): "{{ why }} New here, {{ nickname }}."}
    code, short = said(editor, MAIL, **typed, family="short", do="arrives.0")
    assert "New here, Bo." in short
    assert "<!doctype html>" in short
    assert "Bo" in said(editor, MAIL, **typed, family="short", do="look")[1]
    wrong = {place("mail.written_notice", "body"): "{{ nobody }}"}
    assert "until the errors below" in said(editor, MAIL, **wrong, do="arrives.0")[1]
    code, letter = said(editor, SPANISH, family="short", do="arrives.0")
    assert code == 200
    assert '<main lang="es">' in letter
    assert "Bo Li" in letter
    assert (
        len(said(editor, LETTER.replace("written_notice", "complaint_data_sheet"), do="arrives.0")[1])
        < 60_000
    )
    assert client_of(store, clock).get(f"{MAIL}/arrives").status_code == 401


def test_answers_are_offered_in_the_language_of_the_text(store: Store, clock: VirtualClock) -> None:
    editor = as_role(store, clock, "editor")
    body = place("mail.written_notice", "body")
    offered = "{{ why }} Reply “%s” once you sent it."
    assert "a word of the other language" in said(editor, MAIL, **{body: offered % "enviada"}, do="look")[1]
    assert "a word of the other language" not in said(editor, MAIL, **{body: offered % "sent"}, do="look")[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_footer_offers_is_of_its_own_language(language: Language) -> None:
    listed = catalogue(language)["footer.answer_step"].rpartition(":")[2].strip(" .")
    for one in re.split(r",? (?:or|o) |, ", listed):
        told = {code: check_offered(f"Reply “{one}”.", code) for code in LANGUAGES}
        assert told.pop(language) == []
        assert [found.code for each in told.values() for found in each] == ["offer_language"], one


@pytest.mark.parametrize("jurisdiction", jurisdictions())
def test_every_text_fills_for_the_family_with_short_names(jurisdiction: str) -> None:
    guide = load_guide(jurisdiction)
    for piece in PIECES:
        for language in LANGUAGES:
            assert filled(guide, piece, language, date(2026, 9, 1), "short"), (piece, language)
