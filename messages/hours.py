"""Quiet hours: when a text may go out, in the caregiver's own zone. Pure.

Each weekday has a window, local time: that of the program and the caregiver, and within it that of the state
they live in (`quiet_hours.toml`, reported rules with their sources). The strictest holds. Walking to the next
opening is done in local time and turned into UTC last, so a clock change moves nothing (a skipped opening
moves forward with the clock).
"""

from __future__ import annotations

import tomllib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from assistant.config import StateHours, Week, Window
from assistant.schedule.zones import moment as local_moment

_SUNDAY = 6
_LAST_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """When a caregiver may be written to: from `opens` until just before `closes`, local time of `zone`.

    `week` narrows that, day by day. `late`: how long after an opening what waited for it goes out, so that
    not all who waited are written to in the same minute.
    """

    zone: ZoneInfo
    opens: time
    closes: time
    sundays: bool = False
    week: Week | None = None
    late: timedelta = timedelta(0)

    def allows(self, moment: datetime) -> bool:
        """Whether a text may go out at `moment` (aware)."""
        local = moment.astimezone(self.zone)
        window = self.window(local.weekday())
        return window is not None and window[0] <= local.time() < window[1]

    def window(self, weekday: int) -> Window | None:
        """What is open on a weekday (0: Monday)."""
        if weekday == _SUNDAY and not self.sundays:
            return None
        usual = (self.opens, self.closes)
        return narrower(usual, self.week[weekday]) if self.week else usual

    def next_open(self, moment: datetime) -> datetime:
        """`moment` itself if a text may go out then, else soon after the next opening, in UTC.

        Raises ValueError where no day of the week is open.
        """
        if self.allows(moment):
            return moment.astimezone(UTC)
        day = moment.astimezone(self.zone).date()
        for _ in range(9):
            window = self.window(day.weekday())
            if window is not None:
                opening = local_moment(day, window[0], self.zone).astimezone(UTC)
                if opening > moment:
                    last = local_moment(day, window[1], self.zone).astimezone(UTC) - _LAST_MINUTE
                    return max(opening, min(opening + self.late, last))
            day += timedelta(days=1)
        raise ValueError("no hour of the week is open")

    def closing(self, moment: datetime) -> datetime:
        """When the window that `moment` lies in closes, in UTC (of the day's window when outside)."""
        local = moment.astimezone(self.zone)
        window = self.window(local.weekday())
        return local_moment(local.date(), window[1] if window else self.closes, self.zone).astimezone(UTC)


def narrower(one: Window, other: Window | None) -> Window | None:
    """What is open in both; None where nothing is."""
    if other is None:
        return None
    opens, closes = max(one[0], other[0]), min(one[1], other[1])
    return (opens, closes) if opens < closes else None


def some_day_open(opens: time, closes: time, week: Week) -> bool:
    """Whether any day of the week has an hour that both allow, Sunday aside."""
    return any(narrower((opens, closes), window) for window in week[:_SUNDAY])


@cache
def reported() -> Mapping[str, Week]:
    """The windows of states as reported, by postal code."""
    file = Path(__file__).parent / "quiet_hours.toml"
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    days = ("weekdays", "saturday", "sunday")
    return {
        state: StateHours(**{day: row[day] for day in days if day in row}).week
        for state, row in table.items()
    }


def late_by(caregiver_id: int, most: timedelta) -> timedelta:
    """A caregiver's own delay after an opening, from nothing to `most`: always the same one."""
    seconds = int(most.total_seconds())
    return timedelta(seconds=zlib.crc32(str(caregiver_id).encode()) % seconds) if seconds else timedelta(0)
