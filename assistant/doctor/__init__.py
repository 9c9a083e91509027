"""The doctor: looks at everything that this installation rests on, and says what to do. It changes nothing.

In sandbox mode nothing leaves the machine, so only what is on it is looked at. A channel that is on is asked
over the network: Twilio by reading its set-up, the mail server up to the sign-in, our own public address
from outside.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.clock import Clock
from assistant.config import Settings
from assistant.doctor import database, local, mail, twilio, web
from assistant.doctor.lines import Line, State, look

__all__ = ["Line", "State", "examine"]


def examine(settings: Settings, clock: Clock) -> Iterator[Line]:
    """Every line, as it is found. Raises nothing for what it looks at: what cannot be read is a finding."""
    yield from local.lines(settings)
    yield from database.lines(settings, clock)
    if settings.sandbox:
        yield look(
            "mode",
            "sandbox: nothing leaves this machine, so Twilio, the mail server and the public address "
            "were not asked",
            'set [sms] channel = "twilio" or [email] channel = "smtp" to send for real',
        )
        return
    if settings.sms.channel == "twilio":
        yield from twilio.lines(settings, clock)
        yield from web.lines(settings)
    else:
        yield look("twilio", "texts are in the sandbox; Twilio was not asked", "nothing, if that is meant")
    if settings.email.channel == "smtp":
        yield from mail.lines(settings, clock)
    else:
        yield look(
            "smtp", "e-mails are in the sandbox; no mail server was asked", "nothing, if that is meant"
        )
