"""A channel's way out as a whole: its pace, its limit of a day, and whether it is halted.

One row a channel, locked for the length of a claim, so that any number of workers share one pace. A row that
has to wait here is put off until its likely turn; it keeps its place before those that come after it.

A halt stops everything on the channel until a person mends our side. Every so often one message goes as a
probe; when one gets through, the halt and its alert end by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.schedule.zones import moment as local_moment
from assistant.store import OutgoingMessage, Sender
from messages.alerts import close_alert, raise_alert
from messages.channels.twilio_codes import DAILY_LIMITS
from messages.channels.types import Receipt
from messages.delivery.types import Claimed
from messages.outbox import DUTIES, is_answer
from messages.segments import count

# Waits before the first, second ... probe of a halted channel; the last is repeated.
PROBES = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60))
# So many tries in a row without an answer, and the channel counts as down: only a probe is held up then.
FAILURES = 5
UNREACHABLE = "unreachable"  # a receipt's code: no connection
HALTED, LIMIT, HELD = "send_halted", "daily_limit", "carrier_daily_limit"
_NO_PROOF = ("delivered", "accepted")  # a delivery is asked for, and only an acceptance is there


def admit(
    session: Session, channel: str, rows: Sequence[Claimed], now: datetime, settings: Settings
) -> tuple[list[Claimed], list[tuple[Claimed, datetime]]]:
    """Which of these rows may leave now, and until when each of the others waits.

    Answers to a text that somebody just sent go before what we say unasked; else who is older goes first.
    """
    sender = _sender(session, channel)
    queue = sorted(rows, key=lambda row: (not is_answer(row.kind), row.id))
    if sender.halted_at is not None:
        return _probe(sender, queue, now)
    if channel != "sms":
        return queue, []
    queue, held = _not_held(session, sender, queue, now)
    within, over = _within_limit(session, sender, queue, now, settings)
    going, later = _at_its_pace(sender, within, now, settings)
    sender.taken += len(going)
    return going, later + over + held


def hold(session: Session, channel: str, until: datetime) -> None:
    """A carrier takes no more from us today: nothing but what our duties ask for goes before `until`."""
    sender = _sender(session, channel)
    sender.held_until = max(sender.held_until or until, until)


def halt(session: Session, channel: str, code: str, now: datetime, *, proof: str = "accepted") -> None:
    """Stop the channel: nothing goes but a probe now and then. `proof`: what shows that it works again."""
    sender = _sender(session, channel)
    if sender.halted_at is None:
        sender.halted_at, sender.probes, sender.probe_at = now, 0, now + PROBES[0]
        sender.proof = proof
    elif proof == "delivered":
        sender.proof = proof
    sender.halt_code = code
    raise_alert(session, HALTED, now, subject=channel, code=code)


def unanswered(receipt: Receipt) -> bool:
    """Whether a try ended without an answer of the provider's that can be used."""
    return receipt.state == "unsure" or receipt.code == UNREACHABLE


def no_answer(session: Session, channel: str, now: datetime) -> None:
    """A try ended without an answer. Several in a row, and the channel counts as down."""
    sender = _sender(session, channel)
    sender.failures += 1
    if sender.failures >= FAILURES:
        halt(session, channel, "no_answer", now)


def slow_down(session: Session, channel: str, until: datetime) -> None:
    """The provider has too many of our requests: nobody sends before `until`."""
    sender = _sender(session, channel)
    sender.ready_at = max(sender.ready_at or until, until)


def give_back(session: Session, channel: str) -> None:
    """A row that was taken was not posted after all: it does not count for the day."""
    sender = _sender(session, channel)
    sender.taken = max(0, sender.taken - 1)


def works(session: Session, channel: str, proof: str, since: datetime, now: datetime) -> None:
    """A message posted at `since` got through: an earlier halt is over, where that is proof enough."""
    sender = session.get(Sender, channel)
    if sender is None or (sender.halted_at is None and not sender.failures):
        return
    sender = _sender(session, channel)
    sender.failures = 0
    if sender.halted_at is None or since < sender.halted_at or (sender.proof, proof) == _NO_PROOF:
        return
    sender.halted_at, sender.halt_code, sender.probe_at, sender.probes = None, "", None, 0
    sender.proof = "accepted"
    close_alert(session, HALTED, now, subject=channel)
    # Whoever waited for the channel need not wait for the next probe; the pace spreads them.
    waiting = session.scalars(
        select(OutgoingMessage.id)
        .where(
            OutgoingMessage.channel == channel,
            OutgoingMessage.state == "queued",
            OutgoingMessage.put_off > 0,
            OutgoingMessage.next_at > now,
        )
        .with_for_update(skip_locked=True)
    ).all()
    session.connection().execute(
        update(OutgoingMessage).where(OutgoingMessage.id.in_(waiting)).values(next_at=now)
    )


