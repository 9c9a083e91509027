"""What a parent says on a page about one session, long past or just over, asked about or not.

A correction is a new entry that points at the one it corrects; that one stays. What nobody asked about is
answered in the same way. A page takes it however late; how late it was told stands in the record.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import Select, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from assistant.config import Settings
from assistant.conversation.answers import Context, wake_case
from assistant.conversation.overview import zone_of
from assistant.conversation.page import Choice, log_choice
from assistant.conversation.wording import items_of
from assistant.evidence.log import current_entry, hold
from assistant.evidence.make_ups import Act, MakeUpError, Source, make_up
from assistant.store import Caregiver, Child, Expectation, InboundText, LogEntry, Repaid, ServiceLine
from assistant.words import Knows

LONGEST_WORDS = 1_000
_MISSES = 20


def fix(
    session: Session,
    person: Caregiver,
    child: Child,
    number: int,
    choice: Choice,
    own_words: str,
    now: datetime,
    settings: Settings,
) -> LogEntry | None:
    """Log what is said of the expectation `number`; None where it says nothing new.

    The words kept are the form's, then the parent's own. Raises LookupError for what is not this child's, is
    not expected any more or is still to come.
    """
    hold(session, child.id)  # a second press waits here, and then finds the first
    one = session.get(Expectation, number)
    today = now.astimezone(zone_of(session, child)).date()
    if one is None or one.child_id != child.id or not sayable(one, today, now):
        raise LookupError(number)
    item = items_of(session, [one])[0]
    body = f"{item.alias}: {choice.words}" + (f". {own_words}" if own_words else "")
    newest = session.scalars(
        select(LogEntry)
        .where(LogEntry.expectation_id == number, LogEntry.caregiver_id == person.id)
        .where(LogEntry.kind != "make_up")
        .order_by(LogEntry.number.desc())
        .limit(1)
    ).first()
    if newest is not None and newest.words == body and _says(newest, choice):
        return None
    before = newest.number if newest else 0
    inbound = InboundText(
        provider_id=f"fix-{person.id}-{number}-{before}",
        channel="page",
        from_address=person.email or person.phone or "",
        to_address="",
        body=body,
        received_at=now,
        caregiver_id=person.id,
        handled_at=now,
    )
    session.add(inbound)
    session.flush()
    return log_choice(Context(session, person, inbound, None, [item], now, settings), item, choice)


def sayable(one: Expectation, today: date, now: datetime) -> bool:
    """Whether there is anything to say of it yet: a session that is over, a period that has begun.

    `today` is the school-local day, `now` in UTC.
    """
    if one.state == "withdrawn":
        return False
    if one.due_at <= now:
        return True
    return one.form == "period" and one.period_from is not None and one.period_from <= today


def expected_on(session: Session, child: Child, line_id: int, day: date) -> Expectation | None:
    """What was due of a line on a school-local day, or within the period that the day lies in."""
    return session.scalars(
        select(Expectation)
        .where(
            Expectation.child_id == child.id,
            Expectation.service_line_id == line_id,
            Expectation.state != "withdrawn",
            or_(
                Expectation.day == day,
                (Expectation.period_from <= day) & (Expectation.period_to >= day),
            ),
        )
        .order_by(Expectation.form == "make_up", Expectation.day, Expectation.id)
        .limit(1)
    ).first()


def misses_of(session: Session, child: Child) -> list[Expectation]:
    """The newest sessions of which something is still missing: what a make-up could be for."""
    rows = session.execute(
        missed(child).order_by(Expectation.day.desc(), Expectation.id.desc()).limit(_MISSES)
    )
    return [one for one, _ in rows]


def missed(child: Child) -> Select[Expectation, int]:
    """The child's sessions of which something is still missing, each with the minutes that are."""
    newer = aliased(LogEntry)
    replaced = exists().where(
        newer.expectation_id == LogEntry.expectation_id, newer.kind == "answer", newer.id > LogEntry.id
    )
    given = case(
        (LogEntry.outcome == "missed", 0), else_=LogEntry.minutes
    )  # of a part that was not said: none
    repaid = (
        select(func.coalesce(func.sum(Repaid.minutes), 0))
        .where(Repaid.expectation_id == Expectation.id)
        .scalar_subquery()
    )
    short = Expectation.due_minutes - given - repaid
    return (
        select(Expectation, short)
        .join(LogEntry, LogEntry.expectation_id == Expectation.id)
        .where(
            Expectation.child_id == child.id,
            Expectation.form != "make_up",
            LogEntry.kind == "answer",
            LogEntry.outcome.in_(("missed", "partial")),
            ~replaced,
            short > 0,
        )
    )


def make_up_on_page(
    session: Session,
    person: Caregiver,
    child: Child,
    number: int,
    act: Act,
    on: date | None,
    words: str,
    knows: Knows,
    minutes: int | None,
    now: datetime,
    settings: Settings,
) -> bool:
    """Keep what became of making up the miss `number`; False where that cannot be kept.

    `on` is the school-local day it is promised for, or was given on; a promise without a day is an offer.
    """
    hold(session, child.id)
    miss = session.get(Expectation, number)
    if miss is None or miss.child_id != child.id or current_entry(session, miss.id) is None:
        return False
    source = Source(knows, words, person.id, answered_at=now)
    delay = timedelta(minutes=settings.asking.delay_minutes)
    try:
        with session.begin_nested():
            make_up(session, act, [miss], now, minutes=minutes, on=on, source=source, ask_after=delay)
    except MakeUpError:
        return False
    wake_case(session, miss.service_line_id, now)
    return True


def lines_now(session: Session, child: Child) -> list[ServiceLine]:
    """The child's service lines, those in force first."""
    rows = session.scalars(select(ServiceLine).where(ServiceLine.child_id == child.id))
    return sorted(rows, key=lambda line: (line.iep_version.ends is not None, line.id))


def _says(entry: LogEntry, choice: Choice) -> bool:
    said = (entry.outcome, entry.cause, entry.sessions, entry.chances, entry.knows)
    return said == (choice.outcome, choice.cause, choice.sessions, choice.chances, choice.knows)
