"""One side answers a keyword, never both, whoever's rules Twilio goes by; a machine is never talked to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.config import Settings
from assistant.serve import Program, pages
from assistant.store import Caregiver, LogEntry, OutgoingMessage
from jobs.tick import run_pass
from messages.alerts import open_alerts
from tests.conversation.conftest import PUBLIC, go_on, serving
from tests.support.examples import some
from tests.support.fake_twilio import FakeTwilio
from tests.support.family import PHONE, SPEECH, caregiver, family, registered

REPLIES = (
    "1",
    "YES",
    "NO",
    "STOP",
    "CANCEL",
    "END",
    "START",
    "UNSTOP",
    "HELP",
    "INFO",
    "cancelled",
    "opt out",
)
# Somebody answers these, once, whoever it is.
CONFIRMED = ("STOP", "CANCEL", "END", "HELP", "INFO", "opt out")
OUT = ("STOP", "CANCEL", "END", "opt out")
TOLL_FREE = "+18335550100"
LOGGED = {"1": "held", "YES": "held", "NO": "missed", "cancelled": "missed"}


def asked(program: Program, clock: VirtualClock) -> None:
    with program.store.write() as session:
        registered(session, family(caregiver(), services=(SPEECH,)), clock.now(), program.settings)
    while True:
        go_on(program, clock)
        with program.store.read() as session:
            if session.scalars(select(OutgoingMessage.id).where(OutgoingMessage.kind == "question")).first():
                return


def say(program: Program, clock: VirtualClock, fake: FakeTwilio, site: str, words: str) -> None:
    clock.move_to(clock.now() + timedelta(minutes=7))
    fake.text(f"{site}/twilio/sms", PHONE, words, signed_as=f"{PUBLIC}/twilio/sms")
    run_pass(program.store, clock, program.settings, program.channels)


def state(program: Program) -> str:
    with program.store.read() as session:
        return session.scalars(select(Caregiver.texts)).one()


@pytest.mark.parametrize("rules", ["default", "advanced", "toll-free"])
def test_no_keyword_gets_two_answers_and_nothing_is_sent_to_who_is_blocked(
    program: Program, clock: VirtualClock, fake: FakeTwilio, site: str, rules: str
) -> None:
    fake.rules = rules  # type: ignore[assignment]  # one of them
    if rules == "toll-free":
        fake.account = replace(fake.account, number=TOLL_FREE)
    asked(program, clock)
    for words in REPLIES:
        ours, theirs, tried = len(fake.sent(to=PHONE)), len(fake.own_answers(PHONE)), len(fake.attempts)
        blocked_before = PHONE in fake.opted_out
        say(program, clock, fake, site, words)
        answers = len(fake.sent(to=PHONE)) - ours + len(fake.own_answers(PHONE)) - theirs
        assert answers == 1 if words in CONFIRMED else answers <= 1, (rules, words)
        if words in OUT:
            assert state(program) == "out", (rules, words)
            assert not (blocked_before or PHONE in fake.opted_out) or len(fake.attempts) == tried, (
                rules,
                words,
            )
            say(program, clock, fake, site, "YES")
            assert state(program) == "out", "a yes undoes no opt-out"
            say(program, clock, fake, site, "START")
            assert state(program) == "in"
    refused = len(fake.attempts) - len([one for one in fake.messages if one.direction == "outbound-api"])
    assert refused == 0, "not one 21610"


@pytest.mark.parametrize("rules", ["default", "advanced", "toll-free"])
@pytest.mark.parametrize("words", LOGGED)
def test_an_answer_is_an_answer_whoever_else_acts_on_it(
    program: Program, clock: VirtualClock, fake: FakeTwilio, site: str, rules: str, words: str
) -> None:
    fake.rules = rules  # type: ignore[assignment]  # one of them
    asked(program, clock)
    say(program, clock, fake, site, words)
    with program.store.read() as session:
        assert session.scalars(select(LogEntry.outcome)).all() == [LOGGED[words]]


# The hour is UTC: the afternoon, and two at night, in Los Angeles.
@pytest.mark.parametrize(("number", "hour"), [("+14155550100", 9), (TOLL_FREE, 20)])
@pytest.mark.parametrize(("word", "kind"), [("STOP", "stopped"), ("HELP", "help"), ("START", "joined")])
def test_where_we_answer_a_keyword_it_is_once_within_five_minutes_and_then_nothing(
    program: Program, clock: VirtualClock, fake: FakeTwilio, word: str, kind: str, hour: int, number: str
) -> None:
    """On a toll-free number the network still answers STOP and START, and then we do not."""
    fake.rules = "toll-free off" if number == TOLL_FREE else "off"
    fake.account = replace(fake.account, number=number)
    own = replace(program, settings=with_own_answers(program.settings))
    asked(own, clock)
    with serving(pages(own)) as server:
        site = f"http://127.0.0.1:{server.server_port}"
        if word == "START":
            say(own, clock, fake, site, "STOP")
        clock.move_to(datetime(2026, 9, 2, hour, tzinfo=UTC))
        run_pass(own.store, clock, own.settings, own.channels)
        ours, theirs, said = kinds(own).count(kind), len(fake.own_answers(PHONE)), clock.now()
        fake.text(f"{site}/twilio/sms", PHONE, word, signed_as=f"{PUBLIC}/twilio/sms")
        for minute in range(1, 6):
            clock.move_to(said + timedelta(minutes=minute))
            run_pass(own.store, clock, own.settings, own.channels)
        by_network = number == TOLL_FREE and word != "HELP"
        assert (kinds(own).count(kind) - ours, len(fake.own_answers(PHONE)) - theirs) == (
            (0, 1) if by_network else (1, 0)
        )
        tried = len(fake.attempts)
        fake.again(f"{site}/twilio/sms", fake.inbound_sid(), signed_as=f"{PUBLIC}/twilio/sms")
        if word == "STOP":
            say(own, clock, fake, site, "STOP")
    for hours in range(1, 49):
        clock.move_to(said + timedelta(hours=hours))
        run_pass(own.store, clock, own.settings, own.channels)
    assert kinds(own).count(kind) - ours == (0 if by_network else 1)
    assert word != "STOP" or len(fake.attempts) == tried


def with_own_answers(settings: Settings) -> Settings:
    return settings.model_copy(update={"sms": settings.sms.model_copy(update={"keyword_replies": "self"})})


def kinds(program: Program) -> list[str]:
    """Of all texts that left."""
    with program.store.read() as session:
        sent = OutgoingMessage.state.in_(("sent", "delivered"))
        return list(
            session.scalars(select(OutgoingMessage.kind).where(OutgoingMessage.channel == "sms", sent))
        )


@pytest.mark.long
def test_an_echo_of_a_whole_day_is_not_talked_to_and_somebody_is_told(
    program: Program, clock: VirtualClock, fake: FakeTwilio, site: str
) -> None:
    asked(program, clock)
    hours = some(24)
    until, echoed = clock.now() + timedelta(hours=hours), 0
    before = len(fake.sent(to=PHONE))
    while clock.now() < until:
        sent = fake.sent(to=PHONE)
        for message in sent[echoed:] or sent[-1:]:
            say(program, clock, fake, site, message.body)
        echoed = len(sent)
    assert len(fake.sent(to=PHONE)) - before <= 3 * hours
    with program.store.read() as session:
        assert session.scalars(select(LogEntry.outcome)).all() == []
        assert "reply_loop" in {one.kind for one in open_alerts(session)}
