"""A line's past lived once more: the steps that a policy would have brought, given what was known when.

Pure. Days are the school's. A day has a morning, on which what time alone brings is decided by what was known
the evening before, and an evening, with what was told that day and what the parent did. So an answer that
came three days late counts from the day it came.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from assistant.escalation.decide import decide
from assistant.escalation.policy import Policy
from assistant.escalation.reading import RUNGS, held_run
from assistant.escalation.types import (
    Decision,
    Facts,
    Occasion,
    SchoolAnswer,
    StepKey,
    StepState,
    StepTaken,
    Why,
)
from assistant.words import Outcome

_DAY = timedelta(days=1)
_NOTHING_NEW = (Outcome.HELD, Outcome.UNANSWERED)
_TURNS = (*RUNGS, StepKey.RESOLVED)


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that was known of a line in the evening of `day`.

    `told`: something was logged that day. Without it only another session fell due, which brings no step.
    """

    day: date
    occasions: tuple[Occasion, ...]
    told: bool = True


@dataclass(frozen=True, slots=True)
class Deed:
    """What a parent told of a step, so many days after it was suggested, and what the school then did."""

    after: int
    state: StepState
    ago: int = 0  # days before they told of it on which they did it
    answer: SchoolAnswer | None = None
    answer_after: int = 0  # days after they told of it


# What the parent does with a step, by its key and how often it was suggested before. None: nothing.
Parent = Callable[[StepKey, int], Deed | None]


@dataclass(frozen=True, slots=True)
class Brought:
    """Something that goes out: a step with its reason, or the reminder of one."""

    on: date
    key: StepKey
    reminder: bool
    why: Why | None

    @property
    def rule(self) -> str:
        """The stable key of the rule that fired; "" for a reminder."""
        return self.why.rule if self.why else ""


Check = Callable[[Facts, Decision], None]


def replay(
    start: Facts,
    past: Sequence[Known],
    parent: Parent,
    until: date,
    policy: Policy,
    *,
    every_day: bool = False,
    check: Check | None = None,
) -> list[Brought]:
    """What goes out from the line's registration to `until`, in order, if `policy` is in force all along.

    `start` has the line's calendar, clocks and day of registration, and no steps; `past` is in date order.
    Only days that can bring something are lived: with news, a deed, or a date that the last decision named;
    `every_day` lives them all, to the same end. `check` sees every decision with its facts.
    """
    life = _Life(replace(start, steps=(), occasions=()), parent, policy, check)
    day: date | None = start.registered_on
    place = 0
    while day is not None and day <= until:
        # What fell due, and was not told of, since the last day that was lived.
        while place < len(past) and past[place].day < day:
            life.knows(past[place])
            place += 1
        if life.look is not None and life.look <= day:
            life.settle(day)
        news = life.act(day)
        if place < len(past) and past[place].day == day:
            told = past[place].told
            news = (told and life.matters(past[place])) or news
            life.knows(past[place])
            place += 1
        if every_day or news:
            life.settle(day)
        if every_day:
            day += _DAY
        else:
            day = life.next_day(day, next((one.day for one in past[place:] if one.told), None))
    return life.brought


