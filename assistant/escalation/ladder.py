"""The rungs: for each step of the ladder, the reason to offer it now, or None.

A reason rests on misses that are logged. What says nothing about the school (child away, refusal, closure,
not sure, silence) can lower a share or break a run, but never brings a step nearer; the one exception is
a streak of "not sure", which leads to the records request and no further.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from assistant.escalation.clocks import add_months, run
from assistant.escalation.pace import behind_pace
from assistant.escalation.policy import FEWEST_MISSES
from assistant.escalation.reading import RUNGS, Reading, entries_of, held_run, resolutions, why
from assistant.escalation.shortfall import side_of
from assistant.escalation.types import Occasion, StepKey, StepTaken, Why
from assistant.schedule.calendar import add_school_days, instructional_days
from assistant.words import Bucket, Outcome

_DAY = timedelta(days=1)


def climb(line: Reading) -> tuple[StepKey, Why] | None:
    """The next rung up with a reason to take it: lower ones first, none twice, none past an unasked notice.

    Nothing is offered while sessions are held in a row again, as many as would step the ladder down.
    """
    if len(held_run(line.episode, line.policy)) >= line.policy.held_in_a_row_to_resolve:
        return None
    above = RUNGS.index(line.top.key) + 1 if line.top else 0
    for key in RUNGS[above:]:
        reason = _RULES[key](line)
        if reason:
            return key, reason
    return None


def document(line: Reading) -> Why | None:
    """Ask for the service log: misses in a window, a streak of "not sure", or the notice's reasons."""
    if line.pace:
        return _unknown_streak(line) or behind_pace(line)
    reason = _misses_within(line, line.policy.misses_for_document, line.policy.document_window_school_days)
    return reason or _unknown_streak(line) or _pattern(line)


def written_notice(line: Reading) -> Why | None:
    """Write to the school: a pattern of misses, or the school's word that it cannot provide."""
    if line.school_said_no and line.misses:
        return why("school_said_no", line.misses, line.episode)
    return _pattern(line)


def iep_meeting(line: Reading) -> Why | None:
    """Ask for a meeting: the notice was sent and no fix came in time, or the school said it cannot.

    After a notice that the parent declined there is no answer to wait for; then a further miss is needed.
    """
    notice = line.decided(StepKey.WRITTEN_NOTICE)
    if notice is None or not line.misses:
        return None
    sent = _acted_on(notice)
    if line.school_said_no:
        return why("school_said_no", line.misses, line.episode, notice_on=sent.isoformat())
    by = notice_answer_by(line, notice)
    later = [one for one in line.misses if one.date > sent]
    waited = line.today > by and (bool(later) if notice.state == "not_now" else not _mending(line, sent))
    if not waited or len(line.misses) < FEWEST_MISSES:
        return None
    return why(
        "no_fix_after_notice",
        line.misses,
        line.episode,
        notice_on=sent.isoformat(),
        answer_by=by.isoformat(),
        school_days=line.policy.notice_reply_school_days,
        misses_since=len(later),
    )


def compliance_complaint(line: Reading) -> Why | None:
    """How to complain to the state: the meeting's clock ran out, misses go on, or the oldest grows old."""
    notice = line.decided(StepKey.WRITTEN_NOTICE)
    if notice is None or len(line.misses) < FEWEST_MISSES:
        return None
    meeting = line.decided(StepKey.IEP_MEETING)
    if meeting and meeting.state == "done":
        asked, latest = _acted_on(meeting), meeting_latest(line, meeting)
        if meeting.answer == "refused":
            return why("meeting_refused", line.misses, line.episode, asked_on=asked.isoformat())
        overdue = meeting.answer is None and latest is not None and line.today > latest
        if overdue and latest and not _mending(line, asked):
            dates = {"asked_on": asked.isoformat(), "latest": latest.isoformat()}
            return why("meeting_overdue", line.misses, line.episode, **dates)
    weeks, sent = line.policy.weeks_after_notice, _acted_on(notice)
    if notice.state == "done" and line.misses[-1].date >= sent + timedelta(weeks=weeks):
        later = [one for one in line.misses if one.date > sent]
        return why("misses_go_on", later, line.episode, weeks=weeks, notice_on=sent.isoformat())
    oldest = line.misses[0].date
    if line.today >= add_months(oldest, line.policy.oldest_miss_months):
        months = line.policy.oldest_miss_months
        return why("oldest_miss", line.misses, line.episode, months=months, oldest=oldest.isoformat())
    return None


def compensatory_education(line: Reading) -> Why | None:
    """Ask for the minutes back: beside a complaint, or once the service is restored and minutes are short."""
    if any(step.key is StepKey.COMPENSATORY_EDUCATION for step in line.taken):
        return None
    if any(step.key is StepKey.COMPLIANCE_COMPLAINT for step in line.taken):
        short = sum(one.short for one in line.misses)
        return why("after_complaint", line.misses, line.episode) if short else None
    return _short_when_restored(line)


def notice_answer_by(line: Reading, notice: StepTaken) -> date:
    """The courtesy date of a notice that was sent (or declined): the one its letter named, if it did."""
    if notice.answer_by is not None:
        return notice.answer_by
    return add_school_days(line.calendar, _acted_on(notice), line.policy.notice_reply_school_days)


