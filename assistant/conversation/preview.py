"""What other thresholds would have done: families that would have had each step, beside the numbers in force.

Both are the record lived again (escalation.replay), as if those thresholds had held since each line was
registered. A step that a family never got is taken as one they did nothing with, so what only follows on an
answer is counted low rather than high. Nothing here changes anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from assistant.config import Settings
from assistant.conversation.facts import start_of
from assistant.escalation.policy import Policy
from assistant.escalation.replay import Deed, Known, Parent, replay
from assistant.escalation.types import Facts, StepKey
from assistant.evidence.pasts import AT_ONCE, lines_short_of_something, pasts
from assistant.families.household import households
from assistant.families.jurisdictions import of_children
from assistant.families.kinds import kind_of
from assistant.families.thresholds import EVERY, Values, checked, layered, newest_values
from assistant.schedule.jsonable import calendar_from_json
from assistant.schedule.types import SchoolCalendar
from assistant.store import Calendar, Case, Child, IepVersion, ServiceLine, Step

Window = Literal["month", "quarter"]
DAYS: Mapping[str, int] = {"month": 30, "quarter": 91}
# Families looked at for one answer. Where there are more, as many are taken evenly from all of them.
MOST = 200
FEW = 5  # below this many, no number of families is told
STEPS = (
    StepKey.DOCUMENT,
    StepKey.WRITTEN_NOTICE,
    StepKey.IEP_MEETING,
    StepKey.COMPLIANCE_COMPLAINT,
    StepKey.COMPENSATORY_EDUCATION,
)


@dataclass(frozen=True, slots=True)
class Effect:
    """Families with a step at least once: by the thresholds in force, and by others. `key` None: any step."""

    key: StepKey | None
    now: int
    then: int


@dataclass(frozen=True, slots=True)
class Preview:
    """`looked_at` of `families` were counted, each once. The days are the program's, both included."""

    families: int
    looked_at: int
    first: date
    last: date
    effects: tuple[Effect, ...]
    every: Effect


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    family: int
    kind: str


def preview(
    session: Session,
    service: str,
    wanted: Values,
    window: Window,
    now: datetime,
    settings: Settings,
    most: int = MOST,
) -> Preview:
    """What `wanted` (thresholds by name) for a kind of service, or for all (""), would have brought.

    Raises ThresholdError for thresholds that make no sense.
    """
    standing = newest_values(session)
    changed = {**standing, service: checked(service, wanted, standing, settings)}
    last = now.astimezone(ZoneInfo(settings.program.zone)).date()
    first = last - timedelta(DAYS[window] - 1)
    every = list(_lines(session, service, first, last))
    families = sorted({line.family for line in every})
    chosen = _evenly(families, most)
    looked_at = {line.number: line for line in every if line.family in chosen}
    had: dict[StepKey, set[int]] = defaultdict(set)
    would: dict[StepKey, set[int]] = defaultdict(set)
    for case, start, past in _pasts(session, list(looked_at), now, settings):
        line = looked_at[case.service_line_id]
        before, after = (layered(settings, line.kind, values) for values in (standing, changed))
        keys = steps_within(case, start, past, before, first, last)
        for key in keys:
            had[key].add(line.family)
        for key in keys if after == before else steps_within(case, start, past, after, first, last):
            would[key].add(line.family)
    return Preview(
        families=len(families),
        looked_at=len(chosen),
        first=first,
        last=last,
        effects=tuple(Effect(key, len(had[key]), len(would[key])) for key in STEPS),
        every=Effect(None, len(set().union(*had.values())), len(set().union(*would.values()))),
    )


def told_as_number(families: int, found: Preview) -> bool:
    """Whether so many families may be told as a number: few of them, or of few, could be known by it."""
    return found.looked_at >= FEW and (families == 0 or families >= FEW)


