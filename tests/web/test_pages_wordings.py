"""The room of messages: the list, the editor, versions with four eyes, tests to one's own phone."""

from __future__ import annotations

import html
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.guide.loader import load_guide
from assistant.store import (
    AuditEvent,
    Caregiver,
    Child,
    InboundText,
    LogEntry,
    OutgoingMessage,
    Staff,
    Store,
    Template,
)
from assistant.web.speech import speech
from assistant.web.wording_words import kind_of
from assistant.words import LANGUAGES
from messages.template_rules import allowed_names
from messages.template_states import keys
from messages.templates import footer, text, use_own_words, word
from tests.web.pages_support import client_of, press, staff_in

QUESTION = "/admin/templates/en/texts.question_one"
WORDS = "{child}: was there {alias} {when}? Text 1 yes, 2 no, 3 not sure."
PHONE = "/admin/templates/phone"


def as_role(store: Store, clock: VirtualClock, role: str) -> FlaskClient:
    """A browser of somebody of the centre with that role."""
    email = f"{role}@example.org"
    client = staff_in(client_of(store, clock), store, clock, email)
    with store.write() as session:
        session.scalars(select(Staff).where(Staff.email == email)).one().role = role
    return client


def saved(client: FlaskClient, body: str, path: str = QUESTION, **more: str) -> int:
    """Save words in the editor; the status."""
    base = re.search(r'name="base" value="(\d+)"', client.get(path).get_data(as_text=True))
    assert base
    return press(client, path, body=body, reason="Shorter.", do="save", base=base[1], **more).status_code


def act(client: FlaskClient, number: int, do: str, path: str = QUESTION, **more: str) -> int:
    """Press a button of the history; the status."""
    return press(client, path, f"{path}/versions/{number}", do=do, **more).status_code


def sent_now(store: Store) -> str:
    values = {"child": "Leo", "alias": "speech", "when": "today"}
    with store.read() as session:
        return text(session, "question_one", "en", values).body


def test_words_go_out_once_somebody_else_read_them(store: Store, clock: VirtualClock) -> None:
    editor, reviewer = (as_role(store, clock, role) for role in ("editor", "reviewer"))
    until = f"{clock.now().year + 1}-01-15"
    assert saved(editor, WORDS) == 303
    assert act(reviewer, 2, "review", until=until) == 409  # nobody sent it to review
    assert act(editor, 2, "send") == 303
    assert act(editor, 2, "review", until=until) == 403
    assert sent_now(store).startswith("Leo: did speech happen")
    assert [act(reviewer, 2, "review", until=day) for day in ("", "2020-01-01", "2099-01-01")] == [400] * 3
    assert act(reviewer, 2, "review", until=until) == 303
    assert sent_now(store) == "Leo: was there speech today? Text 1 yes, 2 no, 3 not sure."
    page = reviewer.get(f"{QUESTION}/versions").get_data(as_text=True)
    assert "reviewed · in use now" in page
    assert "Reviewed by reviewer@example.org" in page
    assert re.search(r"<ins>.{0,60}was there", page)
    assert re.search(r"<del>.{0,60}did", page)
    assert "English changed since" in editor.get("/admin/templates/?state=stale").get_data(as_text=True)
    assert act(editor, 2, "retire", reason="No.") == 403
    assert act(editor, 1, "again", reason="They asked.") == 303  # old words come back as a new version
    assert act(reviewer, 3, "back", reason="Why?") == 303
    assert act(reviewer, 2, "retire") == 400
    assert act(reviewer, 2, "retire", reason="A complaint.") == 303
    assert sent_now(store).startswith("Leo: did speech happen")
    assert act(reviewer, 1, "retire", reason="All.") == 409
    with store.read() as session:
        kinds = session.scalars(select(AuditEvent.kind).where(AuditEvent.kind.startswith("template_"))).all()
    assert kinds == [
        *("template_saved", "template_to_review", "template_reviewed"),
        *("template_saved", "template_to_review", "template_sent_back", "template_retired"),
    ]


