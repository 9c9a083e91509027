"""An outbox to test with: people, texts that wait, a channel, and the rows as they stand afterwards."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from assistant.clock import VirtualClock
from assistant.config import Jobs, Server, Settings, Sms, Twilio
from assistant.store import Alert, AuditEvent, Caregiver, OutgoingMessage, Store
from messages.channels.sandbox import SandboxEmail
from messages.channels.twilio_sms import TwilioSms
from messages.channels.types import EmailChannel, FoundMessage, Receipt, Text, TextChannel
from messages.deliver import Channels, deliver, reconcile
from messages.delivery.status import note_status
from messages.templates import sync
from tests.support.fake_twilio import FakeTwilio

START = datetime(2026, 9, 1, 18, 0, tzinfo=UTC)  # Tuesday, 11:00 in Los Angeles
PUBLIC = "https://iep.example.org"
_numbers = itertools.count(1)


def settings_for(fake: FakeTwilio | None = None, *, sms: Sms | None = None, connections: int = 1) -> Settings:
    """Fast enough that the pace plays no part, unless `sms` says otherwise."""
    twilio = Twilio()
    if fake is not None:
        account = fake.account
        twilio = Twilio(
            account_sid=account.sid,
            auth_token=account.auth_token,
            messaging_service_sid=account.messaging_service_sid,
            api_base=fake.url,
            timeout_seconds=5,
        )
    return Settings(
        server=Server(secret_key="a key for tests that nobody uses", public_url=PUBLIC),
        sms=sms or Sms(segments_per_second=1000),
        jobs=Jobs(connections=connections),
        twilio=twilio,
    )


@dataclass
class Outbox:
    """One store, one clock, one way out."""

    store: Store
    text: TextChannel
    settings: Settings
    email: EmailChannel = field(default_factory=SandboxEmail)
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(START))

    def __post_init__(self) -> None:
        with self.store.write() as session:
            sync(session, self.clock.now())

    @classmethod
    def at(cls, fake: FakeTwilio, store: Store, settings: Settings | None = None) -> Outbox:
        """An outbox whose texts go to a loopback Twilio."""
        settings = settings or settings_for(fake)
        clock = VirtualClock(START)
        # No callback address: the tests say themselves what is called back.
        return cls(store, TwilioSms(settings.twilio, "", clock), settings, clock=clock)

    def person(self, *, mails: str = "in", zone: str = "America/Los_Angeles") -> int:
        """Somebody who agreed to texts; their number."""
        with self.store.write() as session:
            person = _person(self.clock.now(), mails, zone)
            session.add(person)
            session.flush()
            return person.id

    def queue(
        self,
        person: int,
        *,
        kind: str = "question",
        body: str = "",
        template: str = "question_one",
        hours: float | None = 6,
    ) -> int:
        """A text for them, due now, of sense for so many hours."""
        with self.store.write() as session:
            found = session.get_one(Caregiver, person)
            row = _row(found, self.clock.now(), kind, body, template, hours)
            session.add(row)
            session.flush()
            return row.id

    def people_with_texts(self, count: int) -> dict[int, str]:
        """So many people, each with a question that is due: their numbers here, and their phones."""
        with self.store.write() as session:
            people = [_person(self.clock.now(), "in", "America/Los_Angeles") for _ in range(count)]
            session.add_all(people)
            session.flush()
            now = self.clock.now()
            session.add_all([_row(one, now, "question", "", "question_one", 6) for one in people])
            return {one.id: one.phone or "" for one in people}

    def go(self, *, wait: timedelta = timedelta(0)) -> None:
        """Let time pass, then deliver and ask, once."""
        self.clock.move_to(self.clock.now() + wait)
        channels = Channels(self.text, self.email)
        deliver(self.store, self.clock, self.settings, channels)
        reconcile(self.store, self.clock, self.settings, channels)

    def go_until(self, moment: datetime) -> None:
        """Live on until then, from one thing due to the next."""
        while True:
            self.go()
            with self.store.read() as session:
                due = session.scalars(select(func.min(OutgoingMessage.next_at))).one()
            if due is None or due > moment:
                break
            self.clock.move_to(max(due, self.clock.now() + timedelta(seconds=1)))
        self.clock.move_to(moment)

    def says(self, row: int, status: str, code: str = "") -> None:
        """A status callback for a text that was sent."""
        with self.store.write() as session:
            found = session.get_one(OutgoingMessage, row)
            note_status(session, found.provider_id or "", found.reference, status, code, self.clock.now())

    def row(self, number: int) -> OutgoingMessage:
        with self.store.read() as session:
            return session.get_one(OutgoingMessage, number)

    def rows(self, *, kind: str = "question") -> list[OutgoingMessage]:
        with self.store.read() as session:
            return list(
                session.scalars(
                    select(OutgoingMessage).where(OutgoingMessage.kind == kind).order_by(OutgoingMessage.id)
                )
            )

    def texts(self, person: int) -> str:
        with self.store.read() as session:
            return session.get_one(Caregiver, person).texts

    def alerts(self) -> dict[tuple[str, str], int]:
        """Open alerts and how often each was counted."""
        with self.store.read() as session:
            rows = session.scalars(select(Alert).where(Alert.closed_at.is_(None)))
            return {(row.kind, row.subject): row.times for row in rows}

    def why(self, kind: str) -> list[str]:
        """The reasons in audit events of this kind."""
        with self.store.read() as session:
            rows = session.scalars(select(AuditEvent).where(AuditEvent.kind == kind).order_by(AuditEvent.id))
            return [str(row.detail.get("why", "")) for row in rows]


def _person(now: datetime, mails: str, zone: str) -> Caregiver:
    number = next(_numbers)
    return Caregiver(
        name="Ana",
        phone=f"+1415{2_000_000 + number}",
        email=f"ana{number}@example.org",
        language="en",
        zone=zone,
        texts="in",
        mails=mails,
        created_at=now,
    )


def _row(
    person: Caregiver, now: datetime, kind: str, body: str, template: str, hours: float | None
) -> OutgoingMessage:
    key = f"{kind}:{next(_numbers)}"
    return OutgoingMessage(
        dedupe_key=key,
        reference=key.encode().hex()[:40],
        channel="sms",
        kind=kind,
        caregiver_id=person.id,
        to_address=person.phone or "",
        language="en",
        body=body or f"Did it happen? {key}",
        about=[],
        template_key=template,
        created_at=now,
        not_after=None if hours is None else now + timedelta(hours=hours),
        next_at=now,
    )


@dataclass
class Noted:
    """A channel that answers at once and notes when each text came, by the clock of the test."""

    clock: VirtualClock
    taken: list[tuple[datetime, Text]] = field(default_factory=list)
    answers: list[Receipt] = field(default_factory=list)

    def send(self, text: Text) -> Receipt:
        self.taken.append((self.clock.now(), text))
        return self.answers.pop(0) if self.answers else Receipt("sent", f"SM{len(self.taken):032x}")

    def find(self, text: Text, since: datetime) -> tuple[FoundMessage, ...]:
        return ()

    def fetch(self, provider_id: str) -> FoundMessage | None:
        return None


def noting(store: Store, settings: Settings | None = None) -> tuple[Outbox, Noted]:
    """An outbox with such a channel."""
    channel = Noted(VirtualClock(START))
    return Outbox(store, channel, settings or settings_for(), clock=channel.clock), channel
