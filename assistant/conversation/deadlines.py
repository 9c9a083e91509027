"""The clocks that run since a step was done: a word before, a word after, and what passed is recorded.

Due: `clocks.next_at`. A date that goes by without an answer becomes an entry of the record, once; the school
is not written to, the parent is. Where the same day brings the next step, its e-mail says it, and no second
one goes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.facts import facts_of, policy_of
from assistant.conversation.stepmail import write_clock_mail
from assistant.escalation.clocks import oldest_miss, run
from assistant.escalation.decide import decide
from assistant.escalation.types import DueDate, Facts
from assistant.evidence.log import note
from assistant.families.jurisdictions import of_child, of_step
from assistant.guide.loader import guide_of
from assistant.schedule.zones import moment
from assistant.store import Case, Step, StepClock
from assistant.store.one_by_one import one_by_one

_WINDOWS = ("lookback", "due_process")
_GOES_ON = (*_WINDOWS, "decision", "reconsideration")
MORNING = time(9, 0)  # school time
_DAY = timedelta(days=1)


def begin(session: Session, step: Step, dates: Iterable[DueDate], facts: Facts, now: datetime) -> None:
    """Let these dates run for a step that was done; one that stands already is set anew.

    A window that runs from the oldest miss is one for the whole case, whichever step brought it.
    """
    known = {one.name: one for one in step.clocks}
    for one in dates:
        window = facts.rules[one.name].runs_from == "oldest_miss"
        if window and _runs(session, step.case, one.name):
            continue
        row = known.get(one.name)
        if row is None:
            row = StepClock(step=step, name=one.name)
            session.add(row)
        row.kind, row.citation = one.kind, one.citation
        row.starts, row.due, row.latest = one.start, one.due, one.latest
        row.state, row.told = "running", ""
        row.next_at = _next(row, facts, now)
    session.flush()


def settle(session: Session, step: Step) -> None:
    """The school answered: what waited for an answer waits no longer. Windows go on."""
    for row in step.clocks:
        if row.state in ("running", "passed") and row.name not in _WINDOWS:
            row.state, row.next_at = "met", None


def end(session: Session, step: Step) -> None:
    """The matter of this step is closed, or was never begun."""
    for row in step.clocks:
        if row.state == "running":
            row.state, row.next_at = "ended", None


def calm(session: Session, case: Case) -> None:
    """The service is back, or the parent says so: nobody waits for an answer about it any more.

    What runs at the state, and the windows of the law, go on.
    """
    for step in case.steps:
        for row in step.clocks:
            if row.state == "running" and row.name not in _GOES_ON:
                row.state, row.next_at = "ended", None


def watch_due(session: Session, now: datetime, settings: Settings) -> int:
    """Speak of every date whose moment has come. Returns how many were looked at."""
    rows = session.scalars(
        select(StepClock)
        .where(StepClock.next_at <= now)
        .order_by(StepClock.next_at, StepClock.id)
        .limit(settings.jobs.batch)
        .with_for_update(skip_locked=True)
    ).all()
    written: set[int] = set()
    one_by_one(
        session,
        rows,
        lambda row: _watch(session, row, written, now, settings),
        lambda row, later: setattr(row, "next_at", later),
        "clock",
        "watch",
        now,
    )
    return len(rows)


def passed_of(session: Session, case: Case) -> tuple[str, ...]:
    """The names of the clocks of a case that passed without an answer and still have none."""
    return tuple(
        session.scalars(
            select(StepClock.name)
            .join(Step, Step.id == StepClock.step_id)
            .where(Step.case_id == case.id, StepClock.state == "passed")
            .order_by(StepClock.id)
        )
    )


def _watch(session: Session, row: StepClock, written: set[int], now: datetime, settings: Settings) -> None:
    """`written`: the cases that were written to in this pass already; one e-mail a morning."""
    case_id = row.step.case_id
    facts = facts_of(session, row.step.case, now, settings)
    # A date that runs goes on as it began, also where another guide holds by now.
    facts = replace(facts, rules=guide_of(of_step(session, row.step, settings)).clocks)
    if case_id in written:
        row.next_at = moment(facts.today + _DAY, MORNING, facts.calendar.zone)
        return
    row.next_at = None  # moves on before anything is said
    if row.state != "running":
        return
    if row.name in _WINDOWS and not _still_the_oldest(row, facts, now):
        return
    if facts.today > row.latest:
        written.update({case_id} if _pass(session, row, facts, now, settings) else ())
    elif not row.told and facts.today < row.due and _step_today(session, row, facts, settings):
        row.next_at = moment(facts.today + _DAY, MORNING, facts.calendar.zone)  # one e-mail a morning
    elif not row.told:
        row.told = "before"
        row.next_at = _next(row, facts, now)
        written.add(case_id)
        write_clock_mail(session, row, "before", facts, now, settings)
    else:
        row.next_at = _next(row, facts, now)


def _still_the_oldest(row: StepClock, facts: Facts, now: datetime) -> bool:
    """A window's miss may have been put right since: then the window of the next one runs instead."""
    rule = facts.rules.get(row.name)
    start = oldest_miss(facts, facts.today, rule.length) if rule else None
    if rule is None or start is None:
        row.state = "ended"
        return False
    if start == row.starts:
        return True
    one = run(rule, start, facts.calendar)
    row.starts, row.due, row.latest, row.told = one.start, one.due, one.latest, ""
    row.next_at = _next(row, facts, now)
    return False


