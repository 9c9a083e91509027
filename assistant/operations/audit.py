"""The daily auditor: does what the program promises still hold, row by row? It mends nothing; it tells staff.

It goes through the tables in stages, a batch a run, each in its own short transaction, so that a large
installation is audited while replies are answered. Where it stands is kept in a fact. What does not hold
becomes an alert with row numbers; a stage that finds nothing closes its alert.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from assistant.config import Settings
from assistant.escalation.types import StepKey
from assistant.evidence.stored import check_stored
from assistant.schedule.zones import moment
from assistant.store import (
    Alert,
    Caregiver,
    Case,
    Child,
    Consent,
    Expectation,
    Fact,
    InboundText,
    OutgoingMessage,
    Question,
    QuestionItem,
    ServiceLine,
    Step,
    StepClock,
)
from assistant.store.facts import keep_fact
from messages.alerts import close_alert, raise_alert

KEY = "audit"  # of the fact: when it looks next, and where it stands
AT = time(3, 30)  # local, when nobody is asked
ROWS = 2_000  # rows of a table a run
CHAIN = "chain_broken"
# Chains, and log entries in them, a run. Their hashes are made anew, and on SQLite a reply waits meanwhile.
CHAINS, ENTRIES = 10, 1_000
CHAINS_A_DAY = 500
SHOWN = 5  # row numbers in an alert
LATE = timedelta(hours=1)  # what is due longer than this was not merely waiting for its pass
UNREAD = timedelta(minutes=15)
OLD_MESSAGE = timedelta(days=3)

Looked = tuple[list[int], int | None, int]
"""Numbers of rows that do not hold; the last row looked at, None where the table is through; rows seen."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`kind` of the alert; `look(session, after, now)` goes on behind row `after`.

    `a_day`: rows after which the stage stops until tomorrow and goes on there; None goes through the table.
    """

    kind: str
    look: Callable[[Session, int, datetime], Looked]
    a_day: int | None = None


def audit_due(session: Session, now: datetime, settings: Settings) -> int:
    """One batch of one stage. Returns 1: there may be more to do at once."""
    state = _state(session)
    stage = STAGES[state["stage"]]
    bad, last, seen = stage.look(session, state["after"], now)
    state["seen"] += seen
    state["bad"] += len(bad)
    state["rows"] = (state["rows"] + bad)[:SHOWN]
    enough = stage.a_day is not None and state["seen"] >= stage.a_day
    if last is not None and not enough:
        keep_fact(session, KEY, json.dumps({**state, "after": last}), now)
        return 1
    _tell(session, stage, state, now)
    following = state["stage"] + 1
    resume = state["resume"] if stage.a_day is None else last or 0
    if following < len(STAGES):
        keep_fact(session, KEY, json.dumps(_begin(following, resume)), now)
    else:
        keep_fact(session, KEY, json.dumps(_begin(0, resume)), next_at(now, settings))
        keep_fact(session, "last_audit", now.isoformat())
    return 1


def next_at(now: datetime, settings: Settings) -> datetime:
    """The next half past three at night (UTC) in the program's zone."""
    zone = ZoneInfo(settings.program.zone)
    today = now.astimezone(zone).date()
    days = (today, today + timedelta(days=1))
    return next(one for one in (moment(day, AT, zone) for day in days) if one > now)


def _begin(stage: int, resume: int) -> dict[str, Any]:
    after = resume if STAGES[stage].a_day is not None else 0
    return {"stage": stage, "after": after, "seen": 0, "bad": 0, "rows": [], "resume": resume}


def _state(session: Session) -> dict[str, Any]:
    """Where the auditor stands; at the beginning where that cannot be read, as after a change of stages."""
    fact = session.get(Fact, KEY)
    fresh = _begin(0, 0)
    try:
        state = json.loads(fact.value) if fact else fresh
    except ValueError:
        return fresh
    good = isinstance(state, dict) and state.keys() == fresh.keys() and state["stage"] < len(STAGES)
    return state if good else fresh


