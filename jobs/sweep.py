"""Asks the provider which texts came in, and stores those whose webhook never reached us.

By default Twilio tries a webhook once more, and only where no connection was made: a reply can be lost, and a
family would be called silent that was not. So every some minutes, after downtime, and always before anything
is decided that rests on silence (`conversation/heard.py`), the provider's own list is read. Nothing is asked
inside a transaction; a text that is known by its number is left as it is. Off without real texts.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.conversation.arriving import Arrival, receive
from assistant.conversation.heard import FAILING, LEASE, SHORTEST_GAP, SWEPT
from assistant.store import AuditEvent, Fact, InboundText, Store
from assistant.store.facts import keep_fact
from messages.alerts import close_alert, raise_alert
from messages.channels.twilio_inbound import InboundChannel, Received
from messages.channels.types import CannotAskError

log = logging.getLogger(__name__)
FIRST_LOOK_BACK = timedelta(hours=48)
OVERLAP = timedelta(minutes=30)  # the provider's list may be late, and clocks differ
SKEW = timedelta(minutes=1)  # between the clocks of two machines
ON_ITS_WAY = timedelta(seconds=60)  # a webhook with all its retries takes 15 s: until then nothing is lost
TRY_AGAIN = timedelta(minutes=1)
TOLD_AFTER = timedelta(minutes=10)  # of not being able to ask
BATCH = 50
# The entries of the timetable that act on what nobody answered.
AFTER_SWEEP = frozenset({"nudge", "remind", "close", "decide"})
CANNOT, LOST = "sweep_failing", "webhooks_lost"


def prepare(session: Session, settings: Settings, now: datetime) -> None:
    """Let the first sweep be due, where real texts come in. What was missed before it is looked for."""
    if settings.sms.channel != "twilio":
        session.execute(delete(Fact).where(Fact.key.in_((SWEPT, FAILING))))
    elif session.get(Fact, SWEPT) is None:
        keep_fact(session, SWEPT, (now - FIRST_LOOK_BACK).isoformat(), now)


def sweep(
    store: Store, clock: Clock, settings: Settings, inbound: InboundChannel | None, *, wanted: bool = False
) -> int:
    """Sweep if it is due, or `wanted` because something waits for it. Returns how many rows it moved."""
    if inbound is None or settings.sms.channel != "twilio":
        return 0
    now = clock.now()
    swept = _claim(store, settings, now, wanted)
    if swept is None:
        return 0
    try:
        found = inbound.received(swept - OVERLAP)
    except CannotAskError as error:
        _failed(store, now, str(error))
        return 1
    new = _store_missing(store, found, clock.now())
    lost = sum(one.at < now - ON_ITS_WAY for one in new)
    with store.write() as session:
        keep_fact(session, SWEPT, now.isoformat(), now + timedelta(minutes=settings.twilio.sweep_minutes))
        session.execute(delete(Fact).where(Fact.key == FAILING))
        close_alert(session, CANNOT, now)
        if lost:
            raise_alert(session, LOST, now, found=lost)
            session.add(
                AuditEvent(at=now, actor="sweep", kind="webhooks_lost", subject="", detail={"found": lost})
            )
    if lost:
        log.warning("%d texts were found at the provider whose webhooks never came", lost)
    return 1 + len(new)


def _claim(store: Store, settings: Settings, now: datetime, wanted: bool) -> datetime | None:
    """Until when all is known, if it is on this worker to sweep now; None where it is not."""
    with store.read() as session:
        if not _due(session.get(Fact, SWEPT), now, wanted):
            return None
    with store.write() as session:
        prepare(session, settings, now)
        session.flush()
        fact = session.get(Fact, SWEPT, with_for_update=True, populate_existing=True)
        if fact is None or not _due(fact, now, wanted):
            return None
        fact.until = now + LEASE
        if _ahead(fact, now):
            fact.value = (now - FIRST_LOOK_BACK).isoformat()
        return datetime.fromisoformat(fact.value)


def _due(fact: Fact | None, now: datetime, wanted: bool) -> bool:
    if fact is None or fact.until is None or fact.until <= now or _ahead(fact, now):
        return True
    # A sweep that is under way, or could not ask a minute ago, is not hurried.
    waits = fact.until - now > LEASE
    return wanted and waits and datetime.fromisoformat(fact.value) + SHORTEST_GAP <= now


def _ahead(fact: Fact, now: datetime) -> bool:
    """Whether it says that all is known until a moment to come: the clock was put back since.

    Then nobody can tell until when all is known, and what came meanwhile is looked for as after downtime.
    """
    return datetime.fromisoformat(fact.value) > now + SKEW


def _store_missing(store: Store, found: list[Received], now: datetime) -> list[Received]:
    new: list[Received] = []
    for start in range(0, len(found), BATCH):
        batch = found[start : start + BATCH]
        with store.read() as session:
            numbers = [one.provider_id for one in batch]
            known = set(
                session.scalars(select(InboundText.provider_id).where(InboundText.provider_id.in_(numbers)))
            )
        missing = [one for one in batch if one.provider_id not in known]
        if missing:
            with store.write() as session:
                new += [one for one in missing if receive(session, _arrival(one, now)) is not None]
    return new


def _arrival(one: Received, now: datetime) -> Arrival:
    return Arrival(
        provider_id=one.provider_id,
        channel="sms",
        from_address=one.sender,
        to_address=one.to,
        body=one.body,
        received_at=min(one.at, now),
        kept_at=now,
        media=min(one.media, 10),
        source="sweep",
        error_code=one.error_code,
    )


def _failed(store: Store, now: datetime, why: str) -> None:
    log.warning("the provider could not be asked for what came in: %s", why)
    with store.write() as session:
        fact, failing = session.get_one(Fact, SWEPT), session.get(Fact, FAILING)
        fact.until = now + TRY_AGAIN
        if failing is None:
            keep_fact(session, FAILING, now.isoformat())
        elif now - datetime.fromisoformat(failing.value) >= TOLD_AFTER:
            raise_alert(session, CANNOT, now, since=failing.value)
