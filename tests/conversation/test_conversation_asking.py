"""Asking in batches: what one family's fault, another worker or the end of a batch may not change."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from assistant.clock import VirtualClock
from assistant.config import Jobs, Quiet
from assistant.conversation.ask import ask_due
from assistant.families.household import tie
from assistant.store import (
    Alert,
    AuditEvent,
    Caregiver,
    Child,
    Expectation,
    Guardianship,
    OutgoingMessage,
    Question,
    QuestionItem,
    ServiceLine,
    Store,
    Template,
    TemplateAct,
    open_store,
)
from assistant.store.migrate import upgrade
from jobs.tick import next_due, run_pass
from tests.support.family import LA, OT, SETTINGS, SPEECH, TUESDAY_OT, caregiver, family, registered
from tests.support.talk import CHANNELS

SMALL = SETTINGS.model_copy(update={"jobs": Jobs(batch=1)})


def move_in(store: Store, clock: VirtualClock, *names: str) -> None:
    """One family a name, planned; child, caregiver and name share their place, from 1."""
    with store.write() as session:
        for place, name in enumerate(names, 1):
            parent = caregiver(phone=f"+1415555020{place}", email=f"{name}@example.org")
            registered(session, family(parent, services=(SPEECH, OT), nickname=name), clock.now())
    run_pass(store, clock, SETTINGS, CHANNELS)


def first_sessions_end(store: Store, clock: VirtualClock, lines: str = "speech") -> None:
    """The first session of every such line is over and due to be asked about, now, at 14:30 on a Tuesday."""
    clock.move_to(datetime.fromisoformat("2026-09-01T21:30:00+00:00"))
    with store.write() as session:
        firsts = (
            select(func.min(Expectation.id))
            .join(ServiceLine, ServiceLine.id == Expectation.service_line_id)
            .where(ServiceLine.alias.in_(lines.split()))
            .group_by(Expectation.service_line_id)
        )
        soon = {"ask_at": clock.now(), "due_at": clock.now() - timedelta(minutes=45)}
        session.execute(update(Expectation).where(Expectation.id.in_(firsts)).values(**soon))


def a_mother_of_two(store: Store) -> None:
    """Leo's mother cares for Zoe, too, and is asked first."""
    with store.write() as session:
        session.execute(update(Guardianship).where(Guardianship.child_id == 3).values(position=1))
        tie(session, session.get_one(Caregiver, 1), session.get_one(Child, 3), 0)


def asked(store: Store) -> Counter[int]:
    """How many questions each caregiver got."""
    with store.read() as session:
        return Counter(session.scalars(select(Question.caregiver_id)))


def waiting(store: Store) -> list[tuple[int, datetime | None]]:
    """Child and next time of what failed."""
    with store.read() as session:
        failed = select(AuditEvent.subject).where(AuditEvent.kind == "row_failed", AuditEvent.actor == "ask")
        numbers = {int(subject.split()[1]) for subject in session.scalars(failed)}
        rows = session.execute(
            select(Expectation.child_id, Expectation.ask_at)
            .where(Expectation.id.in_(numbers))
            .order_by(Expectation.id)
        )
        return [(child, at) for child, at in rows]


def test_a_zone_that_does_not_exist_holds_up_nobody_and_waits_longer_each_time(
    each_store: Store, clock: VirtualClock
) -> None:
    move_in(each_store, clock, "Leo", "Max", "Zoe")
    with each_store.write() as session:
        session.execute(update(Caregiver).where(Caregiver.id == 2).values(zone="America/Nowhere"))
    first_sessions_end(each_store, clock)
    start = clock.now()
    waits = []
    for _ in range(3):
        with each_store.write() as session:
            assert ask_due(session, clock.now(), SETTINGS) > 0
        assert asked(each_store) == {1: 1, 3: 1}
        (again,) = waiting(each_store)
        assert again[1] is not None
        waits.append(again[1] - clock.now())
        clock.move_to(again[1])
    assert waits == [timedelta(hours=1), timedelta(hours=1.75), timedelta(hours=3.5)]
    with each_store.write() as session:
        session.execute(
            update(Caregiver).where(Caregiver.id == 2).values(zone="America/Los_Angeles")  # mended
        )
        clock.move_to(start + timedelta(days=1))
        session.execute(update(Expectation).where(Expectation.child_id == 2).values(due_at=clock.now()))
    run_pass(each_store, clock, SETTINGS, CHANNELS)
    assert asked(each_store)[2] == 1


