"""PAUSE until a day, and another language, by text."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.store import Caregiver, Store
from tests.support.family import LA, SPEECH, family, registered
from tests.support.talk import Talk


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 9, day, hour, tzinfo=LA)


def talk_of(store: Store, clock: VirtualClock) -> Talk:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
    talk = Talk(store, clock)
    talk.until(at(1, 10))
    return talk


def test_a_pause_ends_on_the_morning_of_the_day_that_was_named(store: Store, clock: VirtualClock) -> None:
    talk = talk_of(store, clock)
    assert talk.say("pause until 9/10") == ["OK, no texts until Thu 9/10. Text RESUME to go on."]
    assert talk.until(at(9, 23)) == []
    assert talk.until(at(10, 16)) == [
        "Leo: did speech happen today (Thu 9/10)? Text 1 yes, 2 no, 3 not sure."
    ]


def test_a_pause_without_a_day_is_two_weeks_and_no_pause_is_longer_than_four_months(
    store: Store, clock: VirtualClock
) -> None:
    talk = talk_of(store, clock)
    assert talk.say("PAUSE") == ["OK, no texts until Tue 9/15. Text RESUME to go on."]
    assert talk.say("pause until june 1") == ["OK, no texts until Wed 12/30. Text RESUME to go on."]


def test_the_language_changes_at_once_and_back(store: Store, clock: VirtualClock) -> None:
    talk = talk_of(store, clock)
    (answer,) = talk.say("en español por favor")
    assert answer.startswith("De acuerdo, le escribimos en español sobre Leo.")
    assert "hubo speech hoy" in talk.until(at(1, 16))[0]
    assert talk.say("English please")[0].startswith("OK, we write to you in English now")
    with store.read() as session:
        assert session.scalars(select(Caregiver.language)).one() == "en"
    # The question of before is still open and is answered in either language.
    talk.say("sí")
    assert [entry.outcome for entry in talk.log()] == ["held"]


def test_fix_and_a_report_with_the_day_as_our_own_texts_write_it(store: Store, clock: VirtualClock) -> None:
    """ "FIX speech Tue 9/1 no", as the texts suggest, also once a later session was answered."""
    talk = talk_of(store, clock)
    talk.until(at(1, 16))
    talk.say("1")
    talk.until(at(3, 16))
    talk.say("2")
    assert talk.say("FIX speech Tue 9/1 no")[0].startswith("Logged: speech Tue 9/1: no.")
    assert talk.say("speech Tue 9/1 yes")[0].startswith("Logged: speech Tue 9/1: yes.")
    talk.until(at(8, 16))
    assert talk.say("speech Thu 9/3 yes")[0].startswith("Logged: speech Thu 9/3: yes.")
    assert [one.supersedes for one in talk.log()] == [None, None, 1, 3, 2]