def test_nobody_reviews_their_own_words_but_who_is_alone(store: Store, clock: VirtualClock) -> None:
    owner = as_role(store, clock, "owner")
    until = f"{clock.now().year + 1}-01-15"
    saved(owner, WORDS)
    act(owner, 2, "send")
    with store.write() as session:
        other = Staff(email="ed@example.org", role="editor", created_at=clock.now(), ended_at=None)
        session.add(other)
    assert act(owner, 2, "review", until=until) == 403
    assert sent_now(store).startswith("Leo: did")
    with store.write() as session:
        session.get_one(Staff, other.id).ended_at = clock.now()
    assert act(owner, 2, "review", until=until) == 303
    assert sent_now(store).startswith("Leo: was")
    page = owner.get(f"{QUESTION}/versions").get_data(as_text=True)
    assert "Reviewed by its own author, owner@example.org" in page


def test_who_may_do_what(store: Store, clock: VirtualClock) -> None:
    assert client_of(store, clock).get("/admin/templates/").status_code == 401
    for role, saves in (("helper", 403), ("reviewer", 403), ("editor", 303)):
        client = as_role(store, clock, role)
        assert client.get("/admin/templates/").status_code == 200
        assert saved(client, WORDS + " Thanks.") == saves, role
    helper, reviewer = as_role(store, clock, "helper"), as_role(store, clock, "reviewer")
    assert [act(helper, 2, do, reason="x") for do in ("send", "review", "back", "retire", "again")] == [
        403
    ] * 5
    assert act(reviewer, 2, "send") == 403
    for path in ("/en/words.nothing", "/fr/texts.confirm", "/en/texts.nothing"):
        assert reviewer.get(f"/admin/templates{path}").status_code == 404
    assert reviewer.get(f"{QUESTION}?version=9").status_code == 404
    assert act(reviewer, 99, "retire", reason="x") == 404


def test_errors_are_named_and_block(store: Store, clock: VirtualClock) -> None:
    editor = as_role(store, clock, "editor")
    page = press(
        editor, QUESTION, body="{chid}: {alias}? Text 1 no, 2 yes, or CANCEL.", do="save", reason="Try."
    )
    said = html.unescape(page.get_data(as_text=True))
    assert page.status_code == 400
    for line in ("Do you mean “child”?", "take “CANCEL”", "Try."):
        assert line in said
    assert press(editor, QUESTION, body=WORDS, do="save").status_code == 400  # no reason
    assert saved(editor, WORDS) == 303
    old = press(editor, QUESTION, body=WORDS + " Ok.", do="save", reason="Mine.", base="1")
    assert old.status_code == 409
    assert "Somebody saved another version" in old.get_data(as_text=True)
    assert "Mine." in old.get_data(as_text=True)
    assert saved(editor, WORDS) == 409  # the same words


def test_the_look_shows_what_arrives(store: Store, clock: VirtualClock) -> None:
    editor = as_role(store, clock, "editor")
    body = WORDS + " ☺ and …"
    page = html.unescape(press(editor, QUESTION, body=body, do="look").get_data(as_text=True))
    for line in ("Maximiliano: was there counseling", "special letters: 2", "Take out ☺", "School grade"):
        assert line in page
    plain = press(editor, QUESTION, body=body, plain="☺").get_data(as_text=True)
    assert "☺" not in plain
    token = re.search(r'name="csrf_token" value="([^"]+)"', plain)
    assert token
    alone = editor.post(f"{QUESTION}/look", data={"csrf_token": token[1], "body": WORDS}).get_data(
        as_text=True
    )
    assert "plain letters" in alone
    assert "<html" not in alone
    swapped = press(editor, QUESTION, body=WORDS.replace("1 yes, 2 no", "1 no, 2 yes"), do="look")
    assert "The text offers “no”." in html.unescape(swapped.get_data(as_text=True))
    played = press(editor, QUESTION, body=WORDS, do="play", reply="nope, her therapist was out")
    assert "counseling Wed 12/16: no, provider out" in played.get_data(as_text=True)
    unclear = press(editor, QUESTION, body=WORDS, do="play", reply="purple monkeys")
    assert "Nothing would be logged" in unclear.get_data(as_text=True)
    mail = editor.get("/admin/templates/es/mails.question.body").get_data(as_text=True)
    assert "Hola, María Guadalupe" in mail
    assert "In English" in mail


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_says_what_it_is_for(store: Store, clock: VirtualClock, language: str) -> None:
    client = as_role(store, clock, "reviewer")
    said = speech("es" if language == "es" else "en")
    for kind in ("texts", "mails", "footer", "words", "phrases"):
        page = client.get(f"/admin/templates/?show={kind}&lang={language}").get_data(as_text=True)
        page = html.unescape(page)
        for key in keys():
            if kind_of(key) == kind:
                assert f"/admin/templates/es/{key}" in page
                part = key.rpartition(".")[0] if key.endswith((".subject", ".body")) else key
                if not key.startswith("words."):
                    assert said.say(f"wording_for.{part.replace('.', '_')}") in page, key
                assert all(said.say(f"wording_name.{name}") for name in allowed_names(key))


