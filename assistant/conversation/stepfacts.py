"""The facts that a step's e-mail and letters may state, taken from the record and from nowhere else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.escalation.clocks import add_months
from assistant.escalation.policy import Policy
from assistant.escalation.reading import counts, with_repeats
from assistant.escalation.shortfall import shortfall
from assistant.escalation.types import DueDate, Facts, Occasion, StepKey, Why
from assistant.families.plan import as_line
from assistant.guide.facts import LetterRow, StepFacts
from assistant.store import Caregiver, Case, Child, LogEntry
from assistant.words import Bucket, Outcome
from messages.frequency import plain_frequency
from messages.outbox import language_of

_NOT_COUNTED = (Bucket.FAMILY, Bucket.REFUSED, Bucket.CLOSURE, Bucket.GREY, Bucket.UNKNOWN)


def step_facts(
    session: Session,
    case: Case,
    caregiver: Caregiver,
    facts: Facts,
    key: StepKey,
    why: Why,
    dates: tuple[DueDate, ...],
    page_url: str,
    policy: Policy,
) -> StepFacts:
    """Everything about the case's line up to today: the misses that count, and what is not counted."""
    child = session.get_one(Child, case.child_id)
    line, version = case.line, case.line.iep_version
    occasions = with_repeats(_within_reach(facts, key), policy)
    total = shortfall(occasions, policy.grey_counts)
    missed = [one for one in occasions if counts(one, policy) and one.short > 0]
    return StepFacts(
        today=facts.today,
        nickname=child.nickname,
        full_name=child.full_name,
        school=child.school,
        district=child.district,
        caregiver_name=caregiver.name,
        email=caregiver.email or "",
        phone=caregiver.phone or "",
        language=language_of(caregiver),
        service=line.name,
        alias=line.alias,
        iep_dated=version.dated,
        iep_wording=line.wording or plain_frequency(as_line(line)),
        minutes=line.minutes,
        first=total.first or facts.registered_on,
        last=total.last or facts.today,
        rows=_rows(session, case.child_id, missed),
        misses=total.not_held,
        partials=total.shortened,
        minutes_expected=total.expected,
        minutes_received=total.given + total.made_up,
        minutes_short=total.short,
        not_counted=_not_counted(occasions, policy),
        percent_of_all=total.of_all_percent,
        percent_of_attended=total.of_attended_percent,
        earlier=tuple(
            (StepKey(step.key), step.decided_on)
            for step in case.steps
            if step.state == "done" and step.decided_on is not None and step.key != StepKey.RESOLVED
        ),
        dates=dates,
        why=why,
        page_url=page_url,
    )


def _within_reach(facts: Facts, key: StepKey) -> tuple[Occasion, ...]:
    """What a step may speak of: a state complaint only of what lies within a year of its receipt.

    Two weeks are left for sending it.
    """
    rule = facts.rules.get("lookback")
    if key is not StepKey.COMPLIANCE_COMPLAINT or rule is None:
        return facts.occasions
    since = add_months(facts.today, -rule.length) + timedelta(days=14)
    return tuple(one for one in facts.occasions if one.date >= since)


def _rows(session: Session, child_id: int, missed: Sequence[Occasion]) -> tuple[LetterRow, ...]:
    """A row a miss, with the parent's own words from the entry it rests on."""
    numbers = [one.entry for one in missed]
    found = session.execute(
        select(LogEntry.number, LogEntry.words).where(
            LogEntry.child_id == child_id, LogEntry.number.in_(numbers)
        )
    )
    words: dict[int | None, str] = {number: text for number, text in found}  # noqa: C416  a Result is no mapping
    return tuple(
        LetterRow(
            day=one.date,
            expected=one.due,
            received=one.given + one.other + one.made_up,
            outcome=one.outcome,
            cause=one.cause,
            words=words.get(one.entry, ""),
            entry=one.entry,
        )
        for one in missed
        if one.entry is not None
    )


def _not_counted(occasions: Sequence[Occasion], policy: Policy) -> tuple[tuple[str, int, int], ...]:
    """How often and how many minutes are left out, by reason; a letter names them beside what it counts."""
    times: Counter[str] = Counter()
    minutes: Counter[str] = Counter()
    for one in occasions:
        if one.outcome is Outcome.UNANSWERED:
            reason = "unanswered"
        elif one.bucket in _NOT_COUNTED and not counts(one, policy):
            reason = one.bucket.value
        else:
            continue
        times[reason] += 1
        minutes[reason] += one.short
    order = [*(bucket.value for bucket in _NOT_COUNTED), "unanswered"]
    return tuple((reason, times[reason], minutes[reason]) for reason in order if times[reason])
