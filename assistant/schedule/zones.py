"""Local wall time to a moment, and zone names checked."""

from __future__ import annotations

import difflib
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

_MINUTES_OF_A_DAY = 24 * 60


def zone(name: str) -> ZoneInfo:
    """The zone with this IANA name.

    Raises ValueError with one plain line for a name that is none, with the nearest name where there is one.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        pass  # not found; not a name at all; a folder of zones, such as "America"
    nearest = difflib.get_close_matches(name, sorted(available_timezones()), n=1, cutoff=0.75)
    hint = f'; did you mean "{nearest[0]}"?' if nearest else ""
    raise ValueError(f'"{name}" is not a known time zone, expected one like "America/Los_Angeles"{hint}')


def moment(day: date, at: time, where: ZoneInfo) -> datetime:
    """The moment at which clocks in `where` show `at` on `day`, with that zone's offset.

    A time that a clock change skips moves forward by the gap; one that occurs twice means the first
    (contracts, section 3).
    """
    # fold=0 reads a skipped time with the offset before the change, so the way through UTC and back adds
    # the gap; a time that occurs twice comes back as its first.
    return datetime.combine(day, at, where).astimezone(UTC).astimezone(where)


def session(day: date, at: time, minutes: int, where: ZoneInfo) -> tuple[datetime, datetime]:
    """Start and end of what begins at `at` on `day` and takes `minutes` of real time.

    A clock change between the two neither adds nor takes time.
    """
    if minutes <= _MINUTES_OF_A_DAY and _steady(day, where):
        start = datetime.combine(day, at, where)
        return start, start + timedelta(minutes=minutes)
    start = moment(day, at, where)
    return start, (start.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(where)


@lru_cache(maxsize=4096)
def _steady(day: date, where: ZoneInfo) -> bool:
    """Whether clocks in `where` run on unchanged on `day` and the day after it, as on nearly every day.

    Wall times can then be added and compared as they are, which is several times faster.
    """
    opens = datetime.combine(day, time(), where)
    return opens.utcoffset() == (opens + timedelta(days=2)).utcoffset()
