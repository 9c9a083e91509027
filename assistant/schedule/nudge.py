"""When the rest of a long period can no longer fit into the school days that are left. Pure."""

from __future__ import annotations

from datetime import date

from assistant.schedule.calendar import instructional_days
from assistant.schedule.types import Expected, SchoolCalendar
from assistant.words import Asks

SHORTEST_PERIOD = 10  # school days; a shorter one is asked about soon enough
WORTH_IT = 3  # school days left: with fewer, the question at the end of the period is as good


def nudge_day(
    expected: Expected, calendar: SchoolCalendar, session_minutes: int, known_sessions: int = 0
) -> date | None:
    """The first school day, past the period's middle, after which its rest no longer fits; None for never.

    One session a school day is the most that fits. `session_minutes` is the length of one, 0 where the IEP
    states none: then nobody can say, and None is returned. `known_sessions` are those told of so far.
    `expected` is a period; `calendar` the one its line lives by.
    """
    if expected.period_from is None or expected.period_to is None or not session_minutes:
        return None
    if expected.asks not in (Asks.COUNT, Asks.MINUTES):
        return None
    days = instructional_days(calendar, expected.period_from, expected.period_to)
    wanted = expected.due_sessions
    if expected.asks is Asks.MINUTES:
        wanted = -(-expected.due_minutes // session_minutes)
    rest = wanted - known_sessions
    if len(days) < SHORTEST_PERIOD or rest <= WORTH_IT:
        return None
    # After days[place] there are len(days) - place - 1 left; the first place at which that is less than rest.
    place = max(len(days) - rest, (len(days) + 1) // 2)
    return days[place] if len(days) - place - 1 >= WORTH_IT else None
