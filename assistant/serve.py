"""Putting the house together: settings, store, clock, channels, jobs, pages. Only this place knows all."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask

from assistant.clock import AheadClock, Clock, SystemClock
from assistant.config import Settings, load
from assistant.store import Fact, Store, open_store
from assistant.store.migrate import upgrade
from assistant.web import create_app
from assistant.web.house import House
from jobs.scheduler import Metronome
from jobs.tick import next_due, run_pass
from messages.channels.sandbox import SandboxEmail, SandboxText
from messages.channels.types import EmailChannel, TextChannel
from messages.deliver import Channels
from messages.templates import sync

_LEAD = "sandbox_lead_seconds"


@dataclass(frozen=True)
class Program:
    """Everything that runs."""

    settings: Settings
    store: Store
    clock: Clock
    channels: Channels


def open_migrated(settings: Settings) -> Store:
    """The database of these settings, at the newest schema, with the catalogue's texts in it.

    Raises StoreError when it cannot be reached.
    """
    store = open_store(settings.database.url)
    upgrade(store)
    with store.write() as session:
        sync(session, SystemClock().now())
    return store


def build(settings: Settings) -> Program:
    """Put a program together from settings. Raises StoreError."""
    settings = with_secret(settings)
    store = open_migrated(settings)
    clock = _clock(settings, store)
    return Program(settings, store, clock, channels_of(settings, clock))


def channels_of(settings: Settings, clock: Clock) -> Channels:
    """The ways out that the settings ask for."""
    text: TextChannel = SandboxText()
    email: EmailChannel = SandboxEmail()
    if settings.sms.channel == "twilio":
        from messages.channels.twilio_sms import TwilioSms

        text = TwilioSms(settings.twilio, settings.server.public_url, clock)
    if settings.email.channel == "smtp":
        from messages.channels.smtp_email import SmtpEmail

        email = SmtpEmail(settings.smtp, clock)
    return Channels(text, email)


def with_secret(settings: Settings) -> Settings:
    """Where none is set, a secret key is made once and kept in var/, so that links outlive a restart."""
    if settings.server.secret_key:
        return settings
    file = Path("var") / "secret_key"
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48), encoding="ascii")
    server = settings.server.model_copy(update={"secret_key": file.read_text(encoding="ascii").strip()})
    return settings.model_copy(update={"server": server})


def pages(program: Program) -> Flask:
    """The pages of a program; in the sandbox with "jump ahead"."""

    def once() -> None:
        run_pass(program.store, program.clock, program.settings, program.channels)

    def jump() -> datetime | None:
        return jump_ahead(program)

    return create_app(
        House(
            store=program.store,
            clock=program.clock,
            settings=program.settings,
            run_pass=once,
            jump=jump if isinstance(program.clock, AheadClock) else None,
        )
    )


def jump_ahead(program: Program) -> datetime | None:
    """Move the sandbox's clock to the next thing due and do it; where the clock then stands (UTC)."""
    clock = program.clock
    if not isinstance(clock, AheadClock):
        return None
    with program.store.read() as session:
        due = next_due(session)
    if due is None:
        return None
    clock.jump_to(due)
    with program.store.write() as session:
        session.merge(Fact(key=_LEAD, value=str(clock.lead.total_seconds()), until=None))
    run_pass(program.store, clock, program.settings, program.channels)
    return clock.now()


def wsgi() -> Flask:
    """For a WSGI server that calls factories: the pages, with the jobs beating in the background."""
    program = build(load())
    metronome = Metronome(
        program.store,
        program.clock,
        program.settings,
        lambda: run_pass(program.store, program.clock, program.settings, program.channels),
    )
    metronome.start()
    return pages(program)


def serve(settings: Settings, port: int | None = None) -> None:
    """Say plainly what this program will and will not do, then serve pages and run jobs until stopped."""
    import os

    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    if port is not None:
        os.environ["ASSISTANT_SERVER_PORT"] = str(port)
        settings = load()
    program = build(settings)  # so that a fault is one line here and not a worker that dies over and over
    program.store.close()
    for line in greeting(settings):
        print(line, flush=True)  # noqa: T201  this is what a person who starts it reads
    Granian(
        "app:wsgi",
        address=settings.server.host,
        port=settings.server.port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=1,
        blocking_threads=4,
        log_enabled=True,
        log_level=LogLevels.warning,
    ).serve()


def greeting(settings: Settings) -> list[str]:
    """What starts, in words: which channels are real, and the address to open."""
    lines = [f"{settings.program.name} is starting."]
    if settings.sms.channel == "sandbox":
        lines.append("Texts: sandbox. None is sent; read and answer them on /sandbox/phone.")
        if settings.twilio.account_sid:
            lines.append('       Twilio is set up; [sms] channel = "twilio" would send them.')
    else:
        lines.append("Texts: sent through Twilio.")
    if settings.email.channel == "sandbox":
        lines.append("E-mails: sandbox. None is sent; read them on /sandbox/mail.")
        if settings.smtp.host:
            lines.append('         SMTP is set up; [email] channel = "smtp" would send them.')
    else:
        lines.append(f"E-mails: sent through {settings.smtp.host}.")
    lines.append(f"Database: {settings.database.url.split('@')[-1]}")
    lines.append(f"Open {settings.base_url()}/")
    return lines


def _clock(settings: Settings, store: Store) -> Clock:
    if not settings.sandbox:
        return SystemClock()
    with store.read() as session:
        fact = session.get(Fact, _LEAD)
    return AheadClock(timedelta(seconds=float(fact.value)) if fact else timedelta(0))


logging.getLogger("twilio.http_client").setLevel(logging.WARNING)  # its INFO lines carry phone numbers
