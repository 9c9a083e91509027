"""The facts that a step's e-mail and letters may state, taken from the record and from nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.conversation.linefacts import entries_of, line_facts, urgent_days
from assistant.conversation.notefacts import contact_of, notes_of
from assistant.escalation.clocks import add_months
from assistant.escalation.policy import Policy
from assistant.escalation.reading import counts, with_repeats
from assistant.escalation.types import DueDate, Facts, Occasion, StepKey, Why
from assistant.evidence.ledger import occasions_of
from assistant.families.plan import as_line
from assistant.guide.facts import LogLine, OpenDay, StepFacts
from assistant.guide.letter_values import resting
from assistant.store import Calendar, Caregiver, Case, Child, Detail, LogEntry, ServiceLine, Step
from assistant.words import LANGUAGES
from messages.frequency import plain_frequency
from messages.outbox import language_of

LOOKBACK_MONTHS = 12  # where a guide has no such clock
RECEIPT_DAYS = 14  # from writing a complaint until the state has it, at the most
_MOST_ISSUES = 3  # a complaint keeps to the strongest


def step_facts(
    session: Session,
    step: Step,
    caregiver: Caregiver,
    facts: Facts,
    why: Why,
    dates: tuple[DueDate, ...],
    page_url: str,
    policy: Policy,
    as_of: datetime,
) -> StepFacts:
    """Everything about the step's line up to `as_of` (UTC): what counts, and what is not counted."""
    case, key = step.case, StepKey(step.key)
    child = session.get_one(Child, case.child_id)
    zone = facts.calendar.zone
    about_one = key is not StepKey.COMPLIANCE_COMPLAINT
    reach = facts.occasions if about_one else _within_reach(facts.occasions, facts)
    found = _of_people(session, case, child, caregiver, facts, dates, why, page_url) | line_facts(
        session, case, reach, policy, facts.today, zone
    )
    lines = [case.line]
    if not about_one:
        others = _other_issues(session, case, facts, policy, as_of)
        lines += [one.line for one, _ in others]
        found["issues"] = tuple(
            StepFacts(**(found | line_facts(session, one, seen, policy, facts.today, zone)))
            for one, seen in [(case, reach), *others]
        )
        found["receipt_by"] = facts.today + timedelta(RECEIPT_DAYS)
        found["urgent"] = _urgent(session, case.child_id, facts, as_of)
    found |= notes_of(session, case.child_id, lines, as_of, step)
    made = StepFacts(**found)
    return replace(made, log=_log(session, case.child_id, made, zone))


def contact_facts(
    session: Session, child: Child, caregiver: Caregiver, number: int, now: datetime
) -> StepFacts | None:
    """The facts for a letter that confirms one talk, by its entry's number; None for no such talk."""
    contact = contact_of(session, child.id, number)
    if contact is None:
        return None
    row = session.scalars(
        select(LogEntry).where(LogEntry.child_id == child.id, LogEntry.number == number)
    ).one()
    bare = child_facts(session, child, caregiver, now, row.line)
    zone = calendar_zone(session, child)
    told = entries_of(session, child.id, (number,), zone)
    return replace(bare, contacts=(contact,), log=told.lines())


def child_facts(
    session: Session, child: Child, caregiver: Caregiver, now: datetime, line: ServiceLine | None = None
) -> StepFacts:
    """The facts of a letter that rests on no step: names, and the line if it is about one."""
    today = now.astimezone(calendar_zone(session, child)).date()
    version = line.iep_version if line else None
    return StepFacts(
        today=today,
        nickname=child.nickname,
        full_name=child.full_name,
        school=child.school,
        district=child.district,
        caregiver_name=caregiver.name,
        email=caregiver.email or "",
        phone=caregiver.phone or "",
        language=language_of(caregiver),
        service=line.name if line else "",
        alias=line.alias if line else "",
        iep_dated=version.dated if version else None,
        iep_wording=line.wording if line else "",
        quoted=bool(line and line.wording),
        frequency={one: plain_frequency(as_line(line), one) for one in LANGUAGES} if line else {},
        minutes=line.minutes if line else 0,
        first=today,
        last=today,
        rows=(),
        misses=0,
        partials=0,
        minutes_expected=0,
        minutes_received=0,
        minutes_short=0,
        not_counted=(),
        percent_of_all=0,
        percent_of_attended=0,
        earlier=(),
        dates=(),
        why=Why("parent_asks"),
        details=details_of(session, child.id),
    )


