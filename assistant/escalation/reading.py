"""One service line's facts, read in one order: what still stands since things were last put right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from assistant.escalation.policy import Policy
from assistant.escalation.shortfall import percent, side_of, stands
from assistant.escalation.types import ClockRule, Facts, Occasion, Pace, StepKey, StepTaken, Why
from assistant.schedule.calendar import add_school_days
from assistant.schedule.types import SchoolCalendar
from assistant.words import Bucket, Cause, Outcome

# The rungs that a parent climbs one by one. Compensatory education stands beside the ladder's upper half.
RUNGS = (StepKey.DOCUMENT, StepKey.WRITTEN_NOTICE, StepKey.IEP_MEETING, StepKey.COMPLIANCE_COMPLAINT)
PREPARED = (*RUNGS, StepKey.COMPENSATORY_EDUCATION)  # steps that come with a letter to send

# Fewer sessions without a provider than this are an absence, not yet a gap.
_FEWEST_OF_A_GAP = 2

_ORDER = list(StepKey)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reading:
    """Facts in date order. An episode begins after the last resolution (`since`); only it counts.

    `misses` are the episode's occasions that count and still stand; `taken` the steps suggested in it.
    """

    today: date
    calendar: SchoolCalendar
    policy: Policy
    registered_on: date
    school_said_no: bool
    urgent_line: bool
    occasions: tuple[Occasion, ...]
    steps: tuple[StepTaken, ...]
    since: date | None
    episode: tuple[Occasion, ...]
    misses: tuple[Occasion, ...]
    taken: tuple[StepTaken, ...]
    rules: Mapping[str, ClockRule]
    pace: Pace | None = None

    @property
    def top(self) -> StepTaken | None:
        """The newest of the highest rung that was suggested in this episode."""
        rungs = [step for step in self.taken if step.key in RUNGS]
        return max(rungs, key=lambda step: (RUNGS.index(step.key), step.suggested_on), default=None)

    @property
    def last_mail(self) -> date | None:
        """The day of the newest step e-mail or reminder of this line; the urgent lane stands outside."""
        return max(
            (mailed_on(s, self.policy) for s in self.steps if s.key is not StepKey.URGENT), default=None
        )

    @property
    def free_from(self) -> date | None:
        """The first day on which another ordinary e-mail may go; None where none went yet."""
        return self.last_mail and self.last_mail + timedelta(self.policy.min_days_between_steps)

    def decided(self, key: StepKey) -> StepTaken | None:
        """The newest `key` of this episode that the parent did or declined."""
        found = [step for step in self.taken if step.key is key and step.state in ("done", "not_now")]
        return found[-1] if found else None

    def window(self, school_days: int, until: date | None = None) -> date:
        """The first day of the rolling window of `school_days` that ends with `until` (else today)."""
        return add_school_days(self.calendar, (until or self.today) + _DAY, -school_days)

    def counts(self, occasion: Occasion) -> bool:
        """Whether the occasion is a miss that counts toward a threshold."""
        return counts(occasion, self.policy)


def read(facts: Facts, policy: Policy) -> Reading:
    """The facts in order, whatever order they arrived in. What lies after today is left out."""
    told = with_repeats((one for one in facts.occasions if one.date <= facts.today), policy)
    occasions = tuple(sorted(told, key=_place(policy)))
    steps = tuple(sorted(facts.steps, key=lambda step: (step.suggested_on, _ORDER.index(step.key))))
    since = max(resolutions(steps), default=None)
    episode = tuple(one for one in occasions if since is None or one.date > since)
    return Reading(
        today=facts.today,
        calendar=facts.calendar,
        policy=policy,
        registered_on=facts.registered_on,
        school_said_no=facts.school_said_no,
        urgent_line=facts.urgent_line,
        occasions=occasions,
        steps=steps,
        since=since,
        episode=episode,
        misses=tuple(one for one in episode if counts(one, policy)),
        taken=tuple(step for step in steps if since is None or step.suggested_on > since),
        rules=facts.rules,
        pace=facts.pace,
    )


def counts(occasion: Occasion, policy: Policy) -> bool:
    """A miss or shortfall on the school's side (grey too, where the policy says so) that still stands.

    Whether a short day is one that repeats has to be marked before (`with_repeats`).
    """
    side = side_of(occasion)
    grey = side is Bucket.GREY and (policy.grey_counts or occasion.repeated)
    return (side is Bucket.SCHOOL or grey) and stands(occasion)


def with_repeats(occasions: Iterable[Occasion], policy: Policy) -> tuple[Occasion, ...]:
    """The occasions, each short day that took the session marked where enough of them fall within weeks.

    The school chose the slot and the day: once is scheduling, again and again the slot does not work.
    The minutes stay in the grey column of every ledger.
    """
    every, enough = tuple(occasions), policy.minimum_days_to_count
    if not enough:
        return every
    short_days = sorted((one for one in every if _short_day(one)), key=lambda one: one.date)
    within = timedelta(weeks=policy.minimum_day_weeks)
    marked = {
        one.date
        for first, last in zip(short_days, short_days[enough - 1 :], strict=False)
        if last.date - first.date < within
        for one in short_days
        if first.date <= one.date <= last.date
    }
    return tuple(replace(one, repeated=_short_day(one) and one.date in marked) for one in every)


def _short_day(one: Occasion) -> bool:
    return one.cause is Cause.MINIMUM_DAY and side_of(one) is Bucket.GREY and stands(one)


def said_resolved_on(step: StepTaken) -> date | None:
    """The day on which the parent said about this step that things are fixed; None if they did not."""
    if step.state != "resolved" or step.key in (StepKey.CHECK_IEP, StepKey.RESOLVED):
        return None
    return step.decided_on or step.suggested_on


def resolutions(steps: Iterable[StepTaken]) -> list[date]:
    """The days on which the line was found, or said, to be put right."""
    found = (step.suggested_on if step.key is StepKey.RESOLVED else said_resolved_on(step) for step in steps)
    return [day for day in found if day is not None]


def mailed_on(step: StepTaken, policy: Policy) -> date:
    """The day of the step's newest e-mail: its own, or its reminder."""
    if not step.reminded:
        return step.suggested_on
    return step.reminded_on or step.suggested_on + timedelta(policy.remind_after_days)


