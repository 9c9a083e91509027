"""A program that sends by SMTP and reads a mailbox by IMAP, both real, on loopback; and who answers it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

from flask.testing import FlaskClient
from sqlalchemy import update

from assistant.clock import VirtualClock
from assistant.config import Settings
from assistant.conversation.mailroom import Place, sort
from assistant.serve import Program, channels_of, pages
from assistant.store import Mailbox, Store
from jobs import read_mail
from jobs.tick import next_due, run_pass
from messages.channels.mime import build, to_wire
from messages.channels.sandbox import SandboxText
from messages.channels.smtp_email import name_of
from messages.channels.types import Email, Receipt
from messages.deliver import Channels
from messages.mail_in import read_mail as read_mail_bytes
from messages.templates import sync
from tests.support.imap_server import PASSWORD, USER, MailServer, imap_server
from tests.support.mail_server import Inbox, real_server

PUBLIC = "https://iep.example.org"
ADDRESS = "answers@iep.example.org"
_uids = itertools.count(1)


@dataclass
class Wires:
    """An EmailChannel that keeps the bytes it would send, and who they are from."""

    clock: VirtualClock
    sent: list[tuple[str, bytes]] = field(default_factory=list)

    def send(self, email: Email) -> Receipt:
        self.sent.append((email.return_path or "", to_wire(build(email, self.clock.now()))))
        return Receipt("sent", name_of(email.message_id))


@dataclass
class Post:
    """The way of an e-mail out and back: by SMTP and IMAP servers, or `wires` and into the mailroom."""

    program: Program
    clock: VirtualClock
    inbox: Inbox | None = None
    server: MailServer | None = None
    wires: Wires | None = None
    seen: int = 0

    def out(self) -> list[EmailMessage]:
        """The e-mails that left since the last call."""
        parsed = []
        left = self._left()
        for sender, data in left[self.seen :]:
            message = message_from_bytes(data, policy=policy.default)
            assert isinstance(message, EmailMessage)
            message["X-Return-Path"] = sender
            parsed.append(message)
        self.seen = len(left)
        return parsed

    def _left(self) -> list[tuple[str, bytes]]:
        if self.wires is not None:
            return self.wires.sent
        assert self.inbox is not None
        return [(str(one.mail_from), one.original_content or b"") for one in self.inbox.envelopes]

    def back(self, *mails: bytes) -> list[EmailMessage]:
        """Deliver these, let them be read, and give what left because of them."""
        if self.server is not None:
            self.server.put(*mails)
            return self.look()
        self.clock.move_to(self.clock.now() + timedelta(minutes=5))
        for mail in mails:
            place = Place(1, 1, next(_uids))
            with self.program.store.write() as session:
                sort(session, read_mail_bytes(mail), place, self.clock.now(), self.program.settings)
        self.run()
        return self.out()

    def look(self) -> list[EmailMessage]:
        """Five minutes later the mailbox is due; what left then."""
        self.clock.move_to(self.clock.now() + timedelta(minutes=5))
        with self.program.store.write() as session:
            session.execute(update(Mailbox).values(next_at=self.clock.now()))
        self.run()
        return self.out()

    def run(self) -> None:
        run_pass(self.program.store, self.clock, self.program.settings, self.program.channels)

    def until_mail(self) -> EmailMessage:
        """Live on until an e-mail leaves."""
        for _ in range(60):
            with self.program.store.read() as session:
                due = next_due(session)
            assert due is not None
            self.clock.move_to(max(due, self.clock.now()))
            self.run()
            found = self.out()
            if found:
                return found[-1]
        raise AssertionError("no e-mail left")

    def browser(self) -> FlaskClient:
        app = pages(self.program)
        app.testing = True
        return app.test_client()


def near(store: Store, clock: VirtualClock) -> Post:
    """The same without sockets."""
    settings, wires = settings_of(1, 1), Wires(clock)
    with store.write() as session:
        sync(session, clock.now())
    return Post(Program(settings, store, clock, Channels(SandboxText(), wires)), clock, wires=wires)


@contextmanager
def post(store: Store, clock: VirtualClock, **mailbox: object) -> Iterator[Post]:
    """A program over real sockets; texts stay in the sandbox's channel."""
    inbox = Inbox()
    with real_server(inbox) as smtp, imap_server() as server:
        settings = settings_of(smtp, server.port, **mailbox)
        with store.write() as session:
            sync(session, clock.now())
            read_mail.prepare(session, settings, clock.now())
        program = Program(settings, store, clock, channels_of(settings, clock))
        yield Post(program, clock, inbox=inbox, server=server)


def settings_of(smtp: int, imap: int, **mailbox: object) -> Settings:
    return Settings.model_validate(
        {
            "server": {"secret_key": "k" * 40, "public_url": PUBLIC},
            "email": {"channel": "smtp", "from": "Every Session <hello@iep.example.org>"},
            "smtp": {"host": "127.0.0.1", "port": smtp, "tls": "none"},
            "mailbox": {
                "host": "127.0.0.1",
                "port": imap,
                "tls": "none",
                "username": USER,
                "password": PASSWORD,
                "address": ADDRESS,
                "every_minutes": 1440,  # a test says itself when it is looked into
            }
            | mailbox,
        }
    )


def answer(
    to: EmailMessage, text: str, sender: str = "Ana Rivera <ana@example.org>", **headers: str
) -> bytes:
    """A person's answer as their mail program writes it: threaded, with the letter quoted below."""
    reply = EmailMessage(policy=policy.SMTP)
    reply["From"] = sender
    reply["To"] = headers.pop("To", str(to["Reply-To"] or to["From"]))
    reply["Subject"] = f"Re: {to['Subject']}"
    reply["Message-ID"] = headers.pop(
        "Message_ID", f"<reply-{abs(hash((text, str(to['Message-ID']))))}@phone.example>"
    )
    reply["In-Reply-To"] = str(to["Message-ID"])
    reply["References"] = f"{to['References'] or ''} {to['Message-ID']}".strip()
    for name, value in headers.items():
        reply[name.replace("_", "-")] = value
    body = to.get_body(("plain",))
    assert body is not None
    quoted = "".join(f"> {line}\n" for line in body.get_content().split("\n"))
    reply.set_content(
        f"{text}\n\nOn Tue, Sep 1, 2026 at 4:00 PM Every Session <{ADDRESS}> wrote:\n\n{quoted}"
    )
    return reply.as_bytes()
