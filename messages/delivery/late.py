"""What follows from an error: for the number, for the words, for the channel, and whether to try once more.

The table in `twilio_codes` says what a code means; this is what is done about it. An error may come with the
answer to a create, with a callback, or when the provider is asked; it leads to the same.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assistant.schedule.zones import moment as local_moment
from assistant.store import Alert, AuditEvent, Caregiver, OutgoingMessage, StatusEvent
from messages.alerts import raise_alert
from messages.channels.twilio_codes import DAILY_LIMITS, FILTERED, Meaning, is_known, late_meaning
from messages.delivery import gate
from messages.delivery.dead import mark_dead
from messages.outbox import again

PACIFIC = ZoneInfo("America/Los_Angeles")
# A template stops where so many of its texts are filtered within a day, or two that are more than this share
# of them; a share of fewer texts says nothing.
FILTERED_MOST, FILTERED_LEAST, FILTERED_PERCENT, FILTERED_OF = 3, 2, 2, 25
_DAY = timedelta(days=1)
_NEWEST = 20_000  # rows looked at, newest first, when a share of a day's texts is counted
PAUSED = "template_paused"


def did_not_arrive(
    session: Session, row: OutgoingMessage, caregiver: Caregiver, code: str, now: datetime
) -> None:
    """A text was taken and did not arrive. Its own row stays as it ended; whatever follows is beside it."""
    meaning = late_meaning(code)
    tell_of(session, row.channel, code, now)
    if meaning.state == "halt":
        gate.halt(session, "sms", code, now, proof="delivered")
    if code in DAILY_LIMITS:
        _hold_for_the_day(session, row, code, now)
    if code == FILTERED:
        _filtered(session, row, now)
    if meaning.effect and meaning.effect != "opted_out" and _often_enough(session, row, caregiver, code):
        mark_dead(session, caregiver, row, meaning.effect, code, now)
    elif meaning.again:
        _once_more(session, row, caregiver, meaning, now)


def _hold_for_the_day(session: Session, row: OutgoingMessage, code: str, now: datetime) -> None:
    """The day's share is used up: whatever else is sent on that day would fail as well, and is kept back."""
    until = _next_midnight(row.started_at or row.created_at, PACIFIC)
    if until > now:  # else it tells of a day that is over
        gate.hold(session, "sms", until)
    raise_alert(session, gate.HELD, now, subject=code)


def tell_of(session: Session, channel: str, code: str, now: datetime) -> None:
    """Open an alert for a code that whoever runs the program should know, or that nobody knows."""
    if channel != "sms" or not code:
        return
    if not is_known(code):
        before = select(Alert.id).where(Alert.kind == "unknown_code", Alert.subject == code)
        if session.scalars(before.limit(1)).first() is None:
            raise_alert(session, "unknown_code", now, subject=code)
    elif late_meaning(code).tell:
        raise_alert(session, "send_failed", now, subject=code, words=late_meaning(code).words)


def _often_enough(session: Session, row: OutgoingMessage, caregiver: Caregiver, code: str) -> bool:
    """Whether the code came on as many different days, in the caregiver's zone, as its meaning asks for.

    A text that arrived in between starts the count anew.
    """
    wanted = late_meaning(code).strikes
    if wanted == 1:
        return True
    to_number = (
        OutgoingMessage.caregiver_id == row.caregiver_id,
        OutgoingMessage.to_address == row.to_address,
    )
    arrived = session.scalars(select(func.max(OutgoingMessage.delivered_at)).where(*to_number)).one()
    times = session.scalars(
        select(StatusEvent.at)
        .join(OutgoingMessage, OutgoingMessage.provider_id == StatusEvent.provider_id)
        .where(*to_number, StatusEvent.error_code == code)
    )
    zone = ZoneInfo(caregiver.zone)
    days = {at.astimezone(zone).date() for at in times if arrived is None or at > arrived}
    return len(days) >= wanted


def _once_more(
    session: Session, row: OutgoingMessage, caregiver: Caregiver, meaning: Meaning, now: datetime
) -> None:
    """Queue the same words as a row of their own, if that still makes sense by then."""
    leave = _when(caregiver, meaning, now)
    if row.not_after is not None and leave >= row.not_after:
        made, why = False, "waited past its sense"
    else:
        made, why = again(session, row, meaning.again, now, leave), "tried often enough"
    session.add(
        AuditEvent(
            at=now,
            actor="outbox",
            kind="sent_again" if made else "not_sent_again",
            subject=f"message {row.id}",
            detail={"code": row.error_code} if made else {"code": row.error_code, "why": why},
        )
    )


def _when(caregiver: Caregiver, meaning: Meaning, now: datetime) -> datetime:
    if meaning.wait_for:
        return _next_midnight(
            now, PACIFIC if meaning.wait_for == "pacific_midnight" else ZoneInfo(caregiver.zone)
        )
    return now + timedelta(seconds=meaning.wait_seconds or 0)


def _next_midnight(at: datetime, zone: ZoneInfo) -> datetime:
    return local_moment(at.astimezone(zone).date() + _DAY, time(0), zone).astimezone(at.tzinfo)


def _filtered(session: Session, row: OutgoingMessage, now: datetime) -> None:
    """A carrier filters these words: stop them before it blocks us. Staff resume by closing the alert."""
    resumed = session.scalars(
        select(func.max(Alert.closed_at)).where(Alert.kind == PAUSED, Alert.subject == row.template_key)
    ).one()
    since = max(now - _DAY, resumed or now - _DAY)
    session.flush()
    filtered = session.scalars(
        select(func.count())
        .select_from(OutgoingMessage)
        .where(
            OutgoingMessage.error_code == FILTERED,
            OutgoingMessage.sent_at > since,
            OutgoingMessage.template_key == row.template_key,
        )
    ).one()
    if filtered < FILTERED_LEAST:
        return
    if filtered < FILTERED_MOST:
        sent = _sent(session, row, since)
        if sent < FILTERED_OF or filtered * 100 <= FILTERED_PERCENT * sent:
            return
    raise_alert(session, PAUSED, now, subject=row.template_key, filtered=filtered)


def _sent(session: Session, row: OutgoingMessage, since: datetime) -> int:
    newest = (
        select(OutgoingMessage.template_key, OutgoingMessage.sent_at)
        .order_by(OutgoingMessage.id.desc())
        .limit(_NEWEST)
        .subquery()
    )
    return session.scalars(
        select(func.count())
        .select_from(newest)
        .where(newest.c.template_key == row.template_key, newest.c.sent_at > since)
    ).one()
