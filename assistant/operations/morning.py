"""What waits for staff each morning, as lists: counted first, then a page at a time.

Families that are on the call list for this very reason, or that somebody has seen to within three weeks, are
left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, TypeAlias, get_args

from sqlalchemy import ColumnElement, Select, exists, func, literal, select
from sqlalchemy.orm import Session, aliased

from assistant.operations.differing import LATELY
from assistant.operations.replies_waiting import how_many
from assistant.operations.standing import (
    GROUPS,
    SILENT,
    Group,
    Undelivered,
    condition,
    open_step,
    undelivered,
)
from assistant.store import (
    Caregiver,
    Case,
    Child,
    Consent,
    FollowUp,
    Guardianship,
    LogEntry,
    OutgoingMessage,
    SchoolLog,
    ServiceLine,
    Step,
    StepClock,
)

Wanted: TypeAlias = Select[*tuple[Any, ...]]
Queue = Literal["silent", "deadline", "letter", "opt_out", "disagreement", "school_log"]
QUEUES: tuple[Queue, ...] = get_args(Queue)
PAGE = 25
PAGES: Mapping[Queue, int] = {"school_log": 8}  # each of these is compared day by day
_SISTERS = 20
_SEEN_TO = timedelta(weeks=3)
_AFTER_STEP = timedelta(days=3)
_MOST_STOPPED = 500


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that waits: of which child, about which service ("" where it is none), since when.

    `number` is the row's own; the next page begins behind it. `what`: a step's or date's key.
    """

    number: int
    child_id: int
    nickname: str
    service: str
    what: str
    day: date | datetime


@dataclass(frozen=True, slots=True)
class Trouble:
    """A caregiver whom messages do not reach, of a child; `others`: somebody else cares for it as well."""

    found: Undelivered
    child_id: int
    nickname: str
    person: Caregiver
    others: bool


def counts(session: Session, now: datetime) -> dict[str, int]:
    """How many wait in each list, the inbox's texts and the calls among them."""
    found = {"replies": how_many(session), "calls": _count(session, _calls())}
    for queue in QUEUES:
        found[queue] = _count(session, _QUEUES[queue](session, now))
    return found


def waiting(session: Session, queue: Queue, now: datetime, after: int = 0) -> list[Row]:
    """A page of a list, from behind row number `after`; what has waited longest first."""
    found = _QUEUES[queue](session, now)
    number = found.selected_columns[0]
    page = PAGES.get(queue, PAGE)
    some = found.where(number > after).order_by(number, found.selected_columns[1]).limit(page + _SISTERS)
    rows = [Row(*row) for row in session.execute(some)]
    # One thing may be about several sisters: it is not cut in two by the page's end.
    return [row for place, row in enumerate(rows) if place < page or row.number == rows[page - 1].number]


def trouble_counts(session: Session, now: datetime) -> dict[Group, int]:
    """How many caregivers messages do not reach, by what there is to do, in the order of GROUPS."""
    found = [one.group for one in undelivered(session, now)]
    return {group: found.count(group) for group in GROUPS if group in found}


def troubles(session: Session, now: datetime, group: Group, after: int, most: int) -> list[Trouble]:
    """A page of those of one group, by their numbers, from behind caregiver number `after`."""
    mine = (one for one in undelivered(session, now) if one.group == group and one.caregiver_id > after)
    found = {one.caregiver_id: one for one in sorted(mine, key=lambda one: one.caregiver_id)[:most]}
    other = aliased(Guardianship)
    others = exists().where(
        other.child_id == Guardianship.child_id, other.caregiver_id != Guardianship.caregiver_id
    )
    rows = session.execute(
        select(Caregiver, Child.id, Child.nickname, others)
        .join(Guardianship, Guardianship.caregiver_id == Caregiver.id)
        .join(Child, Child.id == Guardianship.child_id)
        .where(Caregiver.id.in_(found), Child.erased_at.is_(None))
        .order_by(Child.id.desc())
    )
    of = {
        person.id: Trouble(found[person.id], child, name, person, bool(more))
        for person, child, name, more in rows
    }
    return [of[number] for number in found if number in of]


def calls(session: Session, after: int = 0) -> Sequence[tuple[FollowUp, str]]:
    """A page of the call list with the children's nicknames, the oldest first."""
    rows = session.execute(
        select(FollowUp, Child.nickname)
        .join(Child, Child.id == FollowUp.child_id)
        .where(FollowUp.done_at.is_(None), FollowUp.id > after)
        .order_by(FollowUp.id)
        .limit(PAGE)
    )
    return [(row, nickname) for row, nickname in rows]


def _count(session: Session, wanted: Wanted) -> int:
    return session.scalar(select(func.count()).select_from(wanted.order_by(None).subquery())) or 0


