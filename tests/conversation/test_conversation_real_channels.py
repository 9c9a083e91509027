"""The whole way over real sockets: Twilio's client, a loopback Messages API, webhooks, a mail server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

from assistant.clock import VirtualClock
from assistant.config import Email, Server, Settings, Sms, Smtp, Twilio
from assistant.serve import Program, channels_of, pages
from assistant.store import Caregiver, InboundText, LogEntry, OutgoingMessage, Store
from jobs.tick import next_due, run_pass
from tests.support.fake_twilio import FakeTwilio
from tests.support.family import PHONE, SPEECH, caregiver, family, registered
from tests.support.mail_server import Inbox, real_server

PUBLIC = "https://iep.example.org"


@pytest.fixture
def fake(clock: VirtualClock) -> Iterator[FakeTwilio]:
    with FakeTwilio(clock=clock) as server:
        yield server


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def program(store: Store, clock: VirtualClock, fake: FakeTwilio, inbox: Inbox) -> Iterator[Program]:
    with real_server(inbox) as port:
        settings = Settings(
            server=Server(public_url=PUBLIC, secret_key="k" * 40),
            sms=Sms(channel="twilio"),
            twilio=Twilio(
                account_sid=fake.account.sid,
                auth_token=fake.account.auth_token,
                messaging_service_sid=fake.account.messaging_service_sid,
                api_base=fake.url,
            ),
            email=Email.model_validate({"channel": "smtp", "from": "Every Session <hello@iep.example.org>"}),
            smtp=Smtp(host="127.0.0.1", port=port, tls="none"),
        )
        yield Program(settings, store, clock, channels_of(settings, clock))


@pytest.fixture
def site(program: Program) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, pages(program), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def go_on(program: Program, clock: VirtualClock, times: int = 1) -> None:
    for _ in range(times):
        with program.store.read() as session:
            due = next_due(session)
        if due is not None:
            clock.move_to(due)
        run_pass(program.store, clock, program.settings, program.channels)


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