def test_a_word_and_a_footer_are_changed_like_a_text(store: Store, clock: VirtualClock) -> None:
    editor, reviewer = (as_role(store, clock, role) for role in ("editor", "reviewer"))
    until = f"{clock.now().year + 1}-01-15"
    path = "/admin/templates/es/words.provider_absent"
    assert "faltó quien la da" in editor.get(path).get_data(as_text=True)
    assert saved(editor, "no vino quien la da", path) == 303
    assert word("provider_absent", "es") == "faltó quien la da"
    assert (act(editor, 2, "send", path), act(reviewer, 2, "review", path, until=until)) == (303, 303)
    editor.get("/admin/templates/")  # any page looks
    assert word("provider_absent", "es") == "no vino quien la da"
    assert word("provider_absent", "en") == "provider out"
    out = "/admin/templates/en/footer.unsubscribe"
    for body, said in (
        ("No more e-mails?", "Without “link”"),
        ("{link} ends these e-mails.", "has to stand at the end"),
        ("To stop:\n{link}", "one line only"),
    ):
        page = press(editor, out, body=body, reason="x", do="save", base="1")
        assert page.status_code == 400
        assert said in html.unescape(page.get_data(as_text=True))
    wide = "/admin/templates/en/words.provider_absent"
    page = press(
        editor, wide, body="the person who gives it was out that day", reason="x", do="save", base="1"
    )
    assert page.status_code == 400
    assert "would cost 2 parts" in html.unescape(page.get_data(as_text=True))
    assert saved(editor, "To end these e-mails: {link}", out) == 303
    assert (act(editor, 2, "send", out), act(reviewer, 2, "review", out, until=until)) == (303, 303)
    with store.read() as session:
        use_own_words(session)
    assert footer("unsubscribe", "en", {"link": "x"}) == "To end these e-mails: x"
    for one in (path, out):
        assert act(reviewer, 2, "retire", one, reason="no") == 303
    with store.read() as session:
        use_own_words(session)
    assert word("provider_absent", "es") == "faltó quien la da"


def test_a_test_goes_to_ones_own_phone_only(store: Store, clock: VirtualClock) -> None:
    editor = as_role(store, clock, "editor")
    with store.write() as session:
        session.add(
            Caregiver(
                name="Ana", phone="+14155550102", email=None, language="en", zone="America/Los_Angeles",
                texts="in", created_at=clock.now(),
            )
        )  # fmt: skip
    assert press(editor, PHONE, phone="12").status_code == 400
    assert press(editor, PHONE, phone="(415) 555-0102").status_code == 400  # a family's
    assert press(editor, QUESTION, f"{QUESTION}/test").status_code == 303
    assert press(editor, PHONE, phone="(415) 555-0101").status_code == 303
    assert press(editor, QUESTION, f"{QUESTION}/test").status_code == 303  # invited is no yes
    assert "ends in 0101" in editor.get(PHONE).get_data(as_text=True)
    with store.write() as session:
        mine = session.scalars(select(Caregiver).where(Caregiver.for_tests)).one()
        assert mine.texts == "invited"
        mine.texts = "in"
    saved(editor, WORDS)
    for _ in range(6):
        assert press(editor, QUESTION, f"{QUESTION}/test").status_code == 303
    assert "enough tests" in editor.get(QUESTION).get_data(as_text=True)
    with store.read() as session:
        rows = session.scalars(select(OutgoingMessage).order_by(OutgoingMessage.id)).all()
        assert [row.kind for row in rows] == ["invite", *["test"] * 5]
        assert {row.caregiver_id for row in rows} == {mine.id}
        assert rows[1].body.startswith("TEST, not about your child: Maximiliano: was there counseling")
        assert (rows[1].template_key, rows[1].template_version) == ("question_one", 2)
        assert len(session.scalars(select(AuditEvent).where(AuditEvent.kind == "test_sent")).all()) == 5
        assert len(session.scalars(select(Template).where(Template.version > 1)).all()) == 1


