"""The only "now". Everything else takes a Clock, so a whole school year can be lived in a minute."""

from __future__ import annotations

import time as _time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Something that tells the time, in UTC."""

    def now(self) -> datetime:
        """The current moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class VirtualClock:
    """A clock that stands still until it is moved. It never runs backwards.

    Used by `simulate`, by the sandbox's "jump ahead" and by the tests.
    """

    def __init__(self, start: datetime) -> None:
        self._now = _aware(start)

    def now(self) -> datetime:
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Stand at `moment`, or stay where we are if that is later.

        Raises ValueError for a moment without a time zone.
        """
        self._now = max(self._now, _aware(moment))


class AheadClock:
    """The machine's clock plus a lead that only grows: the sandbox's "jump ahead" lengthens the lead."""

    def __init__(self, lead: timedelta = timedelta(0)) -> None:
        self.lead = lead

    def now(self) -> datetime:
        return datetime.now(UTC) + self.lead

    def jump_to(self, moment: datetime) -> None:
        """Make it `moment` now, and go on from there; nothing happens for a moment in the past."""
        self.lead = max(self.lead, _aware(moment) - datetime.now(UTC))


def of_the_world(clock: Clock) -> datetime:
    """What clocks elsewhere show now (UTC), such as that of an app on a phone: a lead is ours alone."""
    return clock.now() - (clock.lead if isinstance(clock, AheadClock) else timedelta(0))


def monotonic() -> float:
    """Seconds from an arbitrary start, for measuring how long a thing took; never a time of day."""
    return _time.monotonic()


def worked() -> float:
    """CPU seconds of this process so far: what work costs, however busy the machine is with other things."""
    return _time.process_time()


def pause(seconds: float) -> None:
    """Wait for real. Only for loops that watch the machine, never for anything a test must live through."""
    _time.sleep(seconds)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC)
