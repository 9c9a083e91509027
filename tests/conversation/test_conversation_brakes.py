"""A machine at the other end that answers everything, and asks on: we fall silent, and somebody is told."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.conversation.inbound import Arrival, receive, take
from assistant.store import Alert, InboundText, OutgoingMessage, Store
from jobs.tick import run_pass
from messages.channels.sandbox import SandboxEmail
from messages.channels.twilio_sms import TwilioSms
from messages.deliver import Channels
from tests.support.fake_twilio import FakeTwilio
from tests.support.family import PHONE, SETTINGS, caregiver, family, registered
from tests.support.outbox import settings_for
from tests.support.talk import Talk

HOUR, DAY, STEP = timedelta(hours=1), timedelta(hours=24), timedelta(minutes=19)


@pytest.mark.parametrize("at_night", [False, True])
def test_a_phone_that_sends_everything_back_for_a_day(
    store: Store, clock: VirtualClock, at_night: bool
) -> None:
    """At most three answers in any hour, 72 texts in the day, and an alert."""
    numbers = itertools.count()
    asking = SETTINGS.asking.model_copy(update={"answer_at_night": at_night})
    with FakeTwilio(clock=clock) as fake:
        settings = settings_for(fake).model_copy(update={"asking": asking})
        channels = Channels(TwilioSms(settings.twilio, "", clock), SandboxEmail())
        with store.write() as session:
            registered(session, family(caregiver()), clock.now(), settings)
        start, echoed = clock.now(), 0
        while clock.now() < start + DAY:
            run_pass(store, clock, settings, channels)
            came = [message.body for message in fake.sent(to=PHONE)[echoed:]]
            echoed += len(came)
            for body in [*came, "STATUS"]:
                arrival = Arrival(f"SM{next(numbers):032x}", "sms", PHONE, "", body, clock.now())
                with store.write() as session:
                    inbound = receive(session, arrival)
                    assert inbound is not None
                    take(session, inbound, clock.now(), settings)
            clock.move_to(clock.now() + STEP)
        assert 10 < len(fake.sent(to=PHONE)) <= 72
    with store.read() as session:
        open_now = session.scalars(select(Alert.kind).where(Alert.closed_at.is_(None))).all()
        answers = session.scalars(
            select(OutgoingMessage.sent_at).where(OutgoingMessage.dedupe_key.startswith("reply:"))
        ).all()
    assert open_now == ["reply_loop"]
    assert worst_hour([at for at in answers if at is not None]) <= 3


def worst_hour(moments: list[datetime]) -> int:
    """The most of these moments within one hour."""
    return max((sum(first <= at < first + HOUR for at in moments) for first in moments), default=0)


def test_the_same_answer_is_not_given_twice_within_ten_minutes(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        registered(session, family(caregiver()), clock.now())
    clock.move_to(clock.now() + timedelta(hours=2))
    talk = Talk(store, clock)
    talk.until(clock.now())
    said = [talk.say("STATUS", minutes=minutes) for minutes in (1, 1, 9)]
    assert [len(one) for one in said] == [1, 0, 1]
    with store.read() as session:
        flags = session.scalars(select(InboundText.flag).order_by(InboundText.id)).all()
    assert flags == ["", "said_already", ""], "somebody sees what got no answer"
