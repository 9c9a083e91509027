"""The page of an e-mailed question about periods: numbers to press or to type."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.schedule.types import (
    Accommodation,
    CountPerPeriod,
    Exceptions,
    Frequency,
    MinutesPerPeriod,
    ServiceLine,
)
from assistant.store import LogEntry, MakeUp, Store
from messages.links import question_token
from tests.support.family import LA, caregiver, family, registered
from tests.support.talk import Talk
from tests.web.pages_support import SECRET, client_of, press

PATH = f"/answer/{question_token(SECRET, 1)}"


def asked(store: Store, clock: VirtualClock, frequency: Frequency, delivery: str = "direct") -> None:
    line = ServiceLine("Occupational therapy", "OT", 30, frequency, delivery=delivery)  # type: ignore[arg-type]
    with store.write() as session:
        registered(session, family(caregiver(phone=None), services=(line,)), clock.now())
    Talk(store, clock).until(datetime(2026, 10, 1, 12, tzinfo=LA) if _monthly(frequency) else FRIDAY)


FRIDAY = datetime(2026, 9, 4, 18, tzinfo=LA)


def _monthly(frequency: Frequency) -> bool:
    return isinstance(frequency, MinutesPerPeriod)


@pytest.mark.parametrize(
    ("frequency", "fields", "outcome", "sessions", "minutes", "words"),
    [
        (CountPerPeriod(2, "week"), {"count": "1"}, "partial", 1, 30, "OT: 1"),
        (CountPerPeriod(2, "week"), {"count": "0"}, "missed", 0, None, "OT: 0"),
        (CountPerPeriod(2, "week"), {"answer": "unsure"}, "unknown", None, None, "OT: Not sure"),
        (
            MinutesPerPeriod(60, "month"),
            {"count": "45", "answer": "number"},
            "partial",
            None,
            45,
            "OT: 45 minutes",
        ),
        (Exceptions(), {"count": "1"}, "partial", 4, 120, "OT: days without: 1"),
        (
            Accommodation(),
            {"count": "2", "chances": "3", "answer": "number"},
            "partial",
            2,
            None,
            "OT: 2 of 3",
        ),
    ],
)
def test_a_number_is_kept_with_the_words_of_its_button(
    store: Store,
    clock: VirtualClock,
    frequency: Frequency,
    fields: dict[str, str],
    outcome: str,
    sessions: int | None,
    minutes: int | None,
    words: str,
) -> None:
    asked(store, clock, frequency)
    client = client_of(store, clock)
    page = client.get(PATH).get_data(as_text=True)
    assert "Not sure" in page
    assert press(client, PATH, item="1", **fields).status_code == 303
    with store.read() as session:
        entry = session.scalars(select(LogEntry)).one()
        assert (entry.outcome, entry.sessions, entry.minutes) == (outcome, sessions, minutes)
        assert entry.words == words
    assert "it is recorded" in client.get(PATH).get_data(as_text=True)
    # The same button twice records nothing more.
    press(client, PATH, item="1", **fields)
    with store.read() as session:
        assert len(session.scalars(select(LogEntry)).all()) == 1


def test_a_number_for_each_session_and_one_more_button(store: Store, clock: VirtualClock) -> None:
    asked(store, clock, CountPerPeriod(2, "week"))
    page = client_of(store, clock).get(PATH).get_data(as_text=True)
    assert [f'name="count" value="{n}"' in page for n in range(4)] == [True, True, True, False]
    assert "How many times did it happen? The plan says 2." in page
    assert "Monday, August 31 to Sunday, September 6" in page


def test_a_make_up_is_told_on_the_page_of_the_miss(store: Store, clock: VirtualClock) -> None:
    asked(store, clock, CountPerPeriod(2, "week"))
    client = client_of(store, clock)
    assert "Will the school make it up?" not in client.get(PATH).get_data(as_text=True)
    press(client, PATH, item="1", count="1")
    assert "Will the school make it up?" in client.get(PATH).get_data(as_text=True)
    make_up = f"{PATH}/make-up"
    refused = press(client, PATH, make_up, item="1", make_up="promised", on="")
    assert "Please name the day." in client.get(refused.headers["Location"]).get_data(as_text=True)
    press(client, PATH, make_up, item="1", make_up="promised", on="2026-09-18")
    with store.read() as session:
        row = session.scalars(select(MakeUp)).one()
        assert (row.state, row.minutes, row.day) == ("promised", 30, date(2026, 9, 18))
        assert session.scalars(select(LogEntry.words).order_by(LogEntry.number)).all() == [
            "OT: 1",
            "They named a day for it:",
        ]
    assert "They named a day for it: Friday, September 18" in client.get(PATH).get_data(as_text=True)
    assert press(client, PATH, make_up, item="1", make_up="lost").status_code == 404
    assert press(client, PATH, make_up, item="99", make_up="offered").status_code == 303


def test_a_consult_is_heard_of_or_not(store: Store, clock: VirtualClock) -> None:
    asked(store, clock, MinutesPerPeriod(15, "month"), "consult")
    client = client_of(store, clock)
    press(client, PATH, item="1", answer="no")
    with store.read() as session:
        assert session.scalars(select(LogEntry.outcome)).one() == "unknown"


@pytest.mark.parametrize(
    "fields", [{"count": "x"}, {"count": ""}, {"count": "99999"}, {"count": "9"}, {"count": "-1"}, {}]
)
def test_what_is_no_number_of_the_period_records_nothing(
    store: Store, clock: VirtualClock, fields: dict[str, str]
) -> None:
    asked(store, clock, CountPerPeriod(2, "week"))
    assert press(client_of(store, clock), PATH, item="1", **fields).status_code == 303
    with store.read() as session:
        assert session.scalars(select(LogEntry)).all() == []