def steps_within(
    case: Case, start: Facts, past: Sequence[Known], policy: Policy, first: date, last: date
) -> set[StepKey]:
    """The steps of the ladder that `policy` would have brought for a case from `first` to `last`."""
    brought = replay(start, past, parent_of(case, start.calendar.zone), last, policy)
    return {one.key for one in brought if first <= one.on and not one.reminder and one.key in STEPS}


def parent_of(case: Case, zone: ZoneInfo) -> Parent:
    """What the parent really did: the n-th time of a step as they did the n-th time, as many days after.

    Once more often than it really was suggested: nothing.
    """
    deeds: dict[str, list[Deed | None]] = defaultdict(list)
    for step in case.steps:
        deeds[step.key].append(_deed(step, zone))

    def parent(key: StepKey, before: int) -> Deed | None:
        done = deeds[key.value]
        return done[before] if before < len(done) else None

    return parent


def _deed(step: Step, zone: ZoneInfo) -> Deed | None:
    if step.state == "suggested" or step.decided_on is None:
        return None
    told = step.decided_at.astimezone(zone).date() if step.decided_at else step.decided_on
    answered = max(0, (step.answered_on - told).days) if step.answered_on else 0
    return Deed(
        after=max(0, (told - step.suggested_on).days),
        state=step.state,  # type: ignore[arg-type]  # the table allows no other word
        ago=(told - step.decided_on).days,
        answer=step.answer,  # type: ignore[arg-type]  # likewise
        answer_after=answered,
    )


def _lines(session: Session, service: str, first: date, last: date) -> Iterator[_Line]:
    """The lines that a layer of thresholds holds for, of those in force on any of these days."""
    families = households(session)
    rows = session.execute(
        select(
            ServiceLine.id, ServiceLine.child_id, ServiceLine.name, ServiceLine.alias, ServiceLine.frequency
        )
        .join(IepVersion, ServiceLine.iep_version_id == IepVersion.id)
        .join(Case, Case.service_line_id == ServiceLine.id)
        .where(
            ServiceLine.consented,
            ServiceLine.starts <= last,
            ServiceLine.ends >= first,
            IepVersion.starts <= last,
            or_(IepVersion.ends.is_(None), IepVersion.ends >= first),
        )
        .order_by(ServiceLine.id)
    )
    for number, child, name, alias, frequency in rows:
        kind = kind_of(name, alias, frequency)
        if service in (EVERY, kind):
            yield _Line(number, families[child], kind)


def _pasts(
    session: Session, lines: list[int], now: datetime, settings: Settings
) -> Iterator[tuple[Case, Facts, tuple[Known, ...]]]:
    """Case, first facts and past of every line that anything was missed of; the others bring no step."""
    lines = sorted(lines_short_of_something(session, lines))
    calendars: dict[int, SchoolCalendar] = {}
    laws = of_children(session, settings)
    for begin in range(0, len(lines), AT_ONCE):
        some = lines[begin : begin + AT_ONCE]
        cases = session.execute(
            select(Case, Calendar)
            .join(Child, Case.child_id == Child.id)
            .join(Calendar, Child.calendar_id == Calendar.id)
            .where(Case.service_line_id.in_(some))
            .options(joinedload(Case.line), selectinload(Case.steps))
        ).all()
        for _, row in cases:
            if row.id not in calendars:
                calendars[row.id] = calendar_from_json(row.definition)
        zones = {case.service_line_id: calendars[row.id].zone for case, row in cases}
        known = dict(pasts(session, zones, now))
        for case, row in cases:
            theirs = laws.get(case.child_id, laws[None])
            yield case, start_of(case, calendars[row.id], theirs), known[case.service_line_id]


def _evenly(numbers: Sequence[int], most: int) -> frozenset[int]:
    """At most so many of `numbers`, from the first to the last at even distances."""
    if len(numbers) <= most:
        return frozenset(numbers)
    return frozenset(numbers[place * len(numbers) // most] for place in range(most))
