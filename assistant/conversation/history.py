"""What somebody texted and what became of it, for the family's page and the staff's inbox. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.conversation.wording import Item, items_of
from assistant.store import (
    Expectation,
    Guardianship,
    InboundText,
    LogEntry,
    Media,
    OutgoingMessage,
)

PAGE = 30
AROUND = timedelta(days=3)
_THREAD = 12


@dataclass(frozen=True, slots=True)
class Told:
    """An entry that a text made. `corrected`: a later one of the same person took its place."""

    item: Item
    entry: LogEntry
    corrected: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """A text, the entries it made, and what it was taken to mean with the words that decided."""

    text: InboundText
    told: tuple[Told, ...]
    pictures: tuple[Media, ...] = ()

    @property
    def intent(self) -> str:
        """What the text was for, in the reader's word; "" where it was not read."""
        return str((self.text.meaning or {}).get("intent", ""))

    @property
    def waits(self) -> bool:
        """Whether it came by e-mail and waits for their press on the page that we sent them."""
        wanted = (self.text.meaning or {}).get("proposed")
        return wanted is not None and not wanted.get("noted_at")

    @property
    def taught(self) -> bool:
        """Whether it was read by a phrase that staff taught."""
        return (self.text.meaning or {}).get("taught") is not None

    @property
    def why(self) -> tuple[str, ...]:
        """The words that decided."""
        return tuple(str(one) for one in (self.text.meaning or {}).get("why", ()) if str(one).strip())


@dataclass(frozen=True, slots=True)
class Line:
    """One text of a thread: theirs, or ours. `kind` is ours' ("question"), "" for theirs."""

    at: datetime
    body: str
    kind: str


def history(session: Session, caregiver_id: int, before: int | None = None, limit: int = PAGE) -> list[Reply]:
    """What this caregiver texted, newest first; older than text number `before` where given."""
    wanted = select(InboundText).where(InboundText.caregiver_id == caregiver_id)
    if before is not None:
        wanted = wanted.where(InboundText.id < before)
    return replies_of(session, session.scalars(wanted.order_by(InboundText.id.desc()).limit(limit)).all())


def replies_of(session: Session, texts: Sequence[InboundText]) -> list[Reply]:
    """These texts with the entries that they made."""
    entries = session.scalars(
        select(LogEntry)
        .where(LogEntry.inbound_id.in_([one.id for one in texts]), LogEntry.expectation_id.is_not(None))
        .order_by(LogEntry.child_id, LogEntry.number)
    ).all()
    told: dict[int, list[Told]] = defaultdict(list)
    items = _items(session, entries)
    replaced = _replaced(session, entries)
    for entry in entries:
        if entry.inbound_id is not None and entry.expectation_id is not None:
            corrected = (entry.child_id, entry.number) in replaced
            told[entry.inbound_id].append(Told(items[entry.expectation_id], entry, corrected))
    pictures: dict[int, list[Media]] = defaultdict(list)
    wanted = [text.id for text in texts if text.media]
    if wanted:
        for one in session.scalars(
            select(Media).where(Media.inbound_id.in_(wanted)).order_by(Media.inbound_id, Media.position)
        ):
            pictures[one.inbound_id].append(one)
    return [Reply(text, tuple(told[text.id]), tuple(pictures[text.id])) for text in texts]


def told_by_others(session: Session, caregiver_id: int, limit: int = PAGE) -> list[Told]:
    """What others told of this caregiver's children, newest first."""
    entries = session.scalars(
        select(LogEntry)
        .join(Guardianship, Guardianship.child_id == LogEntry.child_id)
        .where(
            Guardianship.caregiver_id == caregiver_id,
            LogEntry.caregiver_id.is_not(None),
            LogEntry.caregiver_id != caregiver_id,
            LogEntry.expectation_id.is_not(None),
        )
        .order_by(LogEntry.id.desc())
        .limit(limit)
    ).all()
    items, replaced = _items(session, entries), _replaced(session, entries)
    return [
        Told(items[entry.expectation_id], entry, (entry.child_id, entry.number) in replaced)
        for entry in entries
        if entry.expectation_id is not None
    ]


def thread(session: Session, text: InboundText) -> list[Line]:
    """The texts that went back and forth around this one, oldest first."""
    if text.caregiver_id is None:
        return [Line(text.received_at, text.body, "")]
    first, last = text.received_at - AROUND, text.received_at + AROUND
    theirs = session.scalars(
        select(InboundText).where(
            InboundText.caregiver_id == text.caregiver_id, InboundText.received_at.between(first, last)
        )
    )
    ours = session.scalars(
        select(OutgoingMessage).where(
            OutgoingMessage.caregiver_id == text.caregiver_id,
            OutgoingMessage.channel.in_(("sms", "email")),
            OutgoingMessage.sent_at.between(first, last),
        )
    )
    lines = [Line(one.received_at, one.body, "") for one in theirs]
    lines += [Line(one.sent_at or one.created_at, _shown(one), one.kind) for one in ours]
    lines.sort(key=lambda line: line.at)
    here = next((n for n, line in enumerate(lines) if line.at >= text.received_at), len(lines))
    return lines[max(0, here - _THREAD) : here + _THREAD]


def _shown(message: OutgoingMessage) -> str:
    """What a thread shows of ours. Links are for their owner alone, so of an e-mail only its subject."""
    if message.channel == "email":
        return message.subject
    return "…" if message.kind == "link" else message.body


def _items(session: Session, entries: Sequence[LogEntry]) -> dict[int, Item]:
    numbers = list(dict.fromkeys(entry.expectation_id for entry in entries))
    expectations = session.scalars(select(Expectation).where(Expectation.id.in_(numbers))).all()
    return {item.expectation.id: item for item in items_of(session, expectations)}


def _replaced(session: Session, entries: Sequence[LogEntry]) -> set[tuple[int, Any]]:
    """Child and number of every entry that a later one of its children corrects."""
    children = {entry.child_id for entry in entries}
    rows = session.execute(
        select(LogEntry.child_id, LogEntry.supersedes).where(
            LogEntry.child_id.in_(children), LogEntry.supersedes.is_not(None)
        )
    )
    return {(child, number) for child, number in rows}
