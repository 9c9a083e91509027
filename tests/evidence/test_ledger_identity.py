"""The identity holds after any sequence of answers, corrections, make-ups and re-plans."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assistant.clock import VirtualClock
from assistant.evidence.ledger import TERMS, ledger_of
from assistant.evidence.log import Said, record
from assistant.evidence.make_ups import MakeUpError, make_up, settle, short_of
from assistant.families.calendars import CalendarError, close_day, replace_calendar
from assistant.families.changes import edit_line, line_named
from assistant.families.versions import NewVersion, PlanError, new_version
from assistant.schedule.jsonable import calendar_from_json
from assistant.schedule.types import CountPerPeriod, Daily, Exceptions, MinutesPerPeriod, ServiceLine
from assistant.store import Calendar, Child, Expectation, MakeUp, Store, open_store
from assistant.store import ServiceLine as StoredLine
from assistant.words import Cause, Outcome
from tests.support.examples import some
from tests.support.family import SETTINGS, SPEECH, family, registered, slots
from tests.support.stores import new_sqlite

STARTS = datetime(2026, 9, 1, 15, 0, tzinfo=UTC)
LINES = (
    SPEECH,
    ServiceLine("Occupational therapy", "OT", 30, CountPerPeriod(2, "week")),
    ServiceLine("Reading", "reading", 50, Daily()),
    ServiceLine("Physical therapy", "PT", 30, MinutesPerPeriod(60, "month")),
    ServiceLine("Aide", "aide", 370, Exceptions()),
)
steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["answer", "answer", "correct", "make_up", "keep", "calendar", "closure", "edit", "iep"]
        ),
        st.integers(0, 50),
        st.sampled_from(Outcome),
        st.none() | st.sampled_from(Cause),
        st.none() | st.integers(0, 400),
        st.none() | st.integers(0, 6),
    ),
    min_size=5,
    max_size=25,
)
Step = tuple[str, int, Outcome, Cause | None, int | None, int | None]


@settings(max_examples=some(30), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_the_identity_holds_whatever_happens(life: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "s.db"
        file.write_bytes(_registered())
        store = open_store(f"sqlite:///{file}", durable=False)
        clock = VirtualClock(STARTS)
        for step in life:
            clock.move_to(clock.now() + timedelta(days=1))
            with store.write() as session:
                _live(session, clock, step)
            _check(store, clock)
        store.close()


@cache
def _registered() -> bytes:
    """A database in which a family has all these lines."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "s.db"
        store = new_sqlite(file)
        with store.write() as session:
            registered(session, family(services=LINES), STARTS)
        store.close()
        return file.read_bytes()


def _live(session: Session, clock: VirtualClock, step: Step) -> None:
    what, number, outcome, cause, minutes, sessions = step
    now = clock.now()
    due = session.scalars(
        select(Expectation)
        .where(Expectation.due_at <= now, Expectation.state.in_(("planned", "asked", "answered")))
        .order_by(Expectation.id)
    ).all()
    if what in ("answer", "correct") and due:
        one = due[number % len(due)]
        reason = cause if outcome in (Outcome.MISSED, Outcome.PARTIAL, Outcome.OTHER) else None
        entry = record(session, one, Said(outcome, reason, minutes, sessions), now)
        one.state, one.ask_at = "answered", None
        settle(session, one, entry, now)
    elif what in ("make_up", "keep"):
        short = [one for one in due if short_of(session, one)]
        chosen = [one for one in short if one.service_line_id == short[number % len(short)].service_line_id]
        if chosen:
            on = (now + timedelta(days=2)).date() if what == "keep" else now.date()
            try:
                act = "promised" if what == "keep" else "given"
                make_up(session, act, chosen[:2], now, minutes=(minutes or 10), on=on)  # type: ignore[arg-type]
            except MakeUpError:
                pass
    else:
        _change(session, clock, what, number)


def _change(session: Session, clock: VirtualClock, what: str, number: int) -> None:
    now = clock.now()
    calendar = session.scalars(select(Calendar)).one()
    child = session.scalars(select(Child)).one()
    day = now.date() + timedelta(days=number % 10)
    try:
        if what == "calendar":
            old = calendar_from_json(calendar.definition)
            new = replace(old, days_off=old.days_off ^ {day})
            replace_calendar(session, calendar, new, now, SETTINGS, "test")
        elif what == "closure":
            close_day(session, calendar, day, "smoke", now, SETTINGS, "test")
        elif what == "edit":
            line = line_named(session, child.id, "speech")
            edit_line(
                session, line, replace(SPEECH, frequency=slots((number % 5, 9, 0))), now, SETTINGS, "test"
            )
        elif what == "iep":
            new_version(session, child.id, NewVersion(day, LINES), now, SETTINGS, "test")
    except (CalendarError, PlanError):
        pass


def _check(store: Store, clock: VirtualClock) -> None:
    with store.read() as session:
        for line in session.scalars(select(StoredLine)):
            ledger = ledger_of(session, line.id, clock.now())  # raises where it does not add up
            fell_due = session.scalars(
                select(func.coalesce(func.sum(Expectation.due_minutes), 0)).where(
                    Expectation.service_line_id == line.id,
                    Expectation.due_at <= clock.now(),
                    Expectation.state != "withdrawn",
                    Expectation.form != "make_up",
                )
            ).one()
            assert ledger.expected == sum(getattr(ledger, term) for term in TERMS[1:]) == fell_due
            assert 0 <= ledger.made_up <= ledger.school
            given = session.scalars(select(MakeUp).where(MakeUp.service_line_id == line.id)).all()
            assert all(sum(one.minutes for one in row.repays) <= row.minutes for row in given)
        twice = session.execute(
            select(Expectation.service_line_id, Expectation.day, Expectation.start_at, func.count())
            .where(Expectation.form == "slot", Expectation.state != "withdrawn")
            .group_by(Expectation.service_line_id, Expectation.day, Expectation.start_at)
            .having(func.count() > 1)
        ).all()
        assert twice == []
