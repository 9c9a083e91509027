"""Joining by text and the life of a number: proof, limits, resuming, and what a stranger may learn."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from assistant.clock import VirtualClock
from assistant.conversation.join_words import nickname_of
from assistant.families.numbers import zone_of
from assistant.store import (
    Caregiver,
    Child,
    Consent,
    Enrolment,
    InboundText,
    LogEntry,
    OutgoingMessage,
    ServiceLine,
    Store,
)
from jobs.tick import run_pass
from messages.templates import sync
from tests.support.family import PHONE, SETTINGS, SPEECH, caregiver, family, registered
from tests.support.talk import CHANNELS, Talk

NEW = "+12135552671"


@pytest.fixture
def new(store: Store, clock: VirtualClock) -> Talk:
    with store.write() as session:
        sync(session, clock.now())
    return Talk(store, clock, NEW)


def test_the_proof_of_a_yes_has_the_words_that_were_shown(new: Talk) -> None:
    invited = new.say("JOIN")[0]
    new.say("1")
    with new.store.read() as session:
        acts = session.scalars(select(Consent).order_by(Consent.id)).all()
        assert [(one.act, one.method, one.address) for one in acts] == [
            ("requested", "text", NEW),
            ("given", "text", NEW),
        ]
        assert acts[0].wording == f"JOIN -> {invited}".replace("espanol", "español")
        assert acts[1].wording == "1"
    for part in ("Every Session", "10 questions a week", "rates may apply", "HELP", "STOP"):
        assert part in invited


@pytest.mark.parametrize(
    ("word", "language"), [("2", "es"), ("SI", "es"), ("español", "es"), ("1", "en"), ("yes", "en")]
)
def test_the_yes_settles_the_language(new: Talk, word: str, language: str) -> None:
    new.say("JOIN")
    new.say(word)
    with new.store.read() as session:
        person = session.scalars(select(Caregiver)).one()
        assert (person.texts, person.language) == ("in", language)


@pytest.mark.parametrize("number", ["+447911123456", "+528112345678", "22395"])
def test_only_numbers_of_this_country_can_join(store: Store, clock: VirtualClock, number: str) -> None:
    with store.write() as session:
        sync(session, clock.now())
    assert Talk(store, clock, number).say("JOIN") == []
    with store.read() as session:
        assert session.scalars(select(func.count()).select_from(Caregiver)).one() == 0
        assert session.scalars(select(InboundText.flag)).one() == "stranger"


def test_what_was_typed_is_kept_as_the_lines_wording(new: Talk) -> None:
    for words in ("JOIN", "1", "Theo", "speech tue thu", "30", "10:30", "0", "0", "1"):
        new.say(words)
    with new.store.read() as session:
        child = session.scalars(select(Child)).one()
        line = session.scalars(select(ServiceLine)).one()
        assert (child.nickname, line.alias, line.minutes) == ("Theo", "speech", 30)
        assert line.wording == "speech tue thu; 30; 10:30"
        assert session.scalars(select(Enrolment.state)).one() == "done"


def test_how_often_may_be_unknown_and_nothing_is_made_up(new: Talk) -> None:
    for words in ("JOIN", "1", "Theo", "counseling", "?", "0", "0"):
        new.say(words)
    assert "all set for Theo" in new.say("1")[-1]
    with new.store.read() as session:
        assert session.scalars(select(ServiceLine.frequency)).one() == {"form": "as_needed"}


def test_stop_ends_a_set_up_and_start_goes_on_with_it(new: Talk) -> None:
    for words in ("JOIN", "1", "Theo"):
        new.say(words)
    new.say("STOP")
    assert new.until(new.clock.now() + timedelta(days=3)) == []
    assert "Which service for Theo" in new.say("START")[-1]
    assert "Saved: speech" in new.say("speech 2x week 30")[-1]


def test_an_unfinished_set_up_is_spoken_of_once(new: Talk) -> None:
    for words in ("JOIN", "1", "Theo"):
        new.say(words)
    texts = new.until(new.clock.now() + timedelta(days=20))
    assert [body.startswith("Let's go on. Which service for Theo") for body in texts] == [True]


def test_after_two_misunderstandings_a_person_looks_and_we_are_silent(new: Talk) -> None:
    for words in ("JOIN", "1"):
        new.say(words)
    answers = [new.say("what is 7 times 8") for _ in range(4)]
    assert [len(one) for one in answers] == [1, 1, 0, 0]
    with new.store.read() as session:
        assert (
            session.scalars(select(InboundText.flag).order_by(InboundText.id.desc()).limit(1)).one()
            == "joining"
        )


def test_another_child_on_the_same_phone(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
    ana = Talk(store, clock)
    assert "What do you call your child?" in ana.say("add child")[-1]
    for words in ("Mia", "OT wed 10:30", "30", "0", "0", "1"):
        ana.say(words)
    with store.read() as session:
        person = session.scalars(select(Caregiver)).one()
        assert [child.nickname for child in person.children] == ["Leo", "Mia"]


def test_a_question_in_the_middle_of_a_set_up_gets_its_answer(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
    ana = Talk(store, clock)
    ana.say("add child")
    ana.until_asked()
    ana.say("2")
    assert [one.outcome for one in ana.log()] == ["missed"]
    with store.read() as session:
        assert session.scalars(select(Enrolment.stage)).one() == "child"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("theo", "Theo"),
        ("his name is Theo.", "Theo"),
        ("Se llama María José", "María José"),
        ("we call her JJ", "JJ"),
        ("D'Angelo", "D'Angelo"),
        ("speech 2x week", None),
        ("what do you mean by that", None),
        ("", None),
        ("👍", None),
        ("x" * 40, None),
    ],
)
def test_nicknames(text: str, name: str | None) -> None:
    assert nickname_of(text) == name


def test_the_zone_comes_from_the_number() -> None:
    assert zone_of("+12125550100", SETTINGS) == "America/New_York"
    assert zone_of("+18005550100", SETTINGS) == SETTINGS.program.zone or zone_of("+18005550100", SETTINGS)


def test_a_number_silent_for_two_months_is_asked_before_anything_else(
    store: Store, clock: VirtualClock
) -> None:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
    ana = Talk(store, clock)
    ana.until(clock.now() + timedelta(days=75))
    with store.read() as session:
        texts = [
            row.body
            for row in session.scalars(select(OutgoingMessage).where(OutgoingMessage.state == "sent"))
            if row.to_address == PHONE
        ]
    assert "we have not heard from you in a while" in texts[-1]
    assert sum("have not heard" in body for body in texts) == 1
    assert "Leo" not in texts[-1]
    assert "you are set" in ana.say("JOIN")[-1]
    assert "did speech happen" in ana.until_asked()


def test_an_invitation_that_waits_for_the_morning_is_not_sent_after_the_yes(
    store: Store, clock: VirtualClock
) -> None:
    clock.move_to(clock.now().replace(hour=10))  # the middle of the night in California
    with store.write() as session:
        registered(session, family(caregiver(confirmed=False), services=(SPEECH,)), clock.now())
    ana = Talk(store, clock)
    told = ana.say("JOIN") + ana.until(clock.now() + timedelta(hours=12))
    assert [body for body in told if "text JOIN" in body] == []


def test_whoever_gets_the_number_next_learns_nothing(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(caregiver(), services=(SPEECH,)), clock.now())
    phone = Talk(store, clock)
    phone.until_asked()
    before = len(phone.texts())
    assert before == 0
    told = phone.say("sorry wrong number")
    told += phone.say("JOIN")
    told += phone.say("1")
    told += phone.say("STATUS")
    told += phone.say("HELP")
    told += phone.until(clock.now() + timedelta(days=14))
    assert not [body for body in told if "Leo" in body]
    with store.read() as session:
        old, new = session.scalars(select(Caregiver).order_by(Caregiver.id)).all()
        assert (old.phone, old.texts, new.phone) == (None, "out", PHONE)
        mails = session.scalars(
            select(OutgoingMessage.kind).where(
                OutgoingMessage.caregiver_id == old.id, OutgoingMessage.channel == "email"
            )
        ).all()
        assert "number_lost" in mails
        assert session.scalars(select(LogEntry).where(LogEntry.caregiver_id == new.id)).all() == []
    run_pass(store, clock, SETTINGS, CHANNELS)
