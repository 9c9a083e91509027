"""The fixed jobs, in the order in which one pass runs them.

There is no job a session: each of these reads what is due by an indexed column, so a pass costs what is due
and not what is registered. Each is idempotent; running it twice is running it once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.ask import ask_due, close_due, remind_due
from assistant.conversation.inbound import take_waiting
from assistant.conversation.steps import decide_due
from assistant.families.plan import plan_due

Job = Callable[[Session, datetime, Settings], int]


@dataclass(frozen=True, slots=True)
class Entry:
    """A job and the name it is counted and logged under."""

    name: str
    run: Job


# Replies are read before anything is called unanswered, and planned before anything is asked.
TIMETABLE: tuple[Entry, ...] = (
    Entry("read_replies", take_waiting),
    Entry("plan", plan_due),
    Entry("ask", ask_due),
    Entry("remind", remind_due),
    Entry("close", close_due),
    Entry("decide", decide_due),
)