class _Life:
    """One line's case while it is lived."""

    def __init__(self, facts: Facts, parent: Parent, policy: Policy, check: Check | None) -> None:
        self.facts = facts
        self.parent = parent
        self.policy = policy
        self.check = check
        self.deeds: list[Deed | None] = []  # one a step, in the order suggested
        self.brought: list[Brought] = []
        self.look: date | None = facts.registered_on
        self.told: tuple[Occasion, ...] = ()  # what was known at the last news and was not held
        self.held = 0  # how many sessions were
        self.newest = date.min  # the day of the newest session then

    def knows(self, known: Known) -> None:
        self.facts = replace(self.facts, occasions=known.occasions)

    def matters(self, known: Known) -> bool:
        """Whether this news can bring anything; a session that was held brings something only at a time.

        Where nothing but held sessions is new, that is when enough were held in a row to step down; or when
        one was told of late, as a share of minutes is taken from the first session on that is known.
        """
        if self.facts.pace:
            return True
        told = tuple(one for one in known.occasions if one.outcome not in _NOTHING_NEW)
        late = sum(one.date <= self.newest and one.outcome is Outcome.HELD for one in known.occasions)
        news = told != self.told or late > self.held
        self.told = told
        self.held = sum(one.outcome is Outcome.HELD for one in known.occasions)
        self.newest = max((one.date for one in known.occasions), default=date.min)
        return news or (self._begun() and self._restored(known.occasions))

    def _begun(self) -> bool:
        """Whether a step of the ladder was brought since it was stepped down last."""
        newest = next((one.key for one in reversed(self.brought) if one.key in _TURNS), None)
        return newest is not None and newest is not StepKey.RESOLVED

    def _restored(self, occasions: Sequence[Occasion]) -> bool:
        return len(held_run(occasions, self.policy)) >= self.policy.held_in_a_row_to_resolve

    def act(self, day: date) -> bool:
        """What the parent and the school do with the steps by the evening of `day`; whether that is new."""
        steps = tuple(
            _after(step, deed, day) for step, deed in zip(self.facts.steps, self.deeds, strict=True)
        )
        changed = steps != self.facts.steps
        said_no = self.facts.school_said_no or any(map(_refused, steps))
        self.facts = replace(self.facts, today=day, steps=steps, school_said_no=said_no)
        return changed

    def settle(self, day: date) -> None:
        """Decide until nothing more goes out today."""
        self.facts = replace(self.facts, today=day)
        while True:
            decision = decide(self.facts, self.policy)
            if self.check:
                self.check(self.facts, decision)
            self.look = decision.look_again
            if decision.step:
                self._suggest(day, decision.step, decision.why)
            elif decision.remind:
                self._remind(day, decision.remind)
            else:
                return

    def next_day(self, day: date, told: date | None) -> date | None:
        """The next day on which something can happen."""
        days = [self.look, told]
        for step, deed in zip(self.facts.steps, self.deeds, strict=True):
            if deed is not None:
                acted = step.suggested_on + timedelta(deed.after)
                days += [acted, acted + timedelta(deed.answer_after)]
        return min((one for one in days if one is not None and one > day), default=None)

    def _suggest(self, day: date, key: StepKey, why: Why | None) -> None:
        before = sum(step.key is key for step in self.facts.steps)
        deed = self.parent(key, before)
        step = StepTaken(key, day, entries=why.entries if why else ())
        self.deeds.append(deed)
        self.facts = replace(self.facts, steps=(*self.facts.steps, step))
        self.act(day)
        self.brought.append(Brought(day, key, reminder=False, why=why))

    def _remind(self, day: date, key: StepKey) -> None:
        steps = list(self.facts.steps)
        newest = max(place for place, step in enumerate(steps) if step.key is key)
        steps[newest] = replace(steps[newest], reminded=True, reminded_on=day)
        self.facts = replace(self.facts, steps=tuple(steps))
        self.brought.append(Brought(day, key, reminder=True, why=None))


def _refused(step: StepTaken) -> bool:
    """Whether the school said to the notice that it cannot provide."""
    return step.key is StepKey.WRITTEN_NOTICE and step.answer == "refused"


def _after(step: StepTaken, deed: Deed | None, day: date) -> StepTaken:
    """The step as it stands in the evening of `day`."""
    if deed is None:
        return step
    acted = step.suggested_on + timedelta(deed.after)
    if step.state == "suggested" and day >= acted:
        step = replace(step, state=deed.state, decided_on=acted - timedelta(deed.ago))
    answered = acted + timedelta(deed.answer_after)
    if deed.answer is not None and step.answer is None and day >= answered:
        step = replace(step, answer=deed.answer, answered_on=answered)
    return step
