"""Claiming what may leave now: one transaction for a batch, safe for several workers at once.

Each row is judged by itself, then the batch is written in a few statements. On PostgreSQL workers step over
each other's rows (SKIP LOCKED); SQLite has one writer at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session, load_only

from assistant.config import Settings
from assistant.store import Alert, AuditEvent, Caregiver, OutgoingMessage
from messages.countries import may_be_texted
from messages.delivery.gate import admit
from messages.delivery.late import PAUSED
from messages.delivery.types import LEASE, Batch, Channels, Claimed
from messages.outbox import AT_ONCE, allowed, hours_of, is_answer

# A row whose lease ran out is asked about after this; the provider may still be busy with it.
LOOK_AGAIN = timedelta(seconds=60)
# With less than this left of the day's window a text waits: it would run out in the provider's queue.
LEAST_WINDOW = timedelta(seconds=60)
FRESH = timedelta(minutes=5)  # 47 CFR 64.1200(a)(12): an answer within five minutes is presumed to be wanted
PAUSE_LOOK = timedelta(minutes=15)  # how soon a text of a paused template is looked at again

_COLUMNS = (
    OutgoingMessage.id,
    OutgoingMessage.channel,
    OutgoingMessage.kind,
    OutgoingMessage.caregiver_id,
    OutgoingMessage.to_address,
    OutgoingMessage.body,
    OutgoingMessage.reference,
    OutgoingMessage.template_key,
    OutgoingMessage.not_after,
    OutgoingMessage.put_off,
    OutgoingMessage.attempts,
    OutgoingMessage.created_at,
)
CONSENT_AND_HOURS = load_only(
    Caregiver.texts,
    Caregiver.mails,
    Caregiver.zone,
    Caregiver.us_state,
    Caregiver.guide_state,
    Caregiver.quiet_start,
    Caregiver.quiet_end,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happens to a row that is due: it waits until `until`, it is dropped for `why`, else it goes."""

    until: datetime | None = None
    why: str = ""


GO = Verdict()
NO_CONSENT, STALE = "no consent in force", "waited past its sense"


def expire_leases(session: Session, now: datetime, limit: int) -> int:
    """Rows of workers that died: nobody knows whether the provider has them. Returns how many."""
    rows = session.scalars(_RUN_OUT, {"now": now, "most": limit}).all()
    if rows:
        session.connection().execute(
            update(OutgoingMessage)
            .where(OutgoingMessage.id.in_(rows))
            .values(state="unsure", next_at=now + LOOK_AGAIN, looks=0)
        )
    return len(rows)


def claim(session: Session, now: datetime, settings: Settings, channels: Channels) -> Batch:
    """Lease what may leave now; put off or drop what may not."""
    due = session.execute(_DUE, {"now": now, "most": settings.jobs.batch}).all()
    if not due:
        return Batch()
    lease = now + LEASE
    paused = _paused_templates(session)
    going: list[Claimed] = []
    later: list[tuple[Claimed, datetime]] = []
    dropped: list[tuple[int, str]] = []
    for found in due:
        row = _claimed(found, lease)
        verdict = judge(row, found.Caregiver, now, settings, paused)
        if verdict.until is not None:
            later.append((row, verdict.until))
        elif verdict.why:
            dropped.append((row.id, verdict.why))
        else:
            going.append(row)
    here = [row for row in going if channels.stays_here(row.channel)]
    out: list[Claimed] = []
    for channel in ("sms", "email"):
        leaving = [row for row in going if row.channel == channel]
        if leaving and not channels.stays_here(channel):
            admitted, held = admit(session, channel, leaving, now, settings)
            out += admitted
            _put_off(session, held)
    _lease(session, [row.id for row in out], now, lease)
    if later:
        session.connection().execute(_WAIT, [{"row": row.id, "until": until} for row, until in later])
    drop(session, dropped, now)
    return Batch(out, here, len(due))


def _claimed(found: Any, lease: datetime) -> Claimed:
    number, channel, kind, who, to, body, reference, template, not_after, put_off, attempts, made, _ = found
    return Claimed(
        number,
        channel,
        kind,
        who,
        to,
        body,
        reference,
        template,
        not_after,
        put_off,
        attempts + 1,
        lease,
        made,
    )