def _tell(session: Session, stage: Stage, state: Mapping[str, Any], now: datetime) -> None:
    if stage.kind == CHAIN:
        return  # an alert for each child, raised and closed where it was looked at
    if state["bad"]:
        raise_alert(session, stage.kind, now, count=state["bad"], rows=state["rows"])
    else:
        close_alert(session, stage.kind, now)


def _through(numbers: Iterable[tuple[int, bool]]) -> Looked:
    """From (number, holds) in order of the numbers."""
    rows = list(numbers)
    bad = [number for number, holds in rows if not holds]
    return bad, rows[-1][0] if len(rows) == ROWS else None, len(rows)


def _cases(session: Session, after: int, now: datetime) -> Looked:
    """A case is open while its newest step waits for the parent, or a date of it runs. Then something is to
    come: the case is decided again on a day, or a date is spoken of; and neither is overdue. The advice to
    look into the IEP, which every family gets when it joins, opens nothing.
    """
    later = aliased(Step)
    overtaken = exists().where(later.case_id == Step.case_id, later.id > Step.id).correlate(Step)
    waits = exists().where(
        Step.case_id == Case.id, Step.state == "suggested", Step.key != StepKey.CHECK_IEP.value, ~overtaken
    )
    runs = exists().where(Step.case_id == Case.id, StepClock.step_id == Step.id, StepClock.state == "running")
    spoken = exists().where(
        Step.case_id == Case.id, StepClock.step_id == Step.id, StepClock.next_at > now - LATE
    )
    is_open = or_(waits, runs)
    dated = and_(Case.look_at.is_not(None), Case.look_at > now - LATE)
    rows = session.execute(
        select(Case.id, or_(~is_open, dated, and_(Case.look_at.is_(None), spoken)))
        .where(Case.id > after)
        .order_by(Case.id)
        .limit(ROWS)
    )
    return _through((number, bool(holds)) for number, holds in rows)


def _questions(session: Session, after: int, now: datetime) -> Looked:
    """Every open question has a day on which it closes (the column cannot be empty), and it is not past."""
    rows = session.scalars(
        select(Question.id)
        .where(Question.state == "open", Question.close_at <= now - LATE, Question.id > after)
        .order_by(Question.id)
        .limit(ROWS)
    )
    return _through((number, False) for number in rows)


def _not_asked(session: Session, after: int, now: datetime) -> Looked:
    """What fell due was asked: nothing is planned whose hour has gone by, or that has none."""
    past = or_(
        Expectation.ask_at <= now - LATE, and_(Expectation.ask_at.is_(None), Expectation.due_at <= now)
    )
    rows = session.scalars(
        select(Expectation.id)
        .where(Expectation.state == "planned", past, Expectation.id > after)
        .order_by(Expectation.id)
        .limit(ROWS)
    )
    return _through((number, False) for number in rows)


def _left_open(session: Session, after: int, now: datetime) -> Looked:
    """What was asked ends: as long as it is "asked", a question about it is open.

    By the newest questions first would be no cheaper: the state has no index, so it goes by number.
    """
    about = exists().where(
        QuestionItem.expectation_id == Expectation.id,
        Question.id == QuestionItem.question_id,
        Question.state == "open",
    )
    rows = session.execute(
        select(Expectation.id, or_(Expectation.state != "asked", about))
        .where(Expectation.id > after)
        .order_by(Expectation.id)
        .limit(ROWS)
    )
    return _through((number, bool(holds)) for number, holds in rows)


def _messages(session: Session, after: int, now: datetime) -> Looked:
    """Nothing waits in the outbox for days, without a moment to act on it, or under a lease long over."""
    stuck = or_(
        OutgoingMessage.next_at.is_(None),
        OutgoingMessage.next_at <= now - LATE,
        and_(OutgoingMessage.created_at <= now - OLD_MESSAGE, OutgoingMessage.next_at <= now),
    )
    rows = session.scalars(
        select(OutgoingMessage.id)
        .where(OutgoingMessage.state.in_(("queued", "sending", "unsure")), stuck, OutgoingMessage.id > after)
        .order_by(OutgoingMessage.id)
        .limit(ROWS)
    )
    return _through((number, False) for number in rows)


