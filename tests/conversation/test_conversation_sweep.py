"""Webhooks that never came: the provider's list is swept before anybody is called silent."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from assistant.clock import VirtualClock
from assistant.conversation.heard import SWEPT
from assistant.serve import Program
from assistant.store import Alert, Fact, InboundText, LogEntry, OutgoingMessage, Question
from assistant.store.facts import keep_fact
from jobs import sweep as sweeping
from jobs.tick import run_pass
from messages.alerts import open_alerts
from tests.conversation.conftest import PUBLIC, go_on
from tests.support.fake_twilio import FakeTwilio
from tests.support.family import SPEECH, caregiver, family, registered

FAMILIES = 10


def phone(number: int) -> str:
    return f"+1415555{2000 + number}"


def asked(program: Program, clock: VirtualClock, families: int = FAMILIES) -> datetime:
    """So many parents with one open question each; when they are reminded."""
    with program.store.write() as session:
        for number in range(families):
            person = caregiver(phone=phone(number), email=f"ana{number}@example.org")
            registered(session, family(person, services=(SPEECH,)), clock.now(), program.settings)
    while True:
        go_on(program, clock)
        with program.store.read() as session:
            due = session.scalars(select(Question.remind_at).where(Question.remind_at.is_not(None))).all()
        if len(due) == families:
            return max(one for one in due if one is not None)


def kinds(program: Program) -> list[str]:
    with program.store.read() as session:
        return list(session.scalars(select(OutgoingMessage.kind).where(OutgoingMessage.channel == "sms")))


def outcomes(program: Program) -> list[str]:
    with program.store.read() as session:
        return list(session.scalars(select(LogEntry.outcome).order_by(LogEntry.id)))


def alerts(program: Program) -> list[str]:
    with program.store.read() as session:
        return [one.kind for one in open_alerts(session)]


def pass_at(program: Program, clock: VirtualClock, moment: datetime) -> None:
    clock.move_to(moment)
    run_pass(program.store, clock, program.settings, program.channels)


def test_ten_lost_webhooks_are_found_before_anybody_is_nudged(
    program: Program, clock: VirtualClock, fake: FakeTwilio, site: str
) -> None:
    remind = asked(program, clock)
    clock.move_to(clock.now() + timedelta(minutes=20))
    for number in range(FAMILIES):
        fake.text("", phone(number), "2", deliver=False)
    written = clock.now()
    pass_at(program, clock, remind)
    assert outcomes(program) == ["missed"] * FAMILIES
    assert "reminder" not in kinds(program)
    assert alerts(program) == ["webhooks_lost"]
    with program.store.read() as session:
        assert session.scalars(select(Alert.detail)).one() == {"found": FAMILIES}
        texts = session.scalars(select(InboundText)).all()
        assert {text.received_at for text in texts} == {written}, "the provider's time"
        assert {(text.source, text.kept_at) for text in texts} == {("sweep", remind)}
        entry = session.scalars(select(LogEntry)).first()
        assert entry is not None
        assert entry.answered_at == written
    for message in fake.messages:  # and now the webhooks come after all
        if message.direction == "inbound":
            fake.again(f"{site}/twilio/sms", message.sid, signed_as=f"{PUBLIC}/twilio/sms")
    pass_at(program, clock, remind + timedelta(hours=3))
    with program.store.read() as session:
        assert session.scalars(select(func.count()).select_from(InboundText)).one() == FAMILIES
    assert outcomes(program) == ["missed"] * FAMILIES


def test_without_the_list_nobody_is_nudged_until_patience_is_over(
    program: Program, clock: VirtualClock, fake: FakeTwilio
) -> None:
    remind = asked(program, clock, 1)
    fake.text("", phone(0), "1", deliver=False)
    fake.no_lists()
    for minutes in (0, 2, 5, 11, 60):
        pass_at(program, clock, remind + timedelta(minutes=minutes))
    assert (outcomes(program), "reminder" in kinds(program)) == ([], False)
    assert alerts(program) == ["sweep_failing"]
    pass_at(program, clock, remind + timedelta(hours=12, minutes=1))
    assert "reminder" in kinds(program), "life goes on, with an alert"
    assert alerts(program) == ["sweep_failing"]
    fake.lists_again()
    pass_at(program, clock, remind + timedelta(hours=12, minutes=5))
    assert outcomes(program) == ["held"]
    assert alerts(program) == ["webhooks_lost"]


def test_nothing_is_unanswered_before_a_sweep_after_downtime(
    program: Program, clock: VirtualClock, fake: FakeTwilio
) -> None:
    """Down for four days: the reminder and the closing are overdue, and the answer lies at the provider."""
    remind = asked(program, clock, 1)
    clock.move_to(remind - timedelta(hours=2))
    fake.text("", phone(0), "2", deliver=False)
    pass_at(program, clock, remind + timedelta(days=4))
    with program.store.read() as session:
        first = session.scalars(select(LogEntry).order_by(LogEntry.day)).first()
        assert first is not None
        assert first.day < remind.date()
        known = session.scalars(
            select(LogEntry.outcome).where(LogEntry.expectation_id == first.expectation_id)
        )
        assert known.all() == ["missed"]


def test_a_text_that_comes_late_answers_what_was_asked_when_it_was_written(
    program: Program, clock: VirtualClock, fake: FakeTwilio
) -> None:
    """Swapped on the way: the answer to the second question is here before the answer to the first."""
    asked(program, clock, 1)
    clock.move_to(clock.now() + timedelta(minutes=30))
    fake.text("", phone(0), "1", deliver=False)  # to Tuesday's question; its webhook is lost
    fake.no_lists()
    with program.store.read() as session:
        first = session.scalars(select(Question)).one()
    while kinds(program).count("question") < 2:
        pass_at(program, clock, clock.now() + timedelta(hours=1))
    clock.move_to(clock.now() + timedelta(minutes=30))
    late = fake.receive(phone(0), "2")
    from assistant.conversation.inbound import Arrival, receive

    with program.store.write() as session:
        receive(session, Arrival(late.sid, "sms", phone(0), "", "2", clock.now()))
    run_pass(program.store, clock, program.settings, program.channels)
    assert outcomes(program)[-1] == "missed"
    fake.lists_again()
    pass_at(program, clock, clock.now() + timedelta(minutes=12))
    with program.store.read() as session:
        entries = session.scalars(select(LogEntry).order_by(LogEntry.day, LogEntry.id)).all()
        current = {entry.day: entry.outcome for entry in entries}
        asked_day = first.asked_at.date()
    assert current == {asked_day: "held", max(current): "missed"}


def test_a_webhook_that_is_only_on_its_way_is_no_loss(
    program: Program, clock: VirtualClock, fake: FakeTwilio
) -> None:
    remind = asked(program, clock, 1)
    clock.move_to(remind - timedelta(seconds=20))
    fake.text("", phone(0), "2", deliver=False)
    pass_at(program, clock, remind)
    assert (outcomes(program), alerts(program)) == (["missed"], [])


def test_it_is_swept_once_in_a_while_and_by_one_worker(
    program: Program, clock: VirtualClock, fake: FakeTwilio
) -> None:
    inbound = program.channels.inbound
    sweeps = [
        sweeping.sweep(program.store, clock, program.settings, inbound, wanted=wanted) > 0
        for wanted in (False, False, True)
    ]
    assert sweeps == [True, False, False], "due at first, then not, and not hurried within seconds"
    clock.move_to(clock.now() + timedelta(seconds=21))
    assert sweeping.sweep(program.store, clock, program.settings, inbound, wanted=True) > 0
    clock.move_to(clock.now() + timedelta(minutes=9))
    assert sweeping.sweep(program.store, clock, program.settings, inbound) == 0
    clock.move_to(clock.now() + timedelta(minutes=1))
    assert sweeping.sweep(program.store, clock, program.settings, inbound) > 0


@pytest.mark.parametrize("channel", ["sandbox"])
def test_without_real_texts_nothing_is_asked(program: Program, clock: VirtualClock, channel: str) -> None:
    settings = program.settings.model_copy(
        update={"sms": program.settings.sms.model_copy(update={"channel": channel})}
    )
    with program.store.write() as session:
        sweeping.prepare(session, settings, clock.now())
    assert sweeping.sweep(program.store, clock, settings, program.channels.inbound, wanted=True) == 0
    with program.store.read() as session:
        assert session.get(Fact, "sweep") is None


def test_after_a_clock_that_was_ahead_is_put_back_nothing_counts_as_known(
    program: Program, clock: VirtualClock, fake: FakeTwilio
) -> None:
    """Three days ahead all was swept; what came since would else be passed over, and nobody would look."""
    remind = asked(program, clock, 1)
    with program.store.write() as session:
        ahead = clock.now() + timedelta(days=3)
        keep_fact(session, SWEPT, ahead.isoformat(), ahead + timedelta(minutes=10))
    fake.text("", phone(0), "2", deliver=False)
    pass_at(program, clock, remind)
    assert (outcomes(program), "reminder" in kinds(program)) == (["missed"], False)
    with program.store.read() as session:
        assert datetime.fromisoformat(session.get_one(Fact, SWEPT).value) == remind
