"""Make-ups told by text: bound to the miss they are for, or left to a person."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.evidence.ledger import ledger_of
from assistant.store import InboundText, MakeUp, ServiceLine, Store
from tests.support.family import LA, OT, SPEECH, family, registered
from tests.support.talk import Talk


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 9, day, hour, tzinfo=LA)


@pytest.fixture
def talk(store: Store, clock: VirtualClock) -> Talk:
    """Speech on Tuesday the first was missed; it is Wednesday evening."""
    with store.write() as session:
        registered(session, family(services=(SPEECH, OT)), clock.now())
    talk = Talk(store, clock)
    talk.until(at(1, 16))
    talk.say("no, the therapist was out")
    talk.until(at(2, 13))
    talk.say("yes")
    talk.until(at(2, 17))
    return talk


def rows(talk: Talk) -> list[tuple[str, int, date | None]]:
    with talk.store.read() as session:
        return [
            (row.state, row.minutes, row.day) for row in session.scalars(select(MakeUp).order_by(MakeUp.id))
        ]


def made_up(talk: Talk) -> int:
    with talk.store.read() as session:
        line = session.scalars(select(ServiceLine).order_by(ServiceLine.id)).first()
        assert line is not None
        return ledger_of(session, line.id, talk.clock.now()).made_up


def test_a_make_up_that_was_given_is_credited(talk: Talk) -> None:
    assert talk.say("they made up tuesday's session today") == [
        "Logged for speech Tue 9/1: made up on Wed 9/2. If that is wrong, tell us in your own words."
    ]
    assert rows(talk) == [("given", 30, date(2026, 9, 2))]
    assert made_up(talk) == 30
    entry = talk.log()[-1]
    assert (entry.kind, entry.words) == ("make_up", "they made up tuesday's session today")


def test_a_promise_is_asked_about_on_its_day(talk: Talk) -> None:
    assert talk.say("they said they'll make it up on friday")[0].startswith(
        "Logged for speech Tue 9/1: make-up set for Fri 9/4."
    )
    talk.until(at(3, 16))
    talk.say("yes")
    (question,) = talk.until(at(4, 17))
    assert question.startswith("Leo: did the make-up for speech happen today (Fri 9/4)?")
    talk.say("yes")
    assert made_up(talk) == 30


def test_a_no_and_a_promise_in_one_text_are_both_kept(talk: Talk) -> None:
    talk.until(at(3, 16))
    (answer,) = talk.say("no, she was out sick, but they will make it up friday")
    assert answer.startswith("Logged for speech Thu 9/3: make-up set for Fri 9/4.")
    assert [(entry.kind, entry.outcome, entry.cause) for entry in talk.log()[-2:]] == [
        ("answer", "missed", "provider_absent"),
        ("make_up", "missed", "provider_absent"),
    ]


def test_offered_and_declined(talk: Talk) -> None:
    talk.say("they offered to make it up")
    talk.say("I said no to the make-up")
    assert [state for state, _, _ in rows(talk)] == ["offered", "declined"]
    assert made_up(talk) == 0


@pytest.mark.parametrize(
    "text",
    [
        "they made up last monday's session",
        "will they make it up?",
        "they made up OT",
        "they never made it up",
    ],
)
def test_what_fits_no_miss_is_not_kept_as_one(talk: Talk, text: str) -> None:
    talk.say(text)
    assert rows(talk) == []


def test_spanish(talk: Talk) -> None:
    talk.say("español")
    (answer,) = talk.say("ya repusieron la del martes")
    assert answer.startswith("Anotado para speech mar 1 sep: repuesta el mié 2 sep.")
    with talk.store.read() as session:
        assert not session.scalars(select(InboundText).where(InboundText.needs_staff)).all()