def _inbound(session: Session, after: int, now: datetime) -> Looked:
    """Every text that came in was read."""
    rows = session.scalars(
        select(InboundText.id)
        .where(
            InboundText.handled_at.is_(None), InboundText.received_at <= now - UNREAD, InboundText.id > after
        )
        .order_by(InboundText.id)
        .limit(ROWS)
    )
    return _through((number, False) for number in rows)


def _lines(session: Session, after: int, now: datetime) -> Looked:
    """A line in force is planned to its end, or the planner comes again."""
    today: date = now.date()
    rows = session.scalars(
        select(ServiceLine.id)
        .where(
            ServiceLine.id > after,
            ServiceLine.consented,
            ServiceLine.ends > today,
            ServiceLine.planned_to <= ServiceLine.ends,
            or_(ServiceLine.next_plan_at.is_(None), ServiceLine.next_plan_at <= now - LATE),
        )
        .order_by(ServiceLine.id)
        .limit(ROWS)
    )
    return _through((number, False) for number in rows)


def _clocks(session: Session, after: int, now: datetime) -> Looked:
    """A date that runs is spoken of on a day to come, or its last word was said and its end is not past."""
    silent = and_(StepClock.next_at.is_(None), StepClock.latest < now.date() - timedelta(days=2))
    rows = session.scalars(
        select(StepClock.id)
        .where(
            StepClock.state == "running",
            or_(StepClock.next_at <= now - LATE, silent),
            StepClock.id > after,
        )
        .order_by(StepClock.id)
        .limit(ROWS)
    )
    return _through((number, False) for number in rows)


def _consents(session: Session, after: int, now: datetime) -> Looked:
    """Whoever gets texts has said so, and the proof is kept: their newest act about texts is a yes."""
    newest = (
        select(Consent.act)
        .where(Consent.caregiver_id == Caregiver.id, Consent.channel == "sms")
        .order_by(Consent.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Caregiver.id, or_(Caregiver.texts != "in", func.coalesce(newest, "") == "given"))
        .where(Caregiver.id > after)
        .order_by(Caregiver.id)
        .limit(ROWS)
    )
    return _through((number, bool(holds)) for number, holds in rows)


def _chains(session: Session, after: int, now: datetime) -> Looked:
    """The chains of some children, made anew and held beside what is stored."""
    known = set(session.scalars(select(Alert.subject).where(Alert.kind == CHAIN, Alert.closed_at.is_(None))))
    children = session.scalars(
        select(Child.id).where(Child.id > after).order_by(Child.id).limit(CHAINS)
    ).all()
    entries = 0
    for number, child_id in enumerate(children, start=1):
        found = check_stored(session, child_id)
        entries += found.entries
        subject = f"child {child_id}"
        if not found.intact:
            raise_alert(session, CHAIN, now, subject=subject, entry=found.entries + 1)
        elif subject in known:
            close_alert(session, CHAIN, now, subject=subject)
        if entries >= ENTRIES:
            return [], child_id, number
    return [], children[-1] if len(children) == CHAINS else None, len(children)


# Each with the alert that its finds become.
STAGES: tuple[Stage, ...] = (
    Stage("case_without_date", _cases),
    Stage("question_overdue", _questions),
    Stage("session_not_asked", _not_asked),
    Stage("session_left_open", _left_open),
    Stage("message_stuck", _messages),
    Stage("text_unread", _inbound),
    Stage("line_unplanned", _lines),
    Stage("date_unwatched", _clocks),
    Stage("consent_unproven", _consents),
    Stage(CHAIN, _chains, a_day=CHAINS_A_DAY),
)