def test_a_name_that_is_missing_holds_up_only_its_own_session(store: Store, clock: VirtualClock) -> None:
    move_in(store, clock, "Leo", "Max")
    first_sessions_end(store, clock, "speech OT")
    with store.write() as session:
        broken = session.scalars(
            select(ServiceLine.id).where(ServiceLine.child_id == 1, ServiceLine.alias == "OT")
        ).one()
        session.execute(update(ServiceLine).where(ServiceLine.id == broken).values(alias=""))
        of_it = update(Expectation).where(Expectation.service_line_id == broken)
        session.execute(of_it.values(asks="count"))
    with store.write() as session:
        ask_due(session, clock.now(), SETTINGS)
    assert asked(store) == {1: 1, 2: 1}
    assert [child for child, _ in waiting(store)] == [1]
    with store.read() as session:
        bodies = session.scalars(
            select(OutgoingMessage.body).where(OutgoingMessage.kind == "question").order_by("id")
        ).all()
    assert "Leo: did speech happen" in bodies[0]
    assert "A) speech" in bodies[1]
    assert "B) OT" in bodies[1]


@pytest.mark.parametrize("batch", [1, 200])
def test_a_batch_never_ends_within_a_family(store: Store, clock: VirtualClock, batch: int) -> None:
    move_in(store, clock, "Leo", "Max", "Zoe")
    a_mother_of_two(store)
    first_sessions_end(store, clock)
    settings = SETTINGS.model_copy(update={"jobs": Jobs(batch=batch)})
    passes = 0
    while True:
        with store.write() as session:
            if not ask_due(session, clock.now(), settings):
                break
        passes += 1
    assert passes == (2 if batch == 1 else 1)
    assert asked(store) == {1: 1, 2: 1}
    with store.read() as session:
        about = Counter(
            session.scalars(
                select(Question.caregiver_id).join(QuestionItem, QuestionItem.question_id == Question.id)
            )
        )
    assert about == {1: 2, 2: 1}


def test_two_workers_never_ask_one_caregiver_twice(clock: VirtualClock, postgresql_database: str) -> None:
    store = open_store(postgresql_database)
    upgrade(store)
    move_in(store, clock, "Leo", "Max", "Zoe")
    a_mother_of_two(store)
    first_sessions_end(store, clock)
    with store.write() as one:
        assert ask_due(one, clock.now(), SMALL) == 2  # Leo, and with him Zoe
        with store.write() as other:
            assert ask_due(other, clock.now(), SETTINGS) == 1  # Max; the others are taken
            assert ask_due(other, clock.now(), SETTINGS) == 0
    with store.write() as session:
        assert ask_due(session, clock.now(), SETTINGS) == 0
    assert asked(store) == {1: 1, 2: 1}
    store.close()


def test_every_question_leaves_an_audit_event_that_names_nobody(store: Store, clock: VirtualClock) -> None:
    move_in(store, clock, "Leo", "Max")
    first_sessions_end(store, clock)
    run_pass(store, clock, SETTINGS, CHANNELS)
    with store.read() as session:
        events = session.execute(
            select(AuditEvent.actor, AuditEvent.subject, AuditEvent.detail).where(AuditEvent.kind == "asked")
        ).all()
        numbers = session.scalars(select(Question.id).order_by(Question.id)).all()
    assert [tuple(event) for event in events] == [
        ("ask", f"question {number}", {"caregiver": place, "sessions": 1})
        for place, number in enumerate(numbers, 1)
    ]


