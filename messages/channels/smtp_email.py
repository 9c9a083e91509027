"""E-mail through an SMTP server, one recipient an envelope.

The commands are given one by one, because what a lost connection means depends on when it was lost:
before the dot that ends the message nothing was handed over, after it nobody knows (RFC 1047).
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass

from assistant.clock import Clock
from assistant.config import Smtp
from messages.channels.mime import UnsendableError, build, read_address, to_wire
from messages.channels.time_limit import TimeLimit
from messages.channels.types import Effect, Email, Receipt, State

GREYLIST_SECONDS = 10 * 60  # a greylisting server takes a second try after 5 to 15 minutes
FULL_MAILBOX_SECONDS = 4 * 3600
_TOO_LARGE = "the e-mail is larger than the mail server takes"
_ENHANCED = re.compile(rb"\s*([245])\.([0-9]{1,3})\.([0-9]{1,3})\b")
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
_GOODBYE_SECONDS = 2.0
# Of one e-mail, from the first packet to the goodbye, whatever the server does: see GIVE_UP_SECONDS.
LONGEST_SECONDS = 25.0
_LONGEST_NAME = 40


class _StopError(Exception):
    """The attempt ends here, with this receipt."""

    def __init__(self, receipt: Receipt) -> None:
        super().__init__(receipt.detail)
        self.receipt = receipt


class _Watched(smtplib.SMTP):
    """A connection that ends with the limit; encrypted from its first byte on where `tls` is given."""

    def __init__(self, settings: Smtp, helo: str, limit: TimeLimit, tls: ssl.SSLContext | None) -> None:
        self._limit, self._tls = limit, tls
        super().__init__(settings.host, settings.port, helo, settings.timeout_seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        made = self._limit.connect(host, port, timeout)
        try:
            return self._tls.wrap_socket(made, server_hostname=host) if self._tls else made
        except BaseException:
            made.close()
            raise


@dataclass(frozen=True, slots=True)
class _Letter:
    sender: str
    to: str
    data: bytes
    message_id: str


class SmtpEmail:
    """An EmailChannel over SMTP. Each send has its own connection, so one serves many threads.

    `trust`: how the server's certificate is checked; the system's authorities when None.
    """

    def __init__(self, settings: Smtp, clock: Clock, trust: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._trust = trust

    def send(self, email: Email) -> Receipt:
        """Hand it to the server, once.

        Every wait on the network is bounded by the settings' time-out, and all of it by LONGEST_SECONDS.
        """
        try:
            sender = read_address("From", email.sender).addr_spec
            if email.return_path:
                sender = read_address("From", email.return_path).addr_spec
        except UnsendableError as error:
            return Receipt("halt", code="sender", detail=str(error))
        try:
            data = to_wire(build(email, self._clock.now()))
            letter = _Letter(sender, read_address("To", email.to).addr_spec, data, email.message_id)
        except UnsendableError as error:
            return Receipt("failed", code="unsendable", detail=str(error))
        with TimeLimit(LONGEST_SECONDS) as limit:
            return self._send(letter, limit)

    def _send(self, letter: _Letter, limit: TimeLimit) -> Receipt:
        try:
            server = self._open(letter.sender.rpartition("@")[2], limit)
        except _StopError as stop:
            return stop.receipt
        try:
            receipt = self._hand_over(server, letter)
        except _StopError as stop:
            receipt = stop.receipt
        except (OSError, smtplib.SMTPException) as error:
            receipt = _lost(error)
        _goodbye(server)
        return receipt

    def check(self, helo: str) -> Receipt | None:
        """Connect, encrypt and sign in as for sending, and send nothing; what stood in the way, or None."""
        with TimeLimit(LONGEST_SECONDS) as limit:
            try:
                _goodbye(self._open(helo, limit))
            except _StopError as stop:
                return stop.receipt
        return None

    def _open(self, helo: str, limit: TimeLimit) -> smtplib.SMTP:
        """A connection that is encrypted and signed in as set. Raises _StopError."""
        server: smtplib.SMTP | None = None
        try:
            server = self._connect(helo, limit)
            self._secure_and_sign_in(server)
        except _StopError:
            _close(server)
            raise
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            _close(server)
            raise _StopError(_not_open(error)) from None
        return server

    def _connect(self, helo: str, limit: TimeLimit) -> smtplib.SMTP:
        s = self._settings
        # Without a name smtplib asks the DNS for this machine's, which can take long and tells the world.
        name = helo if "." in helo else "[127.0.0.1]"
        return _Watched(s, name, limit, self._context() if s.tls == "tls" else None)

    def _secure_and_sign_in(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        if self._settings.tls == "starttls":
            if not server.has_extn("starttls"):
                raise _StopError(
                    Receipt("halt", code="starttls", detail="the mail server offers no encryption")
                )
            server.starttls(context=self._context())
            server.ehlo_or_helo_if_needed()
        if self._settings.username:
            server.login(self._settings.username, self._settings.password)

    def _hand_over(self, server: smtplib.SMTP, letter: _Letter) -> Receipt:
        size = [f"size={len(letter.data)}"] if server.has_extn("size") else []
        self._expect(server.mail(letter.sender, size), (250,), "MAIL")
        self._expect(server.rcpt(letter.to), (250, 251, 252), "RCPT")
        self._expect(server.docmd("data"), (354,), "DATA")
        server.send(_doubled_dots(letter.data))
        try:
            server.send(b".\r\n")
            code, reply = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            return Receipt(
                "unsure",
                name_of(letter.message_id),
                "no_answer",
                f"the connection ended after the whole e-mail was sent ({type(error).__name__})",
            )
        if 200 <= code < 300:
            return Receipt("sent", name_of(letter.message_id), str(code))
        if not 400 <= code < 600:
            return Receipt(
                "unsure",
                name_of(letter.message_id),
                str(code),
                "the mail server's last answer made no sense",
            )
        return _refused("end of message", code, reply, signed_in=bool(self._settings.username))

    def _expect(self, answer: tuple[int, bytes], wanted: tuple[int, ...], command: str) -> None:
        code, reply = answer
        if code not in wanted:
            raise _StopError(_refused(command, code, reply, signed_in=bool(self._settings.username)))

    def _context(self) -> ssl.SSLContext:
        return self._trust or ssl.create_default_context()


def name_of(message_id: str) -> str:
    """What an e-mail is known by afterwards: its id without the host, as hosts can be long."""
    return message_id.strip("<>").partition("@")[0][:_LONGEST_NAME]


def _refused(command: str, code: int, reply: bytes, *, signed_in: bool) -> Receipt:
    """From a refusal. The server's own words stay out of it: they quote the address."""
    found = _ENHANCED.match(reply)
    area, detail = (int(found[2]), int(found[3])) if found else (0, 0)
    status = f"{code} {found[1].decode()}.{area}.{detail}" if found else str(code)
    state, effect, wait, words = _judge(command, code, area, signed_in)
    return Receipt(state, None, str(code), f"{words} ({command}: {status})", effect, wait)


