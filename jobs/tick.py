"""One pass: every job that is due, then the outbox, again and again until nothing more is due now."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.store import Fact, Mailbox, OutgoingMessage, Rehearsal, Store
from assistant.store.facts import keep_fact
from jobs import media, read_mail, rehearse
from jobs.sweep import AFTER_SWEEP, sweep
from jobs.timetable import TIMETABLE, Entry
from messages.deliver import TO_ASK_ABOUT, TO_SEND, Channels, deliver, reconcile
from messages.templates import tell_of_holes, use_own_words

ROUNDS = 1_000  # a pass that never comes to rest is a fault; it goes on in the next one

# An idle pass only reads; a write for each would cost an fsync. It says once in this time that it was here,
# so while the worker lives `last_tick` is at most this, and the time between two passes, old.
TOLD_AGAIN = timedelta(seconds=20)

# The mailbox is read outside of any transaction, and first: what lies there is older than what we do now.
_MAILBOX: tuple[InstrumentedAttribute[Any], ColumnElement[bool]] = (
    Mailbox.next_at,
    Mailbox.next_at.is_not(None),
)
# The outbox has its own rounds: (column, what must hold for the row to count).
_OUTBOX: tuple[InstrumentedAttribute[Any], ColumnElement[bool]] = (
    OutgoingMessage.next_at,
    OutgoingMessage.next_at.is_not(None),
)
# Made-up families: nobody's time "jumps ahead" to them.
_REHEARSAL: tuple[InstrumentedAttribute[Any], ColumnElement[bool]] = (
    Rehearsal.next_at,
    Rehearsal.next_at.is_not(None),
)
# One statement asks for all of it.
_ANYTHING = select(
    *(exists().where(entry.when, entry.column <= bindparam("now")) for entry in TIMETABLE),
    exists().where(_MAILBOX[1], _MAILBOX[0] <= bindparam("now")),
    exists().where(TO_ASK_ABOUT, _OUTBOX[0] <= bindparam("now")),
    exists().where(TO_SEND, _OUTBOX[0] <= bindparam("now")),
    exists().where(_REHEARSAL[1], _REHEARSAL[0] <= bindparam("now")),
    select(Fact.value).where(Fact.key == "last_tick").scalar_subquery(),
)


# The earliest moment of each kind of work.
_EARLIEST = select(
    *(
        select(func.min(column)).where(when).scalar_subquery()
        for column, when in (
            *((entry.column, entry.when) for entry in TIMETABLE if not entry.about_us),
            _MAILBOX,
            _OUTBOX,
        )
    )
)


def run_pass(store: Store, clock: Clock, settings: Settings, channels: Channels) -> dict[str, int]:
    """Run all that is due at the clock's now. Returns how many rows each job moved."""
    done: Counter[str] = Counter()
    told: datetime | None = None
    for _ in range(ROUNDS):
        moved, told = _round(store, clock, settings, channels)
        done.update(moved)
        if not moved or channels.stopping.is_set():
            break
    if done or not fresh(told, clock.now()):
        with store.passing() as session:
            keep_fact(session, "last_tick", clock.now().isoformat())
    return dict(done)


def fresh(told: datetime | None, now: datetime) -> bool:
    """Whether `last_tick` need not be told again yet. A clock that was put back is no reason to be silent."""
    return told is not None and told <= now < told + TOLD_AGAIN


def due_entries(session: Session, now: datetime) -> list[Entry]:
    """The entries of the timetable that would find a row at `now`, in the order in which they run."""
    *due, _mail, _doubts, _outbox, _rehearsal, _told = session.execute(_ANYTHING, {"now": now}).one()
    return [entry for entry, is_due in zip(TIMETABLE, due, strict=True) if is_due]


def run_entry(store: Store, clock: Clock, settings: Settings, entry: Entry) -> int:
    """One batch of one entry, in a transaction of its own. Returns how many rows it moved."""
    with store.write() as session:
        use_own_words(session)
        moved = entry.run(session, clock, settings)
        tell_of_holes(session, clock.now())
        return moved


def next_due(session: Session) -> datetime | None:
    """The earliest moment (UTC) at which any job will find something; None when nothing is planned."""
    moments = session.execute(_EARLIEST).one()
    return min((moment for moment in moments if moment is not None), default=None)


def _round(
    store: Store, clock: Clock, settings: Settings, channels: Channels
) -> tuple[Counter[str], datetime | None]:
    """One round and when a pass was told of last. Only what is due opens a transaction; as what one job moved
    may be the next one's work at once, what is due is asked anew after each that moved something.
    """
    moved: Counter[str] = Counter()
    *due, mail, doubts, outbox, rehearsal, told = store.one(_ANYTHING, {"now": clock.now()})
    if mail:
        moved["read_mail"] = read_mail.run(store, clock, settings)
    if channels.inbound is not None:
        waits = any(found and one.name in AFTER_SWEEP for one, found in zip(TIMETABLE, due, strict=True))
        moved["sweep"] = sweep(store, clock, settings, channels.inbound, wanted=waits)
    if any(moved.values()):
        *due, _, doubts, outbox, _, _ = store.one(_ANYTHING, {"now": clock.now()})
    for place, entry in enumerate(TIMETABLE):
        if due[place] and (rows := run_entry(store, clock, settings, entry)):
            moved[entry.name] = rows
            *due, _, doubts, outbox, _, _ = store.one(_ANYTHING, {"now": clock.now()})
    if doubts:
        moved["reconcile"] = reconcile(store, clock, settings, channels)
    if outbox or moved["reconcile"]:
        moved["deliver"] = deliver(store, clock, settings, channels)
    if channels.inbound is not None:
        moved["media"] = media.run(store, clock, settings, channels.inbound)
    if rehearsal:
        moved["rehearse"] = rehearse.run(store, clock, settings)
    return +moved, datetime.fromisoformat(told) if told else None
