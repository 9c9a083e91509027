"""Recording what became of claimed rows: one commit for a group of plain successes, care for the rest.

A row may have moved while it was on its way: a callback came first, STOP took it back, its lease ran out. So
every row is read again under a lock, and what is recorded never unsays better news.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.store import AuditEvent, Caregiver, OutgoingMessage, Store
from messages.alerts import raise_alert
from messages.bounces import address_dead, leave_files_out, step_is_lost
from messages.channels.types import Receipt, Text
from messages.delivery import gate
from messages.delivery.claim import LOOK_AGAIN, NO_CONSENT, STALE, drop
from messages.delivery.dead import mark_dead
from messages.delivery.late import tell_of
from messages.delivery.status import carrier_blocks, next_look, note_answer
from messages.delivery.types import LEASE, TRY_AGAIN_AFTER_HANGING, Channels, Claimed, Result
from messages.mail_out import email_of

TOO_MANY = "20429"  # a receipt's code
TEXT_ATTEMPTS, MAIL_ATTEMPTS = 40, 16
# Minutes between the tries of an e-mail; the last is repeated. The sixteenth try is 46 to 48 hours after the
# first.
_MAIL_LADDER = (1, 5, 15, 60, 240)
_TEXT_FIRST, _TEXT_MOST = timedelta(seconds=5), timedelta(minutes=15)

_SENT = (
    update(OutgoingMessage)
    .where(OutgoingMessage.id == bindparam("row"))
    .values(
        state="sent",
        provider_id=bindparam("name"),
        error_code="",
        error="",
        sent_at=bindparam("at"),
        next_at=bindparam("look"),
    )
)
_SENT_HERE = _SENT.values(next_at=None, started_at=bindparam("at"), attempts=bindparam("attempt"))


def record(store: Store, clock: Clock, settings: Settings, results: Sequence[Result]) -> None:
    """Write down a group of results. Plain successes share a commit; each of the others has its own."""
    plain = [one for one in results if one.receipt is not None and one.receipt.state == "sent"]
    if plain:
        with store.write() as session:
            left = _record_sent(session, plain, clock.now())
    others = [one for one in results if one not in plain] + (left if plain else [])
    for one in others:
        with store.write() as session:
            _record_one(session, one, clock.now(), settings)


def record_here(
    session: Session, channels: Channels, claimed: Sequence[Claimed], now: datetime, settings: Settings
) -> None:
    """Send and record, in the claim's own transaction, what gives nothing out of the machine."""
    sent: list[Result] = []
    others: list[Result] = []
    for row in claimed:
        receipt = _receipt_here(session, channels, row, settings)
        (sent if receipt.state == "sent" else others).append(Result(row, receipt))
    if sent:
        values = [_values(one, now) for one in sent]
        for value in values:
            del value["look"]  # there is nobody to ask what became of it
        session.connection().execute(_SENT_HERE, values)
    for one in others:
        _record_one(session, one, now, settings)


def _receipt_here(session: Session, channels: Channels, row: Claimed, settings: Settings) -> Receipt:
    if row.channel == "sms":
        return channels.text.send(Text(row.to_address, row.body, row.reference))
    return channels.email.send(email_of(session, session.get_one(OutgoingMessage, row.id), settings))


def _record_sent(session: Session, results: Sequence[Result], now: datetime) -> list[Result]:
    """Those that nothing happened to meanwhile, in one statement. Returns the others."""
    untouched = {
        (number, attempts)
        for number, attempts in session.execute(
            select(OutgoingMessage.id, OutgoingMessage.attempts)
            .where(
                OutgoingMessage.id.in_([one.claimed.id for one in results]),
                OutgoingMessage.state == "sending",
                OutgoingMessage.provider_id.is_(None),
            )
            .with_for_update()
        )
    }
    plain = [one for one in results if (one.claimed.id, one.claimed.attempt) in untouched]
    if plain:
        session.connection().execute(_SENT, [_values(one, now) for one in plain])
        for channel in {one.claimed.channel for one in plain}:
            newest = max(one.claimed.lease - LEASE for one in plain if one.claimed.channel == channel)
            gate.works(session, channel, "accepted", newest, now)
    return [one for one in results if (one.claimed.id, one.claimed.attempt) not in untouched]


def _values(one: Result, now: datetime) -> dict[str, object]:
    receipt = one.receipt
    assert receipt is not None
    return {
        "row": one.claimed.id,
        "name": receipt.provider_id,
        "at": now,
        "look": next_look(now, None, now) if one.claimed.channel == "sms" else None,
        "attempt": one.claimed.attempt,
    }


def _record_one(session: Session, result: Result, now: datetime, settings: Settings) -> None:
    # The caregiver is locked before the message, as STOP does it: the two never wait for each other.
    caregiver = session.get_one(Caregiver, result.claimed.caregiver_id, with_for_update=True)
    row = session.get_one(OutgoingMessage, result.claimed.id, with_for_update=True)
    if result.receipt is not None:
        _about_the_channel(session, row.channel, result.receipt, result.claimed.lease - LEASE, now)
        _note(session, row, caregiver, result.receipt, now, settings)
    else:
        gate.give_back(session, row.channel)
        if row.state == "sending" and row.attempts == result.claimed.attempt:
            _not_posted(session, row, result, now)


