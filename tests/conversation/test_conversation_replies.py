"""Whole conversations through the store, in both languages: asked, answered, fixed, stopped."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.evidence.export import as_json
from assistant.evidence.file import verify
from assistant.store import Caregiver, Child, InboundText, OutgoingMessage, Question, Store
from assistant.words import Language
from jobs.tick import run_pass
from tests.support.family import SETTINGS, SPEECH, TUESDAY_OT, caregiver, family, registered
from tests.support.talk import CHANNELS, Talk


def talk(store: Store, clock: VirtualClock, language: Language = "en", confirmed: bool = True) -> Talk:
    clock.move_to(clock.now() + timedelta(hours=2))  # ten in the morning: texts may leave
    with store.write() as session:
        new = family(caregiver(language, confirmed=confirmed), services=(SPEECH, TUESDAY_OT))
        registered(session, new, clock.now())
    run_pass(store, clock, SETTINGS, CHANNELS)
    return Talk(store, clock)


def test_a_day_with_two_sessions_is_one_text_and_one_answer(each_store: Store, clock: VirtualClock) -> None:
    phone = talk(each_store, clock)
    assert phone.until_asked() == (
        "Leo, today (Tue 9/1): A) OT B) speech. Did they happen? Text like A1 B2: 1 yes, 2 no, 3 not sure."
    )
    assert phone.say("A1 B2") == [
        "Logged: OT Tue 9/1: yes; speech Tue 9/1: no. Wrong? Text FIX within 7 days."
    ]
    first, second = phone.log()
    assert (first.outcome, second.outcome, second.words) == ("held", "missed", "A1 B2")
    assert first.content["delay_seconds"] == 300
    with each_store.read() as session:
        child = session.scalars(select(Child.id)).one()
        assert verify(as_json(session, child, clock.now())).intact


@pytest.mark.parametrize(
    ("text", "outcome", "cause", "minutes"),
    [
        ("si", "held", None, None),
        ("no, la terapeuta no vino", "missed", "provider_absent", None),
        ("no sé", "unknown", None, None),
        ("sí pero solo 15 min", "partial", None, 15),
        ("no hubo clases", "no_school", "closure", None),
    ],
)
def test_spanish_answers(
    store: Store, clock: VirtualClock, text: str, outcome: str, cause: str | None, minutes: int | None
) -> None:
    phone = talk(store, clock, "es")
    phone.until_asked()
    phone.say("ambas sí")
    assert "hubo speech" in phone.until_asked()
    phone.say(text)
    entry = phone.log()[-1]
    assert (entry.outcome, entry.cause, entry.minutes, entry.words) == (outcome, cause, minutes, text)


def test_doubt_asks_back_once_and_then_waits_for_a_person(store: Store, clock: VirtualClock) -> None:
    phone = talk(store, clock)
    phone.until_asked()
    assert phone.say("ok thanks")[0].startswith("Sorry, I did not get that.")
    assert phone.say("hmm ok") == []
    assert phone.log() == []
    with store.read() as session:
        assert [t.needs_staff for t in session.scalars(select(InboundText).order_by(InboundText.id))] == [
            False,
            True,
        ]


def test_silence_is_reminded_once_and_then_unanswered(store: Store, clock: VirtualClock) -> None:
    phone = talk(store, clock)
    phone.until_asked()
    reminders = 0
    while not phone.log():
        reminders += sum(body.startswith("One more try.") for body in phone.jump())
    assert reminders == 1
    assert {entry.outcome for entry in phone.log()} == {"unanswered"}


def test_a_late_answer_still_finds_its_question(store: Store, clock: VirtualClock) -> None:
    phone = talk(store, clock)
    phone.until_asked()
    while not phone.log():
        phone.jump()
    with store.read() as session:
        still_open = session.scalars(select(Question).where(Question.state == "open")).all()
    if not still_open:
        phone.say("ambas sí")
        assert [entry.outcome for entry in phone.log()][-2:] == ["held", "held"]
        assert phone.log()[-1].supersedes is not None


def test_fix_keeps_the_first_answer_and_asks_again(store: Store, clock: VirtualClock) -> None:
    phone = talk(store, clock)
    phone.until_asked()
    phone.say("ambas sí")
    phone.until_asked()
    phone.say("ambas sí")
    assert phone.say("FIX")[0].startswith("OK, let's fix it. Leo: did speech happen")
    phone.say("no, she was out")
    entries = phone.log()
    assert (entries[-1].outcome, entries[-1].supersedes) == ("missed", entries[-2].number)
    assert entries[-2].outcome == "held"


def test_a_fix_nobody_finishes_leaves_the_first_answer(store: Store, clock: VirtualClock) -> None:
    phone = talk(store, clock)
    phone.until_asked()
    phone.say("none")
    phone.say("FIX")
    before = [(e.day, e.outcome) for e in phone.log()]
    phone.jump(6)
    assert [(e.day, e.outcome) for e in phone.log() if e.day == before[0][0]] == before


def test_stop_ends_texts_at_once_and_start_brings_them_back(store: Store, clock: VirtualClock) -> None:
    phone = talk(store, clock)
    phone.until_asked()
    assert phone.say("STOP") == []  # the carrier answers it, not we
    assert phone.jump(8) == []
    with store.read() as session:
        assert session.scalars(select(Caregiver.texts)).one() == "out"
        carrier = session.scalars(select(OutgoingMessage).where(OutgoingMessage.channel == "carrier")).all()
        assert ["START" in message.body for message in carrier] == [True]
    assert phone.say("START") == []  # the carrier answers this one too
    assert phone.until_asked()


def test_cancel_is_an_opt_out_that_a_person_sees(store: Store, clock: VirtualClock) -> None:
    phone = talk(store, clock)
    phone.until_asked()
    phone.say("CANCEL")
    with store.read() as session:
        assert session.scalars(select(Caregiver.texts)).one() == "out"
        assert session.scalars(select(InboundText)).one().needs_staff
    assert phone.log() == []


def test_nobody_is_asked_before_they_joined(store: Store, clock: VirtualClock) -> None:
    phone = talk(store, clock, confirmed=False)
    assert ["JOIN" in body for body in phone.texts()] == [True]
    assert phone.jump(3) == []
    assert "you are set" in phone.say("join")[0]
    assert phone.until_asked()


def test_status_help_and_pause(store: Store, clock: VirtualClock) -> None:
    phone = talk(store, clock)
    assert "you are set" in phone.texts()[0]
    assert phone.say("STATUS") == ["Leo: nothing is logged yet. We will ask after the next session."]
    phone.until_asked()
    phone.say("ambas sí")
    assert phone.say("status") == [
        "Leo so far: speech 1 yes; OT 1 yes. You can text FIX to fix the last answer."
    ]
    assert phone.say("pause")[0].startswith("OK, no texts until")
    assert phone.jump(3) == []
    answer = phone.say("resume") or phone.jump(2)  # at night it waits for the morning
    assert answer[0].startswith("OK, we will ask again")


def test_a_repeated_text_and_a_stranger_change_nothing(store: Store, clock: VirtualClock) -> None:
    phone = talk(store, clock)
    phone.until_asked()
    phone.say("both", provider_id="SM" + "a" * 32)
    assert phone.say("both", provider_id="SM" + "a" * 32) == []
    assert len(phone.log()) == 2
    stranger = Talk(store, clock, "+14155559999", phone.seen)
    assert stranger.say("2") == []
    assert len(phone.log()) == 2


def test_a_report_of_another_day_finds_its_session(store: Store, clock: VirtualClock) -> None:
    phone = talk(store, clock)
    phone.until_asked()
    phone.say("ambas sí")
    phone.until_asked()  # Thursday's
    phone.say("ambas sí")
    phone.say("no speech on tuesday", minutes=60)
    entry = phone.log()[-1]
    assert (entry.day.isoformat(), entry.outcome, entry.supersedes is not None) == (
        "2026-09-01",
        "missed",
        True,
    )