def held_run(occasions: Iterable[Occasion], policy: Policy) -> list[Occasion]:
    """The sessions held in a row at the end, newest first.

    A miss, or a session given otherwise than written, ends the row. What says nothing about the school
    (child away, closure, not sure, silence) neither ends nor lengthens it.
    """
    row: list[Occasion] = []
    for one in reversed(tuple(occasions)):
        if one.outcome is Outcome.HELD:
            row.append(one)
        elif one.outcome is Outcome.OTHER or counts(one, policy):
            break
    return row


def why(rule: str, misses: Iterable[Occasion], over: Iterable[Occasion], **more: int | str) -> Why:
    """A reason: the misses it rests on, their minutes, and their share of all that was due in `over`.

    `gap_since`: nobody has held the post since that day, where the newest misses all say so.
    """
    resting, every = tuple(misses), tuple(over)
    expected, short = sum(one.due for one in every), sum(one.short for one in resting)
    values: dict[str, int | str] = {"misses": len(resting), "minutes_short": short, "expected": expected}
    values["percent"] = percent(short, expected)
    if resting:
        values |= {"first": resting[0].date.isoformat(), "last": resting[-1].date.isoformat()}
    gap = gap_since(every)
    if resting and gap:
        values["gap_since"] = gap.isoformat()
    return Why(rule, values | more, entries_of(resting))


def gap_since(occasions: Iterable[Occasion]) -> date | None:
    """The first day of an ongoing gap: the newest misses in a row for which nobody holds the post.

    What says nothing about the school (child away, closure, not sure, silence) does not end it.
    """
    row: list[Occasion] = []
    for one in reversed(tuple(occasions)):
        if one.cause is Cause.NO_PROVIDER and one.outcome is Outcome.MISSED:
            row.append(one)
        elif one.given or one.other or side_of(one) is Bucket.SCHOOL:
            break
    return row[-1].date if len(row) >= _FEWEST_OF_A_GAP else None


def entries_of(occasions: Iterable[Occasion]) -> tuple[int, ...]:
    """The log entries of these occasions, in the chain's order."""
    return tuple(sorted({one.entry for one in occasions if one.entry is not None}))


def _place(policy: Policy) -> Callable[[Occasion], tuple[object, ...]]:
    """The order of the facts, the same however they arrived.

    Of one day, misses come last: a session held that day does not make up for the one missed.
    """

    def key(one: Occasion) -> tuple[object, ...]:
        rank = 2 if counts(one, policy) else 1 if one.outcome is Outcome.OTHER else 0
        amounts = (one.due, one.given, one.other, one.made_up)
        return (one.date, rank, one.outcome, one.cause or "", amounts, one.entry or 0)

    return key
