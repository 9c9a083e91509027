"""Letters from a real log: facts that add up, entries that exist, details where they belong."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from assistant.clock import VirtualClock
from assistant.conversation.contacts import NewContact, add_contact
from assistant.conversation.letters import Offer, letters_of, tell, wrong
from assistant.conversation.marks import act
from assistant.conversation.stepfacts import child_facts, contact_facts
from assistant.guide.loader import load_guide
from assistant.store import AuditEvent, Caregiver, Child, Detail, LogEntry, Step, Store
from tests.support.family import SETTINGS
from tests.support.logged import (
    AWAY,
    EVENT,
    GROUP,
    HELD,
    HOME,
    MISSED,
    SHORT,
    SILENT,
    SNOW,
    TERM,
    UNSURE,
    logged,
    suggested,
)

DETAILS = load_guide().letters.details
KINDS = (HELD, MISSED, AWAY, SHORT, GROUP, EVENT, UNSURE, SILENT, HOME, SNOW, None)


def offer_for(store: Store, clock: VirtualClock, step: int) -> Offer:
    with store.read() as session:
        return letters_of(session, session.get_one(Step, step), clock.now(), SETTINGS)


def told(store: Store, clock: VirtualClock, **answers: str) -> None:
    with store.write() as session:
        child = session.get_one(Child, 1)
        pairs = [(DETAILS[key], value) for key, value in answers.items()]
        tell(session, child, pairs, clock.now(), caregiver=session.get_one(Caregiver, 1))


@pytest.mark.parametrize("seed", range(8))
def test_the_minutes_add_up_and_every_statement_rests_on_entries_of_the_log(
    store: Store, clock: VirtualClock, seed: int
) -> None:
    chosen = random.Random(seed).choices(KINDS, k=14)
    logged(store, clock, term=[MISSED, HELD, *chosen])
    found = offer_for(store, clock, suggested(store, clock, "written_notice"))
    facts = found.facts
    left = sum(one.minutes for one in facts.not_counted)
    given = facts.minutes_received + facts.minutes_other
    assert facts.minutes_expected == given + facts.minutes_short + left + facts.unlogged[1]
    assert facts.minutes_short == sum(row.expected - row.received for row in facts.rows)
    assert facts.misses + facts.partials == len(facts.rows)
    assert facts.unlogged[0] == chosen.count(None)
    (letter,) = found.letters
    with store.read() as session:
        numbers = {one.number for one in session.query(LogEntry).filter_by(child_id=1)}
    assert set(letter.entries) <= numbers
    assert all(one.entries for one in letter.school.statements)
    annexed = {int(row[0]) for row in letter.annex[-1].rows}
    assert annexed == set(letter.entries)


def test_counted_and_not_counted_are_stated_apart(store: Store, clock: VirtualClock) -> None:
    logged(store, clock)
    text = offer_for(store, clock, suggested(store, clock, "written_notice")).letters[0].school.text
    for said in (
        "not held: 3; cut short: 1",
        "my child was absent: 1 (30 minutes)",
        "a school event, testing or a short day: 1 (30 minutes)",
        "the school was closed: 1 (30 minutes)",
        "I do not know if it was held: 1 (30 minutes)",
        "I did not answer the question in my log: 1 (30 minutes)",
        "not as the IEP writes it: 30 minutes",
        "Sessions that were held in that time: 2",
        "10 of 30 minutes given",
    ):
        assert said in text, said
    assert "no vino" not in text, "the parent's own words are theirs"


def test_what_a_complaint_cannot_do_without_is_asked_for_first(store: Store, clock: VirtualClock) -> None:
    logged(store, clock)
    step = suggested(store, clock, "compliance_complaint")
    found = offer_for(store, clock, step)
    assert [one.key for one in found.missing] == ["child_address", "parent_address"]
    assert found.letters == ()
    told(store, clock, child_address="12 Oak Street", parent_address="12 Oak Street")
    found = offer_for(store, clock, step)
    assert found.missing == ()
    assert [one.key for one in found.letters] == ["compliance_complaint", "complaint_data_sheet"]


def test_a_complaint_names_only_what_lies_within_a_year_of_its_receipt(
    store: Store, clock: VirtualClock
) -> None:
    logged(store, clock)
    told(store, clock, child_address="12 Oak Street", parent_address="12 Oak Street")
    first_miss = offer_for(store, clock, suggested(store, clock, "written_notice")).facts.rows[0].day
    clock.move_to(datetime(2027, first_miss.month, first_miss.day, 12, tzinfo=UTC) - timedelta(10))
    facts = offer_for(store, clock, suggested(store, clock, "compliance_complaint")).facts
    assert facts.receipt_by == facts.today + timedelta(14)
    assert facts.rows
    assert min(row.day for row in facts.rows) > first_miss
    assert all(row.day.replace(year=row.day.year + 1) >= facts.receipt_by for row in facts.rows)


def test_only_urgent_entries_ask_for_a_fast_answer(store: Store, clock: VirtualClock) -> None:
    logged(store, clock, term=[*TERM, HOME])
    told(store, clock, child_address="12 Oak Street", parent_address="12 Oak Street")
    found = offer_for(store, clock, suggested(store, clock, "compliance_complaint"))
    assert [one.entry for one in found.facts.urgent] == [13]
    assert "Please look at this first" in found.letters[0].school.text


def test_a_recording_letter_comes_only_to_who_wants_it(store: Store, clock: VirtualClock) -> None:
    logged(store, clock)
    step = suggested(store, clock, "iep_meeting")
    assert [one.key for one in offer_for(store, clock, step).letters] == ["meeting_request"]
    assert "record_meeting" in [one.key for one, _ in offer_for(store, clock, step).asked]
    told(store, clock, record_meeting="yes")
    found = offer_for(store, clock, step)
    assert [one.key for one in found.letters] == ["meeting_request", "recording_notice"]
    assert "24 hours" in found.letters[1].school.text


def test_talks_and_letters_of_the_record_are_in_the_next_letter_and_its_own_sending_is_not(
    store: Store, clock: VirtualClock
) -> None:
    logged(store, clock)
    first = suggested(store, clock, "document")
    with store.write() as session:
        today = clock.now().date()
        said = NewContact(today, "phone", "<b>two</b> weeks & more", who="Ms. Lee", promised="a plan")
        add_contact(session, 1, said, today, clock.now())
        wrong_one = add_contact(
            session, 1, NewContact(today, "phone", "typo", who="Me. Le"), today, clock.now()
        )
        fixed = NewContact(today, "email", "mended", who="Ms. Lee", corrects=wrong_one.number)
        add_contact(session, 1, fixed, today, clock.now())
        act(session, first, "done", clock.now(), SETTINGS, "test", on=today - timedelta(2))
        act(session, first, "done", clock.now(), SETTINGS, "test", on=today - timedelta(1))
    clock.move_to(clock.now() + timedelta(days=10))
    second = suggested(store, clock, "written_notice")
    found = offer_for(store, clock, second)
    text = found.letters[0].school.text
    assert "<b>two</b> weeks & more" in text
    assert "a plan" in text
    assert "typo" not in text
    assert [(one.did, one.day) for one in found.facts.steps] == [("sent", today - timedelta(1))]
    with store.write() as session:
        act(session, second, "done", clock.now(), SETTINGS, "test")
    after = offer_for(store, clock, second)
    assert after.facts.steps == found.facts.steps
    with store.write() as session:
        act(session, first, "not_now", clock.now(), SETTINGS, "test")
    clock.move_to(clock.now() + timedelta(days=1))
    third = offer_for(store, clock, suggested(store, clock, "iep_meeting")).facts
    assert [one.step for one in third.steps] == ["written_notice"]


def test_a_letter_of_a_step_that_was_sent_stays_as_of_that_day(store: Store, clock: VirtualClock) -> None:
    logged(store, clock)
    step = suggested(store, clock, "written_notice")
    with store.write() as session:
        act(session, step, "done", clock.now(), SETTINGS, "test")
    before = offer_for(store, clock, step).letters[0].school.text
    clock.move_to(clock.now() + timedelta(days=40))
    assert offer_for(store, clock, step).letters[0].school.text == before


def test_details_go_where_they_belong(store: Store, clock: VirtualClock) -> None:
    logged(store, clock)
    told(store, clock, full_name="Leonardo Ángel Rivera", parent="Ana R.", grade="3", relation="guardian")
    told(store, clock, grade="", full_name="")
    with store.read() as session:
        assert session.get_one(Child, 1).full_name == "Leonardo Ángel Rivera"
        assert session.get_one(Caregiver, 1).name == "Ana R."
        rows = {one.key: one.value for one in session.query(Detail)}
        events = session.query(AuditEvent).filter_by(kind="letter_details").all()
    assert rows == {"grade": "", "relation": "guardian"}
    assert "Leonardo" not in str([one.detail for one in events])
    text = offer_for(store, clock, suggested(store, clock, "written_notice")).letters[0].school.text
    assert "legal guardian" in text
    assert "grade" not in text


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("birth_date", "2018-03-04", ""),
        ("birth_date", "4 March", "date"),
        ("birth_date", "1018-03-04", "date"),
        ("relation", "uncle", "choice"),
        ("relation", "parent", ""),
        ("grade", "3" * 200, "long"),
        ("grade", "", ""),
    ],
)
def test_answers_are_checked(key: str, value: str, said: str) -> None:
    assert wrong(DETAILS[key], value, required=False) == said
    assert wrong(DETAILS[key], "", required=True) == "missing"


def test_a_talk_can_be_confirmed_and_nothing_else_can(store: Store, clock: VirtualClock) -> None:
    child_id = logged(store, clock)
    with store.write() as session:
        today = clock.now().date()
        new = NewContact(today, "meeting", "They look for someone", who="Ms. Lee", title="principal")
        number = add_contact(session, child_id, new, today, clock.now()).number
        child, person = session.get_one(Child, child_id), session.get_one(Caregiver, 1)
        facts = contact_facts(session, child, person, number, clock.now())
        assert facts is not None
        assert facts.contacts[0].title == "principal"
        assert set(facts.log) == {number}
        assert contact_facts(session, child, person, 1, clock.now()) is None
        assert contact_facts(session, child, person, 99, clock.now()) is None
        bare = child_facts(session, child, person, clock.now())
        assert bare.service == ""
        assert bare.today == date(2026, 10, bare.today.day)