def test_a_whole_talk_is_played_and_nothing_of_it_kept(store: Store, clock: VirtualClock) -> None:
    editor = as_role(store, clock, "editor")
    saved(editor, WORDS)
    path = "/admin/templates/talk"

    def played(*said: str, **form: str) -> str:
        given = {"about": "one", "language": "en", "drafts": "1", "said": list(said), **form}
        return html.unescape(
            press(editor, f"{path}?key=texts.question_one", path, **given).get_data(as_text=True)
        )

    page = played(reply="no")
    assert "Leo: was there speech today (Tue 9/1)?" in page  # the draft
    assert "Why? A provider out" in page
    assert "speech Tue 9/1: no<" in page
    page = played("no", "A", "FIX", reply="yes", drafts="")
    assert "Leo: did speech happen today" in page
    assert "speech Tue 9/1: no, provider out</span> (a later reply took its place)" in page
    assert "Logged: speech Tue 9/1: yes." in page
    assert "no, provider out" not in played("no", "A", do="back")
    assert 'name="said"' not in played("no", "A", do="over")
    assert "no. Why?" not in played("no", language="es", about="many", do="over")
    assert "12 replies are the most" in played(*["hm"] * 11, reply="hm")
    with store.read() as session:
        for table in (OutgoingMessage, LogEntry, InboundText, Child, Caregiver):
            assert session.scalars(select(table)).all() == []
        use_own_words(session)
    assert word("held", "en") == "yes"


def test_a_test_e_mail_goes_to_ones_own_address_only(store: Store, clock: VirtualClock) -> None:
    editor = as_role(store, clock, "editor")
    assert PHONE in editor.get("/admin/account").get_data(as_text=True)
    path = "/admin/templates/es/mails.question.body"
    assert saved(editor, "Hola {name}, ¿hubo {items}? {link}", path) == 303
    assert press(editor, path, f"{path}/test").status_code == 303
    part = "/admin/templates/en/words.held"
    assert press(editor, part, f"{part}/test").status_code == 303
    letter = "/admin/guide/text/written_notice"
    assert press(editor, letter, f"{letter}/test", language="es").status_code == 303
    clocks = "/admin/guide/text/clock_after"
    assert press(editor, clocks, f"{clocks}/test", language="en").status_code == 303
    step = "/admin/guide/text/iep_meeting"
    for _ in range(2):
        assert press(editor, step, f"{step}/test", language="en").status_code == 303
    assert "enough tests" in editor.get(step).get_data(as_text=True)
    assert press(editor, step, f"{step}/test", language="fr").status_code == 404
    with store.read() as session:
        rows = session.scalars(select(OutgoingMessage).order_by(OutgoingMessage.id)).all()
        mine = session.scalars(select(Caregiver).where(Caregiver.for_tests)).one()
        assert [(row.kind, row.to_address) for row in rows] == [("test_mail", "editor@example.org")] * 5
        assert rows[0].subject.startswith("PRUEBA, no es de su hijo: Maximiliano")
        assert "Esto es una prueba" in rows[0].body
        assert "Esto es una prueba" in rows[0].html
        assert rows[1].body.endswith("\n\nyes")
        dates = len(load_guide("us-ca").clock_mails["after", "en"].phrases)
        assert dates > 1
        assert rows[3].body.count("=" * 20) == 2 * dates
        assert "¿hubo A) habla" in rows[0].body
        assert (rows[0].template_key, rows[0].template_version) == ("mails.question.body", 2)
        assert [len(row.attachments) > 0 for row in rows] == [False, False, True, False, True]
        assert {row.caregiver_id for row in rows} == {mine.id}
        assert mine.email is None
        events = session.scalars(select(AuditEvent).where(AuditEvent.kind == "test_sent")).all()
        assert {event.detail["channel"] for event in events} == {"email"}


def test_what_no_database_takes_is_refused_or_left_out(each_store: Store, clock: VirtualClock) -> None:
    owner = as_role(each_store, clock, "owner")
    base = {"do": "save", "base": "1"}
    assert press(owner, QUESTION, body=WORDS + "\x00", reason="x", **base).status_code == 400
    assert press(owner, QUESTION, body=WORDS, reason="a\x00b", **base).status_code < 500
    assert press(owner, QUESTION, body="{link}", reason="x", **base).status_code == 400
    assert act(owner, 2, "again", reason="\x00") < 500
    assert act(owner, 2, "retire", reason="a\x00") < 500
    assert press(owner, PHONE, phone="\x00").status_code == 400
