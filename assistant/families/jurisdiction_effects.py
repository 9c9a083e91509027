"""What another guide would change for children, counted before it is chosen: dates, steps, hours, words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from assistant.config import Settings, Window
from assistant.families.guide_versions import guide_now
from assistant.families.jurisdictions import some, state_of, under
from assistant.guide.checked import KEYS, fingerprint
from assistant.guide.types import Guide
from assistant.store import Caregiver, Case, Guardianship, Step, StepClock
from assistant.words import Language
from messages.hours import Hours
from messages.outbox import week_in

Days = tuple[tuple[int, Window | None, Window | None], ...]
MOST: Final = 60  # families that are named


@dataclass(frozen=True, slots=True)
class Effects:
    """Dates that run for these children (they go on as they began) and steps that wait for a parent (their
    letters and dates become the new guide's). `carers`: whose hours for texts change; `days`: how, where they
    differ (0: Monday). `named`: children with a date or a step, by number.
    """

    children: int
    clocks: int
    steps: int
    carers: int
    named: tuple[int, ...]
    days: Days


@dataclass(frozen=True, slots=True)
class Change:
    """A time that two guides count otherwise; "" where one of them has none."""

    name: str
    before: str
    after: str


def effects(
    session: Session, children: Sequence[int], before: str, after: str, settings: Settings
) -> Effects:
    """What it means for these children that `after` holds for them instead of `before`."""
    days, clocks, steps, carers, named = _days(before, after, settings), 0, 0, 0, set[int]()
    for numbers in some(children):
        running = session.execute(
            select(Case.child_id, func.count())
            .join(Step, Step.case_id == Case.id)
            .join(StepClock, StepClock.step_id == Step.id)
            .where(Case.child_id.in_(numbers), StepClock.state == "running")
            .group_by(Case.child_id)
        ).all()
        waiting = session.execute(
            select(Case.child_id, func.count())
            .join(Step, Step.case_id == Case.id)
            .where(Case.child_id.in_(numbers), Step.state == "suggested")
            .group_by(Case.child_id)
        ).all()
        clocks += sum(count for _, count in running)
        steps += sum(count for _, count in waiting)
        named |= {child for child, _ in [*running, *waiting]}
        if days:
            carers += session.scalars(_texted(numbers)).one()
    return Effects(len(children), clocks, steps, carers, tuple(sorted(named)[:MOST]), days)


def changed_times(before: Guide, after: Guide, language: Language) -> list[Change]:
    """The times that the two count otherwise, as people are told them."""
    found = []
    for name in dict.fromkeys((*before.clocks, *after.clocks)):
        told = [_span(guide, name, language) for guide in (before, after)]
        if told[0] != told[1]:
            named = before if name in before.clocks else after
            found.append(Change(named.clock_texts[name].name[language], told[0], told[1]))
    return found


def changed_texts(session: Session, before: str, after: str, settings: Settings) -> tuple[Guide, list[str]]:
    """The guide that would hold, and its steps, letters and kinds of e-mail that say something else."""
    old, new = (guide_now(session, under(settings, key)) for key in (before, after))
    return new, [key for key in KEYS if fingerprint(old, key) != fingerprint(new, key)]


def _span(guide: Guide, name: str, language: Language) -> str:
    rule = guide.clocks.get(name)
    if rule is None:
        return ""
    return f"{rule.length} {guide.words[language][rule.counts]}"


def _texted(children: Sequence[int]) -> Select[int]:
    """How many get texts and told no state of their own: their hours follow the guide."""
    carers = select(Guardianship.caregiver_id).where(Guardianship.child_id.in_(children))
    return select(func.count()).where(
        Caregiver.id.in_(carers), Caregiver.us_state.is_(None), Caregiver.texts == "in"
    )


def _days(before: str, after: str, settings: Settings) -> Days:
    windows = [_windows(key, settings) for key in (before, after)]
    return tuple((day, old, new) for day, (old, new) in enumerate(zip(*windows, strict=True)) if old != new)


def _windows(jurisdiction: str, settings: Settings) -> list[Window | None]:
    """When texts may go out in that state, Monday to Sunday."""
    asking = settings.asking
    week = week_in(state_of(jurisdiction) or settings.home_state(), settings)
    zone = ZoneInfo(settings.program.zone)
    hours = Hours(zone, asking.quiet_end, asking.quiet_start, asking.sundays, week)
    return [hours.window(day) for day in range(7)]
