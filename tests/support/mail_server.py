"""Mail servers on loopback: a real one (aiosmtpd), and a scripted one that can break off anywhere."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.scripted import Scripted


@dataclass
class Inbox:
    """What a server took, and how it answers. `answers`: "MAIL", "RCPT" or "DATA" to a whole reply line."""

    answers: Mapping[str, str] = field(default_factory=dict)
    password: str = ""
    envelopes: list[Envelope] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802 aiosmtpd looks the hooks up by these names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 as above
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "RCPT" in self.answers:
            return self.answers["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 as above
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if "DATA" in self.answers:
            return self.answers["DATA"]
        self.envelopes.append(envelope)
        self.encrypted.append(session.ssl is not None)
        return "250 taken"

    def check(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        good = isinstance(data, LoginPassword) and data.password == self.password.encode()
        return AuthResult(success=good, handled=good)


@contextmanager
def real_server(
    inbox: Inbox, *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None, size: int = 0
) -> Iterator[int]:
    """An aiosmtpd server on loopback; gives its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    options: dict[str, Any] = {"data_size_limit": size} if size else {}
    if inbox.password:
        options |= {
            "authenticator": inbox.check,
            "auth_required": True,
            "auth_require_tls": starttls is not None,
        }
    if starttls:
        options |= {"tls_context": starttls, "require_starttls": True}
    controller = Controller(inbox, hostname="127.0.0.1", port=port, ssl_context=tls, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


class ScriptedServer(Scripted):
    """Answers each command by its first word from `replies`, as `Scripted.say`, and notes every line.

    The key "." stands for the dot after the message, "greeting" for the first line; anything else is answered
    250.
    """

    def __init__(self, replies: Mapping[str, str | None]) -> None:
        super().__init__()
        self.replies: dict[str, str | None] = {
            "greeting": "220 hello",
            "DATA": "354 go on",
            "QUIT": "221 bye",
        }
        self.replies.update(replies)
        self.lines: list[bytes] = []

    @property
    def dots(self) -> int:
        """How many messages were ended."""
        return self.lines.count(b".\r\n")

    def talk(self, connection: socket.socket) -> None:
        in_message = False
        with connection.makefile("rb") as lines:
            if not self.say(connection, self.replies["greeting"]):
                return
            for line in lines:
                self.lines.append(line)
                if in_message and line != b".\r\n":
                    continue
                word = "." if in_message else line.split()[0].decode().upper()
                in_message = False
                if not self.say(connection, self.replies.get(word, "250 OK")):
                    return
                in_message = word == "DATA" and str(self.replies["DATA"]).startswith("354")
