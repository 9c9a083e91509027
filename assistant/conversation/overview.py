"""What a child's home says: how each service stands, a month of marks, the next date, what there is to do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from assistant.conversation.contacts import Contact, open_promises
from assistant.evidence.bar import Part, parts_of
from assistant.evidence.month import Month, Stand, after, month_of
from assistant.evidence.standing import credits_of, standing_of
from assistant.evidence.weeks import Tally, tally
from assistant.families.plan import as_line, last_day
from assistant.schedule.expand import asked
from assistant.schedule.jsonable import calendar_from_json
from assistant.schedule.types import SchoolCalendar
from assistant.store import (
    Calendar,
    Caregiver,
    Case,
    Child,
    Expectation,
    IepVersion,
    Question,
    QuestionItem,
    ServiceLine,
    Step,
    StepClock,
)
from assistant.words import Asks, Outcome

RENEWAL_NEAR = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Standing:
    """A service in force: what fell due of it so far. `since` is the first day that did; None for nothing."""

    line: ServiceLine
    asks: Asks
    tally: Tally
    parts: tuple[Part, ...]
    since: date | None
    next: date | None  # the next day on which something is expected


@dataclass(frozen=True, slots=True)
class NextDate:
    """The next date that matters: a clock that runs, the IEP's renewal, or the next session asked about."""

    kind: Literal["clock", "renewal", "promise", "question"]
    day: date
    name: str = ""  # the clock's, or the service's
    legal: bool = False


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it. `asked` and `answered` count what was asked about, whoever of the family answered."""

    child: Child
    today: date  # in the school's zone
    services: tuple[Standing, ...]
    lines: dict[int, ServiceLine]
    month: Month
    next: NextDate | None
    question: Question | None
    steps: tuple[Step, ...]
    promise: int | None  # the entry of one whose day has passed, and of which nobody has told the end
    asked: int
    answered: int


def overview_of(session: Session, child: Child, person: Caregiver, now: datetime) -> Overview:
    """How a child stands at `now` (UTC), for the caregiver `person`. Reads only."""
    calendar = calendar_of_child(session, child)
    today = now.astimezone(calendar.zone).date()
    lines = lines_by_number(session, child)
    first = today.replace(day=1)
    stands = standing_of(session, child.id, now, after(first))
    asks, by_line = _asks(session, child), defaultdict[int, list[Stand]](list)
    for one in stands:
        by_line[one.line].append(one)
    services = tuple(
        _standing(line, asks.get(line.id, Asks.HAPPENED), by_line[line.id])
        for line in lines.values()
        if line.iep_version.ends is None
    )
    steps = tuple(
        session.scalars(
            select(Step)
            .join(Case, Case.id == Step.case_id)
            .where(Case.child_id == child.id, Step.state == "suggested")
            .order_by(Step.suggested_at.desc(), Step.id.desc())
            .limit(2)
        )
    )
    asked_about = _asked(session, child)
    promises = open_promises(session, child.id)
    passed = [one for one in promises if one.promised_by is not None and one.promised_by < today]
    told = {
        one.number
        for one in stands
        if one.occasions and any(part.outcome is not Outcome.UNANSWERED for part in one.occasions)
    }
    return Overview(
        child,
        today,
        services,
        lines,
        _month(session, child, first, stands, list(lines.values()), calendar),
        _next(session, child, services, promises, today),
        _question(session, child, person),
        steps,
        passed[0].number if passed else None,
        len(asked_about),
        len(asked_about & told),
    )


def month_for(session: Session, child: Child, first: date, now: datetime) -> Month:
    """The marks of the month that begins on `first`, as the log stands at `now` (UTC)."""
    stands = standing_of(session, child.id, now, after(first))
    lines = list(lines_by_number(session, child).values())
    return _month(session, child, first, stands, lines, calendar_of_child(session, child))


def lines_by_number(session: Session, child: Child) -> dict[int, ServiceLine]:
    """All service lines of a child, old ones too."""
    rows = session.scalars(
        select(ServiceLine)
        .options(joinedload(ServiceLine.iep_version))
        .where(ServiceLine.child_id == child.id)
        .order_by(ServiceLine.id)
    )
    return {line.id: line for line in rows}


def calendar_of_child(session: Session, child: Child) -> SchoolCalendar:
    """The child's school calendar."""
    return calendar_from_json(session.get_one(Calendar, child.calendar_id).definition)