def _about_the_channel(
    session: Session, channel: str, receipt: Receipt, since: datetime, now: datetime
) -> None:
    """What a try of a row that was claimed at `since` tells about the way out as a whole."""
    if receipt.state == "halt":
        gate.halt(session, channel, receipt.code or "", now)
    elif gate.unanswered(receipt):
        gate.no_answer(session, channel, now)
    elif receipt.state == "sent" or (receipt.state == "failed" and (receipt.code or "").isdigit()):
        # Also a refusal that the provider gave to this one message: it let us in.
        gate.works(session, channel, "accepted", since, now)
    if receipt.state == "retry":
        gate.give_back(session, channel)
        if receipt.code == TOO_MANY and receipt.retry_after_seconds:
            gate.slow_down(session, channel, now + timedelta(seconds=receipt.retry_after_seconds))


def _not_posted(session: Session, row: OutgoingMessage, result: Result, now: datetime) -> None:
    """Nothing left: the row goes back as it was, or is given up."""
    if result.why == "no_consent":
        drop(session, [(row.id, NO_CONSENT)], now)
    elif result.why == "stale":
        drop(session, [(row.id, STALE)], now)
    else:
        row.state, row.attempts = "queued", row.attempts - 1
        row.next_at = now if result.why == "stopping" else now + TRY_AGAIN_AFTER_HANGING
        row.put_off += 1


def _note(
    session: Session,
    row: OutgoingMessage,
    caregiver: Caregiver,
    receipt: Receipt,
    now: datetime,
    settings: Settings,
) -> None:
    """Record what the channel said. A row that a callback already moved on keeps the better news."""
    row.provider_id = row.provider_id or receipt.provider_id
    if receipt.status:  # taken, and failed in the same answer: as if it had been called back
        note_answer(session, row, receipt.status, receipt.code or "", now)
        return
    if row.provider_status or row.state in ("sent", "delivered", "failed"):
        return
    if receipt.state == "sent":
        # Also for a row dropped by a STOP that came while it was leaving: what left, left.
        row.state, row.sent_at, row.error_code, row.error = "sent", now, "", ""
        row.next_at = next_look(now, None, now) if row.channel == "sms" else None
        return
    if row.state == "dropped":
        return
    row.error_code, row.error = receipt.code or "", receipt.detail
    if receipt.state == "unsure":
        row.state, row.next_at, row.looks = "unsure", now + LOOK_AGAIN, 0
    elif receipt.state == "halt":
        # Our side has to be mended by a person; the message waits, and the tries do not count against it.
        row.state, row.next_at, row.attempts = "queued", now, row.attempts - 1
    elif receipt.state == "retry" and row.attempts < _most_attempts(row):
        row.state, row.next_at = "queued", now + backoff(row.channel, row.id, row.attempts, receipt)
    elif receipt.effect == "too_large" and leave_files_out(row):
        row.state, row.next_at = "queued", now
    else:
        row.state, row.next_at = "failed", None
        step_is_lost(session, row, now)
    if row.state == "failed" or receipt.state == "halt":
        session.add(
            AuditEvent(
                at=now,
                actor="outbox",
                kind=f"send_{'halt' if receipt.state == 'halt' else 'failed'}",
                subject=f"message {row.id}",
                detail={"code": receipt.code or "", "effect": receipt.effect or ""},
            )
        )
    if row.state == "failed" and receipt.state == "failed":
        tell_of(session, row.channel, receipt.code or "", now)
        _apply_effect(session, row, caregiver, receipt, now, settings)


def _apply_effect(
    session: Session,
    row: OutgoingMessage,
    caregiver: Caregiver,
    receipt: Receipt,
    now: datetime,
    settings: Settings,
) -> None:
    if receipt.effect == "opted_out":
        carrier_blocks(session, row, receipt.code or "", now)
    elif receipt.effect and row.channel == "sms":
        mark_dead(session, caregiver, row, receipt.effect, receipt.code or "", now)
    elif receipt.effect == "address_dead":
        address_dead(session, caregiver, row, receipt.code or "", now, settings)
    elif row.channel == "email":  # what is in it, or who we are: not the address
        raise_alert(session, "mail_not_taken", now, subject=receipt.code or "")


def backoff(channel: str, number: int, attempts: int, receipt: Receipt) -> timedelta:
    """How long to wait after the `attempts`-th try: a growing step, spread over its whole length.

    The spread follows from the row and the try, so that rows that failed together do not come back together.
    A wait that the provider asked for comes first, and the step on top of it.
    """
    if channel == "email":
        low = timedelta(minutes=_MAIL_LADDER[min(attempts, len(_MAIL_LADDER)) - 1])
        step = low / 10
    else:
        low = min(_TEXT_FIRST * 2 ** min(attempts - 1, 12), _TEXT_MOST)
        step = low
    asked = timedelta(seconds=receipt.retry_after_seconds or 0)
    return max(low, asked) + step * Random(f"{number}:{attempts}").random()  # noqa: S311  spread, not a secret


def _most_attempts(row: OutgoingMessage) -> int:
    return TEXT_ATTEMPTS if row.channel == "sms" else MAIL_ATTEMPTS
