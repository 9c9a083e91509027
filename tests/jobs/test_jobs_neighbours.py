"""A row that cannot be dealt with holds up nobody else, and is tried again tomorrow, not all day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from assistant.clock import VirtualClock
from assistant.conversation.marks import act
from assistant.schedule.types import MinutesPerPeriod
from assistant.schedule.types import ServiceLine as ServiceLineToBe
from assistant.store import (
    AuditEvent,
    Case,
    Enrolment,
    Expectation,
    IepVersion,
    OutgoingMessage,
    Question,
    ServiceLine,
    Step,
    StepClock,
    Store,
)
from assistant.store.one_by_one import AGAIN
from jobs.tick import run_entry, run_pass
from jobs.timetable import TIMETABLE
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


NOW = datetime(2026, 9, 17, 23, 30, tzinfo=UTC)  # Thursday, 16:30 in Los Angeles
REFUSALS: dict[
    str, tuple[str, str, Any, dict[str, Any]]
] = {  # by job: the table that refuses what the job writes for the first family, and what is due
    "plan": ("expectations", "child_id", ServiceLine, {"next_plan_at": NOW}),
    "renew": (
        "outgoing_messages",
        "caregiver_id",
        IepVersion,
        {"renews_on": date(2026, 9, 20), "remind_at": NOW},
    ),
    "join": ("outgoing_messages", "caregiver_id", Enrolment, {"nudge_at": NOW}),
    "nudge": ("questions", "caregiver_id", Expectation, {"nudge_at": NOW}),
    "remind": ("outgoing_messages", "caregiver_id", Question, {"remind_at": NOW}),
    "close": ("log_entries", "child_id", Question, {"close_at": NOW}),
}


@pytest.mark.parametrize("job", REFUSALS)
def test_a_row_that_is_refused_waits_and_its_neighbour_does_not(store: Store, job: str) -> None:
    table, column, model, due = REFUSALS[job]
    clock = VirtualClock(datetime(2026, 8, 31, 15, tzinfo=UTC))
    ten = MinutesPerPeriod(600, "month")  # on 17 September they can no longer all be given
    lines = (SPEECH, ServiceLineToBe("Physical therapy", "PT", 60, ten))
    with store.write() as session:
        for number, name in ((1, "Leo"), (2, "Max")):
            person = caregiver(phone=f"+1415555018{number}", email=f"{name}@example.org")
            registered(session, family(person, services=lines, nickname=name), clock.now())
            session.add(
                Enrolment(
                    caregiver_id=number,
                    stage="child",
                    draft={"nickname": "Leo", "now": None, "services": []},
                    created_at=clock.now(),
                    updated_at=clock.now(),
                )
            )
    Talk(store, clock).until(datetime(2026, 9, 15, 16, tzinfo=LA))  # speech has been asked about
    clock.move_to(NOW)
    owner = model.child_id if hasattr(model, "child_id") else model.caregiver_id
    with store.write() as session:
        rows = update(model)
        if model is Expectation:
            rows = rows.where(Expectation.form == "period", Expectation.state == "planned")
        elif model is Question:
            rows = rows.where(Question.state == "open")
        session.execute(rows.values(**due))
        session.execute(
            text(
                f"CREATE TRIGGER refuse BEFORE INSERT ON {table} WHEN NEW.{column} = 1 "
                "BEGIN SELECT RAISE(ABORT, 'refused'); END"
            )
        )
    entry = next(one for one in TIMETABLE if one.name == job)
    when = getattr(model, next(name for name, value in due.items() if value == NOW))
    assert run_entry(store, clock, SETTINGS, entry) >= 2
    with store.read() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.kind == "row_failed")).all()
        assert {event.actor for event in events} == {job}
        failed = {int(event.subject.split()[-1]) for event in events}
        assert set(session.scalars(select(model.id).where(when == NOW + AGAIN))) == failed
        assert set(session.scalars(select(owner).where(model.id.in_(failed)))) == {1}
    assert run_entry(store, clock, SETTINGS, entry) == 0  # none is due again at once
