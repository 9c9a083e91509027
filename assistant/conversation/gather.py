"""When questions come to who does not want one after each session: of a day in the evening, of a week on its
Friday. Pure.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from assistant.schedule.zones import moment
from messages.hours import Hours

EVENING = time(18)  # local, of the caregiver
BEFORE_CLOSING = timedelta(hours=1)  # where their hours end earlier than an hour after that
_FRIDAY = 4


def gathered(way: str, due: datetime, hours: Hours) -> datetime:
    """When to ask about what falls due at `due`, in UTC: never before it, and inside the caregiver's hours.

    `way`: "each" (at once), "evening", "week". What falls due after that evening is asked about at once.
    """
    day = due.astimezone(hours.zone).date()
    if way == "week":
        day += timedelta(days=max(0, _FRIDAY - day.weekday()))
    elif way != "evening":
        return hours.next_open(due)
    evening = moment(day, EVENING, hours.zone)
    window = hours.window(day.weekday())
    if window is not None:
        evening = max(
            moment(day, window[0], hours.zone),
            min(evening, moment(day, window[1], hours.zone) - BEFORE_CLOSING),
        )
    return hours.next_open(max(due, evening))
