"""An e-mail through the outbox to a mail server: what its answers do to the message and its address.

The table is requirement 18's, each row against a server that really says so.
"""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.config import Settings
from assistant.store import Alert, Attachment, Caregiver, OutgoingMessage, Store
from messages.bounces import bounced
from messages.channels.sandbox import SandboxText
from messages.channels.smtp_email import SmtpEmail
from messages.deliver import Channels, deliver, reconcile
from messages.dsn import Report
from messages.outbox import enqueue_mail
from messages.templates import Rendered, sync
from tests.support.mail_server import Inbox, ScriptedServer, real_server

HOST = "a-rather-long-name-of-a-parent-center.example.org"


def settings_of(port: int, **smtp: object) -> Settings:
    return Settings.model_validate(
        {
            "server": {"secret_key": "k" * 40, "public_url": f"https://{HOST}"},
            "email": {"channel": "smtp", "from": f"Every Session <hello@{HOST}>"},
            "smtp": {"host": "127.0.0.1", "port": port, "tls": "none", "timeout_seconds": 0.3} | smtp,
        }
    )


def queue(store: Store, clock: VirtualClock, *, texts: str = "none") -> tuple[int, int]:
    """Ana, with one e-mail that is due and one for next week. Returns the first one's number and hers."""
    with store.write() as session:
        sync(session, clock.now())
        ana = Caregiver(name="Ana", email="ana@example.org", language="en", zone="America/Los_Angeles")
        ana.mails, ana.texts, ana.phone, ana.created_at = "in", texts, "+14155550101", clock.now()
        session.add(ana)
        session.flush()
        later = clock.now() + timedelta(days=7)
        due = enqueue_mail(session, ana, "step", Rendered("x", 0, "Hello", "A letter"), "step:1", clock.now())
        other = enqueue_mail(session, ana, "step", Rendered("x", 0, "Hello", "Another"), "step:2", later)
        assert due is not None
        assert other is not None
        return due.id, ana.id


def send(store: Store, clock: VirtualClock, settings: Settings) -> None:
    channels = Channels(SandboxText(), SmtpEmail(settings.smtp, clock))
    reconcile(store, clock, settings, channels)
    deliver(store, clock, settings, channels)


def row_of(store: Store, number: int) -> OutgoingMessage:
    with store.read() as session:
        return session.get_one(OutgoingMessage, number)


def test_it_is_sent_once_on_both_engines(each_store: Store, clock: VirtualClock) -> None:
    inbox = Inbox()
    number, _ = queue(each_store, clock)
    with real_server(inbox) as port:
        settings = settings_of(port, timeout_seconds=5)
        for _ in range(3):
            send(each_store, clock, settings)
            clock.move_to(clock.now() + timedelta(minutes=10))
    assert row_of(each_store, number).state == "sent"
    assert len(inbox.envelopes) == 1


MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# What the server does; the row's state; when it is tried again (from, to); the address afterwards.
TABLE: list[tuple[dict[str, str | None], str, tuple[timedelta, timedelta] | None, str]] = [
    ({"greeting": None}, "queued", (MINUTE, 2 * MINUTE), "in"),
    ({"greeting": "421 4.3.2 not now"}, "queued", (MINUTE, 2 * MINUTE), "in"),
    ({"greeting": "554 5.7.1 no"}, "queued", (timedelta(0), HOUR), "in"),  # halted, until somebody mends it
    ({"MAIL": "421 4.3.2 closing"}, "queued", (MINUTE, 2 * MINUTE), "in"),
    ({"MAIL": "451 4.7.1 later"}, "queued", (MINUTE, 2 * MINUTE), "in"),
    ({"MAIL": None}, "queued", (MINUTE, 2 * MINUTE), "in"),
    ({"RCPT": "450 4.2.0 greylisted, try in 300 seconds"}, "queued", (5 * MINUTE, 15 * MINUTE), "in"),
    ({"RCPT": "451 4.7.1 greylisted"}, "queued", (5 * MINUTE, 15 * MINUTE), "in"),
    ({"RCPT": "550 5.1.1 no such user"}, "failed", None, "none"),
    ({"RCPT": "550 no such user"}, "failed", None, "none"),
    ({"RCPT": "552 5.2.2 mailbox full"}, "queued", (2 * HOUR, 6 * HOUR), "in"),
    ({"RCPT": "hang"}, "queued", (MINUTE, 2 * MINUTE), "in"),
    ({"DATA": "451 4.3.0 later"}, "queued", (MINUTE, 2 * MINUTE), "in"),
    ({".": "451 4.3.0 later"}, "queued", (MINUTE, 2 * MINUTE), "in"),
    ({".": "552 5.3.4 too large"}, "failed", None, "in"),
    ({".": "554 5.6.0 not this"}, "failed", None, "in"),
    ({".": None}, "unsure", (timedelta(0), 5 * MINUTE), "in"),
    ({".": "hang"}, "unsure", (timedelta(0), 5 * MINUTE), "in"),
]


