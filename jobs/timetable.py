"""The fixed jobs, in the order in which one pass runs them.

There is no job a session: each of these reads what is due by an indexed column, so a pass costs what is due
and not what is registered. Each is idempotent; running it twice is running it once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute, Session

from assistant.clock import Clock
from assistant.config import Settings
from assistant.store import (
    Caregiver,
    Case,
    Enrolment,
    Expectation,
    Fact,
    IepVersion,
    InboundText,
    LinkAsk,
    Question,
    SchoolLog,
    ServiceLine,
    StepClock,
)
from jobs import (
    alarms,
    ask,
    audit,
    close,
    compare,
    decide,
    forget,
    join,
    measure,
    nudge,
    plan,
    read_replies,
    remind,
    renew,
    send_links,
    summarise,
    watch,
)

Job = Callable[[Session, Clock, Settings], int]


@dataclass(frozen=True, slots=True)
class Entry:
    """A job and the name it is counted under. A row with `when` is due from the moment in `column` on.

    `about_us`: it looks after the program itself; nobody's time "jumps ahead" to it.
    """

    name: str
    run: Job
    column: InstrumentedAttribute[Any]
    when: ColumnElement[bool]
    about_us: bool = False


# Replies are read before anything is called unanswered, and planned before anything is asked.
# What passed is recorded before a step is decided on.
# Whether the worker was away is looked at before it catches up.
TIMETABLE: tuple[Entry, ...] = (
    Entry("alarms", alarms.run, Fact.until, Fact.key == "alarms", about_us=True),
    Entry("send_links", send_links.run, LinkAsk.answer_at, LinkAsk.answer_at.is_not(None)),
    Entry("read_replies", read_replies.run, InboundText.read_from, InboundText.handled_at.is_(None)),
    Entry("plan", plan.run, ServiceLine.next_plan_at, ServiceLine.next_plan_at.is_not(None)),
    Entry("renew", renew.run, IepVersion.remind_at, IepVersion.remind_at.is_not(None)),
    Entry("join", join.run, Enrolment.nudge_at, Enrolment.nudge_at.is_not(None)),
    Entry("ask", ask.run, Expectation.ask_at, Expectation.state == "planned"),
    Entry("nudge", nudge.run, Expectation.nudge_at, Expectation.nudge_at.is_not(None)),
    Entry("remind", remind.run, Question.remind_at, Question.remind_at.is_not(None)),
    Entry("close", close.run, Question.close_at, Question.state == "open"),
    Entry("watch", watch.run, StepClock.next_at, StepClock.next_at.is_not(None)),
    Entry("decide", decide.run, Case.look_at, Case.look_at.is_not(None)),
    Entry("summarise", summarise.run, Caregiver.summary_at, Caregiver.summary_at.is_not(None)),
    Entry("compare", compare.run, SchoolLog.compare_at, SchoolLog.compare_at.is_not(None), about_us=True),
    Entry("audit", audit.run, Fact.until, Fact.key == "audit", about_us=True),
    Entry("forget", forget.run, Fact.until, Fact.key == "forget", about_us=True),
    Entry("measure", measure.run, Fact.until, Fact.key == "measures", about_us=True),
)