def meeting_latest(line: Reading, meeting: StepTaken) -> date | None:
    """The later end of the meeting's range, taking it that the request arrived the day it was sent.

    None where the jurisdiction sets no number of days.
    """
    rule = line.rules.get("meeting")
    return run(rule, _acted_on(meeting), line.calendar).latest if rule else None


def none_held_on(line: Reading) -> date | None:
    """The day on which "nothing held" becomes true if nothing else is logged; None without such a run."""
    run = _none_held_run(line)
    if not run:
        return None
    return add_school_days(line.calendar, run[0].date - _DAY, line.policy.none_held_school_days) + _DAY


def _acted_on(step: StepTaken) -> date:
    return step.decided_on or step.suggested_on


def _misses_within(line: Reading, enough: int, school_days: int) -> Why | None:
    first = line.window(school_days)
    recent = [one for one in line.misses if one.date >= first]
    if len(recent) < enough:
        return None
    over = [one for one in line.episode if one.date >= first]
    return why("misses_in_window", recent, over, window=school_days)


def _unknown_streak(line: Reading) -> Why | None:
    streak: list[Occasion] = []
    for one in reversed(line.episode):
        if side_of(one) is Bucket.UNKNOWN:
            streak.append(one)
        elif one.outcome in (Outcome.HELD, Outcome.OTHER, Outcome.PARTIAL) or line.counts(one):
            break
    if len(streak) < line.policy.unknowns_in_a_row:
        return None
    values: dict[str, int | str] = {
        "unknowns": len(streak),
        "first": streak[-1].date.isoformat(),
        "last": streak[0].date.isoformat(),
    }
    return Why("unknowns_in_a_row", values, entries_of(streak))


def _pattern(line: Reading) -> Why | None:
    if line.pace:
        return behind_pace(line)
    policy = line.policy
    reason = _misses_within(line, policy.misses_for_notice, policy.notice_window_school_days)
    return reason or _percent_short(line) or _none_held(line)


def _percent_short(line: Reading) -> Why | None:
    """The share of the minutes due in the notice's window that ends with the newest miss, up to today.

    The weeks run from the first session that says anything about the school to the newest miss, so that
    neither time alone nor an answer about something else can complete them.
    """
    policy = line.policy
    if not line.misses or line.misses[-1].date < line.window(policy.notice_window_school_days):
        return None
    newest = line.misses[-1].date
    first = line.window(policy.notice_window_school_days, newest)
    over = [one for one in line.episode if one.date >= first]
    misses = [one for one in line.misses if one.date >= first]
    told = [one.date for one in over if one.given or one.other or line.counts(one)]
    long_enough = (newest - told[0]).days >= 7 * policy.short_weeks
    expected, short = sum(one.due for one in over), sum(one.short for one in misses)
    if len(misses) < FEWEST_MISSES or not long_enough or not expected:
        return None
    if 100 * short < policy.short_percent * expected:
        return None
    weeks = (newest - told[0]).days // 7
    return why("percent_short", misses, over, weeks=weeks, threshold_percent=policy.short_percent)


def _none_held_run(line: Reading) -> list[Occasion]:
    """The misses in a row at the end, nothing else between or after them, not a minute given."""
    run: list[Occasion] = []
    for one in reversed(line.episode):
        if not line.counts(one) or one.given or one.other or one.made_up:
            break
        run.insert(0, one)
    return run if len(run) >= FEWEST_MISSES else []


def _none_held(line: Reading) -> Why | None:
    run, days = _none_held_run(line), line.policy.none_held_school_days
    if not run or run[-1].date < line.window(days):
        return None
    # Today is not over: a session may still be held.
    passed = len(instructional_days(line.calendar, run[0].date, line.today - _DAY))
    return why("none_held", run, run, school_days=passed) if passed >= days else None


def _mending(line: Reading, after: date) -> bool:
    """Whether sessions are held again since `after`, and none was missed."""
    later = [one for one in line.episode if one.date > after]
    return any(one.outcome is Outcome.HELD for one in later) and not any(line.counts(one) for one in later)


def _short_when_restored(line: Reading) -> Why | None:
    """The minutes still short in the episode closed last, if the parent had answered about the notice."""
    if line.since is None or line.misses:
        return None
    before = [step for step in line.steps if step.key in RUNGS[1:] and step.suggested_on <= line.since]
    if not before:
        return None
    opened = max((day for day in resolutions(line.steps) if day < before[-1].suggested_on), default=date.min)
    steps = [step for step in line.steps if step.suggested_on > opened]
    answered = any(s.key is StepKey.WRITTEN_NOTICE and s.state != "suggested" for s in steps)
    if not answered or any(step.key is StepKey.COMPENSATORY_EDUCATION for step in steps):
        return None
    over = [one for one in line.occasions if opened < one.date <= line.since]
    misses = [one for one in over if line.counts(one)]
    if not sum(one.short for one in misses):
        return None
    return why("short_when_restored", misses, over, restored_on=line.since.isoformat())


_RULES: dict[StepKey, Callable[[Reading], Why | None]] = {
    StepKey.DOCUMENT: document,
    StepKey.WRITTEN_NOTICE: written_notice,
    StepKey.IEP_MEETING: iep_meeting,
    StepKey.COMPLIANCE_COMPLAINT: compliance_complaint,
}