@pytest.mark.parametrize(("script", "state", "again", "mails"), TABLE, ids=lambda value: str(value)[:40])
def test_what_the_server_says(
    store: Store,
    clock: VirtualClock,
    script: dict[str, str | None],
    state: str,
    again: tuple[timedelta, timedelta] | None,
    mails: str,
) -> None:
    number, ana = queue(store, clock)
    with ScriptedServer(script) as server:
        send(store, clock, settings_of(server.port))
    row = row_of(store, number)
    assert row.state == state, row.error
    if again is None:
        assert row.next_at is None
    else:
        assert row.next_at is not None
        assert again[0] <= row.next_at - clock.now() <= again[1]
    with store.read() as session:
        assert session.get_one(Caregiver, ana).mails == mails
        told = session.scalars(select(Alert.kind)).all()
    assert ("mail_not_taken" in told) == (state == "failed" and mails == "in")


@pytest.mark.parametrize("how", ["size", "bounce"])
def test_what_is_too_large_goes_once_more_with_a_link_to_its_files(
    store: Store, clock: VirtualClock, how: str
) -> None:
    """The server says so at once (it has a limit), or a server behind it sends the e-mail back."""
    number, _ = queue(store, clock)
    with store.write() as session:
        row = session.get_one(OutgoingMessage, number)
        row.attachments.append(Attachment(name="letter.docx", content_type="a/b", data=bytes(100_000)))
    inbox = Inbox()
    with real_server(inbox, size=50_000 if how == "size" else 0) as port:
        send(store, clock, settings_of(port))
        if how == "bounce":
            assert row_of(store, number).state == "sent"
            with store.write() as session:
                report = Report("failed", "5.3.4")
                bounced(session, row_of(store, number).reference, report, clock.now(), settings_of(port))
        send(store, clock, settings_of(port))
        row = row_of(store, number)
        assert (row.state, row.without_files) == ("sent", True)
        text = message_from_bytes(inbox.envelopes[-1].original_content or b"").as_string()
        assert "letter.docx" not in text
        assert "/family" in text
        if how == "bounce":
            with store.write() as session:
                bounced(session, row.reference, report, clock.now(), settings_of(port))
            assert row_of(store, number).state == "failed"
    assert len(inbox.envelopes) == (1 if how == "size" else 2)


def test_an_unsure_one_goes_again_under_the_same_id(store: Store, clock: VirtualClock) -> None:
    number, _ = queue(store, clock)
    with ScriptedServer({".": None}) as server:
        send(store, clock, settings_of(server.port))
    inbox = Inbox()
    with real_server(inbox) as port:
        for _ in range(4):
            clock.move_to(clock.now() + timedelta(minutes=2))
            send(store, clock, settings_of(port, timeout_seconds=5))
    assert row_of(store, number).state == "sent"
    (envelope,) = inbox.envelopes
    assert f"Message-ID: <{row_of(store, number).reference}@{HOST}>".encode() in (
        envelope.original_content or b""
    )


def test_it_is_given_up_after_two_days(store: Store, clock: VirtualClock) -> None:
    number, _ = queue(store, clock)
    began = clock.now()
    with ScriptedServer({"MAIL": "451 4.3.0 later"}) as server:
        settings = settings_of(server.port)
        for _ in range(40):
            row = row_of(store, number)
            if row.next_at is None:
                break
            clock.move_to(row.next_at)
            send(store, clock, settings)
    assert row_of(store, number).state == "failed"
    assert timedelta(hours=40) < clock.now() - began < timedelta(hours=60)


def test_signing_in_that_fails_halts_all_and_tells_somebody(store: Store, clock: VirtualClock) -> None:
    number, _ = queue(store, clock)
    script: dict[str, str | None] = {"EHLO": "250-hello\r\n250 AUTH PLAIN", "AUTH": "535 5.7.8 no"}
    with ScriptedServer(script) as server:
        send(store, clock, settings_of(server.port, username="u", password="p"))
        assert not any(line.upper().startswith(b"MAIL") for line in server.lines)
    row = row_of(store, number)
    assert (row.state, row.attempts) == ("queued", 0), "the try does not count against it"
    with store.read() as session:
        assert session.scalars(select(Alert.kind)).all() == ["send_halted"]


def test_a_dead_address_gets_nothing_more_and_a_text_says_so(store: Store, clock: VirtualClock) -> None:
    number, ana = queue(store, clock, texts="in")
    with ScriptedServer({"RCPT": "550 5.1.1 no such user"}) as server:
        send(store, clock, settings_of(server.port))
    with store.read() as session:
        assert session.get_one(Caregiver, ana).mails == "none"
        states = dict(session.execute(select(OutgoingMessage.dedupe_key, OutgoingMessage.state)).all())
        assert states.pop(f"mail_lost:{number}") == "queued"
        assert states == {"step:1": "failed", "step:2": "dropped"}
        alert = session.scalars(select(Alert).where(Alert.kind == "address_dead")).one()
        assert (alert.subject, alert.detail) == (f"caregiver {ana}", {"status": "550"})
