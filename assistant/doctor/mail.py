"""The mail server, up to the sign-in; and the mailbox that bounces and answers come to."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.clock import Clock
from assistant.config import Settings
from assistant.doctor.lines import Line, fail, look, ok
from messages.channels.mime import UnsendableError, read_address
from messages.channels.smtp_email import SmtpEmail


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
