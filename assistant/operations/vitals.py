"""How the program is doing, as plain numbers, read by bounded and indexed questions to the database.

The pages (/readyz, /metrics, the banner for staff), the alarms and any process see the same numbers: they are
read, and never counted in a process. What looks back is bounded twice: by time and by the newest rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from assistant.config import Settings
from assistant.operations.refused import refused
from assistant.store import (
    Alert,
    Caregiver,
    Case,
    Enrolment,
    Expectation,
    Fact,
    IepVersion,
    InboundText,
    LinkAsk,
    Mailbox,
    OutgoingMessage,
    Question,
    ServiceLine,
    StepClock,
)

NEWEST = 5_000  # rows that a look back reads at most
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
SETTLED = timedelta(hours=1)  # a text older than this has its delivery report, if one is to come
UNFINISHED = ("queued", "sending", "unsure")
_FAR = timedelta(days=14)  # school days of the last two weeks are looked at for silence

# What is due, by the name of the job that does it (a test holds this beside the timetable).
DUE: Mapping[str, tuple[InstrumentedAttribute[Any], ColumnElement[bool]]] = {
    "read_replies": (InboundText.read_from, InboundText.handled_at.is_(None)),
    "send_links": (LinkAsk.answer_at, LinkAsk.answer_at.is_not(None)),
    "plan": (ServiceLine.next_plan_at, ServiceLine.next_plan_at.is_not(None)),
    "renew": (IepVersion.remind_at, IepVersion.remind_at.is_not(None)),
    "join": (Enrolment.nudge_at, Enrolment.nudge_at.is_not(None)),
    "ask": (Expectation.ask_at, Expectation.state == "planned"),
    "nudge": (Expectation.nudge_at, Expectation.nudge_at.is_not(None)),
    "remind": (Question.remind_at, Question.remind_at.is_not(None)),
    "close": (Question.close_at, Question.state == "open"),
    "watch": (StepClock.next_at, StepClock.next_at.is_not(None)),
    "decide": (Case.look_at, Case.look_at.is_not(None)),
    "summarise": (Caregiver.summary_at, Caregiver.summary_at.is_not(None)),
    "deliver": (OutgoingMessage.next_at, OutgoingMessage.state.in_(UNFINISHED)),
}


@dataclass(frozen=True, slots=True)
class Vitals:
    """`lags`: by job, how long its oldest due row has waited; absent where nothing is due. `unfinished` and
    `finished` (of the last day): messages by (channel, state). `texts`: of the last day, those whose report
    is due, as delivered, failed, silent (no report). `codes`: provider errors of the last day.
    `asked`, `answered`: questions of the last seven days. `inbound`: texts of the last day by how they came
    ("sweep": found in the provider's list, so a webhook was lost). `mailbox_failures`: looks into the mailbox
    in a row that failed; None without a mailbox. `quiet_since`: the first question of the last two school
    days, where at least three were asked and nothing came in since. `refused`: webhooks of the last day that
    were refused, by hook and reason; `refused_lately`: of the last hour.
    """

    at: datetime
    last_tick: datetime | None
    lags: Mapping[str, timedelta]
    unfinished: Mapping[tuple[str, str], int]
    finished: Mapping[tuple[str, str], int]
    texts: Mapping[str, int]
    codes: Mapping[str, int]
    asked: int
    answered: int
    inbound_waiting: int
    inbound: Mapping[str, int]
    mailbox_failures: int | None
    last_inbound: datetime | None
    quiet_since: datetime | None
    alerts: Mapping[str, int]
    refused: Mapping[tuple[str, str], int]
    refused_lately: Mapping[tuple[str, str], int]

    @property
    def oldest_overdue(self) -> timedelta:
        """The longest that anything has waited; zero where nothing is due."""
        return max(self.lags.values(), default=timedelta(0))


def vitals(session: Session, now: datetime, settings: Settings) -> Vitals:
    """All of it, as it stands at `now`."""
    recent = _recent_messages(session, now)
    texts = [one for one in recent if one.channel == "sms" and one.created_at < now - SETTLED]
    asked, answered = _answered(session, now)
    last = session.scalars(
        select(InboundText.received_at)
        .where(InboundText.channel == "sms")
        .order_by(InboundText.id.desc())
        .limit(1)
    ).first()
    return Vitals(
        at=now,
        last_tick=last_tick(session),
        lags=lags(session, now),
        unfinished=_unfinished(session),
        finished=Counter((one.channel, one.state) for one in recent if one.state not in UNFINISHED),
        texts=Counter(_outcome(one) for one in texts if one.state in ("sent", "delivered", "failed")),
        codes=Counter(one.error_code for one in recent if one.error_code),
        asked=asked,
        answered=answered,
        inbound_waiting=session.scalar(
            select(func.count()).select_from(InboundText).where(InboundText.handled_at.is_(None))
        )
        or 0,
        inbound=_inbound(session, now),
        mailbox_failures=session.scalar(select(func.max(Mailbox.failures))),
        last_inbound=last,
        quiet_since=_quiet_since(session, last, now, ZoneInfo(settings.program.zone)),
        alerts=_alerts(session),
        refused=refused(session, now - DAY),
        refused_lately=refused(session, now - HOUR),
    )


def _inbound(session: Session, now: datetime) -> Counter[str]:
    newest = (
        select(InboundText.source, InboundText.received_at)
        .order_by(InboundText.id.desc())
        .limit(NEWEST)
        .subquery()
    )
    return Counter(session.scalars(select(newest.c.source).where(newest.c.received_at > now - DAY)))


def _alerts(session: Session) -> Counter[str]:
    open_ = select(Alert.kind).where(Alert.closed_at.is_(None)).limit(NEWEST)
    return Counter(session.scalars(open_))


def last_tick(session: Session) -> datetime | None:
    """When a full pass of the jobs was last told of."""
    fact = session.get(Fact, "last_tick")
    return datetime.fromisoformat(fact.value) if fact else None


def lags(session: Session, now: datetime) -> dict[str, timedelta]:
    """By job, how long its oldest due row has waited; in one statement, each part by its own index."""
    columns = [
        select(func.min(column)).where(where, column <= now).scalar_subquery()
        for column, where in DUE.values()
    ]
    found = session.execute(select(*columns)).one()
    return {name: now - oldest for name, oldest in zip(DUE, found, strict=True) if oldest is not None}


def _recent_messages(session: Session, now: datetime) -> list[Any]:
    newest = (
        select(
            OutgoingMessage.channel,
            OutgoingMessage.state,
            OutgoingMessage.error_code,
            OutgoingMessage.created_at,
        )
        .order_by(OutgoingMessage.id.desc())
        .limit(NEWEST)
        .subquery()
    )
    return list(session.execute(select(newest).where(newest.c.created_at > now - DAY)))


def _outcome(message: Any) -> str:
    return {"delivered": "delivered", "failed": "failed"}.get(message.state, "silent")


def _unfinished(session: Session) -> dict[tuple[str, str], int]:
    rows = session.execute(
        select(OutgoingMessage.channel, OutgoingMessage.state, func.count())
        .where(OutgoingMessage.state.in_(UNFINISHED))
        .group_by(OutgoingMessage.channel, OutgoingMessage.state)
    )
    return {(channel, state): count for channel, state, count in rows}


def _newest_questions() -> Any:
    return (
        select(Question.channel, Question.state, Question.asked_at)
        .order_by(Question.id.desc())
        .limit(NEWEST)
        .subquery()
    )


def _answered(session: Session, now: datetime) -> tuple[int, int]:
    newest = _newest_questions()
    counts = Counter(session.scalars(select(newest.c.state).where(newest.c.asked_at > now - WEEK)))
    return counts.total(), counts["answered"]


def _quiet_since(session: Session, last: datetime | None, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Days on which nobody was asked are no school days: a weekend or a break is no silence."""
    newest = _newest_questions()
    moments = session.scalars(
        select(newest.c.asked_at)
        .where(newest.c.channel == "sms", newest.c.asked_at > now - _FAR)
        .order_by(newest.c.asked_at)
    ).all()
    today = now.astimezone(zone).date()
    by_day: dict[date, list[datetime]] = {}
    for moment in moments:
        day = moment.astimezone(zone).date()
        if day < today:
            by_day.setdefault(day, []).append(moment)
    two = sorted(by_day)[-2:]
    asked = [moment for day in two for moment in by_day[day]]
    if len(two) < 2 or len(asked) < 3 or (last is not None and last >= asked[0]):
        return None
    return asked[0]
