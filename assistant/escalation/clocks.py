"""The dates that matter after a step: how long an answer may take, and when a window closes.

Every date says whether it is legal or courtesy and where it comes from. A day of receipt or of sending is
day 0. Where the law's text leaves two readings, `due` is the earlier and `latest` the later, and nothing is
called late before `latest` has passed. Information, not advice: each citation awaits an expert's review.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from assistant.escalation.holidays import is_business_day
from assistant.escalation.shortfall import side_of, stands
from assistant.escalation.types import DueDate, Facts, StepKey
from assistant.escalation.vacations import Span, between_terms, long_vacations, long_vacations_at_most
from assistant.schedule.calendar import add_school_days
from assistant.schedule.types import SchoolCalendar
from assistant.words import Bucket

RECORDS_BUSINESS_DAYS = 5
MEETING_DAYS = 30
DECISION_DAYS = 60
RECONSIDERATION_DAYS = 30
LOOKBACK_MONTHS = 12
DUE_PROCESS_MONTHS = 24

_DAY = timedelta(days=1)


def records_due(received: date, calendar: SchoolCalendar) -> DueDate:
    """Copies of school records, service logs too: 5 business days after the request was received.

    `due` counts Monday to Friday without federal holidays; `latest` also leaves out the school's own days
    off and breaks, because a school may not read those as business days.
    """
    due = latest = received
    for _ in range(RECORDS_BUSINESS_DAYS):
        due = _next_business_day(due, frozenset())
        latest = _next_business_day(latest, calendar.off)
    note = "Counted in business days from the day the school received the request; oral requests count too."
    if latest != due:
        note += " A school may leave out its own days off, so nothing is late before the second date."
    return DueDate("records", "legal", received, due, latest, "Cal. Ed. Code 56504, 49069.7", note)


def reply_by(sent: date, calendar: SchoolCalendar, school_days: int = 10) -> DueDate:
    """The date a letter politely asks to be answered by: `school_days` after `sent`. No law sets it."""
    due = add_school_days(calendar, sent, school_days)
    note = f"A courtesy date, {school_days} school days after sending. No law sets a date for this answer."
    return DueDate("reply", "courtesy", sent, due, due, "", note)


def meeting_range(received: date, calendar: SchoolCalendar, next_first_day: date | None = None) -> DueDate:
    """An IEP meeting asked for in writing is held within 30 days of receipt.

    Not counted: days between terms, and vacations of more than five school days. Whether the weekends that
    touch such a vacation, or single days off beside it, belong to it is not in the text: `due` counts them,
    `latest` does not. The next year's first day is `next_first_day`, else assumed 52 weeks after this one's.
    """
    summer = between_terms(calendar, next_first_day)
    due = _count(received, MEETING_DAYS, [*summer, *long_vacations(calendar)])
    latest = max(due, _count(received, MEETING_DAYS, [*summer, *long_vacations_at_most(calendar)]))
    note = "Starts when the school receives the request in writing."
    if latest != due:
        note += " The text leaves open which days around a vacation count; it is late only after the second."
    if next_first_day is None and latest > calendar.last_day:
        note += " The next school year's first day is assumed; check it."
    return DueDate("meeting", "legal", received, due, latest, "Cal. Ed. Code 56343(c), 56343.5, 56043", note)


def complaint_window(oldest_miss: date) -> DueDate:
    """The last day on which a state complaint can be received and still cover `oldest_miss`: one year.

    The state has to have *received* it by then; talks or mediation do not stop the year.
    """
    due = add_months(oldest_miss, LOOKBACK_MONTHS)
    leaves = (due + _DAY).isoformat()
    note = f"The earliest logged miss leaves the window on {leaves}. What counts is the day of receipt."
    cite = "34 CFR 300.153(c); Cal. Ed. Code 56500.2(b); 5 CCR 3202(c)"
    return DueDate("lookback", "legal", oldest_miss, due, due, cite, note)


def decision_due(received: date) -> DueDate:
    """The state's written decision: 60 calendar days after it received the complaint; it can be extended."""
    due = received + timedelta(DECISION_DAYS)
    note = "Calendar days from receipt. It can be extended in exceptional cases or for an agreed mediation."
    return DueDate("decision", "legal", received, due, due, "34 CFR 300.152; 5 CCR 3200(f), 3203(a)", note)


def reconsideration_due(report: date) -> DueDate:
    """The last day to ask the state to look at its decision again: 30 days after the report's date."""
    due = report + timedelta(RECONSIDERATION_DAYS)
    note = "Counted from the date of the state's report. Check the report for its own wording."
    return DueDate("reconsideration", "legal", report, due, due, "5 CCR 3204", note)


def due_process_edge(oldest: date) -> DueDate:
    """The last day to ask for a due process hearing about `oldest`: two years after it was known."""
    due = add_months(oldest, DUE_PROCESS_MONTHS)
    cite = "20 USC 1415(f)(3)(C),(D); Cal. Ed. Code 56505(l)"
    note = "Two years from the day the family knew of it, taken as the day itself. There are two exceptions."
    return DueDate("due_process", "legal", oldest, due, due, cite, note)


def dates_for(step: StepKey, on: date, facts: Facts, reply_school_days: int = 10) -> tuple[DueDate, ...]:
    """The dates that begin to run if `step` is done on `on` and received the same day.

    With the written notice and everything after it comes the day on which the earliest logged school-side
    miss leaves the complaint window; a miss that has left it already is passed over.
    """
    dates: list[DueDate] = []
    if step is StepKey.DOCUMENT:
        dates.append(records_due(on, facts.calendar))
    elif step is StepKey.WRITTEN_NOTICE:
        dates.append(reply_by(on, facts.calendar, reply_school_days))
    elif step is StepKey.IEP_MEETING:
        dates.append(meeting_range(on, facts.calendar))
    elif step is StepKey.COMPLIANCE_COMPLAINT:
        decision = decision_due(on)
        dates += [decision, reconsideration_due(decision.due)]
    if step in _WITH_WINDOW:
        oldest = _oldest_miss(facts, on, LOOKBACK_MONTHS)
        dates += [complaint_window(oldest)] if oldest else []
    if step in (StepKey.COMPLIANCE_COMPLAINT, StepKey.COMPENSATORY_EDUCATION):
        oldest = _oldest_miss(facts, on, DUE_PROCESS_MONTHS)
        dates += [due_process_edge(oldest)] if oldest else []
    return tuple(dates)


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later, or that month's last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


_WITH_WINDOW = (
    StepKey.WRITTEN_NOTICE,
    StepKey.IEP_MEETING,
    StepKey.COMPLIANCE_COMPLAINT,
    StepKey.COMPENSATORY_EDUCATION,
)


def _oldest_miss(facts: Facts, on: date, months: int) -> date | None:
    misses = (
        one.date
        for one in facts.occasions
        if side_of(one) is Bucket.SCHOOL and stands(one) and one.date <= on <= add_months(one.date, months)
    )
    return min(misses, default=None)


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
