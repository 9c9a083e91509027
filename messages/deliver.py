"""Sending what is due: claim a batch and commit, then act on each, then record. Nothing is sent inside a
transaction, and a crash between any two lines loses nothing and repeats no text.

- Claimed rows carry a lease (`next_at`). A row whose lease ran out belonged to a process that died between
  claiming and recording: whether the provider has the message is not known, so it becomes `unsure`.
- `unsure` rows are never sent again before the provider was asked, twice, a minute apart, and did not have
  the message. E-mail cannot be asked; it is sent again under the same Message-ID.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.store import AuditEvent, Caregiver, OutgoingMessage, Store
from messages.channels.types import (
    CannotAskError,
    EmailChannel,
    FoundMessage,
    Receipt,
    Text,
    TextChannel,
)
from messages.mail_out import email_of
from messages.outbox import AT_ONCE, allowed, apply_status, carrier_blocks, drop_queued, hours_of

LEASE = timedelta(minutes=3)
LOOK_AGAIN = timedelta(seconds=60)
LOOKS = 2
MATCH_BACK = timedelta(seconds=60)
MAX_ATTEMPTS = 8
HALTED = timedelta(minutes=15)


@dataclass(frozen=True)
class Channels:
    """The ways out: for texts and for e-mails."""

    text: TextChannel
    email: EmailChannel


def deliver(store: Store, clock: Clock, settings: Settings, channels: Channels) -> int:
    """One round: claim what is due, send it, record what became of it. Returns how many rows it moved."""
    now = clock.now()
    with store.write() as session:
        moved = _expire_leases(session, now, settings.jobs.batch)
        claimed, touched = _claim(session, now, settings)
    for message_id in claimed:
        _send_one(store, clock, settings, channels, message_id)
    return moved + touched


def reconcile(store: Store, clock: Clock, settings: Settings, channels: Channels) -> int:
    """Ask the provider about `unsure` texts before they are sent again. Returns how many it looked at."""
    now = clock.now()
    with store.read() as session:
        rows = session.scalars(
            select(OutgoingMessage)
            .where(OutgoingMessage.state == "unsure", OutgoingMessage.next_at <= now)
            .order_by(OutgoingMessage.next_at, OutgoingMessage.id)
            .limit(settings.jobs.batch)
        ).all()
        looks = [(row.id, row.channel, as_text(row, now), row.started_at or row.created_at) for row in rows]
    for message_id, channel, wanted, started in looks:
        found, answered = None, True
        if channel == "sms":
            found, answered = _ask_provider(store, channels, wanted, started)
        with store.write() as session:
            row = session.get_one(OutgoingMessage, message_id, with_for_update=True)
            if row.state != "unsure":
                continue  # a status callback was quicker
            if not answered:
                row.next_at = clock.now() + LOOK_AGAIN
                continue
            if found is not None:
                row.state, row.provider_id, row.next_at = "sent", found.provider_id, None
                row.sent_at = row.sent_at or found.created
                apply_status(session, row, found.status, found.error_code or "", clock.now())
                continue
            row.looks += 1
            if channel == "sms" and row.looks < LOOKS:
                row.next_at = clock.now() + LOOK_AGAIN
            else:
                row.state, row.next_at = "queued", clock.now()
    return len(looks)


def _ask_provider(
    store: Store, channels: Channels, wanted: Text, started: datetime
) -> tuple[FoundMessage | None, bool]:
    """The provider's message that is this text and no other row's, and whether the provider answered."""
    try:
        candidates = channels.text.find(wanted, started - MATCH_BACK)
    except CannotAskError:
        return None, False
    for candidate in candidates:
        if not _linked(store, candidate.provider_id):
            return candidate, True
    return None, True


def as_text(row: OutgoingMessage, now: datetime) -> Text:
    """The row as the text channel takes it; valid no longer than it makes sense."""
    valid = int((row.not_after - now).total_seconds()) if row.not_after else None
    return Text(
        to=row.to_address,
        body=row.body,
        reference=row.reference,
        valid_for_seconds=max(valid, 5) if valid else None,
    )


def _expire_leases(session: Session, now: datetime, limit: int) -> int:
    rows = session.scalars(
        select(OutgoingMessage)
        .where(OutgoingMessage.state == "sending", OutgoingMessage.next_at <= now)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.state, row.next_at, row.looks = "unsure", now + LOOK_AGAIN, 0
    return len(rows)


def _claim(session: Session, now: datetime, settings: Settings) -> tuple[list[int], int]:
    """Lease what may leave now; move or drop what may not. Returns (ids to send, rows touched)."""
    rows = session.scalars(
        select(OutgoingMessage)
        .where(OutgoingMessage.state == "queued", OutgoingMessage.next_at <= now)
        .order_by(OutgoingMessage.next_at, OutgoingMessage.id)
        .limit(settings.jobs.batch)
        .with_for_update(skip_locked=True)
    ).all()
    claimed = []
    for row in rows:
        caregiver = session.get_one(Caregiver, row.caregiver_id)
        if not allowed(caregiver, row.channel, row.kind):
            _drop(session, row, "no consent in force", now)
        elif row.not_after is not None and row.not_after <= now:
            _drop(session, row, "waited past its sense", now)
        elif _must_wait(row, caregiver, now, settings):
            row.next_at = hours_of(caregiver, settings).next_open(now)
        else:
            row.state, row.started_at, row.next_at = "sending", now, now + LEASE
            row.attempts += 1
            claimed.append(row.id)
    return claimed, len(rows)


def _must_wait(row: OutgoingMessage, caregiver: Caregiver, now: datetime, settings: Settings) -> bool:
    if row.channel != "sms" or row.kind in AT_ONCE:
        return False
    if row.kind != "question" and settings.asking.answer_at_night and row.kind != "reminder":
        return False
    return not hours_of(caregiver, settings).allows(now)


def _drop(session: Session, row: OutgoingMessage, reason: str, now: datetime) -> None:
    row.state, row.next_at, row.error = "dropped", None, reason
    session.add(
        AuditEvent(
            at=now,
            actor="outbox",
            kind="message_dropped",
            subject=f"message {row.id}",
            detail={"why": reason},
        )
    )


def _send_one(store: Store, clock: Clock, settings: Settings, channels: Channels, message_id: int) -> None:
    now = clock.now()
    with store.read() as session:
        row = session.get_one(OutgoingMessage, message_id)
        if row.state != "sending":
            return  # a STOP came between the claim and here
        outgoing = as_text(row, now) if row.channel == "sms" else email_of(session, row, settings)
    receipt = channels.text.send(outgoing) if isinstance(outgoing, Text) else channels.email.send(outgoing)
    with store.write() as session:
        row = session.get_one(OutgoingMessage, message_id, with_for_update=True)
        _note(session, row, receipt, clock.now())


def _note(session: Session, row: OutgoingMessage, receipt: Receipt, now: datetime) -> None:
    """Record what the channel said. A row that a callback already moved on keeps the better news."""
    row.provider_id = row.provider_id or receipt.provider_id
    row.error_code, row.error = receipt.code or "", receipt.detail
    if row.state in ("sent", "delivered"):
        return
    if receipt.state == "sent":
        # Also for a row dropped by a STOP that came while it was leaving: what left, left.
        row.state, row.sent_at, row.next_at = "sent", now, None
    elif row.state == "dropped":
        return
    elif receipt.state == "unsure":
        row.state, row.next_at, row.looks = "unsure", now + LOOK_AGAIN, 0
    elif receipt.state == "halt":
        # Our side has to be mended by a person; the message waits, and the tries do not count against it.
        row.state, row.next_at, row.attempts = "queued", now + HALTED, row.attempts - 1
    elif receipt.state == "retry" and row.attempts < MAX_ATTEMPTS:
        row.state, row.next_at = "queued", now + _backoff(row, receipt)
    else:
        row.state, row.next_at = "failed", None
    if receipt.state in ("failed", "halt"):
        session.add(
            AuditEvent(
                at=now,
                actor="outbox",
                kind=f"send_{receipt.state}",
                subject=f"message {row.id}",
                detail={"code": receipt.code or "", "effect": receipt.effect or ""},
            )
        )
    _apply_effect(session, row, receipt, now)


def _apply_effect(session: Session, row: OutgoingMessage, receipt: Receipt, now: datetime) -> None:
    if receipt.effect is None:
        return
    caregiver = session.get_one(Caregiver, row.caregiver_id)
    if receipt.effect == "opted_out":
        carrier_blocks(session, row, receipt.code or "", now)
    elif row.channel == "sms":
        caregiver.texts = "none"  # a number that cannot be texted; a new one needs a new yes
        drop_queued(session, caregiver.id, "sms", f"the number cannot be texted ({receipt.effect})")
    else:
        caregiver.mails = "none"
        drop_queued(session, caregiver.id, "email", "the address does not take mail")


def _backoff(row: OutgoingMessage, receipt: Receipt) -> timedelta:
    """1, 2, 4 ... minutes, at most an hour, spread by the row's number: not all come back at once."""
    if receipt.retry_after_seconds:
        return timedelta(seconds=receipt.retry_after_seconds)
    return timedelta(seconds=min(60 * 2 ** (row.attempts - 1), 3600) + row.id % 30)


def _linked(store: Store, provider_id: str) -> bool:
    with store.read() as session:
        return (
            session.scalars(
                select(OutgoingMessage.id).where(OutgoingMessage.provider_id == provider_id)
            ).first()
            is not None
        )
