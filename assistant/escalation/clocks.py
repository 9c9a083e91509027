"""The dates that matter after a step: how long an answer may take, and when a window closes.

How long each one is, what is counted and where it comes from is the jurisdiction's (ClockRule, the guide's
data); how it is counted is here. A day of receipt or of sending is day 0. Where the law's text leaves two
readings, `due` is the earlier and `latest` the later, and nothing is called late before `latest` has passed.
Information, not advice: each citation awaits an expert's review.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from assistant.escalation.holidays import is_business_day
from assistant.escalation.shortfall import side_of, stands
from assistant.escalation.types import ClockRule, DueDate, Facts, Occasion, StepKey
from assistant.escalation.vacations import Span, between_terms, long_vacations, long_vacations_at_most
from assistant.schedule.calendar import add_school_days
from assistant.schedule.types import SchoolCalendar
from assistant.words import Bucket, Outcome

_DAY = timedelta(days=1)
_ORDER = ("step", "decision", "not_held", "oldest_miss")  # of dates told together


def run(
    rule: ClockRule, start: date, calendar: SchoolCalendar, next_first_day: date | None = None
) -> DueDate:
    """The date that `rule` gives from `start`.

    Business days: `due` counts Monday to Friday without federal holidays; `latest` also leaves out the
    school's own days off and breaks, because a school may not read those as business days. Without long
    vacations: whether the weekends that touch such a vacation, or single days off beside it, belong to it is
    not in the text: `due` counts them, `latest` does not; the next year's first day is `next_first_day`, else
    assumed 52 weeks after this one's. Months: the same day of a later month, or its last.
    """
    due = latest = start
    if rule.counts == "business_days":
        for _ in range(rule.length):
            due = _next_business_day(due, frozenset())
            latest = _next_business_day(latest, calendar.off)
    elif rule.counts == "school_days":
        due = latest = add_school_days(calendar, start, rule.after + rule.length)
    elif rule.counts == "months":
        due = latest = add_months(start, rule.length)
    elif rule.without_long_vacations:
        summer = between_terms(calendar, next_first_day)
        due = _count(start, rule.length, [*summer, *long_vacations(calendar)])
        latest = max(due, _count(start, rule.length, [*summer, *long_vacations_at_most(calendar)]))
    else:
        due = latest = start + timedelta(rule.length)
    return DueDate(rule.name, rule.kind, start, due, latest, rule.citation)


def dates_for(
    step: StepKey, on: date, facts: Facts, reply_school_days: int | None = None
) -> tuple[DueDate, ...]:
    """The dates that run, or that matter, if `step` is done on `on` and received the same day.

    What the step itself starts comes first, then what follows from that, then the windows that close.

    `reply_school_days` is the policy's length of the courtesy date, in place of the guide's. A window that
    the earliest miss has left already is passed over, as is a date whose start nobody can know.
    """
    found: dict[str, DueDate] = {}
    for rule in facts.rules.values():
        if step not in rule.starts:
            continue
        if rule.name == "reply" and reply_school_days is not None:
            rule = replace(rule, length=reply_school_days)
        start = _start(rule, on, facts, found)
        if start is not None:
            found[rule.name] = run(rule, start, facts.calendar)
    order = sorted(found, key=lambda name: _ORDER.index(facts.rules[name].runs_from))
    return tuple(found[name] for name in order)


def oldest_miss(facts: Facts, on: date, months: int | None = None) -> date | None:
    """The day of the earliest school-side miss that still stands, of those not older than `months`."""
    misses = (
        one.date
        for one in facts.occasions
        if side_of(one) is Bucket.SCHOOL
        and stands(one)
        and one.date <= on
        and (months is None or on <= add_months(one.date, months))
    )
    return min(misses, default=None)


def not_held_since(occasions: Iterable[Occasion]) -> date | None:
    """The first miss of the run at the end in which nothing at all was given; None without such a run.

    What says nothing about the school (child away, closure, not sure, silence) does not end the run.
    """
    first = None
    for one in sorted(occasions, key=lambda one: one.date, reverse=True):
        if one.given or one.other or one.outcome in (Outcome.HELD, Outcome.OTHER):
            break
        if side_of(one) is Bucket.SCHOOL and stands(one):
            first = one.date
    return first


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later, or that month's last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _start(rule: ClockRule, on: date, facts: Facts, found: dict[str, DueDate]) -> date | None:
    if rule.runs_from == "oldest_miss":
        return oldest_miss(facts, on, rule.length if rule.counts == "months" else None)
    if rule.runs_from == "decision":
        decision = found.get("decision")
        if decision is None and "decision" in facts.rules:
            decision = run(facts.rules["decision"], on, facts.calendar)
        return decision.due if decision else None
    if rule.runs_from == "not_held":
        return not_held_since(one for one in facts.occasions if one.date <= on)
    return on


def _next_business_day(day: date, without: frozenset[date]) -> date:
    day += _DAY
    while day in without or not is_business_day(day):
        day += _DAY
    return day


def _count(start: date, days: int, excluded: list[Span]) -> date:
    """The `days`-th day after `start`, leaving out the days of `excluded`."""
    day = start
    while days:
        day += _DAY
        days -= not any(first <= day <= last for first, last in excluded)
    return day
