"""The decision about one service line: which step to offer today, which to remind of, when to look again.

Pure: the same facts and policy give the same decision, in whatever order the log arrived.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from assistant.escalation.clocks import add_months
from assistant.escalation.ladder import (
    climb,
    compensatory_education,
    meeting_latest,
    none_held_on,
    notice_answer_by,
)
from assistant.escalation.policy import FEWEST_MISSES, Policy
from assistant.escalation.reading import (
    PREPARED,
    RUNGS,
    Reading,
    entries_of,
    held_run,
    mailed_on,
    read,
    said_resolved_on,
    why,
)
from assistant.escalation.shortfall import side_of, stands
from assistant.escalation.types import Decision, Facts, Occasion, StepKey, StepTaken, Why
from assistant.words import Bucket, Cause

_DAY = timedelta(days=1)
# An urgent e-mail says "today". What is told later than this is logged and counts like any other miss.
_URGENT_WITHIN = timedelta(days=14)


def decide(facts: Facts, policy: Policy) -> Decision:
    """What to do today about one service line.

    `look_again` is the next day on which something would fire without a new log entry, taking it that this
    decision's step was suggested (or its reminder sent) today; None where only a new entry can bring one.
    """
    line = read(facts, policy)
    now = _what_now(line)
    return replace(now, look_again=_look_again(_carried_out(facts, line, now), policy))


def _what_now(line: Reading) -> Decision:
    """The decision of `line.today`. The order is the order of importance; at most one thing a day."""
    if line.today < line.registered_on or _raised_urgent_today(line):
        return Decision()
    urgent = _urgent(line)
    if urgent:
        return Decision(StepKey.URGENT, urgent)
    if line.free_from and line.today < line.free_from:
        return Decision()
    if line.last_mail is None:
        return Decision(StepKey.CHECK_IEP, Why("registered", {"on": line.registered_on.isoformat()}))
    resolved = _resolved(line)
    if resolved:
        return Decision(StepKey.RESOLVED, resolved)
    climbed = climb(line)
    if climbed:
        return Decision(*climbed)
    owed = compensatory_education(line)
    if owed:
        return Decision(StepKey.COMPENSATORY_EDUCATION, owed)
    return _once_more(line)


def _raised_urgent_today(line: Reading) -> bool:
    return any(step.key is StepKey.URGENT and step.suggested_on == line.today for step in line.steps)


def _urgent(line: Reading) -> Why | None:
    """School-side misses of an urgent line, or a child sent home, that no urgent e-mail has raised yet."""
    raised = [step for step in line.steps if step.key is StepKey.URGENT]
    new = [
        one
        for one in line.occasions
        if side_of(one) is Bucket.SCHOOL
        and stands(one)
        and (line.urgent_line or one.cause is Cause.SENT_HOME)
        and one.date + _URGENT_WITHIN >= line.today
        and not any(_covers(step, one) for step in raised)
    ]
    if not new:
        return None
    sent_home = any(one.cause is Cause.SENT_HOME for one in new)
    return why("sent_home" if sent_home else "urgent_line", new, new)


def _covers(urgent: StepTaken, one: Occasion) -> bool:
    """Whether the urgent e-mail was about this miss. Where its entries are not known, the day tells."""
    if one.date == urgent.suggested_on or one.entry in urgent.entries:
        return True
    return (not urgent.entries or one.entry is None) and one.date < urgent.suggested_on


def _resolved(line: Reading) -> Why | None:
    """The parent said so, or enough was held in a row since a step, or nothing is short any more."""
    if _said_so(line):
        return why("parent_says", [], [], on=line.since.isoformat() if line.since else "")
    first = next((step.suggested_on for step in line.taken if step.key in RUNGS), None)
    if first is None:
        return None
    row = held_run((one for one in line.episode if one.date > first), line.policy)
    if len(row) >= line.policy.held_in_a_row_to_resolve:
        summary = why("held_in_a_row", line.misses, line.episode, held=len(row))
        return replace(summary, entries=entries_of(row))
    made_up = any(one.made_up for one in line.episode)  # a make-up for every miss settles it
    if line.misses or (not made_up and any(side_of(one) is Bucket.UNKNOWN for one in line.episode)):
        return None
    return why("nothing_short", [], line.episode)


def _said_so(line: Reading) -> bool:
    """Whether the parent's "already fixed" is the last word, and has not had its thank-you note."""
    if line.since is None or line.misses or line.since not in map(said_resolved_on, line.steps):
        return False
    noted = [step.suggested_on for step in line.steps if step.key is StepKey.RESOLVED]
    newest = max(noted, default=date.min)
    return newest < line.since and any(s.key in RUNGS and s.suggested_on > newest for s in line.steps)


