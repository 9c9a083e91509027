"""SENT, ANSWERED, REFUSED and FIXED by text, through the webhook's own way in."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.schedule.types import ServiceLine
from assistant.store import Case, Step, Store
from assistant.store import ServiceLine as Line
from messages.segments import count
from tests.support.family import LA, OT, SPEECH, TUESDAY_OT, caregiver, family, registered
from tests.support.talk import Talk


def talk(store: Store, clock: VirtualClock, *services: ServiceLine, spanish: bool = False) -> Talk:
    with store.write() as session:
        person = caregiver("es" if spanish else "en")
        registered(session, family(person, services=services or (SPEECH,)), clock.now())
    return Talk(store, clock)


def live(talk: Talk, until: date, answer: str) -> None:
    """Answer every question until that evening."""
    end = datetime.combine(until, time(18), LA)
    while talk.clock.now() < end:
        bodies = talk.until(min(end, talk.clock.now() + timedelta(hours=12)))
        if any("happen" in body or "hubo" in body.casefold() for body in bodies):
            talk.say(answer)


def states(store: Store) -> dict[tuple[str, str], tuple[str, str | None]]:
    with store.read() as session:
        rows = session.execute(
            select(Line.alias, Step.key, Step.state, Step.answer)
            .join(Case, Case.id == Step.case_id)
            .join(Line, Line.id == Case.service_line_id)
            .order_by(Step.id)
        )
        return {(alias, key): (state, answer) for alias, key, state, answer in rows}


def test_a_letter_sent_and_answered_by_text(store: Store, clock: VirtualClock) -> None:
    ana = talk(store, clock)
    live(ana, date(2026, 9, 8), "2 the therapist was out")
    [reply] = ana.say("sent it")
    assert reply.startswith("Leo, speech: noted that you sent it (Tue 9/8).")
    assert count(reply).segments == 1
    assert states(store)["speech", "document"] == ("done", None)
    [reply] = ana.say("They answered")
    assert "they answered" in reply
    assert states(store)["speech", "document"] == ("done", "answered")
    assert [one.kind for one in ana.log()][-2:] == ["step", "step"]
    assert ana.log()[-1].words == "They answered"


def test_in_spanish(store: Store, clock: VirtualClock) -> None:
    ana = talk(store, clock, spanish=True)
    live(ana, date(2026, 9, 8), "no, la terapeuta no vino")
    [reply] = ana.say("Ya la mandé")
    assert reply.startswith("Leo, speech: anotado que la mand")
    assert count(reply).segments == 1
    assert states(store)["speech", "document"] == ("done", None)


def test_two_services_that_wait_are_asked_back_and_a_name_settles_it(
    store: Store, clock: VirtualClock
) -> None:
    ana = talk(store, clock, SPEECH, TUESDAY_OT)
    live(ana, date(2026, 9, 15), "A2 B2")
    assert {key for key in states(store) if key[1] == "document"} == {
        ("speech", "document"),
        ("OT", "document"),
    }
    [reply] = ana.say("sent")
    assert "For which one?" in reply
    assert "speech" in reply
    assert all(state == "suggested" for (_, key), (state, _) in states(store).items() if key == "document")
    ana.say("sent OT")
    found = states(store)
    assert found["OT", "document"][0] == "done"
    assert found["speech", "document"][0] == "suggested"


def test_refused_while_a_question_is_open_is_an_answer_about_the_session(
    store: Store, clock: VirtualClock
) -> None:
    ana = talk(store, clock)
    live(ana, date(2026, 9, 8), "2 the therapist was out")
    ana.say("sent")
    ana.until_asked()
    ana.say("refused")
    assert states(store)["speech", "document"] == ("done", None)
    ana.say("the school refused")  # nobody can mean the child by that
    assert states(store)["speech", "document"] == ("done", "refused")


@pytest.mark.parametrize("word", ["sent", "answered", "fixed", "not now"])
def test_without_a_step_the_word_is_nobodys(store: Store, clock: VirtualClock, word: str) -> None:
    ana = talk(store, clock, OT)
    ana.until_asked()
    ana.say("1")
    ana.say(word)
    assert {state for state, _ in states(store).values()} == {"suggested"}
    assert not [one for one in ana.log() if one.kind == "step"]
