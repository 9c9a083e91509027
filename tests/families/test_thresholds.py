"""The thresholds in force: three layers, kept as versions, and what saving one leads to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError

from assistant.clock import VirtualClock
from assistant.config import Escalation, Settings
from assistant.conversation.facts import policy_of
from assistant.families.thresholds import (
    EVERY,
    ThresholdError,
    layered,
    policy_for_kind,
    save,
    versions,
)
from assistant.store import AuditEvent, Case, PolicyVersion, ServiceLine, Store
from tests.support.family import OT, SETTINGS, SPEECH, family, registered

WHY = "Most of our families miss one a month."


def test_the_nearest_layer_wins_and_what_it_leaves_alone_follows(store: Store, clock: VirtualClock) -> None:
    settings = SETTINGS.model_copy(update={"escalation": Escalation(short_weeks=6)})
    with store.write() as session:
        save(
            session,
            EVERY,
            {"misses_for_document": 3, "misses_for_notice": 5},
            "r",
            WHY,
            clock.now(),
            settings,
        )
        save(session, "speech", {"misses_for_document": 2}, "r", WHY, clock.now(), settings)
        speech = policy_for_kind(session, "speech", settings)
        other = policy_for_kind(session, "other", settings)
    assert (speech.misses_for_document, speech.misses_for_notice, speech.short_weeks) == (2, 5, 6)
    assert (other.misses_for_document, other.misses_for_notice, other.short_weeks) == (3, 5, 6)
    with store.write() as session:
        save(
            session,
            EVERY,
            {"misses_for_document": 3, "misses_for_notice": 4},
            "r",
            WHY,
            clock.now(),
            settings,
        )
        assert policy_for_kind(session, "speech", settings).misses_for_notice == 4


def test_only_what_differs_is_kept_and_saving_the_same_makes_no_version(
    each_store: Store, clock: VirtualClock
) -> None:
    with each_store.write() as session:
        first = save(
            session,
            "counseling",
            {"misses_for_document": 4, "misses_for_notice": 6, "short_percent": 20},
            "staff 1",
            WHY,
            clock.now(),
            SETTINGS,
        )
        assert first is not None
        assert first.values == {"misses_for_document": 4, "misses_for_notice": 6}
        again = {"misses_for_document": 4, "misses_for_notice": 6}
        assert save(session, "counseling", again, "staff 1", WHY, clock.now(), SETTINGS) is None
        back = save(session, "counseling", {}, "staff 2", "as before", clock.now(), SETTINGS)
        assert back is not None
        assert (back.version, back.values) == (2, {})
    with each_store.read() as session:
        assert [(row.version, row.author) for row in versions(session, "counseling")] == [
            (2, "staff 2"),
            (1, "staff 1"),
        ]
        told = session.scalars(select(AuditEvent).where(AuditEvent.kind == "thresholds_changed")).all()
        assert [one.detail["changed"] for one in told] == [
            {"misses_for_document": [2, 4], "misses_for_notice": [3, 6]},
            {"misses_for_document": [4, 2], "misses_for_notice": [6, 3]},
        ]
    for statement in (update(PolicyVersion).values(reason="?"), delete(PolicyVersion)):
        with pytest.raises(DatabaseError, match="append-only"), each_store.write() as session:
            session.execute(statement)


def test_the_living_cases_of_that_kind_are_looked_at_again(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(services=(SPEECH, OT)), clock.now())
        cases = session.scalars(select(Case).order_by(Case.id)).all()
        for case in cases:
            case.look_at = None
    clock.move_to(clock.now() + timedelta(days=3))
    with store.write() as session:
        save(session, "speech", {"unknowns_in_a_row": 3}, "staff 1", WHY, clock.now(), SETTINGS)
    with store.read() as session:
        looked = {case.line.alias: case.look_at for case in session.scalars(select(Case))}
        assert looked == {"speech": clock.now(), "OT": None}
        line = session.scalars(select(ServiceLine).where(ServiceLine.alias == "speech")).one()
        assert policy_of(session, line, SETTINGS).unknowns_in_a_row == 3
    clock.move_to(clock.now() + timedelta(days=400))
    with store.write() as session:
        for case in session.scalars(select(Case)):
            case.look_at = None
        save(session, EVERY, {"unknowns_in_a_row": 2}, "staff 1", WHY, clock.now(), SETTINGS)
        assert [case.look_at for case in session.scalars(select(Case))] == [None, None]


@pytest.mark.parametrize(
    ("values", "key"),
    [({"misses_for_document": 1}, "misses_for_document"), ({"short_percent": 120}, "short_percent")],
)
def test_what_makes_no_sense_is_named_and_not_kept(
    store: Store, clock: VirtualClock, values: dict[str, int], key: str
) -> None:
    with store.write() as session:
        with pytest.raises(ThresholdError, match=r"^expected ") as found:
            save(session, EVERY, values, "staff 1", WHY, clock.now(), SETTINGS)
        assert found.value.key == key
        assert versions(session, EVERY) == []


def test_numbers_for_all_that_a_kinds_own_no_longer_fit_are_refused(
    store: Store, clock: VirtualClock
) -> None:
    with store.write() as session:
        save(session, "speech", {"misses_for_notice": 2}, "staff 1", WHY, clock.now(), SETTINGS)
        wanted = {"misses_for_document": 3, "misses_for_notice": 4}
        with pytest.raises(ThresholdError) as found:
            save(session, EVERY, wanted, "staff 1", WHY, clock.now(), SETTINGS)
        assert (found.value.key, found.value.service) == ("misses_for_notice", "speech")


def test_a_configuration_that_moved_away_from_a_version_stops_nothing() -> None:
    settings = Settings(escalation=Escalation(misses_for_document=5, misses_for_notice=6))
    policy = layered(settings, "speech", {"speech": {"misses_for_notice": 4, "gone_long_ago": 1}})
    assert (policy.misses_for_document, policy.misses_for_notice) == (5, 6)
