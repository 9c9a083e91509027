"""The reason after a plain NO: asked in the confirmation, once, and never needed."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.store import Case, Step, Store
from tests.support.family import LA, SPEECH, caregiver, family, registered
from tests.support.talk import Talk


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 9, day, hour, minute, tzinfo=LA)


def talk_of(store: Store, clock: VirtualClock, language: str = "en") -> Talk:
    person = caregiver("es" if language == "es" else "en")
    with store.write() as session:
        registered(session, family(person, services=(SPEECH,)), clock.now())
    talk = Talk(store, clock)
    talk.until(at(1, 16))
    return talk


ASKED = (
    "Logged: speech Tue 9/1: no. Why? A provider out, B Leo out, C school event, D other. "
    "You can skip it. Wrong? Text FIX within 7 days."
)


def test_the_confirmation_of_a_plain_no_asks_for_the_reason(each_store: Store, clock: VirtualClock) -> None:
    talk = talk_of(each_store, clock)
    assert talk.say("2") == [ASKED]
    assert talk.say("B") == ["Logged: speech Tue 9/1: no, child out. Wrong? Text FIX within 7 days."]
    first, second = talk.log()
    assert (first.outcome, first.cause, first.words) == ("missed", None, "2")
    assert (second.cause, second.supersedes, second.words) == ("child_absent", first.number, "B")


@pytest.mark.parametrize(
    ("text", "outcome", "cause"),
    [
        ("the therapist was out", "missed", "provider_absent"),
        ("he was home sick", "missed", "child_absent"),
        ("a)", "missed", "provider_absent"),
        ("C.", "missed", "school_event"),
        ("snow day", "no_school", "closure"),
    ],
)
def test_a_reason_in_words_or_by_letter(
    store: Store, clock: VirtualClock, text: str, outcome: str, cause: str
) -> None:
    talk = talk_of(store, clock)
    talk.say("no")
    talk.say(text)
    assert (talk.log()[-1].outcome, talk.log()[-1].cause) == (outcome, cause)


@pytest.mark.parametrize("text", ["idk", "skip", "no", "yes", "ok thanks", "2"])
def test_what_is_no_reason_changes_nothing(store: Store, clock: VirtualClock, text: str) -> None:
    talk = talk_of(store, clock)
    talk.say("no")
    talk.say(text)
    assert [(entry.outcome, entry.cause) for entry in talk.log()] == [("missed", None)]


def test_who_named_the_reason_is_not_asked_for_it(store: Store, clock: VirtualClock) -> None:
    talk = talk_of(store, clock)
    assert talk.say("no, she was out sick") == [
        "Logged: speech Tue 9/1: no, provider out. Wrong? Text FIX within 7 days."
    ]


def test_the_next_question_ends_the_asking_for_a_reason(store: Store, clock: VirtualClock) -> None:
    talk = talk_of(store, clock)
    talk.say("no")
    talk.until(at(3, 16))
    talk.say("yes")
    talk.say("B")  # about what? Nothing is open, and Tuesday's reason is two days old.
    assert [(entry.day.day, entry.outcome, entry.cause) for entry in talk.log()] == [
        (1, "missed", None),
        (3, "held", None),
    ]


def test_a_correction_is_not_asked_for_its_reason_again(store: Store, clock: VirtualClock) -> None:
    talk = talk_of(store, clock)
    talk.say("yes")
    assert talk.say("sorry I meant no") == ["Logged: speech Tue 9/1: no. Wrong? Text FIX within 7 days."]


def test_no_step_is_decided_while_the_reason_may_still_come(store: Store, clock: VirtualClock) -> None:
    talk = talk_of(store, clock)
    talk.say("no, the therapist was out")
    talk.until(at(10, 16))  # a week after the first e-mail
    talk.say("no")
    with store.read() as session:
        assert not session.scalars(select(Step).where(Step.key == "document")).all()
        assert session.scalars(select(Case.look_at)).one() is not None
    talk.say("B", minutes=10)
    talk.until(at(10, 18))
    with store.read() as session:
        assert not session.scalars(select(Step).where(Step.key == "document")).all()


def test_without_a_reason_the_step_comes_half_an_hour_later(store: Store, clock: VirtualClock) -> None:
    talk = talk_of(store, clock)
    talk.say("no, the therapist was out")
    talk.until(at(10, 16))
    talk.say("no")
    talk.until(at(10, 17))
    with store.read() as session:
        assert len(session.scalars(select(Step).where(Step.key == "document")).all()) == 1


def test_in_spanish_likewise(store: Store, clock: VirtualClock) -> None:
    talk = talk_of(store, clock, "es")
    (asked,) = talk.say("no")
    assert "A falto quien la da, B falto Leo" in asked
    talk.say("A")
    assert talk.log()[-1].cause == "provider_absent"
