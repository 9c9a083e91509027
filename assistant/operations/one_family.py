"""One family as staff may see it: by nickname, with numbers masked. Bounded, whatever there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from assistant.conversation.wording import Item, items_of
from assistant.operations.standing import PAGE, State, condition, states_of, undelivered
from assistant.store import (
    Alert,
    Caregiver,
    Case,
    Child,
    Consent,
    Expectation,
    FollowUp,
    Guardianship,
    IepVersion,
    InboundText,
    LogEntry,
    OutgoingMessage,
    ServiceLine,
    Step,
    StepClock,
)
from assistant.store.people import PHONE_END

Row = TypeVar("Row", Alert, FollowUp, InboundText, OutgoingMessage)
_SOME = 15
_MOST_PEOPLE = 20


@dataclass(frozen=True, slots=True)
class Listed:
    """A child of the list and how its family stands."""

    child: Child
    states: Sequence[State]


@dataclass(frozen=True, slots=True)
class Carer:
    """A caregiver, without name or number: what is left of the number, and their consent so far."""

    person: Caregiver
    digits: str
    host: str
    acts: Sequence[Consent]


@dataclass(frozen=True, slots=True)
class Family:
    """Everything that the page of one family shows."""

    child: Child
    states: Sequence[State]
    lines: Sequence[ServiceLine]
    carers: Sequence[Carer]
    answers: Sequence[tuple[Item, LogEntry]]
    messages: Sequence[OutgoingMessage]
    steps: Sequence[tuple[Step, str]]
    clocks: Sequence[tuple[StepClock, str]]
    alerts: Sequence[Alert]
    texts: Sequence[InboundText]
    follow_ups: Sequence[FollowUp]


def families(
    session: Session, now: datetime, *, state: State | None = None, find: str = "", after: int = 0
) -> list[Listed]:
    """A page of families in the order they joined, from behind child number `after`.

    `find`: a nickname as it is written, a child's number, or the last four digits of a phone.
    """
    troubled = [one.caregiver_id for one in undelivered(session, now)]
    wanted = select(Child).where(Child.erased_at.is_(None), Child.id > after)
    if state is not None:
        wanted = wanted.where(condition(state, now, troubled))
    if find:
        wanted = wanted.where(_named(find))
    children = session.scalars(wanted.order_by(Child.id).limit(PAGE)).all()
    states = states_of(session, [child.id for child in children], now, troubled)
    return [Listed(child, states[child.id]) for child in children]


def family(session: Session, child: Child, now: datetime) -> Family:
    """One family, with what was last."""
    people = session.scalars(
        select(Caregiver)
        .join(Guardianship, Guardianship.caregiver_id == Caregiver.id)
        .where(Guardianship.child_id == child.id)
        .order_by(Guardianship.position, Guardianship.id)
        .limit(_MOST_PEOPLE)
    ).all()
    numbers = [person.id for person in people]
    troubled = [one.caregiver_id for one in undelivered(session, now, among=numbers)]
    return Family(
        child=child,
        states=states_of(session, [child.id], now, troubled)[child.id],
        lines=session.scalars(
            select(ServiceLine)
            .join(IepVersion, IepVersion.id == ServiceLine.iep_version_id)
            .where(ServiceLine.child_id == child.id, IepVersion.ends.is_(None))
            .order_by(ServiceLine.id)
            .limit(_SOME)
        ).all(),
        carers=[_carer(session, person) for person in people],
        answers=_answers(session, child),
        messages=_newest(session, OutgoingMessage, OutgoingMessage.caregiver_id.in_(numbers)),
        steps=_steps(session, child),
        clocks=_clocks(session, child),
        alerts=_newest(
            session,
            Alert,
            Alert.closed_at.is_(None),
            Alert.subject.in_([f"child {child.id}", *(f"caregiver {one}" for one in numbers)]),
        ),
        texts=_newest(
            session,
            InboundText,
            InboundText.caregiver_id.in_(numbers),
            InboundText.needs_staff.is_(True),
            InboundText.settled_at.is_(None),
        ),
        follow_ups=_newest(session, FollowUp, FollowUp.child_id == child.id),
    )


def how_many(session: Session) -> int:
    """How many children there are."""
    return session.scalar(select(func.count()).select_from(Child).where(Child.erased_at.is_(None))) or 0


def _named(find: str) -> ColumnElement[bool]:
    spelt = {find, find.lower(), find.capitalize(), find.title(), find.upper()}
    found: list[ColumnElement[bool]] = [Child.nickname.in_(sorted(spelt))]
    figures = find.lstrip("#")
    if figures.isascii() and figures.isdigit() and len(figures) <= 9:
        found.append(Child.id == int(figures))
        if len(figures) == PHONE_END:
            theirs = select(Guardianship.child_id).join(Caregiver).where(Caregiver.phone_end == figures)
            found.append(Child.id.in_(theirs))
    return or_(*found)


def _carer(session: Session, person: Caregiver) -> Carer:
    acts = session.scalars(
        select(Consent).where(Consent.caregiver_id == person.id).order_by(Consent.id.desc()).limit(4)
    ).all()
    return Carer(person, (person.phone or "")[-PHONE_END:], (person.email or "").rpartition("@")[2], acts)


def _answers(session: Session, child: Child) -> list[tuple[Item, LogEntry]]:
    entries = session.scalars(
        select(LogEntry)
        .where(LogEntry.child_id == child.id, LogEntry.kind.in_(("answer", "second")))
        .order_by(LogEntry.number.desc())
        .limit(_SOME)
    ).all()
    about = [entry for entry in entries if entry.expectation_id is not None]
    ids = list(dict.fromkeys(entry.expectation_id for entry in about))
    expectations = session.scalars(select(Expectation).where(Expectation.id.in_(ids))).all()
    items = {item.expectation.id: item for item in items_of(session, expectations)}
    return [(items[entry.expectation_id], entry) for entry in about if entry.expectation_id in items]


def _steps(session: Session, child: Child) -> list[tuple[Step, str]]:
    rows = session.execute(
        select(Step, ServiceLine.alias)
        .join(Case, Case.id == Step.case_id)
        .join(ServiceLine, ServiceLine.id == Case.service_line_id)
        .where(ServiceLine.child_id == child.id)
        .order_by(Step.id.desc())
        .limit(_SOME)
    )
    return [(step, alias) for step, alias in rows]


def _clocks(session: Session, child: Child) -> list[tuple[StepClock, str]]:
    rows = session.execute(
        select(StepClock, ServiceLine.alias)
        .join(Step, Step.id == StepClock.step_id)
        .join(Case, Case.id == Step.case_id)
        .join(ServiceLine, ServiceLine.id == Case.service_line_id)
        .where(ServiceLine.child_id == child.id, StepClock.state.in_(("running", "passed")))
        .order_by(StepClock.id.desc())
        .limit(_SOME)
    )
    return [(clock, alias) for clock, alias in rows]


def _newest(session: Session, table: type[Row], *where: ColumnElement[bool]) -> Sequence[Row]:
    return session.scalars(select(table).where(*where).order_by(table.id.desc()).limit(_SOME)).all()
