"""What a parent found out later about a session that was not known: a correction, with who told them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.answers import Context
from assistant.conversation.page import Choice, log_choice
from assistant.conversation.unknowns import LOOK_BACK_DAYS, still_open
from assistant.conversation.wording import Item, items_of
from assistant.evidence.log import current_entry, hold
from assistant.store import Caregiver, Child, Expectation, InboundText, LogEntry
from assistant.words import Outcome

_OPEN = (Outcome.UNKNOWN, Outcome.UNANSWERED)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A child's sessions: `open` are not known or not answered, `told` were found out lately."""

    open: tuple[Item, ...]
    told: tuple[Item, ...]


def waiting_of(
    session: Session, child: Child, person: Caregiver, now: datetime, settings: Settings
) -> Waiting:
    """What is open of the last 60 days, newest first; what this person found out lately and may put right."""
    since = now.astimezone(ZoneInfo(person.zone)).date() - timedelta(days=LOOK_BACK_DAYS)
    open_ = still_open(session, [child.id], since, _OPEN)
    told = session.scalars(
        select(Expectation)
        .join(LogEntry, LogEntry.expectation_id == Expectation.id)
        .join(InboundText, InboundText.id == LogEntry.inbound_id)
        .where(
            LogEntry.child_id == child.id,
            LogEntry.caregiver_id == person.id,
            LogEntry.recorded_at > now - timedelta(days=settings.asking.late_answer_days),
            InboundText.provider_id.startswith("found-"),
            Expectation.id.not_in([one.id for one in open_]),
        )
        .order_by(LogEntry.id.desc())
    ).unique()
    return Waiting(tuple(items_of(session, open_[::-1])), tuple(items_of(session, list(dict.fromkeys(told)))))


def find_out(
    session: Session,
    person: Caregiver,
    child: Child,
    expectation_id: int,
    choice: Choice,
    now: datetime,
    settings: Settings,
) -> LogEntry | None:
    """Log what was found out about one session; None where it is not open (any more) or says nothing new.

    The first answer stays in the record; the new entry points at it.
    """
    hold(session, child.id)  # a second press waits here, and then finds the first
    found = waiting_of(session, child, person, now, settings)
    item = next((one for one in (*found.open, *found.told) if one.expectation.id == expectation_id), None)
    before = current_entry(session, expectation_id) if item else None
    if item is None or before is None or _same(before, choice):
        return None
    inbound = InboundText(
        provider_id=f"found-{person.id}-{expectation_id}-{before.number}",
        channel="page",
        from_address=person.email or person.phone or "",
        to_address="",
        body=f"{item.alias}: {choice.words}",
        received_at=now,
        caregiver_id=person.id,
        handled_at=now,
    )
    session.add(inbound)
    session.flush()
    context = Context(session, person, inbound, None, [item], now, settings)
    return log_choice(context, item, choice)


def _same(entry: LogEntry, choice: Choice) -> bool:
    said = (entry.outcome, entry.cause, entry.sessions, entry.chances, entry.minutes)
    return said == (
        choice.outcome,
        choice.cause,
        choice.sessions,
        choice.chances,
        choice.minutes or entry.minutes,
    )
