"""The mail server, up to the sign-in; and the mailbox that bounces and answers come to."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.clock import Clock
from assistant.config import Settings
from assistant.doctor.lines import Line, fail, look, ok
from messages.channels.mailbox import ImapMailbox, MailboxError
from messages.channels.mime import UnsendableError, read_address
from messages.channels.smtp_email import SmtpEmail

_REACH = "is the machine reachable, and the port right? 993 for tls, 143 for starttls"
_MEND = {
    "refused": "check [mailbox] username, password and folder",
    "certificate": "the server's certificate does not fit its name; check [mailbox] host",
    "letters": "IMAP cannot carry the letters of this name or password; choose another",
    "answer": "is it an IMAP server that answers there?",
    "unreachable": _REACH,
    "lost": _REACH,
}


def lines(settings: Settings, clock: Clock) -> Iterator[Line]:
    """Connect, encrypt, sign in; nothing is sent."""
    try:
        sender = read_address("From", settings.email.sender).addr_spec
    except UnsendableError as error:
        yield fail("smtp.from", str(error), 'set [email] from, like "Every Session <assistant@example.org>"')
        return
    domain = sender.rpartition("@")[2]
    if "." not in domain:
        yield look("smtp.from", f"nobody can answer an address at {domain}", "set [email] from to a real one")
    smtp = settings.smtp
    refused = SmtpEmail(smtp, clock).check(domain)
    if refused is None:
        how = "encrypted" if smtp.tls != "none" else "not encrypted"
        who = "signed in" if smtp.username else "without a sign-in"
        yield ok("smtp", f"{smtp.host}:{smtp.port} lets us in, {how}, {who}")
    else:
        yield fail(
            "smtp",
            f"{refused.detail} ({refused.code})",
            "check the [smtp] section against your mail host's page",
        )
    yield _mailbox(settings)


def _mailbox(settings: Settings) -> Line:
    """Sign in and look into the folder; nothing is read or marked."""
    box = settings.mailbox
    if not box.host:
        if settings.email.bounce_token:
            return look("mailbox", "none: answers are not read, bounces come by webhook", "set [mailbox]")
        return look("mailbox", "none: bounces and answers are not read", "set [mailbox]")
    try:
        with ImapMailbox(box).open():
            return ok("mailbox", f"{box.host}:{box.port} lets us into {box.folder}")
    except MailboxError as error:
        return fail("mailbox", f"it cannot be read ({error.code})", _MEND[error.code])
