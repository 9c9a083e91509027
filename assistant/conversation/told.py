"""Everything the record holds of one session: what was asked, each entry with how it was read, make-ups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.conversation.history import Told
from assistant.conversation.overview import zone_of
from assistant.conversation.wording import Item
from assistant.evidence.collect import timing
from assistant.evidence.collected import Timing
from assistant.evidence.make_ups import make_ups_of
from assistant.store import (
    Caregiver,
    Child,
    Expectation,
    InboundText,
    LogEntry,
    MakeUp,
    OutgoingMessage,
    Question,
    QuestionItem,
)

Read = Literal["page", "button", "words", "taught", "plain", ""]
Who = Literal["you", "other", "center", "nobody"]
_ASKING = ("question", "reminder", "nudge")
_MOST = 50
_BUTTONS = ("page-", "found-", "fix-")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry with who said it and how it was read. `why`: the words that decided."""

    told: Told
    who: Who
    read: Read
    why: tuple[str, ...]
    timing: Timing | None
    corrected_by: int | None
    in_force: bool

    @property
    def row(self) -> LogEntry:
        return self.told.entry


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it went out to this caregiver: a text's words, or an e-mail's subject."""

    at: datetime
    text: str
    by_mail: bool


@dataclass(frozen=True, slots=True)
class Story:
    """All of it, oldest first."""

    item: Item
    asked: Sequence[Asked]
    entries: Sequence[Entry]
    make_ups: Sequence[MakeUp]
    siblings: Sequence[Expectation]


def story_of(session: Session, item: Item, child: Child, person: Caregiver) -> Story:
    """What the record holds of one expectation, as the caregiver `person` may read it."""
    one = item.expectation
    siblings = session.scalars(
        select(Expectation)
        .where(
            Expectation.service_line_id == one.service_line_id,
            Expectation.day == one.day,
            Expectation.id != one.id,
            Expectation.state != "withdrawn",
        )
        .order_by(Expectation.start_at)
        .limit(_MOST)
    )
    return Story(
        item,
        _asked(session, one, person),
        _entries(session, item, child, person),
        make_ups_of(session, one.id),
        siblings.all(),
    )


def _entries(session: Session, item: Item, child: Child, person: Caregiver) -> list[Entry]:
    rows = session.scalars(
        select(LogEntry)
        .where(LogEntry.expectation_id == item.expectation.id)
        .order_by(LogEntry.number.desc())
        .limit(_MOST)
    ).all()[::-1]
    corrected = {row.supersedes: row.number for row in rows if row.supersedes}
    newest = max((row.number for row in rows if row.kind == "answer"), default=None)
    wanted = {row.inbound_id for row in rows if row.inbound_id}
    texts = {text.id: text for text in session.scalars(select(InboundText).where(InboundText.id.in_(wanted)))}
    zone = zone_of(session, child)
    found = []
    for row in rows:
        read, why = _read(texts.get(row.inbound_id or 0))
        told = row.answered_at if row.caregiver_id is not None else None
        found.append(
            Entry(
                Told(item, row, row.number in corrected),
                _who(row, person),
                read,
                why,
                timing(row.day, told, zone) if told and row.kind != "make_up" else None,
                corrected.get(row.number),
                row.number == newest,
            )
        )
    return found


def _who(row: LogEntry, person: Caregiver) -> Who:
    if row.caregiver_id is None:
        return "center" if row.words else "nobody"
    return "you" if row.caregiver_id == person.id else "other"


def _read(text: InboundText | None) -> tuple[Read, tuple[str, ...]]:
    if text is None:
        return "", ()
    if text.channel == "page":
        return ("page" if text.provider_id.startswith("fix-") else "button"), ()
    why = tuple(str(one) for one in (text.meaning or {}).get("why", ()) if str(one).strip())
    if (text.meaning or {}).get("taught") is not None:
        return "taught", why
    return ("words" if why else "plain"), why


def _asked(session: Session, one: Expectation, person: Caregiver) -> list[Asked]:
    """The questions, reminders and nudges to this caregiver about it, as they left."""
    spans = session.execute(
        select(Question.asked_at, Question.close_at)
        .join(QuestionItem, QuestionItem.question_id == Question.id)
        .where(QuestionItem.expectation_id == one.id, Question.caregiver_id == person.id)
    ).all()
    if not spans:
        return []
    first, last = min(span.asked_at for span in spans), max(span.close_at for span in spans)
    sent = session.scalars(
        select(OutgoingMessage)
        .where(
            OutgoingMessage.caregiver_id == person.id,
            OutgoingMessage.kind.in_(_ASKING),
            OutgoingMessage.sent_at.between(first - timedelta(days=1), last + timedelta(days=1)),
        )
        .order_by(OutgoingMessage.sent_at, OutgoingMessage.id)
        .limit(_MOST)
    )
    return [
        Asked(
            row.sent_at or row.created_at,
            row.subject if row.channel == "email" else row.body,
            row.channel == "email",
        )
        for row in sent
        if one.id in row.about
    ]
