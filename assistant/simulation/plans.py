"""What of the script is to happen, and when."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from assistant.conversation.changes import Change
from assistant.simulation.scenario import Action, Family, Person


@dataclass(order=True)
class Plan:
    """Something of the script that is to happen; `order` keeps what falls on one moment in a fixed order."""

    at: datetime
    order: int
    what: Any = field(compare=False)


@dataclass(frozen=True)
class Register:
    family: Family


@dataclass(frozen=True)
class Say:
    person: Person
    text: str


@dataclass(frozen=True)
class NewNumber:
    """Somebody asks for a new number, and types its code a little later (`typed`)."""

    person: Person
    phone: str
    typed: bool = False


@dataclass(frozen=True)
class Press:
    """An e-mail-only caregiver opens the page of a question and presses buttons."""

    question_id: int
    texts: dict[int, str]
    language: str


@dataclass(frozen=True)
class Changed:
    family: Family
    change: Change


@dataclass(frozen=True)
class Do:
    action: Action
    step_id: int


class Plans:
    """What is to happen, the earliest first."""

    def __init__(self) -> None:
        self._heap: list[Plan] = []
        self._counter = 0

    def number(self) -> int:
        """The next number of this life: no two things have the same."""
        self._counter += 1
        return self._counter

    def put(self, at: datetime, what: Any) -> None:
        """`what` happens at `at`."""
        heapq.heappush(self._heap, Plan(at.astimezone(UTC), self.number(), what))

    def next(self) -> datetime | None:
        """When the next thing happens."""
        return self._heap[0].at if self._heap else None

    def take(self, now: datetime) -> Any | None:
        """The next thing that happens by `now`."""
        return heapq.heappop(self._heap).what if self._heap and self._heap[0].at <= now else None
