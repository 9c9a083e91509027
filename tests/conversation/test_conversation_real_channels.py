"""The whole way over real sockets: Twilio's client, a loopback Messages API, webhooks, a mail server."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from email.policy import default as default_policy

from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.serve import Program
from assistant.store import Caregiver, InboundText, LogEntry, OutgoingMessage
from jobs.tick import run_pass
from tests.conversation.conftest import PUBLIC, go_on
from tests.support.fake_twilio import FakeTwilio
from tests.support.family import PHONE, SPEECH, caregiver, family, registered
from tests.support.mail_server import Inbox


def test_from_the_question_to_the_log_and_the_letter(
    program: Program, clock: VirtualClock, fake: FakeTwilio, inbox: Inbox, site: str
) -> None:
    clock.move_to(clock.now() + timedelta(hours=2))
    with program.store.write() as session:
        registered(session, family(caregiver("es"), services=(SPEECH,)), clock.now(), program.settings)
    run_pass(program.store, clock, program.settings, program.channels)
    assert [message.to for message in fake.sent()] == [PHONE]
    answered = 0
    while answered < 2:
        go_on(program, clock)
        questions = [m for m in fake.sent() if "hubo speech" in m.body]
        if len(questions) == answered:
            continue
        answered += 1
        signed = f"{PUBLIC}/twilio/sms"
        told = fake.text(
            f"{site}/twilio/sms", PHONE, "no, la terapeuta no vino", signed_as=signed, times=3, threads=4
        )
        assert {answer.status for answer in told} == {200}
        run_pass(program.store, clock, program.settings, program.channels)
    with program.store.read() as session:
        entries = session.scalars(select(LogEntry)).all()
        assert [(e.outcome, e.cause) for e in entries] == [("missed", "provider_absent")] * 2
        assert len(session.scalars(select(InboundText)).all()) == 2
    assert sum("Anotado" in message.body for message in fake.sent()) == 2
    go_on(
        program, clock, 8
    )  # at most one step e-mail about a service in seven days: the letter comes on the 8th
    mails = [envelope.original_content or b"" for envelope in inbox.envelopes]
    letters = [mail for mail in mails if b"records-request-speech.docx" in mail]
    assert len(letters) == 1
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in letters[0]
    parts = message_from_bytes(letters[0], policy=default_policy)
    for kind in ("plain", "html"):
        body = parts.get_body((kind,))
        assert body is not None
        assert "/unsubscribe/" in body.get_content(), "both show how to stop"


def test_statuses_come_back_signed_in_any_order(
    program: Program, clock: VirtualClock, fake: FakeTwilio, site: str
) -> None:
    clock.move_to(clock.now() + timedelta(hours=2))
    with program.store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now(), program.settings)
    run_pass(program.store, clock, program.settings, program.channels)
    (message,) = fake.sent()
    assert message.status_callback.startswith(f"{PUBLIC}/twilio/status?m=")
    with program.store.write() as session:
        row = session.scalars(select(OutgoingMessage).where(OutgoingMessage.channel == "sms")).one()
        assert (row.state, row.provider_id) == ("sent", message.sid)
    from tests.support.fake_twilio_rules import status_form
    from tests.support.fake_twilio_wire import post

    for status in ("delivered", "queued", "sent", "delivered"):
        query = message.status_callback.removeprefix(f"{PUBLIC}/twilio/status")
        form = status_form(fake.account, message, status, None)
        answer = post(f"{site}/twilio/status{query}", form, fake.account.auth_token, message.status_callback)
        assert answer.status == 204
    with program.store.read() as session:
        assert (
            session.scalars(select(OutgoingMessage.state).where(OutgoingMessage.channel == "sms")).one()
            == "delivered"
        )


def test_an_opt_out_that_only_the_carrier_knows_is_learned(
    program: Program, clock: VirtualClock, fake: FakeTwilio
) -> None:
    clock.move_to(clock.now() + timedelta(hours=2))
    fake.opt_out(PHONE)
    with program.store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now(), program.settings)
    go_on(program, clock, 6)
    assert fake.sent() == []
    assert len(fake.attempts) == 1  # refused once with 21610, never tried again
    with program.store.read() as session:
        assert session.scalars(select(Caregiver.texts)).one() == "out"
