"""The auditor: silent over a lived term, and it names each thing that does not hold."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text, update

from assistant.clock import VirtualClock
from assistant.evidence.stored import check_stored
from assistant.operations import audit
from assistant.store import (
    Case,
    Consent,
    Expectation,
    Fact,
    InboundText,
    LogEntry,
    OutgoingMessage,
    Question,
    ServiceLine,
    Step,
    Store,
)
from jobs import housekeeping
from messages.alerts import open_alerts
from tests.support.family import OT, SETTINGS, SPEECH, family, registered
from tests.support.talk import Talk
from tests.support.town import afternoon


def audited(store: Store, clock: VirtualClock) -> dict[str, dict[str, object]]:
    """One whole audit; what it found, by alert."""
    clock.move_to(clock.now() + timedelta(days=1))
    for _ in range(100):
        with store.write() as session:
            fact = session.get(Fact, audit.KEY)
            if fact is not None and fact.until is not None and fact.until > clock.now():
                break
            audit.audit_due(session, clock.now(), SETTINGS)
    with store.read() as session:
        return {alert.kind + alert.subject: alert.detail for alert in open_alerts(session)}


@pytest.fixture
def lived(store: Store, clock: VirtualClock) -> Talk:
    """Four weeks of one session: misses up to a step that waits, an answer, silence."""
    with store.write() as session:
        registered(session, family(services=(OT,)), clock.now())
        housekeeping.begin(session, clock.now())
    talk = Talk(store, clock)
    for week, words in enumerate(["no, therapist was out", "no, she was out", "yes"]):
        talk.until(afternoon(date(2026, 9, 2) + timedelta(weeks=week)))
        talk.say(words)
    talk.until(afternoon(date(2026, 9, 28)))
    return talk


def test_a_lived_term_holds(lived: Talk) -> None:
    with lived.store.read() as session:
        assert session.scalars(select(Step)).first() is not None, "there is a case to look at"
        found = open_alerts(session)
        assert [alert.kind for alert in found] == [], "audited every night of it"
        last = session.get(Fact, "last_audit")
    assert last is not None


def test_each_promise_that_is_broken_has_its_alert_until_it_is_kept_again(
    store: Store, clock: VirtualClock
) -> None:
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
    talk = Talk(store, clock)
    talk.until_asked()
    talk.say("no")
    now = clock.now()
    with store.write() as session:
        question = session.scalars(select(Question)).one()
        asked = session.scalars(select(Expectation).where(Expectation.state == "answered")).first()
        planned = session.scalars(select(Expectation).where(Expectation.state == "planned")).first()
        case, line = session.scalars(select(Case)).one(), session.scalars(select(ServiceLine)).one()
        message = session.scalars(select(OutgoingMessage)).first()
        assert asked is not None
        assert planned is not None
        assert message is not None
        question.state, question.close_at = "open", now
        asked.state = "asked"
        planned.ask_at = now
        message.state, message.next_at = "sending", now
        line.planned_to, line.next_plan_at = now.date(), None
        case.look_at = None
        session.add(Consent(caregiver_id=1, channel="sms", act="withdrawn", method="text", wording="STOP",
                            address="", at=now))  # fmt: skip
        session.add(Step(case_id=case.id, key="document", suggested_on=now.date(), suggested_at=now, why={},
                         dates=[], guide_version="1", policy={}))  # fmt: skip
        session.add(InboundText(provider_id="SMx", channel="sms", from_address="+1", to_address="",
                                body="no", received_at=now))  # fmt: skip
    found = audited(store, clock)
    assert set(found) == {
        "case_without_date", "question_overdue", "session_not_asked", "message_stuck", "text_unread",
        "line_unplanned", "consent_unproven",
    }  # fmt: skip
    assert found["case_without_date"] == {"count": 1, "rows": [1]}
    with store.write() as session:
        session.execute(update(Question).values(state="closed"))
        session.execute(update(Case).values(look_at=clock.now() + timedelta(days=3)))
    found = audited(store, clock)
    assert "session_left_open" in found, "no open question is about it any more"
    assert "question_overdue" not in found
    assert "case_without_date" not in found


def test_a_changed_entry_is_found_in_its_chain_and_in_its_columns(lived: Talk) -> None:
    store, clock = lived.store, lived.clock
    with store.read() as session:
        assert check_stored(session, 1).intact
    with store.engine.begin() as connection:  # somebody with the database open
        connection.execute(text("DROP TRIGGER log_entries_no_update"))
        connection.execute(text("UPDATE log_entries SET outcome = 'held' WHERE number = 1"))
    found = audited(store, clock)
    assert found["chain_brokenchild 1"] == {"entry": 1}
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE log_entries SET outcome = json_extract(content, '$.outcome')"))
    assert "chain_brokenchild 1" not in audited(store, clock)
    with store.write() as session:
        entry = session.scalars(select(LogEntry).where(LogEntry.number == 2)).one()
        session.execute(
            update(LogEntry).where(LogEntry.id == entry.id).values(content={**entry.content, "minutes": 5})
        )
    assert audited(store, clock)["chain_brokenchild 1"] == {"entry": 2}


def test_chains_are_checked_in_turn_some_a_day(
    store: Store, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "CHAINS", 2)
    stages = [*audit.STAGES[:-1], audit.Stage(audit.CHAIN, audit.STAGES[-1].look, a_day=2)]
    monkeypatch.setattr(audit, "STAGES", tuple(stages))
    with store.write() as session:
        first = registered(session, family(), clock.now())
        for _ in range(4):
            session.add(type(first)(nickname="x", calendar_id=first.calendar_id, created_at=clock.now()))
    resumed = []
    for _ in range(4):
        audited(store, clock)
        with store.read() as session:
            fact = session.get(Fact, audit.KEY)
        assert fact is not None
        resumed.append(json.loads(fact.value)["resume"])
    assert resumed == [2, 4, 0, 2]