def details_of(session: Session, child_id: int) -> dict[str, str]:
    """What was told for letters about a child, by the guide's keys."""
    rows = session.execute(select(Detail.key, Detail.value).where(Detail.child_id == child_id))
    return {key: value for key, value in rows}  # noqa: C416  a Result is no mapping


def calendar_zone(session: Session, child: Child) -> ZoneInfo:
    """The zone of the child's school."""
    return ZoneInfo(session.get_one(Calendar, child.calendar_id).zone)


def _of_people(
    session: Session,
    case: Case,
    child: Child,
    caregiver: Caregiver,
    facts: Facts,
    dates: tuple[DueDate, ...],
    why: Why,
    page_url: str,
) -> dict[str, Any]:
    return {
        "today": facts.today,
        "nickname": child.nickname,
        "full_name": child.full_name,
        "school": child.school,
        "district": child.district,
        "caregiver_name": caregiver.name,
        "email": caregiver.email or "",
        "phone": caregiver.phone or "",
        "language": language_of(caregiver),
        "earlier": tuple(
            (StepKey(step.key), step.decided_on)
            for step in case.steps
            if step.state == "done" and step.decided_on is not None and step.key != StepKey.RESOLVED
        ),
        "dates": dates,
        "why": why,
        "page_url": page_url,
        "details": details_of(session, child.id),
    }


def _within_reach(occasions: Sequence[Occasion], facts: Facts) -> tuple[Occasion, ...]:
    """What a state complaint may speak of: what lies within a year before it is expected to be received."""
    rule = facts.rules.get("lookback")
    months = rule.length if rule and rule.counts == "months" else LOOKBACK_MONTHS
    since = add_months(facts.today + timedelta(RECEIPT_DAYS), -months)
    return tuple(one for one in occasions if one.date >= since)


def _other_issues(
    session: Session, case: Case, facts: Facts, policy: Policy, as_of: datetime
) -> list[tuple[Case, tuple[Occasion, ...]]]:
    """The child's other lines with as many misses as a written notice takes, most minutes first."""
    found = []
    for other in _cases(session, case.child_id):
        seen = _within_reach(occasions_of(session, other.service_line_id, as_of), facts)
        marked = with_repeats(seen, policy)
        misses = [one for one in marked if counts(one, policy)]
        if other.id != case.id and len(misses) >= policy.misses_for_notice:
            found.append((sum(one.short for one in misses), other, seen))
    found.sort(key=lambda one: (-one[0], one[1].id))
    return [(other, seen) for _, other, seen in found[: _MOST_ISSUES - 1]]


def _urgent(session: Session, child_id: int, facts: Facts, as_of: datetime) -> tuple[OpenDay, ...]:
    days = [
        day
        for one in _cases(session, child_id)
        for day in urgent_days(one, _within_reach(occasions_of(session, one.service_line_id, as_of), facts))
    ]
    return tuple(sorted(days, key=lambda day: (day.day, day.entry)))


def _cases(session: Session, child_id: int) -> Sequence[Case]:
    return session.scalars(select(Case).where(Case.child_id == child_id).order_by(Case.id)).all()


def _log(session: Session, child_id: int, made: StepFacts, zone: ZoneInfo) -> dict[int, LogLine]:
    """The entries that anything in these facts rests on."""
    numbers = {number for one in resting(made).values() for number in one}
    missing = numbers - set(made.log)
    return {**made.log, **entries_of(session, child_id, missing, zone).lines()}