def _judge(
    command: str, code: int, area: int, signed_in: bool
) -> tuple[State, Effect | None, int | None, str]:
    """State, effect, wait and words. `area`: the middle of the RFC 3463 status, 0 when there is none."""
    if code in (530, 534, 535, 538):
        return "halt", None, None, "the mail server wants us to sign in, or otherwise than we do"
    if 400 <= code < 500:
        wait = GREYLIST_SECONDS if command == "RCPT" else None
        return "retry", None, wait, "the mail server asked us to come back later"
    if not 500 <= code < 600:
        return "retry", None, None, "the mail server's answer made no sense"
    if command == "MAIL":
        if code == 552 or area == 3:
            return "failed", "too_large", None, _TOO_LARGE
        return "halt", None, None, "the mail server does not take our sender address"
    if command == "RCPT":
        return _judge_recipient(code, area, signed_in)
    if code == 552 or area == 3:
        return "failed", "too_large", None, _TOO_LARGE
    return "failed", None, None, "the mail server does not take this e-mail"


def _judge_recipient(code: int, area: int, signed_in: bool) -> tuple[State, Effect | None, int | None, str]:
    if area == 2 or code == 552:
        return "retry", None, FULL_MAILBOX_SECONDS, "the mailbox is full or closed for now"
    if area == 7:  # policy: about us, not about the address
        if signed_in:
            return "failed", None, None, "the mail server does not let us write to this address"
        return "halt", None, None, "the mail server passes nothing on for us; it may want us to sign in"
    if area in (0, 1) and code in (550, 551, 553, 554, 511, 521, 556):
        return "failed", "address_dead", None, "this address does not exist"
    return "failed", None, None, "the mail server does not take this address"


def _not_open(error: Exception) -> Receipt:
    """Nothing was handed over yet. What will not mend itself halts; the rest is tried again."""
    name = type(error).__name__
    if isinstance(error, smtplib.SMTPAuthenticationError):
        if 400 <= error.smtp_code < 500:
            return Receipt(
                "retry", code=str(error.smtp_code), detail="the mail server cannot sign us in just now"
            )
        return Receipt(
            "halt", code=str(error.smtp_code), detail="the mail server refused our name and password"
        )
    if isinstance(error, smtplib.SMTPResponseException):  # greeting, HELO, STARTTLS
        state: State = "halt" if 500 <= error.smtp_code < 600 else "retry"
        return Receipt(state, code=str(error.smtp_code), detail=f"the mail server did not let us in ({name})")
    if isinstance(error, ssl.SSLCertVerificationError):
        return Receipt("halt", code="certificate", detail="the mail server's certificate cannot be trusted")
    if isinstance(error, UnicodeError):
        return Receipt(
            "halt", code="letters", detail="the mail server's name or password has unusable letters"
        )
    if isinstance(error, smtplib.SMTPException) and not isinstance(error, smtplib.SMTPServerDisconnected):
        return Receipt("halt", code="auth", detail="the mail server offers no way to sign in that we know")
    return Receipt("retry", code="unreachable", detail=f"the mail server could not be reached ({name})")


def _lost(error: Exception) -> Receipt:
    """Before the final dot: the server has nothing to keep."""
    return Receipt(
        "retry",
        code="lost",
        detail=f"the connection ended before the e-mail was sent ({type(error).__name__})",
    )


def _doubled_dots(data: bytes) -> bytes:
    """A line's first dot is doubled (RFC 5321 4.5.2); the last line ends."""
    doubled = _LEADING_DOT.sub(b"..", data)
    return doubled if doubled.endswith(b"\r\n") else doubled + b"\r\n"


def _goodbye(server: smtplib.SMTP) -> None:
    """Leave politely, without waiting long: what the server says now changes nothing."""
    with suppress(OSError, smtplib.SMTPException):
        if server.sock is not None:
            server.sock.settimeout(_GOODBYE_SECONDS)
            server.quit()
    _close(server)


def _close(server: smtplib.SMTP | None) -> None:
    if server is not None:
        with suppress(OSError):
            server.close()