def test_a_newer_version_of_a_text_is_seen_by_the_next_pass(store: Store, clock: VirtualClock) -> None:
    move_in(store, clock, "Leo", "Max")
    first_sessions_end(store, clock)
    with store.write() as session:
        ask_due(session, clock.now(), SMALL)
    with store.write() as session:
        old = session.scalars(
            select(Template).where(Template.key == "texts.question_one", Template.language == "en")
        ).one()
        new = Template(
            key=old.key,
            language="en",
            version=2,
            body=f"New. {old.body}",
            author="staff",
            reason="test",
            created_at=clock.now(),
        )
        session.add(new)
        session.flush()
        session.add(TemplateAct(template_id=new.id, act="reviewed", by="staff 2", at=clock.now()))
    with store.write() as session:
        ask_due(session, clock.now(), SMALL)
    with store.read() as session:
        rows = session.execute(
            select(OutgoingMessage.template_version, OutgoingMessage.body)
            .where(OutgoingMessage.kind == "question")
            .order_by(OutgoingMessage.id)
        ).all()
    assert [version for version, _ in rows] == [1, 2]
    assert rows[1][1].startswith("New. ")


@pytest.mark.parametrize("broken", ["{child}: {wrong}?", "{child", "{child.name}"])
def test_a_text_with_a_hole_goes_out_in_its_last_good_version_and_staff_are_told(
    store: Store, clock: VirtualClock, broken: str
) -> None:
    move_in(store, clock, "Leo")
    first_sessions_end(store, clock)
    for version, body in ((2, "{child}, good: {alias} {when}? 1 yes, 2 no, 3 not sure."), (3, broken)):
        with store.write() as session:
            row = Template(
                key="texts.question_one", language="en", version=version, body=body, author="staff 1",
                reason="from a file", created_at=clock.now(),
            )  # fmt: skip
            session.add(row)
            session.flush()
            session.add(TemplateAct(template_id=row.id, act="kept", by="staff 2", at=clock.now()))
    run_pass(store, clock, SETTINGS, CHANNELS)
    with store.read() as session:
        sent = select(OutgoingMessage).where(OutgoingMessage.kind == "question")
        (question,) = session.scalars(sent).all()
        (alert,) = session.scalars(select(Alert).where(Alert.kind == "template_hole")).all()
    assert (question.template_version, question.state) == (2, "sent")
    assert question.body.startswith("Leo, good: speech today")
    assert (alert.subject, alert.detail["sent_instead"]) == ("texts.question_one en", 2)
    assert waiting(store) == []


def test_a_worker_that_was_down_all_evening_sends_nothing_at_night_and_one_digest_in_the_morning(
    store: Store, clock: VirtualClock
) -> None:
    settings = SETTINGS.model_copy(update={"quiet": Quiet()})
    with store.write() as session:
        registered(session, family(services=(SPEECH, TUESDAY_OT)), clock.now())

    def texts() -> list[tuple[datetime | None, str]]:
        run_pass(store, clock, settings, CHANNELS)
        with store.read() as session:
            wanted = select(OutgoingMessage.sent_at, OutgoingMessage.body).where(
                OutgoingMessage.kind == "question", OutgoingMessage.channel == "sms"
            )
            return [(at, body) for at, body in session.execute(wanted)]

    at = datetime(2026, 9, 1, 15, 0, tzinfo=LA)
    for moment in (at, at + timedelta(hours=8), at + timedelta(hours=9)):
        clock.move_to(moment)
        assert texts() == []
    clock.move_to(datetime(2026, 9, 2, 9, 0, tzinfo=LA))
    assert texts() == []  # nine o'clock is when the first families are written to
    with store.read() as session:
        due = next_due(session)
    assert due is not None
    clock.move_to(due)
    ((sent, body),) = texts()
    assert sent == due
    assert datetime(2026, 9, 2, 9, 0, tzinfo=LA) < due < datetime(2026, 9, 2, 9, 15, tzinfo=LA)
    assert "A) OT" in body
    assert "B) speech" in body
