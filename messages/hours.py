"""Quiet hours: when a text may go out, in the caregiver's own zone. Pure.

The window is an ordinary stretch of one day, `opens` to `closes` local time. Walking to the next opening is
done in local time and turned into UTC last, so a clock change moves nothing (a skipped opening moves forward
with the clock).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from assistant.schedule.zones import moment as local_moment

_SUNDAY = 6


@dataclass(frozen=True, slots=True)
class Hours:
    """When a caregiver may be written to: from `opens` until just before `closes`, local time of `zone`."""

    zone: ZoneInfo
    opens: time
    closes: time
    sundays: bool = False

    def allows(self, moment: datetime) -> bool:
        """Whether a text may go out at `moment` (aware)."""
        local = moment.astimezone(self.zone)
        return self.opens <= local.time() < self.closes and (self.sundays or local.weekday() != _SUNDAY)

    def next_open(self, moment: datetime) -> datetime:
        """`moment` itself if a text may go out then, else the next opening, in UTC."""
        if self.allows(moment):
            return moment.astimezone(UTC)
        local = moment.astimezone(self.zone)
        day = local.date() if local.time() < self.opens else local.date() + timedelta(days=1)
        if day.weekday() == _SUNDAY and not self.sundays:
            day += timedelta(days=1)
        return local_moment(day, self.opens, self.zone).astimezone(UTC)

    def closing(self, moment: datetime) -> datetime:
        """When the window that `moment` lies in closes, in UTC (of the day's window when outside)."""
        local = moment.astimezone(self.zone)
        return local_moment(local.date(), self.closes, self.zone).astimezone(UTC)