def _paused_templates(session: Session) -> frozenset[str]:
    """Templates whose texts are filtered: an open alert holds them until staff close it."""
    return frozenset(session.scalars(_PAUSED))


def judge(
    row: Claimed,
    caregiver: Caregiver,
    now: datetime,
    settings: Settings,
    paused: Collection[str] = (),
) -> Verdict:
    """Whether a due row may leave now: by consent, by its own sense, by its words and by the hour. Pure."""
    if not allowed(caregiver, row.channel, row.kind):
        return Verdict(why=NO_CONSENT)
    if row.not_after is not None and row.not_after <= now:
        return Verdict(why=STALE)
    if row.channel != "sms":
        return GO
    if not may_be_texted(row.to_address, settings.sms.countries):
        return Verdict(why="not a number of the countries that are texted")
    if row.template_key in paused:
        until = now + PAUSE_LOOK
        return Verdict(until=min(until, row.not_after) if row.not_after else until)
    if not keeps_hours(row, now, settings):
        return GO
    hours = hours_of(caregiver, settings)
    closes = hours.closing(now)
    if hours.allows(now) and closes - now >= LEAST_WINDOW:
        return GO
    opens = hours.next_open(max(now, closes) if hours.allows(now) else now)
    if row.not_after is not None and row.not_after <= opens:
        return Verdict(why=STALE)
    return Verdict(until=opens)


def keeps_hours(row: Claimed, now: datetime, settings: Settings) -> bool:
    """Whether this message waits for the caregiver's open hours.

    What answers a text that they just sent may go at any hour while it is fresh: what our duties ask for, and
    the rest where the settings say so. An answer that was held up for longer would wake them all the same.
    """
    if row.channel != "sms":
        return False
    any_hour = row.kind in AT_ONCE or (settings.asking.answer_at_night and is_answer(row.kind))
    return not any_hour or now - row.created_at > FRESH


def drop(session: Session, rows: Sequence[tuple[int, str]], now: datetime) -> None:
    """Give rows up, each with an audit event that says why."""
    if not rows:
        return
    session.connection().execute(_DROP, [{"row": number, "why": why} for number, why in rows])
    session.execute(
        insert(AuditEvent),
        [
            {
                "at": now,
                "actor": "outbox",
                "kind": "message_dropped",
                "subject": f"message {number}",
                "detail": {"why": why},
            }
            for number, why in rows
        ],
    )


def _lease(session: Session, ids: list[int], now: datetime, lease: datetime) -> None:
    if ids:
        session.connection().execute(
            update(OutgoingMessage)
            .where(OutgoingMessage.id.in_(ids))
            .values(state="sending", started_at=now, next_at=lease, attempts=OutgoingMessage.attempts + 1)
        )


def _put_off(session: Session, held: Sequence[tuple[Claimed, datetime]]) -> None:
    if held:
        session.connection().execute(_PUT_OFF, [{"row": row.id, "until": until} for row, until in held])


_RUN_OUT = (
    select(OutgoingMessage.id)
    .where(OutgoingMessage.state == "sending", OutgoingMessage.next_at <= bindparam("now"))
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_DUE = (
    select(*_COLUMNS, Caregiver)
    .join(Caregiver, Caregiver.id == OutgoingMessage.caregiver_id)
    .options(CONSENT_AND_HOURS)
    .where(OutgoingMessage.state == "queued", OutgoingMessage.next_at <= bindparam("now"))
    .order_by(OutgoingMessage.next_at, OutgoingMessage.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=OutgoingMessage)
)
_PAUSED = select(Alert.subject).where(Alert.kind == PAUSED, Alert.closed_at.is_(None))
_PUT_OFF = (
    update(OutgoingMessage)
    .where(OutgoingMessage.id == bindparam("row"))
    .values(next_at=bindparam("until"), put_off=OutgoingMessage.put_off + 1)
)
_WAIT = (
    update(OutgoingMessage).where(OutgoingMessage.id == bindparam("row")).values(next_at=bindparam("until"))
)
_DROP = (
    update(OutgoingMessage)
    .where(OutgoingMessage.id == bindparam("row"))
    .values(state="dropped", next_at=None, error=bindparam("why"))
)
