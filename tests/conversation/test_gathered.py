"""Questions in the evening or once a week, for who wants that: when, and never as missed for our own wait."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.conversation.gather import gathered
from assistant.store import Caregiver, Expectation, Question, Store
from messages.hours import Hours
from tests.support.family import SPEECH, family, registered
from tests.support.talk import Talk

LA = ZoneInfo("America/Los_Angeles")
HOURS = Hours(LA, time(9), time(20))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of September 2026 in Los Angeles; the first is a Tuesday."""
    return datetime(2026, 9, day, hour, minute, tzinfo=LA)


@pytest.mark.parametrize(
    ("way", "due", "asked"),
    [
        ("each", at(1, 14, 30), at(1, 14, 30)),
        ("evening", at(1, 14, 30), at(1, 18)),
        ("evening", at(1, 18, 40), at(1, 18, 40)),  # after that evening began: at once
        ("week", at(1, 14, 30), at(4, 18)),
        ("week", at(4, 14, 30), at(4, 18)),
        ("week", at(5, 10), at(5, 18)),  # a Saturday is asked about by itself
    ],
)
def test_when_it_is_asked(way: str, due: datetime, asked: datetime) -> None:
    assert gathered(way, due, HOURS) == asked.astimezone(UTC)


def test_hours_that_end_early_are_kept() -> None:
    early = Hours(LA, time(9), time(17))
    assert gathered("evening", at(1, 14, 30), early) == at(1, 16).astimezone(UTC)


def test_a_week_comes_as_one_question_and_nothing_is_given_up(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
        session.scalars(select(Caregiver)).one().gather = "week"
    talk = Talk(store, clock)
    asked = talk.until_asked()
    assert clock.now().astimezone(LA).strftime("%a %H:%M") == "Fri 18:00"
    assert "A1" in asked
    with store.read() as session:
        question = session.scalars(select(Question)).one()
        assert len(question.items) == 2  # Tuesday's and Thursday's
        states = session.scalars(select(Expectation.state).order_by(Expectation.id).limit(2)).all()
        assert states == ["asked", "asked"]