def _calls() -> Wanted:
    return select(FollowUp.id).where(FollowUp.done_at.is_(None))


def _unseen(queue: Queue, now: datetime) -> ColumnElement[bool]:
    return ~exists().where(
        FollowUp.child_id == Child.id, FollowUp.why == queue, FollowUp.created_at > now - _SEEN_TO
    ).correlate(Child)  # fmt: skip


def _silent(_session: Session, now: datetime) -> Wanted:
    return select(
        Child.id, Child.id, Child.nickname, literal(""), literal(""), literal((now - SILENT).date())
    ).where(condition("silent", now, ()), _unseen("silent", now))


def _deadlines(_session: Session, now: datetime) -> Wanted:
    """A date went by and the school has not answered; within the last four weeks."""
    return (
        select(StepClock.id, Child.id, Child.nickname, ServiceLine.alias, StepClock.name, StepClock.latest)
        .join(Step, Step.id == StepClock.step_id)
        .join(Case, Case.id == Step.case_id)
        .join(ServiceLine, ServiceLine.id == Case.service_line_id)
        .join(Child, Child.id == Case.child_id)
        .where(
            StepClock.state == "passed",
            Step.answer.is_(None),
            StepClock.latest >= (now - LATELY).date(),
            _unseen("deadline", now),
        )
    )


def _letters(_session: Session, now: datetime) -> Wanted:
    """A step waits for the parent: nothing is sent without their OK."""
    return (
        select(Step.id, Child.id, Child.nickname, ServiceLine.alias, Step.key, Step.suggested_on)
        .join(Case, Case.id == Step.case_id)
        .join(ServiceLine, ServiceLine.id == Case.service_line_id)
        .join(Child, Child.id == Case.child_id)
        .where(*open_step(), _unseen("letter", now))
    )


def _opt_outs(session: Session, now: datetime) -> Wanted:
    """Somebody stopped within three days of an e-mail with a step: perhaps its tone was wrong."""
    since = now - LATELY
    rows = session.execute(
        select(Consent.id, Consent.at, OutgoingMessage.created_at)
        .join(OutgoingMessage, OutgoingMessage.caregiver_id == Consent.caregiver_id)
        .where(
            Consent.act == "withdrawn",
            Consent.at > since,
            OutgoingMessage.kind == "step",
            OutgoingMessage.sent_at.is_not(None),
            OutgoingMessage.created_at > since - _AFTER_STEP,
        )
        .order_by(Consent.id.desc())
        .limit(_MOST_STOPPED)
    )
    found = {number for number, stopped, step in rows if step <= stopped <= step + _AFTER_STEP}
    return (
        select(Consent.id, Child.id, Child.nickname, literal(""), Consent.channel, Consent.at)
        .join(Guardianship, Guardianship.caregiver_id == Consent.caregiver_id)
        .join(Child, Child.id == Guardianship.child_id)
        .where(Consent.id.in_(found), _unseen("opt_out", now))
    )


def _disagreements(_session: Session, now: datetime) -> Wanted:
    """A second caregiver said something else of a session than what is in force."""
    first, newer = aliased(LogEntry), aliased(LogEntry)
    replaced = exists().where(
        newer.expectation_id == first.expectation_id, newer.kind == "answer", newer.id > first.id
    )
    other = exists().where(
        first.expectation_id == LogEntry.expectation_id,
        first.kind == "answer",
        first.outcome != LogEntry.outcome,
        ~replaced,
    )
    return (
        select(LogEntry.id, Child.id, Child.nickname, ServiceLine.alias, LogEntry.outcome, LogEntry.day)
        .join(Child, Child.id == LogEntry.child_id)
        .join(ServiceLine, ServiceLine.id == LogEntry.service_line_id)
        .where(
            LogEntry.kind == "second",
            LogEntry.day >= (now - LATELY).date(),
            other,
            _unseen("disagreement", now),
        )
    )


def _school_logs(_session: Session, now: datetime) -> Wanted:
    """A school's log of the last weeks that does not fit the parent's; the newest of each child."""
    later = aliased(SchoolLog)
    newest = ~exists().where(later.child_id == SchoolLog.child_id, later.id > SchoolLog.id)
    return (
        select(SchoolLog.id, Child.id, Child.nickname, literal(""), literal(""), SchoolLog.imported_at)
        .join(Child, Child.id == SchoolLog.child_id)
        .where(SchoolLog.imported_at > now - LATELY, SchoolLog.differ > 0, newest, _unseen("school_log", now))
    )


_QUEUES: Mapping[Queue, Callable[[Session, datetime], Wanted]] = {
    "silent": _silent,
    "deadline": _deadlines,
    "letter": _letters,
    "opt_out": _opt_outs,
    "disagreement": _disagreements,
    "school_log": _school_logs,
}
