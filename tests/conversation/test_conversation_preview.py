"""What other thresholds would have done: families counted once, by what was known when; a part of many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from assistant.clock import VirtualClock
from assistant.conversation.preview import STEPS, Effect, Preview, preview
from assistant.escalation.types import StepKey
from assistant.evidence.log import Said, record
from assistant.families.household import households
from assistant.families.thresholds import EVERY, ThresholdError, save
from assistant.store import AuditEvent, Case, Child, Expectation, Guardianship, PolicyVersion, Step, Store
from assistant.words import Cause, Outcome
from jobs.bench_preview import NOW, fill
from tests.support.family import OT, SETTINGS, SPEECH, caregiver, family, registered

BY_DEFAULT = {"misses_for_document": 2}


def child_with(store: Store, clock: VirtualClock, phone: str, missed: int, late: int = 0) -> int:
    """A child whose first `missed` sessions of speech were not held; told `late` days after."""
    with store.write() as session:
        new = family(caregiver(phone=phone, email=None), services=(SPEECH, OT))
        child = registered(session, new, clock.now())
        due = session.scalars(
            select(Expectation)
            .where(Expectation.child_id == child.id, Expectation.due_minutes == 30)
            .order_by(Expectation.due_at)
        )
        speech = [one for one in due if one.line.alias == "speech"]
        for one in speech[:missed]:
            said = Said(Outcome.MISSED, Cause.PROVIDER_ABSENT)
            record(session, one, said, one.due_at + timedelta(hours=1, days=late))
        return child.id


def effect(found: Preview, key: StepKey) -> tuple[int, int]:
    [one] = [one for one in found.effects if one.key is key]
    return one.now, one.then


def test_families_are_counted_by_the_steps_they_would_have_had(
    each_store: Store, clock: VirtualClock
) -> None:
    store = each_store
    for number, missed in enumerate((0, 1, 2, 2, 3, 5)):
        child_with(store, clock, f"+1415555010{number}", missed)
    now = clock.now() + timedelta(days=25)
    with store.read() as session:
        found = preview(session, "speech", {"misses_for_document": 3}, "month", now, SETTINGS)
        assert (found.families, found.looked_at) == (6, 6)
        assert effect(found, StepKey.DOCUMENT) == (4, 2)
        assert effect(found, StepKey.WRITTEN_NOTICE) == (2, 2)
        assert found.every == Effect(None, 4, 2)
        other = preview(session, "counseling", {"misses_for_document": 3}, "month", now, SETTINGS)
        assert (other.families, other.every) == (0, Effect(None, 0, 0))
        # Occupational therapy was never missed: its numbers change nothing, for as many families.
        held = preview(session, "occupational_therapy", {"misses_for_document": 3}, "month", now, SETTINGS)
        assert (held.families, held.every) == (6, Effect(None, 0, 0))


def test_what_was_told_late_was_not_known_before(store: Store, clock: VirtualClock) -> None:
    child_with(store, clock, "+14155550101", 2, late=40)
    with store.read() as session:
        soon = preview(session, "speech", BY_DEFAULT, "month", clock.now() + timedelta(days=29), SETTINGS)
        assert soon.every.now == 0
        later = preview(session, "speech", BY_DEFAULT, "quarter", clock.now() + timedelta(days=50), SETTINGS)
        assert later.every.now == 0  # 40 days on, they lie outside the window of 20 school days
    child_with(store, clock, "+14155550102", 2, late=3)
    with store.read() as session:
        told = preview(session, "speech", BY_DEFAULT, "month", clock.now() + timedelta(days=20), SETTINGS)
        assert told.every.now == 1


def test_brothers_and_sisters_are_one_family(store: Store, clock: VirtualClock) -> None:
    first = child_with(store, clock, "+14155550101", 2)
    second = child_with(store, clock, "+14155550102", 2)
    third = child_with(store, clock, "+14155550103", 2)
    with store.write() as session:
        other = session.scalars(select(Guardianship).where(Guardianship.child_id == third)).one()
        session.add(Guardianship(child_id=first, caregiver_id=other.caregiver_id, position=1))
        session.flush()
        assert households(session) == {first: first, second: second, third: first}
        found = preview(session, EVERY, BY_DEFAULT, "month", clock.now() + timedelta(days=20), SETTINGS)
    assert (found.families, found.every.now) == (2, 2)


def test_numbers_of_a_kind_stand_over_those_for_all(store: Store, clock: VirtualClock) -> None:
    for number in range(3):
        child_with(store, clock, f"+1415555010{number}", 2)
    now = clock.now() + timedelta(days=20)
    with store.write() as session:
        save(session, "speech", {"misses_for_document": 3}, "staff 1", "too many", now, SETTINGS)
    with store.read() as session:
        every = preview(session, EVERY, {"misses_for_document": 2}, "month", now, SETTINGS)
        assert every.every == Effect(None, 0, 0)
        with pytest.raises(ThresholdError) as found:  # what speech sets for itself would not fit any more
            preview(session, EVERY, {"misses_for_notice": 2}, "month", now, SETTINGS)
        assert (found.value.key, found.value.service) == ("misses_for_notice", "speech")
        kind = preview(session, "speech", {"misses_for_document": 2}, "month", now, SETTINGS)
        assert kind.every == Effect(None, 0, 3)


def test_looking_changes_nothing(store: Store, clock: VirtualClock) -> None:
    child_with(store, clock, "+14155550101", 5)
    now = clock.now() + timedelta(days=20)
    tables = (Case, Step, PolicyVersion, AuditEvent)
    with store.write() as session:
        before = [session.scalars(select(func.count()).select_from(table)).one() for table in tables]
        looks = session.scalars(select(Case.look_at)).all()
        preview(session, EVERY, {"misses_for_notice": 9}, "month", now, SETTINGS)
        assert not session.dirty
        assert not session.new
        assert [session.scalars(select(func.count()).select_from(table)).one() for table in tables] == before
        assert session.scalars(select(Case.look_at)).all() == looks


def test_what_makes_no_sense_is_named(store: Store, clock: VirtualClock) -> None:
    with store.read() as session, pytest.raises(ThresholdError) as found:
        preview(session, EVERY, {"short_weeks": 0}, "month", clock.now(), SETTINGS)
    assert found.value.key == "short_weeks"


def test_of_many_families_a_fair_part_is_looked_at(store: Store) -> None:
    fill(store, 40)
    with store.read() as session:
        every = preview(session, EVERY, BY_DEFAULT, "quarter", NOW, SETTINGS)
        some = preview(session, EVERY, BY_DEFAULT, "quarter", NOW, SETTINGS, most=20)
        assert (every.families, every.looked_at) == (40, 40)
        assert (some.families, some.looked_at) == (40, 20)
        assert [one.key for one in some.effects] == list(STEPS)
        assert 0 < some.every.now < every.every.now
        assert session.scalars(select(func.count()).select_from(Child)).one() == 40


def test_the_days_are_the_programs(store: Store) -> None:
    now = datetime(2026, 10, 2, 3, 0, tzinfo=UTC)  # still 1 October in Los Angeles
    with store.read() as session:
        found = preview(session, EVERY, {}, "month", now, SETTINGS)
    assert (found.first.isoformat(), found.last.isoformat()) == ("2026-09-02", "2026-10-01")
