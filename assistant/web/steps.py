"""Next steps of a child: what is suggested now and why, the dates that run, who helps, what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from assistant.conversation.letters import facts_for
from assistant.conversation.signals import raised
from assistant.escalation.reading import PREPARED
from assistant.escalation.types import DueDate, StepKey
from assistant.families.guide_versions import guide_of_child
from assistant.families.jurisdictions import of_step
from assistant.guide.loader import guide_of
from assistant.guide.render import about_step, footer_lines, letter_allowed, review_line
from assistant.guide.types import ClockText, Guide
from assistant.guide.values import date_value, why_sentence
from assistant.store import Caregiver, Case, LogEntry, Step, StepClock
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.mine import mine
from assistant.web.step import if_passed, step_name
from messages.links import step_token

blueprint = Blueprint("steps", __name__, url_prefix="/family")

MOST_CASES, MOST_DONE, MOST_DAYS = 12, 40, 12  # shown on a page


@dataclass(frozen=True, slots=True)
class Suggested:
    """A step that waits for the parent: why, the days it rests on, what it can get, what has been checked."""

    step: Step
    token: str
    name: str
    why: str
    days: Sequence[date]
    about: Sequence[tuple[str, str]]
    review: str
    sendable: bool
    allowed: bool


@dataclass(frozen=True, slots=True)
class Running:
    """A date of a step that was sent, in words."""

    clock: StepClock
    text: ClockText
    step: str
    token: str
    when: dict[str, Any]
    passes: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was decided, or overtaken by a later one."""

    step: Step
    token: str
    name: str


@blueprint.get("/<int(max=2147483647):number>/steps")
def page(number: int) -> str:
    """Everything about next steps on one page; the buttons lead to a step's own page."""
    house = the_house()
    now, secret = house.clock.now(), house.settings.server.secret_key
    with house.store.read() as session:
        person, child = mine(session, number)
        guide = guide_of_child(session, child.id, house.settings)
        language = words().language
        cases = session.scalars(
            select(Case)
            .where(Case.child_id == child.id)
            .options(selectinload(Case.line), selectinload(Case.steps).selectinload(Step.clocks))
            .order_by(Case.id.desc())
            .limit(MOST_CASES)
        ).all()
        waiting = [case.steps[-1] for case in cases if case.steps and _waits(case.steps[-1])]
        told = [step for case in cases for step in case.steps if step not in waiting]
        told.sort(key=lambda one: (one.decided_on or one.suggested_on, one.id), reverse=True)
        signs = {row.key for row in raised(session, child.id)}
        return render_template(
            "family/steps.html",
            child=child,
            suggested=[_suggested(session, step, person, guide, now) for step in waiting],
            running=_running(session, cases),
            taken=[
                Taken(one, step_token(secret, one.id), step_name(guide, one, language))
                for one in told[:MOST_DONE]
            ],
            signs=[one.text[language] for one in guide.signals if one.key in signs],
            helpers=guide.helpers,
            footer=footer_lines(
                guide, language, now.astimezone(ZoneInfo(house.settings.program.zone)).date()
            ),
        )


def _waits(step: Step) -> bool:
    """That all is well again asks nothing of anybody."""
    return step.state == "suggested" and step.key != StepKey.RESOLVED


def _suggested(session: Session, step: Step, person: Caregiver, guide: Guide, now: datetime) -> Suggested:
    house, key, language = the_house(), StepKey(step.key), words().language
    facts = facts_for(session, step, now, house.settings, person)
    return Suggested(
        step,
        step_token(house.settings.server.secret_key, step.id),
        step_name(guide, step, language),
        why_sentence(guide, facts, language),
        days_behind(session, step),
        about_step(guide, key, language, facts),
        review_line(guide, language, key.value, facts.today),
        key in PREPARED,
        letter_allowed(guide, key, facts.today),
    )


def days_behind(session: Session, step: Step) -> list[date]:
    """The days of the entries that a step rests on, the newest of them where there are many."""
    numbers = [one for one in step.why.get("entries", ()) if isinstance(one, int)]
    found = session.scalars(
        select(LogEntry.day)
        .where(LogEntry.child_id == step.case.child_id, LogEntry.number.in_(numbers))
        .order_by(LogEntry.day.desc())
    )
    return sorted(list(dict.fromkeys(found))[:MOST_DAYS])


def _running(session: Session, cases: Sequence[Case]) -> list[Running]:
    """The dates that run, were met or passed, the earliest first; those of a closed matter are left out.

    Each is called what the guide calls it under which it began.
    """
    language, settings = words().language, the_house().settings
    secret = settings.server.secret_key
    steps = [step for case in cases for step in case.steps if step.clocks]
    guides = {step.id: guide_of(of_step(session, step, settings)) for step in steps}
    found = [
        (clock, step, guides[step.id])
        for step in steps
        for clock in step.clocks
        if clock.state != "ended" and clock.name in guides[step.id].clock_texts
    ]
    found.sort(key=lambda one: (one[0].state != "running", one[0].due, one[0].id))
    return [
        Running(
            clock,
            guide.clock_texts[clock.name],
            step_name(guide, step, language),
            step_token(secret, step.id),
            date_value(_due(clock), language),
            if_passed(guide.clock_texts[clock.name]),
        )
        for clock, step, guide in found[:MOST_DONE]
    ]


def _due(clock: StepClock) -> DueDate:
    return DueDate(
        name=clock.name,
        kind="legal" if clock.kind == "legal" else "courtesy",
        start=clock.starts,
        due=clock.due,
        latest=clock.latest,
        citation=clock.citation,
    )
