"""What a decision about a service line rests on, loaded from the store as plain values."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.escalation.policy import Policy
from assistant.escalation.types import Facts, Pace, StepKey, StepTaken
from assistant.evidence.ledger import occasions_of
from assistant.families.jurisdictions import of_child
from assistant.families.plan import as_line, calendar_of
from assistant.families.thresholds import over, policy_for_line
from assistant.guide.loader import guide_of
from assistant.schedule.types import MinutesPerPeriod, SchoolCalendar
from assistant.store import Case, ServiceLine, Step


def policy_of(session: Session, about: Case | ServiceLine, settings: Settings) -> Policy:
    """The thresholds in force for a service line, or for a case's: the settings, and what staff changed."""
    return policy_for_line(session, about.line if isinstance(about, Case) else about, settings)


def policy_when(step: Step) -> Policy:
    """The thresholds that a step was suggested with; its letter and its dates keep to them."""
    return over(Policy(), step.policy)


def facts_of(session: Session, case: Case, now: datetime, settings: Settings) -> Facts:
    """The case's line as the log has it now. Days are the school's, clocks the jurisdiction's."""
    calendar = calendar_of(session, case.line)
    return replace(
        start_of(case, calendar, of_child(session, case.child_id, settings, now)),
        today=now.astimezone(calendar.zone).date(),
        occasions=occasions_of(session, case.service_line_id, now),
        steps=tuple(_taken(step) for step in case.steps),
        school_said_no=case.school_said_no,
    )


def start_of(case: Case, calendar: SchoolCalendar, settings: Settings) -> Facts:
    """The case's line on the day it was registered: nothing known of it, no step taken.

    `settings`: the child's (families.jurisdictions).
    """
    registered_on = case.created_at.astimezone(calendar.zone).date()
    return Facts(
        service=case.line.name,
        today=registered_on,
        calendar=calendar,
        registered_on=registered_on,
        urgent_line=bool(case.line.frequency.get("urgent")),
        rules=guide_of(settings).clocks,
        pace=_pace(case.line),
    )


def _pace(row: ServiceLine) -> Pace | None:
    """What a line promises for a whole year, if that is how it is written."""
    line = as_line(row)
    if not isinstance(line.frequency, MinutesPerPeriod) or line.frequency.per != "year":
        return None
    return Pace(line.frequency.total, line.starts or row.starts, line.ends or row.ends)


def _taken(step: Step) -> StepTaken:
    why: dict[str, Any] = step.why
    return StepTaken(
        key=StepKey(step.key),
        suggested_on=step.suggested_on,
        state=step.state,  # type: ignore[arg-type]  # the table allows no other word
        decided_on=step.decided_on,
        reminded=step.reminded_on is not None,
        reminded_on=step.reminded_on,
        entries=tuple(why.get("entries", ())),
        answer=step.answer,  # type: ignore[arg-type]  # likewise
        answered_on=step.answered_on,
        answer_by=_answer_by(step),
    )


def _answer_by(step: Step) -> date | None:
    """The courtesy date that runs since a letter was sent, as it was told; later settings do not move it."""
    if step.state != "done":
        return None
    return next((date.fromisoformat(one["latest"]) for one in step.dates if one["name"] == "reply"), None)
