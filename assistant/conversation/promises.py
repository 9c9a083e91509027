"""A promise of the school: what, by when, how many minutes; and what became of it.

Minutes are promised for sessions that were missed: they become a make-up for the oldest of these, asked
about on the day like a session, and counted when it is given. Any other promise is asked about on the
family's page once its day has passed, and its end is an entry of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.answers import wake_case
from assistant.conversation.contacts import Contact, How, NewContact, add_contact, open_promises
from assistant.conversation.fixing import missed
from assistant.evidence.make_ups import MakeUpError, Source, make_up
from assistant.store import Caregiver, Child, Expectation, LogEntry, MakeUp, Repaid, ServiceLine
from assistant.words import Knows


@dataclass(frozen=True, slots=True)
class NewPromise:
    """A promise as the parent tells it. `by` is school-local; `minutes` None: about something else."""

    what: str
    by: date
    who: str
    how: How
    line: ServiceLine | None = None
    minutes: int | None = None


class PromiseError(Exception):
    """A promise that cannot be kept like this; `field` is the one that is the matter."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field}: cannot be kept like this")
        self.field = field


def promised(
    session: Session,
    person: Caregiver,
    child: Child,
    new: NewPromise,
    today: date,
    now: datetime,
    settings: Settings,
) -> LogEntry:
    """Keep a promise. Raises PromiseError for minutes of a service of which nothing is missing, by the log,
    and for a day that is over.
    """
    if new.by < today:
        raise PromiseError("by")
    if new.minutes is not None:
        _as_make_up(session, person, child, new, new.minutes, now, settings)
    return add_contact(
        session,
        child.id,
        NewContact(
            day=today, how=new.how, said=new.what, who=new.who, promised=new.what, promised_by=new.by,
            line=new.line, asked=new.minutes is not None,
        ),
        today,
        now,
        caregiver_id=person.id,
    )  # fmt: skip


def ended(
    session: Session,
    person: Caregiver,
    child: Child,
    number: int,
    kept: bool,
    words: str,
    today: date,
    now: datetime,
) -> LogEntry | None:
    """Whether the promise of that entry was kept; None where it is no open promise (any more)."""
    found = next((one for one in open_promises(session, child.id) if one.number == number), None)
    if found is None:
        return None
    line = _line(session, child, found)
    new = NewContact(day=today, how="other", said=words, line=line, answers=number, kept=kept)
    return add_contact(session, child.id, new, today, now, caregiver_id=person.id)


def missing_of(session: Session, child: Child) -> list[tuple[Expectation, int]]:
    """The missed sessions that nothing was promised for, oldest first, with the minutes that are missing."""
    waiting = exists().where(
        Repaid.expectation_id == Expectation.id, MakeUp.id == Repaid.make_up_id, MakeUp.state == "promised"
    )
    rows = session.execute(missed(child).where(~waiting).order_by(Expectation.due_at, Expectation.id))
    return [(one, short) for one, short in rows]


def _as_make_up(
    session: Session,
    person: Caregiver,
    child: Child,
    new: NewPromise,
    minutes: int,
    now: datetime,
    settings: Settings,
) -> None:
    misses: list[Expectation] = []
    covered = 0
    for one, short in missing_of(session, child):
        if new.line is not None and one.service_line_id == new.line.id and covered < minutes:
            misses.append(one)
            covered += short
    if new.line is None or not misses:
        raise PromiseError("minutes")
    source = Source(Knows.SCHOOL_SAID, new.what, person.id, answered_at=now)
    delay = timedelta(minutes=settings.asking.delay_minutes)
    try:
        with session.begin_nested():
            make_up(
                session, "promised", misses, now, minutes=minutes, on=new.by, source=source, ask_after=delay
            )
    except MakeUpError as error:
        raise PromiseError("by") from error
    wake_case(session, new.line.id, now)


def _line(session: Session, child: Child, found: Contact) -> ServiceLine | None:
    number = session.scalars(
        select(LogEntry.service_line_id).where(LogEntry.child_id == child.id, LogEntry.number == found.number)
    ).one()
    return session.get(ServiceLine, number) if number else None