def _once_more(line: Reading) -> Decision:
    """A step that was not acted on: reminded of once, then offered again only after new misses."""
    step = _open_step(line)
    row = held_run(line.episode, line.policy)
    if step is None or len(row) >= line.policy.held_in_a_row_to_resolve:
        return Decision()
    if not any(other.reminded for other in line.taken if other.key is step.key):
        if not _still_stands(line, step):
            return Decision()
        due = step.suggested_on + timedelta(line.policy.remind_after_days)
        return Decision(remind=step.key) if line.today >= due else Decision()
    later = [one for one in line.misses if one.date > mailed_on(step, line.policy)]
    climbing = step.key in RUNGS or any(other.key is RUNGS[-1] for other in line.taken)
    again = step.suggested_on + timedelta(line.policy.offer_again_days)
    if len(later) < line.policy.misses_for_document or not climbing or line.today < again:
        return Decision()
    return Decision(
        step.key, why("new_misses_since", later, line.episode, offered_on=step.suggested_on.isoformat())
    )


def _still_stands(line: Reading, step: StepTaken) -> bool:
    """Whether corrections and make-ups have left what the step rests on; one miss alone is never enough."""
    if step.key not in RUNGS or len(line.misses) >= FEWEST_MISSES or (line.school_said_no and line.misses):
        return True
    unknown = [one for one in line.episode if side_of(one) is Bucket.UNKNOWN]
    return len(unknown) >= line.policy.unknowns_in_a_row


def _open_step(line: Reading) -> StepTaken | None:
    """The newest e-mail's step, if it came with a letter and the parent has not decided about it."""
    mailed = [step for step in line.taken if step.key is not StepKey.URGENT]
    newest = mailed[-1] if mailed else None
    if newest is None or newest.key not in PREPARED or newest.state != "suggested":
        return None
    return newest


def _carried_out(facts: Facts, line: Reading, now: Decision) -> Facts:
    """The facts once this decision has been recorded."""
    if now.step:
        entries = now.why.entries if now.why else ()
        return replace(facts, steps=(*line.steps, StepTaken(now.step, line.today, entries=entries)))
    if now.remind:
        open_step = _open_step(line)
        reminded = [
            replace(step, reminded=True, reminded_on=line.today) if step is open_step else step
            for step in line.steps
        ]
        return replace(facts, steps=tuple(reminded))
    return facts


def _look_again(facts: Facts, policy: Policy) -> date | None:
    """The first later day on which something fires; every rule that time can bring has its day here."""
    line = read(facts, policy)
    days = {line.registered_on, line.today + _DAY, line.free_from, none_held_on(line)}
    days.update(step.suggested_on + timedelta(policy.remind_after_days) for step in line.taken)
    days.update(step.suggested_on + timedelta(policy.offer_again_days) for step in line.taken)
    notice, meeting = line.decided(StepKey.WRITTEN_NOTICE), line.decided(StepKey.IEP_MEETING)
    if notice:
        days.add(notice_answer_by(line, notice) + _DAY)
    latest = meeting_latest(line, meeting) if meeting else None
    days.add(latest + _DAY if latest else None)
    days.update(add_months(one.date, policy.oldest_miss_months) for one in line.misses[:1])
    for day in sorted(day for day in days if day and day > line.today):
        later = _what_now(replace(line, today=day))
        if later.step or later.remind:
            return day
    return None
