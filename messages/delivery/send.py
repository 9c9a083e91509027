"""Handing claimed rows to their channels, several at once, each after one last look at the store.

The last look is what STOP races against: what was taken back, or is another worker's by now, is not posted.
No try begins late in a batch, so that a provider that hangs holds up one handful and not the queue.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select

from assistant.clock import Clock, monotonic
from assistant.config import Settings
from assistant.store import Caregiver, OutgoingMessage, Store
from messages.channels.types import Email, Receipt, Text
from messages.delivery.claim import CONSENT_AND_HOURS, keeps_hours
from messages.delivery.gate import FAILURES, unanswered
from messages.delivery.types import SEND_WINDOW_SECONDS, Channels, Claimed, Result
from messages.mail_out import email_of
from messages.outbox import allowed, hours_of

GROUP_SECONDS = 0.1  # results are recorded together when they come within this time
# Beyond every time-out of a channel. A thread that is still out then is left alone: its rows keep their
# lease, become `unsure` and are asked about.
GIVE_UP_SECONDS = 35.0
_LEAST_VALID_SECONDS = 5
# No channel's try takes longer; one that could outlast its lease is not begun.
_LONGEST_TRY = timedelta(seconds=60)
_LOOK = (
    select(OutgoingMessage.state, OutgoingMessage.attempts, Caregiver)
    .join(Caregiver, Caregiver.id == OutgoingMessage.caregiver_id)
    .options(CONSENT_AND_HOURS)
    .where(OutgoingMessage.id == bindparam("row"))
)
log = logging.getLogger(__name__)


def send_all(
    store: Store, clock: Clock, settings: Settings, channels: Channels, claimed: Sequence[Claimed]
) -> Iterator[list[Result]]:
    """Try each row once, in this thread or in a few; yields groups of results as they come."""
    if not claimed:
        return
    send = _Round(store, clock, settings, channels).send
    if len(claimed) == 1 or settings.jobs.connections == 1:
        for row in claimed:
            yield [send(row)]
        return
    pools = [ThreadPoolExecutor(settings.jobs.connections, f"send-{name}") for name in ("sms", "email")]
    try:
        waiting = {pools[row.channel != "sms"].submit(send, row) for row in claimed}
        yield from _as_they_come(waiting)
    finally:
        for pool in pools:
            pool.shutdown(wait=False, cancel_futures=True)


def _as_they_come(waiting: set[Future[Result]]) -> Iterator[list[Result]]:
    ends = monotonic() + GIVE_UP_SECONDS
    while waiting and monotonic() < ends:
        done, waiting = wait(waiting, timeout=GROUP_SECONDS)
        if done:
            yield [future.result() for future in done]


class _Round:
    """What the tries of a round share: until when one may begin, and which channels were halted meanwhile."""

    def __init__(self, store: Store, clock: Clock, settings: Settings, channels: Channels) -> None:
        self._store, self._clock, self._settings, self._channels = store, clock, settings, channels
        self._ends = monotonic() + SEND_WINDOW_SECONDS
        self._halted: set[str] = set()
        self._unanswered: Counter[str] = Counter()  # in a row, by channel

    def send(self, row: Claimed) -> Result:
        """Look once more, and post."""
        if self._channels.stopping.is_set():
            return Result(row, why="stopping")
        if monotonic() > self._ends or row.channel in self._halted:
            return Result(row, why="held_up")
        try:
            found = last_look(self._store, self._clock, self._settings, row)
        except Exception as error:  # noqa: BLE001  it must not hold up its neighbours
            log.error("message %d could not be made ready (%s)", row.id, type(error).__name__)
            return Result(row, Receipt("retry", code="not_ready", detail="it could not be made ready"))
        if isinstance(found, Result):
            return found
        # Nothing may come between the look and the post.
        ways = self._channels
        receipt = ways.text.send(found) if isinstance(found, Text) else ways.email.send(found)
        self._learn(row.channel, receipt)
        return Result(row, receipt)

    def _learn(self, channel: str, receipt: Receipt) -> None:
        """Spare the rest of the round what will not get through either; recording it halts the channel."""
        self._unanswered[channel] = self._unanswered[channel] + 1 if unanswered(receipt) else 0
        if receipt.state == "halt" or self._unanswered[channel] >= FAILURES:
            self._halted.add(channel)


def last_look(store: Store, clock: Clock, settings: Settings, row: Claimed) -> Text | Email | Result:
    """The message to post, or why it must not be: it was taken back, consent ended, its time ran out."""
    with store.read() as session:
        state, attempts, caregiver = session.execute(_LOOK, {"row": row.id}).one()
        now = clock.now()
        if state != "sending" or attempts != row.attempt or now >= row.lease - _LONGEST_TRY:
            return Result(row, why="not_ours")
        if not allowed(caregiver, row.channel, row.kind):
            return Result(row, why="no_consent")
        if row.not_after is not None and row.not_after <= now:
            return Result(row, why="stale")
        if row.channel == "sms":
            return as_text(row, caregiver, now, settings)
        return email_of(session, session.get_one(OutgoingMessage, row.id), settings)


def as_text(row: Claimed, caregiver: Caregiver, now: datetime, settings: Settings) -> Text:
    """The row as the text channel takes it: valid as long as it makes sense, and not into the quiet hours."""
    ends = [row.not_after] if row.not_after else []
    if keeps_hours(row, now, settings):
        ends.append(hours_of(caregiver, settings).closing(now))
    valid = int((min(ends) - now).total_seconds()) if ends else None
    return Text(
        to=row.to_address,
        body=row.body,
        reference=row.reference,
        valid_for_seconds=None if valid is None else max(valid, _LEAST_VALID_SECONDS),
    )