def _month(
    session: Session,
    child: Child,
    first: date,
    stands: Sequence[Stand],
    lines: Sequence[ServiceLine],
    calendar: SchoolCalendar,
) -> Month:
    stop = after(first)
    mine = [one for one in stands if first <= one.day < stop or any(o.date >= first for o in one.occasions)]
    mine += [one for line in lines if line.consented for one in _beyond(line, first, stop, calendar)]
    return month_of(first, mine, credits_of(session, child.id, first, stop - timedelta(days=1)), calendar)


def _beyond(line: ServiceLine, first: date, stop: date, calendar: SchoolCalendar) -> list[Stand]:
    """What the schedule has for the days of the month that are not planned yet."""
    begin, end = max(first, line.planned_to), min(stop, last_day(line) + timedelta(days=1))
    if begin >= end:
        return []
    days = [one.date or one.period_to for one in asked(as_line(line), calendar, begin, end)]
    return [Stand(None, line.id, day, over=False) for day in days if day is not None]


def _standing(line: ServiceLine, asks: Asks, stands: Sequence[Stand]) -> Standing:
    occasions = [part for one in stands for part in one.occasions]
    counted = tally(occasions)
    return Standing(
        line,
        asks,
        counted,
        parts_of(counted.ledger),
        min((one.date for one in occasions), default=None),
        min((one.day for one in stands if not one.over), default=None),
    )


def _asks(session: Session, child: Child) -> dict[int, Asks]:
    """What is mostly asked about each line."""
    rows = session.execute(
        select(Expectation.service_line_id, Expectation.asks, func.count())
        .where(Expectation.child_id == child.id, Expectation.form != "make_up")
        .group_by(Expectation.service_line_id, Expectation.asks)
    )
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for line, asks, count in rows:
        found[line].append((count, asks))
    return {line: Asks(max(counts)[1]) for line, counts in found.items()}


def _asked(session: Session, child: Child) -> set[int]:
    return set(
        session.scalars(
            select(QuestionItem.expectation_id)
            .join(Expectation, Expectation.id == QuestionItem.expectation_id)
            .where(
                Expectation.child_id == child.id,
                Expectation.state != "withdrawn",
                Expectation.form != "make_up",
            )
        )
    )


def _question(session: Session, child: Child, person: Caregiver) -> Question | None:
    """The open question to this caregiver about the child."""
    return session.scalars(
        select(Question)
        .join(QuestionItem, QuestionItem.question_id == Question.id)
        .join(Expectation, Expectation.id == QuestionItem.expectation_id)
        .where(
            Question.caregiver_id == person.id,
            Question.state == "open",
            Expectation.child_id == child.id,
            Expectation.state == "asked",
        )
        .order_by(Question.id.desc())
        .limit(1)
    ).first()


def _next(
    session: Session,
    child: Child,
    services: Sequence[Standing],
    promises: Sequence[Contact],
    today: date,
) -> NextDate | None:
    clock = session.scalars(
        select(StepClock)
        .join(Step, Step.id == StepClock.step_id)
        .join(Case, Case.id == Step.case_id)
        .where(Case.child_id == child.id, StepClock.state == "running", StepClock.due >= today)
        .order_by(StepClock.due, StepClock.id)
        .limit(1)
    ).first()
    renews = session.scalars(
        select(IepVersion.renews_on)
        .where(
            IepVersion.child_id == child.id,
            IepVersion.ends.is_(None),
            IepVersion.renews_on.between(today, today + RENEWAL_NEAR),
        )
        .order_by(IepVersion.renews_on)
        .limit(1)
    ).first()
    found = []
    if clock is not None:
        found.append(NextDate("clock", clock.due, clock.name, clock.kind == "legal"))
    if renews is not None:
        found.append(NextDate("renewal", renews))
    ahead = [one.promised_by for one in promises if one.promised_by is not None and one.promised_by >= today]
    if ahead:
        found.append(NextDate("promise", min(ahead)))
    if found:
        return min(found, key=lambda one: one.day)
    soon = [(one.next, one.line.alias) for one in services if one.next is not None and one.next >= today]
    return NextDate("question", *min(soon)) if soon else None


def zone_of(session: Session, child: Child) -> ZoneInfo:
    """The zone of the child's school."""
    return ZoneInfo(session.get_one(Calendar, child.calendar_id).zone)
