"""What families did in a month, as counts by sets: steps and what came of them, STOPs, texts read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from assistant.families.kinds import kind_of
from assistant.operations.measure_rows import (
    ALL,
    UNASKED,
    Cell,
    Cells,
    Span,
    adults,
    count_in,
    explained,
    homes_of,
    in_force,
    total,
)
from assistant.schedule.calendar import instructional_days
from assistant.schedule.jsonable import calendar_from_json
from assistant.store import (
    Calendar,
    Case,
    Child,
    Consent,
    Expectation,
    InboundText,
    LogEntry,
    MakeUp,
    OutgoingMessage,
    Repaid,
    ServiceLine,
    Step,
    StepClock,
)


@dataclass(frozen=True, slots=True)
class Steps:
    """Counts of steps by step, and of all of them by language and by way of asking."""

    by_step: Cells
    by_language: Cells
    by_way: Cells


def steps(session: Session, span: Span, ways: Mapping[int, str]) -> Mapping[str, Steps]:
    """Steps that were reached: of those sent, put off; and of the dates that came, those passed.

    `ways`: as of `measure_rows.ways_of`.
    """
    home = homes_of(session)
    rows = session.execute(
        select(
            Step.key, Case.child_id, func.count(), total(Step.state == "done"), total(Step.state == "not_now")
        )
        .select_from(Step)
        .join(Case, Case.id == Step.case_id)
        .where(Step.suggested_on.between(span.first, span.last), Step.key.not_in(("check_iep", "resolved")))
        .group_by(Step.key, Case.child_id)
    ).all()
    found = {name: Steps({}, {}, {}) for name in ("reached", "sent", "not_now", "no_answer")}

    def count_step(name: str, key: str, child: int, part: int, whole: int) -> None:
        place = home.get(child)
        if place is None:
            return
        one, way = found[name], ways.get(place[0], UNASKED)
        for cells, group in ((one.by_step, key), (one.by_language, place[1]), (one.by_way, way)):
            count_in(cells, group, part, whole, place)

    for key, child, count, done, later in rows:
        for name, part in (("reached", count), ("sent", done), ("not_now", later)):
            count_step(name, key, child, part, count)
    dates = session.execute(
        select(Step.key, Case.child_id, func.count(), total(StepClock.state == "passed"))
        .select_from(StepClock)
        .join(Step, Step.id == StepClock.step_id)
        .join(Case, Case.id == Step.case_id)
        .where(StepClock.latest.between(span.first, span.last), StepClock.state.in_(("passed", "met")))
        .group_by(Step.key, Case.child_id)
    ).all()
    for key, child, count, passed in dates:
        count_step("no_answer", key, child, passed, count)
    return found


def outcomes(session: Session, span: Span) -> Cells:
    """What parents reported in the month, each counted once."""
    home = homes_of(session)
    of_steps = select(Case.child_id).select_from(Step).join(Case, Case.id == Step.case_id)
    of_make_ups = (
        select(ServiceLine.child_id)
        .select_from(MakeUp)
        .join(ServiceLine, ServiceLine.id == MakeUp.service_line_id)
    )
    of_contacts = select(LogEntry.child_id).where(
        LogEntry.kind == "contact",
        LogEntry.content[("contact", "how")].as_string() == "meeting",
        LogEntry.content[("contact", "corrects")].as_integer().is_(None),
        LogEntry.day.between(span.first, span.last),
    )
    decided = Step.decided_on.between(span.first, span.last)
    answered = Step.answered_on.between(span.first, span.last)
    came = Step.came_on.between(span.first, span.last)
    created = and_(MakeUp.created_at >= span.begins, MakeUp.created_at < span.ends)
    settled = and_(MakeUp.settled_at >= span.begins, MakeUp.settled_at < span.ends)
    one = func.count()
    queries: Mapping[str, tuple[Select[Any], ColumnElement[Any]]] = {
        "restored": (of_steps.where(Step.state == "resolved", decided), one),
        "meetings": (of_steps.where(Step.key == "iep_meeting", Step.state == "done", decided), one),
        "met": (of_contacts, one),
        "held": (of_steps.where(Step.came == "met", came), one),
        "found": (of_steps.where(Step.came == "found", came), one),
        "found_part": (of_steps.where(Step.came == "found_part", came), one),
        "found_not": (of_steps.where(Step.came == "found_not", came), one),
        "complaints": (
            of_steps.where(Step.key == "compliance_complaint", Step.state == "done", decided),
            one,
        ),
        "decisions": (
            of_steps.where(Step.key == "compliance_complaint", Step.answer.is_not(None), answered),
            one,
        ),
        "promised": (of_make_ups.where(MakeUp.state.in_(("promised", "given")), created), one),
        "kept": (of_make_ups.where(MakeUp.state == "given", settled), one),
        "not_kept": (of_make_ups.where(MakeUp.state == "not_given", settled), one),
        "made_up_minutes": (of_make_ups.where(MakeUp.state == "given", settled), func.sum(MakeUp.minutes)),
    }
    found: Cells = {}
    for key, (query, what) in queries.items():
        found[key] = Cell()
        for child, number in session.execute(query.add_columns(what).group_by(query.selected_columns[0])):
            count_in(found, key, int(number or 0), 0, home.get(child))
    return found


def open_ages(session: Session, span: Span) -> Cells:
    """How old, in the school days of each calendar, the sessions not held are that are open as the month
    ends: neither made up nor explained; the middle of each kind of service. None older than a year.
    """
    home, newest = homes_of(session), in_force()
    repaid = (
        select(Repaid.id)
        .join(MakeUp, MakeUp.id == Repaid.make_up_id)
        .where(Repaid.expectation_id == Expectation.id, MakeUp.state == "given")
        .where(MakeUp.settled_at < span.ends)
        .exists()
    )
    rows = session.execute(
        select(
            Expectation.child_id, Expectation.day, Child.calendar_id, ServiceLine.name, ServiceLine.alias,
            ServiceLine.frequency,
        )
        .join(newest, newest.c.expectation_id == Expectation.id)
        .join(LogEntry, LogEntry.id == newest.c.entry)
        .join(Child, Child.id == Expectation.child_id)
        .join(ServiceLine, ServiceLine.id == Expectation.service_line_id)
        .where(
            LogEntry.outcome == "missed", ~explained(), ~repaid, Expectation.form != "make_up",
            Expectation.day.between(span.last - timedelta(days=365), span.last),
        )
    ).all()  # fmt: skip
    calendars = {
        number: calendar_from_json(definition)
        for number, definition in session.execute(select(Calendar.id, Calendar.definition))
        if definition
    }
    cells: Cells = {}
    ages: dict[str, list[int]] = {}
    for child, day, calendar, name, alias, frequency in rows:
        if child not in home or calendar not in calendars:
            continue
        age = len(instructional_days(calendars[calendar], day + timedelta(days=1), span.last))
        for group in (kind_of(name, alias, frequency), ALL):
            count_in(cells, group, 0, 1, home[child])
            ages.setdefault(group, []).append(age)
    for group, found in ages.items():
        cells[group].part = round(median(found))
    return cells


def first_gap(session: Session, span: Span) -> Cells:
    """Days from a child's first session that was not held to the first letter its parent sent this month;
    the middle of all (group ALL, always there) and of each language.
    """
    home, newest = homes_of(session), in_force()
    missed = (
        select(Expectation.child_id, func.min(Expectation.day).label("day"))
        .join(newest, newest.c.expectation_id == Expectation.id)
        .join(LogEntry, LogEntry.id == newest.c.entry)
        .where(LogEntry.outcome == "missed")
        .group_by(Expectation.child_id)
        .subquery()
    )
    sent = (
        select(Case.child_id, func.min(Step.decided_on).label("day"))
        .join(Case, Case.id == Step.case_id)
        .where(Step.state == "done", Step.key != "check_iep")
        .group_by(Case.child_id)
        .subquery()
    )
    rows = session.execute(
        select(sent.c.child_id, missed.c.day, sent.c.day)
        .select_from(sent)
        .join(missed, missed.c.child_id == sent.c.child_id)
        .where(sent.c.day.between(span.first, span.last), sent.c.day >= missed.c.day)
    ).all()
    cells: Cells = {ALL: Cell()}
    days: dict[str, list[int]] = {}
    for child, since, until in rows:
        if child in home:
            for group in (ALL, home[child][1]):
                count_in(cells, group, 0, 1, home[child])
                days.setdefault(group, []).append((until - since).days)
    for group, some in days.items():
        cells[group].part = round(median(some))
    return cells


def opt_outs(session: Session, span: Span, texted: Cells) -> tuple[Cells, Cells]:
    """STOPs by language, of the families that were texted; and by the template of the text before each."""
    who = adults()
    before = (
        select(OutgoingMessage.template_key)
        .where(
            OutgoingMessage.caregiver_id == Consent.caregiver_id,
            OutgoingMessage.channel == "sms",
            OutgoingMessage.sent_at < Consent.at,
        )
        .order_by(OutgoingMessage.sent_at.desc(), OutgoingMessage.id.desc())
        .limit(1)
        .correlate(Consent)
        .scalar_subquery()
    )
    rows = session.execute(
        select(who.c.language, who.c.home, before)
        .select_from(Consent)
        .join(who, who.c.adult == Consent.caregiver_id)
        .where(
            Consent.channel == "sms",
            Consent.act == "withdrawn",
            Consent.at >= span.begins,
            Consent.at < span.ends,
        )
    ).all()
    by_language = {
        language: Cell(0, cell.families, set(), cell.families) for language, cell in texted.items()
    }
    after: Cells = {}
    seen: set[int] = set()
    for language, place, template in rows:
        after.setdefault(template or "", Cell()).add(1, 0, place)
        if language in by_language and place not in seen:
            by_language[language].part += 1
        seen.add(place)
    return by_language, after


def reading(session: Session, span: Span) -> Mapping[str, Cells]:
    """Of the texts that came: read at once, put right later, kept for a person; by language."""
    who, intent = adults(), InboundText.meaning["intent"].as_string()
    rows = session.execute(
        select(
            who.c.language,
            func.count(),
            func.count(who.c.home.distinct()),
            total(and_(~InboundText.needs_staff, or_(intent.is_(None), intent != "unclear"))),
            total(intent == "fix"),
            total(InboundText.needs_staff.is_(True)),
        )
        .select_from(InboundText)
        .join(who, who.c.adult == InboundText.caregiver_id)
        .where(
            InboundText.channel == "sms", InboundText.handled_at.is_not(None),
            InboundText.received_at >= span.begins, InboundText.received_at < span.ends,
        )
        .group_by(who.c.language)
    ).all()  # fmt: skip
    found: dict[str, Cells] = {"understood": {}, "fixed": {}, "inbox": {}}
    for language, whole, families, *parts in rows:
        for key, part in zip(found, parts, strict=True):
            found[key][language] = Cell(int(part or 0), whole, set(), families)
    return found
