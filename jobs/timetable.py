"""The fixed jobs, in the order in which one pass runs them.

There is no job a session: each of these reads what is due by an indexed column, so a pass costs what is due
and not what is registered. Each is idempotent; running it twice is running it once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from assistant.clock import Clock
from assistant.config import Settings
from jobs import ask, close, decide, join, nudge, plan, read_replies, remind, renew, summarise, watch

Job = Callable[[Session, Clock, Settings], int]


@dataclass(frozen=True, slots=True)
class Entry:
    """A job and the name it is counted under."""

    name: str
    run: Job


# Replies are read before anything is called unanswered, and planned before anything is asked.
# What passed is recorded before a step is decided on.
TIMETABLE: tuple[Entry, ...] = (
    Entry("read_replies", read_replies.run),
    Entry("plan", plan.run),
    Entry("renew", renew.run),
    Entry("join", join.run),
    Entry("ask", ask.run),
    Entry("nudge", nudge.run),
    Entry("remind", remind.run),
    Entry("close", close.run),
    Entry("watch", watch.run),
    Entry("decide", decide.run),
    Entry("summarise", summarise.run),
)
