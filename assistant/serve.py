"""Putting the house together: settings, store, clock, channels, jobs, pages. Only this place knows all."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from flask import Flask
from sqlalchemy import text

from assistant.clock import AheadClock, Clock, SystemClock
from assistant.config import Settings
from assistant.store import Fact, Store, StoreError, open_store
from assistant.store.cipher import cipher_for
from assistant.store.engine import BY_HAND, Use
from assistant.store.migrate import LOCK, is_current, upgrade
from assistant.store.sealing import check_keys
from jobs import read_mail, sweep
from jobs.housekeeping import begin as begin_housekeeping
from jobs.tick import next_due, run_pass
from messages.channels.sandbox import SandboxEmail, SandboxText
from messages.channels.twilio_inbound import InboundChannel, TwilioInbound
from messages.channels.types import EmailChannel, TextChannel
from messages.deliver import Channels
from messages.one_time import RevealingEmail, RevealingText
from messages.templates import sync

_LEAD = "sandbox_lead_seconds"


@dataclass(frozen=True)
class Program:
    """Everything that runs."""

    settings: Settings
    store: Store
    clock: Clock
    channels: Channels
    passing: Lock = field(default_factory=Lock)

    def once(self) -> None:
        """Run all that is due; never two passes at once in a process, whoever asks for one."""
        with self.passing:
            run_pass(self.store, self.clock, self.settings, self.channels)


def open_migrated(settings: Settings, use: Use = BY_HAND) -> Store:
    """The database of these settings, at the newest schema, with the catalogue's texts in it.

    Raises StoreError when it cannot be reached, or was sealed under another key.
    """
    store = open_store(settings.database.url, use=use, cipher=cipher_for(settings.server.data_key))
    upgrade(store)
    check_keys(store)
    if not store.sqlite:
        from jobs.engine_schema import upgrade_engine  # 0.2 s to import, and SQLite has no use for it

        upgrade_engine(store)
    _sync_texts(store, settings)
    return store


def open_current(settings: Settings, use: Use) -> Store:
    """The same, but the schema is only looked at: of many processes none may change it under the others.

    Raises StoreError, also when the schema is not the one this program was written for.
    """
    store = open_store(settings.database.url, use=use, cipher=cipher_for(settings.server.data_key))
    if not is_current(store) or not (store.sqlite or _engine_is_current(store)):
        store.close()
        raise StoreError("the database is not at this program's schema: run `python app.py migrate` first")
    check_keys(store)
    _sync_texts(store, settings)
    return store


def _engine_is_current(store: Store) -> bool:
    from jobs.engine_schema import engine_is_current

    return engine_is_current(store)


def _sync_texts(store: Store, settings: Settings) -> None:
    """The catalogue's texts into the database, and when to keep house, read mail and sweep; one at a time."""
    with store.write() as session:
        if not store.sqlite:
            session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        sync(session, SystemClock().now())
        begin_housekeeping(session, SystemClock().now())
        read_mail.prepare(session, settings, SystemClock().now())
        sweep.prepare(session, settings, SystemClock().now())


def build(settings: Settings, use: Use = BY_HAND, *, migrate: bool = True) -> Program:
    """Put a program together from settings. Raises StoreError."""
    settings = with_secret(settings)
    store = open_migrated(settings, use) if migrate else open_current(settings, use)
    clock = _clock(settings, store)
    return Program(settings, store, clock, channels_of(settings, clock))


def channels_of(settings: Settings, clock: Clock) -> Channels:
    """The ways out that the settings ask for."""
    text: TextChannel = SandboxText()
    email: EmailChannel = SandboxEmail()
    inbound: InboundChannel | None = None
    if settings.sms.channel == "twilio":
        from messages.channels.twilio_sms import TwilioSms

        text = RevealingText(
            TwilioSms(settings.twilio, settings.server.public_url, clock), settings.server.secret_key
        )
        inbound = TwilioInbound(settings.twilio)
    if settings.email.channel == "smtp":
        from messages.channels.smtp_email import SmtpEmail

        email = RevealingEmail(SmtpEmail(settings.smtp, clock), settings.server.secret_key)
    return Channels(text, email, inbound)


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


def pages(program: Program, wake: Callable[[str], None] | None = None, *, alone: bool = True) -> Flask:
    """The pages of a program. `wake` tells whoever runs the jobs that something waits.

    In the sandbox a page runs the jobs itself, so that one sees at once what becomes of a text; and where
    this process is `alone`, with "jump ahead", as nobody else's clock would jump along. Else nobody who
    looks at a page waits for a text to leave.
    """
    from assistant.web import create_app  # workers and clocks have no pages, and start sooner without
    from assistant.web.house import House, nobody

    wake = wake or nobody

    def jump() -> datetime | None:
        return jump_ahead(program)

    return create_app(
        House(
            store=program.store,
            clock=program.clock,
            settings=program.settings,
            run_pass=program.once if program.settings.sandbox else lambda: wake("anything"),
            jump=jump if alone and isinstance(program.clock, AheadClock) else None,
            wake=wake,
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
    program.once()
    return clock.now()


def _clock(settings: Settings, store: Store) -> Clock:
    if not settings.sandbox:
        return SystemClock()
    with store.read() as session:
        fact = session.get(Fact, _LEAD)
    return AheadClock(timedelta(seconds=float(fact.value)) if fact else timedelta(0))


logging.getLogger("twilio.http_client").setLevel(logging.WARNING)  # its INFO lines carry phone numbers
