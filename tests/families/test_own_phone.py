"""A phone of staff's own: it gets test texts after its JOIN, and what it answers is nobody's log."""

from __future__ import annotations

from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.families.own_phone import send_test, set_phone
from assistant.store import Caregiver, Enrolment, InboundText, LogEntry, Staff, Store
from messages.templates import sync
from tests.support.family import SETTINGS
from tests.support.talk import Talk

NUMBER = "+14155550177"


def test_join_lets_tests_through_and_stop_ends_them(store: Store, clock: VirtualClock) -> None:
    talk = Talk(store, clock, NUMBER)

    def test() -> str:
        with store.write() as session:
            staff = session.scalars(select(Staff)).one()
            return send_test(
                session, staff, "texts.question_one", "en", 1, "Leo: did it?", clock.now(), SETTINGS
            )

    with store.write() as session:
        sync(session, clock.now())
        session.add(Staff(email="rosa@example.org", role="editor", created_at=clock.now(), ended_at=None))
        session.flush()
        staff = session.scalars(select(Staff)).one()
        assert set_phone(session, staff, NUMBER, "en", clock.now(), SETTINGS) == ""
    assert test() == "not_sent"
    [invited] = talk.jump()
    assert "text JOIN to get test texts" in invited
    assert talk.say("JOIN") == ["Every Session: this phone gets test texts now. STOP to stop."]
    assert test() == ""
    assert talk.jump() == ["TEST, not about your child: Leo: did it?"]
    assert talk.say("no, the therapist was out") == []
    assert talk.say("1") == []
    talk.say("STOP")
    assert test() == "not_sent"
    with store.read() as session:
        assert session.scalars(select(LogEntry)).all() == []
        assert session.scalars(select(Enrolment)).all() == []
        assert session.scalars(select(InboundText).where(InboundText.needs_staff)).all() == []
        assert session.scalars(select(Caregiver)).one().for_tests
