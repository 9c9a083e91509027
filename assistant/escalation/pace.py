"""Minutes promised for a whole year: when the pace is so far behind that it has to be spoken of.

A yearly amount is written to leave the weeks free, so a quiet month is no miss by itself. What counts is how
far the minutes given lag behind the pace, and what it would take to catch up.
"""

from __future__ import annotations

from assistant.escalation.policy import FEWEST_MISSES
from assistant.escalation.reading import Reading, why
from assistant.escalation.types import Pace, Why
from assistant.schedule.calendar import instructional_days

_WEEK = 5  # school days


def behind_pace(line: Reading) -> Why | None:
    """More than `short_percent` and more than `short_weeks` weeks' worth behind, or too much to catch up.

    Too much: more than `catch_up_percent` of the line's weekly minutes would have to be given in each week
    that is left, and more than one week's worth is missing. Minutes behind are those short on the school's
    side less what was given above the pace in other months: over a year these are the same minutes. All is
    measured at the newest answer that says something about the school, so neither time alone nor an absence
    brings a step. Compared exactly, never rounded.
    """
    pace = line.pace
    if pace is None or len(line.misses) < FEWEST_MISSES:
        return None
    told = [one for one in line.episode if one.given or one.other or line.counts(one)]
    over = [one for one in line.episode if one.date <= told[-1].date]
    expected = sum(one.due for one in over)
    behind = sum(one.short for one in line.misses) - sum(one.surplus for one in over)
    days = len(instructional_days(line.calendar, pace.starts, pace.ends))
    left = len(
        [day for day in instructional_days(line.calendar, pace.starts, pace.ends) if day > told[-1].date]
    )
    if behind <= 0 or not expected or not days:
        return None
    policy = line.policy
    far = 100 * behind > policy.short_percent * expected and _weeks(behind, policy.short_weeks, pace, days)
    rest = pace.total - sum(one.due for one in line.occasions if one.date <= told[-1].date)
    to_give = max(0, rest) + behind
    late = 100 * to_give * days > policy.catch_up_percent * pace.total * left and _weeks(
        behind, 1, pace, days
    )
    if not (far or late):
        return None
    return why(
        "behind_pace",
        line.misses,
        over,
        behind=behind,
        a_week=_rounded(_WEEK * pace.total, days),
        needed_a_week=_rounded(_WEEK * to_give, left) if left else to_give,
        weeks_left=_rounded(left, _WEEK),
    )


def _weeks(minutes: int, weeks: int, pace: Pace, days: int) -> bool:
    """Whether `minutes` are more than so many weeks of the line's own pace."""
    return minutes * days > weeks * _WEEK * pace.total


def _rounded(part: int, whole: int) -> int:
    return (2 * part + whole) // (2 * whole)