def _pass(session: Session, row: StepClock, facts: Facts, now: datetime, settings: Settings) -> bool:
    """The last day went by without an answer. Whether the parent was written to."""
    case = row.step.case
    row.told = "after"
    if row.name in _WINDOWS or row.name == "reconsideration":
        row.state = "ended"  # a window that closed is no failure of anybody's
        return False
    rule = facts.rules.get(row.name)
    if rule is not None and rule.runs_from == "not_held":
        row.state = "ended"  # the parent was not asked about it before: whether it came, only they know
    else:
        row.state = "passed"
        about = {
            "clock": row.name,
            "kind": row.kind,
            "step": row.step.key,
            "asked_on": row.starts.isoformat(),
            "due": row.due.isoformat(),
            "latest": row.latest.isoformat(),
            "citation": row.citation,
        }
        note(session, case.child_id, "passed", row.latest + _DAY, about, now, line=case.line)
        case.look_at = now
    session.flush()
    if _step_today(session, row, facts, settings):
        return False
    write_clock_mail(session, row, "after", facts, now, settings)
    return True


def _step_today(session: Session, row: StepClock, facts: Facts, settings: Settings) -> bool:
    """Whether this very pass will suggest the next step of the case."""
    case = row.step.case
    today = replace(facts, rules=guide_of(of_child(session, case.child_id, settings)).clocks)
    return decide(today, policy_of(session, case, settings)).step is not None


def _runs(session: Session, case: Case, name: str) -> bool:
    found = session.scalars(
        select(StepClock.id)
        .join(Step, Step.id == StepClock.step_id)
        .where(Step.case_id == case.id, StepClock.name == name, StepClock.state == "running")
    ).first()
    return found is not None


def _next(row: StepClock, facts: Facts, now: datetime) -> datetime:
    """The morning of the reminder, else that of the day after the last.

    Where both have gone by (it was marked late), the next morning: the parent may be about to say more.
    """
    rule, zone = facts.rules.get(row.name), facts.calendar.zone
    days: list[date] = [row.latest + _DAY, facts.today + _DAY]
    if rule is not None and rule.remind_before and not row.told:
        days.insert(0, row.due - timedelta(rule.remind_before))
    return next(one for one in (moment(day, MORNING, zone) for day in days) if one > now)
