"""The kinds of work that several workers share: the timetable's entries, the mailbox and the outbox's two.

The tables are the truth. A kind only names what is due there; whoever takes it up claims rows for itself,
so a kind may be taken up twice, late, or by several at once, and every row is still handled once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.conversation.heard import SWEPT
from assistant.store import Fact, Mailbox, Media, OutgoingMessage, Rehearsal, Store
from jobs import media, read_mail, rehearse
from jobs.sweep import sweep
from jobs.tick import run_entry
from jobs.timetable import TIMETABLE
from messages.deliver import TO_ASK_ABOUT, TO_SEND, Channels, deliver, reconcile

# Of these there can be thousands at once, and their rows do not depend on one another: several workers at a
# time.
PARALLEL = frozenset({"read_replies", "ask", "deliver"})

# One pass in one process runs the timetable in its order. Workers run at the same time, so where the order
# matters the later kind waits until nothing of the earlier one is due: a reply is read before its question is
# called unanswered, what passed is recorded before a step is decided on, a week is summed up when it is
# whole.
AFTER: Mapping[str, frozenset[str]] = {
    "ask": frozenset({"plan"}),
    "nudge": frozenset({"read_replies", "sweep"}),
    "remind": frozenset({"read_replies", "read_mail", "sweep"}),
    "close": frozenset({"read_replies", "read_mail", "sweep"}),
    "decide": frozenset({"read_replies", "sweep", "watch"}),
    "summarise": frozenset({"read_replies", "watch", "decide"}),
}

# So long a later kind waits for the earlier ones. Something of those may always be due, as in a flood of
# texts; what has waited longer goes ahead, before the alarm (`[ops] behind_minutes`). Nothing is lost by it:
# an answer read after its question was closed still counts, as a late one.
PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of work: a row with `when` is due from the moment in `column` on."""

    name: str
    column: InstrumentedAttribute[Any]
    when: ColumnElement[bool]
    run: Callable[[Store, Clock, Settings, Channels], int]


def _entry_kinds() -> list[Kind]:
    def runs(number: int) -> Callable[[Store, Clock, Settings, Channels], int]:
        return lambda store, clock, settings, _channels: run_entry(store, clock, settings, TIMETABLE[number])

    return [Kind(entry.name, entry.column, entry.when, runs(n)) for n, entry in enumerate(TIMETABLE)]


def _sweep(store: Store, clock: Clock, settings: Settings, channels: Channels) -> int:
    return sweep(store, clock, settings, channels.inbound)


def _media(store: Store, clock: Clock, settings: Settings, channels: Channels) -> int:
    return media.run(store, clock, settings, channels.inbound)


# In the order in which those are taken up that become due at once.
KINDS: tuple[Kind, ...] = (
    Kind("sweep", Fact.until, Fact.key == SWEPT, _sweep),
    *_entry_kinds(),
    Kind(
        "read_mail",
        Mailbox.next_at,
        Mailbox.next_at.is_not(None),
        lambda store, clock, settings, _channels: read_mail.run(store, clock, settings),
    ),
    Kind(
        "rehearse",
        Rehearsal.next_at,
        Rehearsal.next_at.is_not(None),
        lambda store, clock, settings, _channels: rehearse.run(store, clock, settings),
    ),
    Kind("media", Media.next_at, Media.next_at.is_not(None), _media),
    Kind("reconcile", OutgoingMessage.next_at, TO_ASK_ABOUT, reconcile),
    Kind("deliver", OutgoingMessage.next_at, TO_SEND, deliver),
)
BY_NAME = {kind.name: kind for kind in KINDS}


def due_kinds(session: Session, now: datetime, batch: int, slots: int) -> dict[str, int]:
    """How many jobs of each kind are worth starting at `now`: one for each full batch of rows, at most
    `slots` of the parallel kinds and one of the others. Kinds with nothing due are left out.
    """
    most = {kind.name: batch * (slots - 1) + 1 if kind.name in PARALLEL else 1 for kind in KINDS}
    rows = session.execute(_counts(), {"now": now, **{f"most_{name}": n for name, n in most.items()}}).one()
    return {kind.name: -(-count // batch) for kind, count in zip(KINDS, rows, strict=True) if count}


def must_wait(session: Session, kind: str, due: Collection[str], now: datetime) -> bool:
    """Whether earlier kinds that are `due` go first, and this one's oldest row can wait for them."""
    if AFTER.get(kind, frozenset()).isdisjoint(due):
        return False
    mine = BY_NAME[kind]
    oldest = session.scalar(select(func.min(mine.column)).where(mine.when, mine.column <= now))
    return oldest is not None and now - oldest < PATIENCE


def _counts() -> Select[Any]:
    """One statement for all of it. It never counts further than it needs to, so a backlog costs no more."""
    return select(
        *(
            select(func.count())
            .select_from(
                select(literal(1))
                .where(kind.when, kind.column <= bindparam("now"))
                .limit(bindparam(f"most_{kind.name}"))
                .subquery()
            )
            .scalar_subquery()
            for kind in KINDS
        )
    )
