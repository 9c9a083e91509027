"""A row that cannot be dealt with holds up nobody else, and is tried again tomorrow, not all day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import select, update

from assistant.clock import VirtualClock
from assistant.conversation.marks import act
from assistant.store import AuditEvent, Case, Expectation, OutgoingMessage, Step, StepClock, Store
from jobs.tick import run_pass
from tests.support.family import LA, SETTINGS, SPEECH, caregiver, family, registered
from tests.support.talk import CHANNELS, Talk


def two_families(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(caregiver(), services=(SPEECH,)), clock.now())
        other = caregiver(phone="+14155550177", email="bea@example.org")
        registered(session, family(other, services=(SPEECH,), nickname="Max"), clock.now())


def failed(store: Store) -> list[tuple[str, str]]:
    with store.read() as session:
        wanted = select(AuditEvent).where(AuditEvent.kind == "row_failed").order_by(AuditEvent.id)
        return [(row.actor, row.subject) for row in session.scalars(wanted)]


def test_a_case_that_cannot_be_decided(each_store: Store, clock: VirtualClock) -> None:
    two_families(each_store, clock)
    run_pass(each_store, clock, SETTINGS, CHANNELS)
    with each_store.write() as session:
        session.execute(update(Step).where(Step.case_id == 1).values(key="no step of ours"))
        session.execute(update(Step).where(Step.case_id == 2).values(suggested_on=date(2026, 8, 20)))
        session.execute(update(Case).values(look_at=clock.now()))
    run_pass(each_store, clock, SETTINGS, CHANNELS)
    assert failed(each_store) == [("decide", "case 1")]
    with each_store.read() as session:
        looks = {number: at for number, at in session.execute(select(Case.id, Case.look_at))}  # noqa: C416  a Result
        assert looks[1] == clock.now() + timedelta(days=1)  # not again and again today
        assert looks[2] != clock.now()


def test_a_date_that_cannot_be_told(store: Store, clock: VirtualClock) -> None:
    two_families(store, clock)
    talk = Talk(store, clock)
    while clock.now() < datetime.combine(date(2026, 9, 8), time(18), LA):
        if any("happen" in body for body in talk.jump()):
            talk.say("2 she was out")
    with store.write() as session:
        number = session.scalars(select(Step.id).where(Step.key == "document")).one()
        act(session, number, "done", clock.now(), SETTINGS, "test")
        session.execute(update(StepClock).values(name="no clock of ours", next_at=clock.now()))
    run_pass(store, clock, SETTINGS, CHANNELS)
    assert failed(store) == [("watch", "clock 1")]
    with store.read() as session:
        row = session.scalars(select(StepClock)).one()
        assert (row.told, row.next_at) == ("", clock.now() + timedelta(days=1))  # nothing half said


def test_a_week_that_cannot_be_told(store: Store, clock: VirtualClock) -> None:
    two_families(store, clock)
    Talk(store, clock).until(datetime.combine(date(2026, 9, 12), time(12), LA))
    with store.write() as session:
        over = update(Expectation).where(Expectation.child_id == 1, Expectation.state == "closed")
        session.execute(over.values(asks="?"))
    Talk(store, clock).until(datetime.combine(date(2026, 9, 14), time(12), LA))
    assert ("summarise", "caregiver 1") in failed(store)
    today = OutgoingMessage.created_at > clock.now() - timedelta(days=1)
    with store.read() as session:
        wanted = select(OutgoingMessage.caregiver_id).where(OutgoingMessage.kind == "summary", today)
        assert session.scalars(wanted).all() == [2]