def _sender(session: Session, channel: str) -> Sender:
    """The channel's row under a lock; made on first use, by whoever comes first."""
    found = session.get(Sender, channel, with_for_update=True)
    if found is not None:
        return found
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    new = dialect.insert(Sender).values(
        channel=channel, taken=0, failures=0, halt_code="", proof="accepted", probes=0
    )
    session.execute(new.on_conflict_do_nothing())
    return session.get_one(Sender, channel, with_for_update=True)


def _probe(
    sender: Sender, queue: list[Claimed], now: datetime
) -> tuple[list[Claimed], list[tuple[Claimed, datetime]]]:
    going: list[Claimed] = []
    if sender.probe_at is None or sender.probe_at <= now:
        going, queue = queue[:1], queue[1:]
        sender.probes += 1
        sender.probe_at = now + PROBES[min(sender.probes, len(PROBES) - 1)]
    until = sender.probe_at
    return going, [(row, min(until, row.not_after or until)) for row in queue]


def _not_held(
    session: Session, sender: Sender, queue: list[Claimed], now: datetime
) -> tuple[list[Claimed], list[tuple[Claimed, datetime]]]:
    until = sender.held_until
    if until is None:
        return queue, []
    if until <= now:
        sender.held_until = None
        for code in DAILY_LIMITS:
            close_alert(session, HELD, now, subject=code)
        return queue, []
    held = [(row, min(until, row.not_after or until)) for row in queue if row.kind not in DUTIES]
    return [row for row in queue if row.kind in DUTIES], held


def _within_limit(
    session: Session, sender: Sender, queue: list[Claimed], now: datetime, settings: Settings
) -> tuple[list[Claimed], list[tuple[Claimed, datetime]]]:
    zone = ZoneInfo(settings.program.zone)
    today = now.astimezone(zone).date()
    if sender.day != today:
        sender.day, sender.taken = today, 0
        close_alert(session, LIMIT, now, subject=sender.channel)
    left = settings.sms.daily_limit - sender.taken
    if len(queue) <= left:
        return queue, []
    within, over = [], []
    for row in queue:
        if row.kind in DUTIES or left > 0:
            within.append(row)
            left -= 1
        else:
            over.append(row)
    if over:
        raise_alert(session, LIMIT, now, subject=sender.channel, limit=settings.sms.daily_limit)
    tomorrow = local_moment(today + timedelta(days=1), time(0), zone).astimezone(now.tzinfo)
    return within, [(row, min(tomorrow, row.not_after or tomorrow)) for row in over]


def _at_its_pace(
    sender: Sender, queue: list[Claimed], now: datetime, settings: Settings
) -> tuple[list[Claimed], list[tuple[Claimed, datetime]]]:
    """Those whose turn it is. What was not used is kept for one tick's length, no longer: no bursts."""
    unused = timedelta(seconds=settings.jobs.tick_seconds)
    ready = max(sender.ready_at or now - unused, now - unused)
    going: list[Claimed] = []
    waiting: list[tuple[Claimed, timedelta]] = []
    for row in queue:
        length = timedelta(seconds=count(row.body).segments / settings.sms.segments_per_second)
        if ready <= now and not waiting:
            going.append(row)
            ready += length
        else:
            waiting.append((row, length))
    sender.ready_at = ready
    # Who waited before, and answers, come next; who is new goes to the end of the queue.
    turn = ready
    later = []
    for row, length in waiting:
        if row.put_off or is_answer(row.kind):
            later.append((row, turn))
            turn += length
    tail = max(sender.tail_at or turn, turn)
    for row, length in waiting:
        if not row.put_off and not is_answer(row.kind):
            later.append((row, tail))
            tail += length
    sender.tail_at = tail
    return going, later
