"""How families stand, as conditions on the table of children: for lists, without a query a family."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import ColumnElement, and_, exists, false, not_, or_, select, text
from sqlalchemy.orm import Session, aliased

from assistant.escalation.types import StepKey
from assistant.store import (
    Caregiver,
    Case,
    Child,
    Expectation,
    FollowUp,
    Guardianship,
    LogEntry,
    OutgoingMessage,
    Step,
    StepClock,
)
from assistant.words import Bucket, Cause, Outcome, bucket_of
from messages.channels.twilio_codes import FILTERED, late_meaning

State = Literal["problem", "stopped", "waiting", "silent", "deadline", "step", "behind", "well"]
STATES: tuple[State, ...] = get_args(State)
Group = Literal["dead", "landline", "opted_out", "blocked", "temporary", "mail", "other"]
GROUPS: tuple[Group, ...] = get_args(Group)

SILENT = timedelta(weeks=3)
LATELY = timedelta(days=28)
FAILED_LATELY = timedelta(days=14)
BEHIND = 2  # sessions not given, on the school's side, in four weeks
PAGE = 50
_MOST_FAILED = 5_000
_CARRIER_BLOCKS = "30004"
_SCHOOLS = [one.value for one in Cause if bucket_of(Outcome.MISSED, one) is Bucket.SCHOOL]


@dataclass(frozen=True, slots=True)
class Undelivered:
    """The newest message that did not reach a caregiver, with what kind of trouble it is."""

    caregiver_id: int
    group: Group
    code: str
    channel: str
    at: datetime


def group_of(channel: str, code: str) -> Group:
    """What has to be done about a message that failed with this code."""
    if channel == "email":
        return "mail"
    if code in (FILTERED, _CARRIER_BLOCKS):
        return "blocked"
    meaning = late_meaning(code)
    if meaning.effect == "landline":
        return "landline"
    if meaning.effect == "opted_out":
        return "opted_out"
    if meaning.effect in ("number_invalid", "address_dead"):
        return "dead"
    return "temporary" if meaning.state in ("retry", "unsure") else "other"


def undelivered(session: Session, now: datetime, among: Sequence[int] | None = None) -> list[Undelivered]:
    """One for each caregiver of a child whom the last two weeks' messages did not reach, newest first.

    Not those whom a later message on the same way reached, nor those that staff have dealt with since.
    `among`: only of these.
    """
    later, dealt = aliased(OutgoingMessage), aliased(FollowUp)
    reached = exists().where(
        later.caregiver_id == OutgoingMessage.caregiver_id,
        later.channel == OutgoingMessage.channel,
        later.state == "delivered",
        later.id > OutgoingMessage.id,
    )
    seen_to = exists().where(
        dealt.caregiver_id == OutgoingMessage.caregiver_id,
        dealt.why.in_(("delivery", "second")),
        dealt.created_at >= OutgoingMessage.created_at,
    )
    rows = session.execute(
        select(
            OutgoingMessage.caregiver_id,
            OutgoingMessage.channel,
            OutgoingMessage.error_code,
            OutgoingMessage.created_at,
        )
        .where(
            OutgoingMessage.error_code != "",
            text("outgoing_messages.state = 'failed'"),  # as the partial index has it, which is by the moment
            OutgoingMessage.created_at > now - FAILED_LATELY,
            exists().where(
                Guardianship.caregiver_id == OutgoingMessage.caregiver_id,
                Child.id == Guardianship.child_id,
                Child.erased_at.is_(None),
            ),
            ~reached,
            ~seen_to,
            *([OutgoingMessage.caregiver_id.in_(among)] if among is not None else ()),
        )
        .order_by(OutgoingMessage.created_at.desc(), OutgoingMessage.id.desc())
        .limit(_MOST_FAILED)
    ).all()
    newest: dict[int, Undelivered] = {}
    for who, channel, code, at in rows:
        newest.setdefault(who, Undelivered(who, group_of(channel, code), code, channel, at))
    return list(newest.values())


def condition(state: State, now: datetime, troubled: Sequence[int]) -> ColumnElement[bool]:
    """Whether a child's family stands so. `troubled`: caregivers whom messages do not reach."""
    if state == "well":
        return not_(or_(*(condition(one, now, troubled) for one in STATES if one != "well")))
    if state == "problem":
        return _has_carer(Caregiver.id.in_(troubled)) if troubled else false()
    if state in ("stopped", "waiting"):
        word = "out" if state == "stopped" else "invited"
        return and_(
            ~_has_carer(_askable()), _has_carer(or_(Caregiver.texts == word, Caregiver.mails == word))
        )
    if state == "silent":
        return _silent(now)
    if state == "deadline":
        running = select(Case.child_id).join(Step).join(StepClock).where(StepClock.state == "running")
        return Child.id.in_(running)
    if state == "step":
        return Child.id.in_(select(Case.child_id).join(Step).where(*open_step()))
    return _behind(now)


def states_of(
    session: Session, children: Sequence[int], now: datetime, troubled: Sequence[int]
) -> Mapping[int, list[State]]:
    """How each of these children's families stands, worst first; "well" where nothing is to be said."""
    found: dict[int, list[State]] = defaultdict(list)
    for state in STATES[:-1]:
        wanted = select(Child.id).where(Child.id.in_(children), condition(state, now, troubled))
        for number in session.scalars(wanted):
            found[number].append(state)
    return {number: found.get(number) or ["well"] for number in children}


def open_step() -> tuple[ColumnElement[bool], ...]:
    """A step that waits for the parent: the newest of its case, and not the first look into the IEP."""
    later = aliased(Step)
    overtaken = exists().where(later.case_id == Step.case_id, later.id > Step.id).correlate(Step)
    return Step.state == "suggested", Step.key != StepKey.CHECK_IEP.value, ~overtaken


def _askable() -> ColumnElement[bool]:
    return or_(Caregiver.texts == "in", and_(Caregiver.texts == "none", Caregiver.mails == "in"))


def _has_carer(where: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(
        select(Guardianship.id)
        .join(Caregiver, Caregiver.id == Guardianship.caregiver_id)
        .where(Guardianship.child_id == Child.id, where)
        .correlate(Child)
    )


def _silent(now: datetime) -> ColumnElement[bool]:
    """Asked in the last three weeks, and not one answer; not where they joined within them."""
    since = (now - SILENT).date()
    about = exists().where(Expectation.child_id == Child.id, Expectation.day >= since)
    return and_(
        Child.created_at <= now - SILENT,
        Child.erased_at.is_(None),
        about.where(Expectation.state.in_(("asked", "closed"))),
        ~about.where(Expectation.state == "answered"),
    )


def _behind(now: datetime) -> ColumnElement[bool]:
    """Two sessions or more of four weeks were not given, by the log, for a reason on the school's side."""
    newer = aliased(LogEntry)
    replaced = exists().where(newer.expectation_id == LogEntry.expectation_id, newer.id > LogEntry.id,
                              newer.kind == "answer").correlate(LogEntry)  # fmt: skip
    missed = (
        select(LogEntry.id)
        .where(
            LogEntry.child_id == Child.id,
            LogEntry.kind == "answer",
            LogEntry.outcome == Outcome.MISSED.value,
            or_(LogEntry.cause.is_(None), LogEntry.cause.in_(_SCHOOLS)),
            LogEntry.day >= (now - LATELY).date(),
            ~replaced,
        )
        .correlate(Child)
        .offset(BEHIND - 1)
        .limit(1)
    )
    return exists(missed)
