"""The contact log: by page's use-case and by text; an answer is never eaten; the chain stays whole."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from assistant.clock import VirtualClock
from assistant.conversation.contacts import ContactError, NewContact, add_contact, contacts_of
from assistant.evidence.chain import check
from assistant.replies.contact import contact_said
from assistant.store import Child, LogEntry, Store
from tests.support.family import OT, SPEECH, caregiver, family, registered
from tests.support.talk import Talk

TODAY = date(2026, 9, 1)


@pytest.fixture
def ana(store: Store, clock: VirtualClock) -> Talk:
    with store.write() as session:
        registered(session, family(caregiver()), clock.now())
    return Talk(store, clock)


def chain_of(log: list[LogEntry]) -> list[dict[str, object]]:
    return [{"content": e.content, "previous_hash": e.previous_hash, "hash": e.hash} for e in log]


@pytest.mark.parametrize(
    ("text", "how", "who"),
    [
        ("CALL Ms. Lee said she will check", "phone", "Ms. Lee"),
        ("Call: with the front office, they will call back", "phone", ""),
        ("Llamada la maestra dijo que va a revisar", "phone", "la maestra"),
        ("LLAMADA con la señora Ortiz: prometió dos sesiones en mayo", "phone", "la señora Ortiz"),
        ("contacto: hablé con el director", "other", ""),
        ("CONTACT Mr. Diaz told me there is no OT now", "other", "Mr. Diaz"),
        ("call the principal says he will look into it", "phone", "the principal"),
        ("CALL they said it is fixed", "phone", ""),
    ],
)
def test_a_talk_is_known_by_its_first_word(text: str, how: str, who: str) -> None:
    said = contact_said(text)
    assert said is not None
    assert (said.how, said.who) == (how, who)
    assert said.words in text


@pytest.mark.parametrize(
    "text",
    [
        "call me",
        "call me when you can",
        "Call dropped sorry",
        "CALL",
        "CALL?",
        "they called and said no",
        "called in sick",
        "llamada perdida",
        "llameme por favor",
        "contact the school for me",
        "no, got a call they said she was out",
        "LLAMADA DE LA ESCUELA",
        "CALL ME BACK PLEASE",
    ],
)
def test_what_only_begins_like_one_is_none(text: str) -> None:
    assert contact_said(text) is None


def test_no_reply_of_the_examples_is_a_talk() -> None:
    rows = [json.loads(one) for one in Path("examples/replies.jsonl").read_text("utf-8").splitlines()]
    assert len(rows) > 500
    assert [row["text"] for row in rows if contact_said(row["text"])] == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_texted_talk_is_kept_and_confirmed_in_one_segment(
    store: Store, clock: VirtualClock, language: str
) -> None:
    with store.write() as session:
        registered(session, family(caregiver("es" if language == "es" else "en")), clock.now())
    clock.move_to(clock.now().replace(hour=20))
    talk = Talk(store, clock)
    talk.texts()
    [body] = [one for one in talk.say("CALL Ms. Lee said she will check about speech") if "LINK" in one]
    assert len(body) <= 160
    assert "Leo" in body
    assert "LINK" in body
    [entry] = talk.log()
    assert (entry.kind, entry.words, entry.day) == (
        "contact",
        "Ms. Lee said she will check about speech",
        TODAY,
    )
    assert entry.content["contact"]["with"] == "Ms. Lee"
    assert entry.content["contact"]["how"] == "phone"
    assert entry.content["service"] == SPEECH.name
    assert check(chain_of(talk.log())).intact


def test_an_open_question_is_still_open_after_a_talk_and_an_answer_is_an_answer(ana: Talk) -> None:
    ana.until_asked()
    assert "LINK" in ana.say("CALL Ms. Lee told me she will look into it")[0]
    assert "Logged: speech" in ana.say("no, therapist was out")[0]
    assert [one.kind for one in ana.log()] == ["contact", "answer"]


def test_what_may_be_an_answer_is_asked_back(ana: Talk) -> None:
    ana.until_asked()
    assert "Sorry" in ana.say("call from school, they said no speech today, therapist out")[0]
    assert "Logged: speech" in ana.say("no, therapist out")[0]
    assert [one.kind for one in ana.log()] == ["contact", "answer"]


def test_a_marked_talk_that_answers_as_well_is_kept_as_both(ana: Talk) -> None:
    ana.until_asked()
    ana.say("CALL: no speech today, the therapist was out")
    assert sorted(one.kind for one in ana.log()) == ["answer", "contact"]
    assert check(chain_of(ana.log())).intact


def test_of_two_children_the_named_one_or_we_ask(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(caregiver()), clock.now())
        mia = registered(session, family(caregiver(), nickname="Mia", services=(OT,)), clock.now())
        number = mia.id
    clock.move_to(clock.now().replace(hour=20))
    talk = Talk(store, clock)
    [body] = [one for one in talk.say("CALL Ms. Lee said she will check") if "CALL" in one]
    assert body.startswith("Which child")
    with store.read() as session:
        tied = len(session.get_one(Child, number).caregivers)
    assert [one.kind for one in talk.log()] == []
    if tied:
        talk.say("CALL Mia: Ms. Lee said she will check")
        assert [one.child_id for one in talk.log()] == [number]


def test_a_correction_is_a_new_entry_and_both_stay(ana: Talk) -> None:
    with ana.store.write() as session:
        first = add_contact(
            session, 1, NewContact(TODAY, "phone", "She will ask.", who="Ms. Lee"), TODAY, ana.clock.now()
        )
        add_contact(
            session,
            1,
            NewContact(TODAY, "email", "She will ask him.", who="Ms. Lee", corrects=first.number),
            TODAY,
            ana.clock.now(),
        )
        every, current = contacts_of(session, 1), contacts_of(session, 1, in_force=True)
    assert [(one.number, one.corrected_by) for one in every] == [(2, None), (1, 2)]
    assert [one.said for one in current] == ["She will ask him."]
    assert check(chain_of(ana.log())).intact


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewContact(date(2026, 9, 2), "phone", "x"), "day"),
        (NewContact(date(2016, 9, 2), "phone", "x"), "day"),
        (NewContact(TODAY, "phone", "  "), "said"),
        (NewContact(TODAY, "phone", "x" * 2_001), "said"),
        (NewContact(TODAY, "phone", "x", who="y" * 81), "who"),
        (NewContact(TODAY, "phone", "x", promised_by=TODAY), "promised_by"),
        (NewContact(TODAY, "phone", "x", promised="y", promised_by=date(2026, 8, 1)), "promised_by"),
        (NewContact(TODAY, "phone", "x", corrects=7), "corrects"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(ana: Talk, new: NewContact, field: str) -> None:
    with ana.store.write() as session:
        with pytest.raises(ContactError) as caught:
            add_contact(session, 1, new, TODAY, ana.clock.now())
        assert caught.value.field == field
    assert ana.log() == []
