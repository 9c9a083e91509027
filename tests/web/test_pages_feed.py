"""The calendar feed: what it shows, what it never shows, and how its address is taken back."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime

import icalendar
import pytest
import recurring_ical_events
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.conversation.feed import feed
from assistant.conversation.marks import act
from assistant.evidence.make_ups import make_up
from assistant.schedule.types import CountPerPeriod, MinutesPerPeriod, ServiceLine
from assistant.store import Caregiver, Expectation, Step, Store
from tests.support.family import LA, SETTINGS, SPEECH, caregiver, family, registered
from tests.support.talk import Talk
from tests.web.pages_support import client_of, press

LINES = (
    SPEECH,
    ServiceLine("Occupational therapy", "OT", 30, CountPerPeriod(2, "week")),
    ServiceLine("Physical therapy", "PT", 30, MinutesPerPeriod(60, "month")),
)


@pytest.fixture
def key(store: Store, clock: VirtualClock) -> str:
    with store.write() as session:
        registered(session, replace(family(services=LINES), iep_dated=date(2026, 5, 14)), clock.now())
        return session.scalars(select(Caregiver.feed_key)).one() or ""


def events(store: Store, clock: VirtualClock) -> list[tuple[str, date | datetime]]:
    with store.read() as session:
        data = feed(session, session.scalars(select(Caregiver)).one(), clock.now())
    calendar = icalendar.Calendar.from_ical(data)
    return [(str(one["SUMMARY"]), one.decoded("DTSTART")) for one in calendar.walk("VEVENT")]


def test_a_calendar_program_reads_the_sessions_of_the_year(
    store: Store, clock: VirtualClock, key: str
) -> None:
    page = client_of(store, clock).get(f"/calendar/{key}.ics")
    assert page.status_code == 200
    assert page.content_type == "text/calendar; charset=utf-8"
    assert page.headers["X-Robots-Tag"].startswith("noindex")
    calendar = icalendar.Calendar.from_ical(page.data)
    november = recurring_ical_events.of(calendar).between(date(2026, 11, 1), date(2026, 11, 14))
    speech = sorted(one.decoded("DTSTART") for one in november if one["SUMMARY"] == "Leo: speech")
    assert [one.astimezone(LA).strftime("%m-%d %H:%M") for one in speech] == [
        "11-03 14:00",
        "11-05 14:00",
        "11-10 14:00",
        "11-12 14:00",
    ]
    assert "Leo: OT, 2 times, week of Mon 11/2" in {str(one["SUMMARY"]) for one in november}
    everything = {str(one["SUMMARY"]) for one in calendar.walk("VEVENT")}
    assert {"Leo: PT, 60 minutes, September", "Leo: yearly meeting due"} <= everything
    uids = [str(one["UID"]) for one in calendar.walk("VEVENT")]
    assert len(uids) == len(set(uids)) > 100


def test_the_feed_shows_nickname_and_alias_and_nothing_else(
    store: Store, clock: VirtualClock, key: str
) -> None:
    text = client_of(store, clock).get(f"/calendar/{key}.ics").get_data(as_text=True)
    for secret in ("Leonardo", "Rivera", "Alder", "therapy", "IEP", "415555"):
        assert secret not in text


def test_entries_keep_their_identity_from_one_reading_to_the_next(
    store: Store, clock: VirtualClock, key: str
) -> None:
    client = client_of(store, clock)
    first = re.findall(r"UID:(\S+)", client.get(f"/calendar/{key}.ics").get_data(as_text=True))
    Talk(store, clock).until(datetime(2026, 9, 8, 12, tzinfo=LA))
    second = re.findall(r"UID:(\S+)", client.get(f"/calendar/{key}.ics").get_data(as_text=True))
    assert set(first) == set(second)


def test_promised_make_ups_and_clocks_are_in_it(store: Store, clock: VirtualClock, key: str) -> None:
    talk = Talk(store, clock)
    for day in (1, 3):
        talk.until(datetime(2026, 9, day, 16, tzinfo=LA))
        talk.say("no, the therapist was out")
    talk.until(datetime(2026, 9, 8, 12, tzinfo=LA))  # a week after the first e-mail
    with store.write() as session:
        step = session.scalars(select(Step).where(Step.key == "document")).one()
        act(session, step.id, "done", clock.now(), SETTINGS, "test")
        miss = session.scalars(select(Expectation).where(Expectation.day == date(2026, 9, 1))).first()
        assert miss is not None
        make_up(session, "promised", [miss], clock.now(), on=date(2026, 9, 18))
    found = dict(events(store, clock))
    assert found["Leo: speech make-up"] == date(2026, 9, 18)
    assert found["Leo: speech, records due"] == date(2026, 9, 15)  # five business days
    text = client_of(store, clock).get(f"/calendar/{key}.ics").get_data(as_text=True).replace("\r\n ", "")
    assert "Set by law\\; check the date. Cal. Ed. Code 56504" in text


def test_an_address_that_is_none_shows_nothing(store: Store, clock: VirtualClock, key: str) -> None:
    client = client_of(store, clock)
    for wrong in ("x", key[:-1], key + "x", "a" * 32, "%00" * 10, "../" + key):
        assert client.get(f"/calendar/{wrong}.ics").status_code == 404
        assert client.get(f"/calendar/{wrong}").status_code == 404
    assert len(key) >= 32


def test_a_new_address_ends_the_old_one(store: Store, clock: VirtualClock, key: str) -> None:
    client = client_of(store, clock)
    page = client.get(f"/calendar/{key}")
    assert f"/calendar/{key}.ics" in page.get_data(as_text=True)
    answer = press(client, f"/calendar/{key}")
    assert answer.status_code == 303
    fresh = answer.headers["Location"].rsplit("/", 1)[1]
    assert fresh != key
    assert client.get(f"/calendar/{key}.ics").status_code == 404
    assert client.get(f"/calendar/{fresh}.ics").status_code == 200
    # Without the form's token nothing changes.
    assert client.post(f"/calendar/{fresh}").status_code == 400
    assert client.get(f"/calendar/{fresh}.ics").status_code == 200


def test_the_page_is_in_the_caregivers_language(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(caregiver("es")), clock.now())
        key = session.scalars(select(Caregiver.feed_key)).one()
    assert "Hacer una dirección nueva" in client_of(store, clock).get(f"/calendar/{key}").get_data(
        as_text=True
    )
