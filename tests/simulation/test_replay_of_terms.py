"""The past lived again with the thresholds in force: the very steps that really came, on the very days."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import func, select

from assistant.config import Settings
from assistant.conversation.facts import policy_of, start_of
from assistant.conversation.preview import parent_of
from assistant.escalation.replay import replay
from assistant.evidence.occasions import occasions_of
from assistant.evidence.pasts import lines_short_of_something, pasts
from assistant.families.plan import calendar_of
from assistant.schedule.zones import moment
from assistant.store import Case, LogEntry, Store, open_store
from tests.support.lived import Lived

SETTINGS = Settings()
TERMS = ("fall-2026", "six-lines")  # sessions on known days; every other form


@pytest.fixture(scope="module", params=TERMS)
def term(
    request: pytest.FixtureRequest, lived: Callable[[str], Lived], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """A store in which a term was lived."""
    file = tmp_path_factory.mktemp("lived") / "term.db"
    file.write_bytes(lived(request.param).database)
    store = open_store(f"sqlite:///{file}", durable=False)
    yield store
    store.close()


def end_of(store: Store) -> datetime:
    with store.read() as session:
        last = session.scalars(select(func.max(LogEntry.recorded_at))).one()
    assert last is not None
    return last + timedelta(days=3)


def test_what_was_known_each_evening_is_what_the_log_said_then(term: Store) -> None:
    now = end_of(term)
    with term.read() as session:
        cases = session.scalars(select(Case)).all()
        zones = {case.service_line_id: calendar_of(session, case.line).zone for case in cases}
        known = dict(pasts(session, zones, now))
        assert set(known) == set(zones)
        for line, evenings in known.items():
            assert [one.day for one in evenings] == sorted({one.day for one in evenings})
            for one in evenings[::5] + evenings[-1:]:
                midnight = moment(one.day + timedelta(days=1), time(0), zones[line])
                assert one.occasions == occasions_of(session, line, midnight - timedelta(seconds=1))
        silent = set(zones) - lines_short_of_something(session, list(zones))
        for line in silent:
            assert all(part.short == 0 or part.entry is None for part in known[line][-1].occasions)


def test_the_steps_are_those_that_really_came(term: Store) -> None:
    now, steps = end_of(term), 0
    with term.read() as session:
        for case in session.scalars(select(Case)):
            calendar = calendar_of(session, case.line)
            [(_, past)] = pasts(session, {case.service_line_id: calendar.zone}, now)
            until = now.astimezone(calendar.zone).date()
            brought = replay(
                start_of(case, calendar, SETTINGS),
                past,
                parent_of(case, calendar.zone),
                until,
                policy_of(session, case, SETTINGS),
            )
            really = [(step.suggested_on, step.key) for step in case.steps]
            assert [(one.on, one.key.value) for one in brought if not one.reminder] == really
            reminded = [(step.reminded_on, step.key) for step in case.steps if step.reminded_on]
            assert sorted((one.on, one.key.value) for one in brought if one.reminder) == sorted(reminded)
            why = [step.why for step in case.steps]
            assert [one.rule for one in brought if not one.reminder] == [one["rule"] for one in why]
            steps += len(really)
    assert steps > 0
