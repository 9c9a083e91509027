"""The same answers in another order of arrival end in the same state: occasions, ledger and decision alike.

What is said twice about one session is a correction, and the later one counts; so within a session the order
stays, and everything else is told in any order. Days without an aide may be told in any order too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.conversation.facts import facts_of
from assistant.escalation.decide import decide
from assistant.escalation.policy import Policy
from assistant.escalation.types import Decision, Occasion
from assistant.evidence.ledger import Ledger, ledger_of
from assistant.evidence.log import Said, record
from assistant.schedule.types import Accommodation, CountPerPeriod, Exceptions, MinutesPerPeriod, ServiceLine
from assistant.store import Case, Expectation, Store
from assistant.words import Asks, Cause, Outcome
from tests.support.examples import some
from tests.support.family import SETTINGS, SPEECH, family, registered
from tests.support.stores import new_sqlite

REGISTERED = datetime(2026, 8, 31, 15, tzinfo=UTC)
NOW = datetime(2026, 10, 2, 23, 30, tzinfo=UTC)
LINES = (
    SPEECH,
    ServiceLine("Occupational therapy", "OT", 30, CountPerPeriod(2, "week")),
    ServiceLine("Physical therapy", "PT", 30, MinutesPerPeriod(60, "week")),
    ServiceLine("Aide", "aide", 370, Exceptions(urgent=True)),
    ServiceLine("Extra time", "extra", 0, Accommodation()),
)
State = list[tuple[tuple[Occasion, ...], Ledger, Decision]]
Told = tuple[int, Said]  # the place of the expectation, and what was said about it

OUTCOMES = st.sampled_from([Outcome.MISSED, Outcome.MISSED, Outcome.HELD, *Outcome])
SAID = st.builds(
    lambda outcome, cause, minutes, sessions: Said(
        outcome, cause if outcome is Outcome.MISSED else None, minutes, sessions, chances=3
    ),
    OUTCOMES,
    st.none() | st.sampled_from(Cause),
    st.none() | st.integers(0, 90),
    st.none() | st.integers(0, 3),
)


class _UndoneError(Exception):
    """Ends a transaction without keeping anything."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = new_sqlite(tmp_path_factory.mktemp("order") / "s.db")
    with store.write() as session:
        registered(session, family(services=LINES), REGISTERED, SETTINGS)
    yield store
    store.close()


def state_after(store: Store, told: Sequence[Told]) -> State:
    """What the cases rest on and decide once all this was told; nothing of it is kept."""
    found: State = []
    try:
        with store.write() as session:
            due = _due(session)
            for place, said in told:
                one = due[place]
                record(session, one, _fit(one, said), NOW)
                one.state, one.ask_at = "answered", None
            session.flush()
            found += [_state(session, case) for case in session.scalars(select(Case).order_by(Case.id))]
            raise _UndoneError
    except _UndoneError:
        return found


def _due(session: Session) -> Sequence[Expectation]:
    wanted = select(Expectation).where(Expectation.due_at <= NOW).order_by(Expectation.id)
    return session.scalars(wanted).all()


def _fit(one: Expectation, said: Said) -> Said:
    """Early words are about a day of the expectation's own week."""
    if said.kind == "answer":
        return said
    back = (said.sessions or 0) + 1
    return replace(said, outcome=Outcome.MISSED, cause=None, day=one.day - timedelta(days=back))


def _state(session: Session, case: Case) -> tuple[tuple[Occasion, ...], Ledger, Decision]:
    """Without the numbers of the entries: those are the order of arrival itself."""
    facts = facts_of(session, case, NOW, SETTINGS)
    bare = tuple(sorted((replace(one, entry=None) for one in facts.occasions), key=repr))
    decision = decide(facts, Policy())
    why = replace(decision.why, entries=()) if decision.why else None
    return bare, ledger_of(session, case.service_line_id, NOW), replace(decision, why=why)


@settings(max_examples=some(25), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 40), SAID), min_size=2, max_size=16), st.randoms())
def test_answers_in_another_order(store: Store, told: list[Told], random: Random) -> None:
    with store.read() as session:
        due = len(_due(session))
    told = [(place % due, said) for place, said in told]
    assert state_after(store, _mixed(told, random)) == state_after(store, told)


@settings(max_examples=some(15), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, 3), min_size=2, max_size=4, unique=True), st.integers(0, 5), st.randoms())
def test_days_without_an_aide_in_another_order(
    store: Store, days: list[int], total: int, random: Random
) -> None:
    with store.read() as session:
        aide = [n for n, one in enumerate(_due(session)) if one.asks == Asks.WITHOUT]
    early: list[Told] = [(aide[1], Said(Outcome.MISSED, sessions=day, kind="progress")) for day in days]
    mixed = random.sample(early, len(early))
    assert state_after(store, mixed) == state_after(store, early)
    end: Told = (aide[1], Said(Outcome.PARTIAL, sessions=total))
    assert state_after(store, [*mixed, end]) == state_after(store, [*early, end])


def test_a_correction_is_no_other_order(store: Store) -> None:
    """Two answers about one session: the later one counts, so their order is part of what was said."""
    no, yes = Said(Outcome.MISSED), Said(Outcome.HELD)
    assert state_after(store, [(0, no), (0, yes)]) != state_after(store, [(0, yes), (0, no)])
    assert state_after(store, [(0, no), (0, yes)]) == state_after(store, [(0, yes)])


def _mixed(told: Sequence[Told], random: Random) -> list[Told]:
    """Another order in which what is said of one expectation keeps its own."""
    with_places = [place for place, _ in told]
    waiting = {place: [said for at, said in told if at == place] for place in with_places}
    random.shuffle(with_places)
    return [(place, waiting[place].pop(0)) for place in with_places]
