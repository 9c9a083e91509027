"""When people are asked, and when nothing may leave."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from assistant.config.section import Section

Window = tuple[time, time]  # from the first until just before the second, local time
Week = tuple[Window | None, ...]  # Monday to Sunday; None: closed all day
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Asking(Section):
    delay_minutes: int = Field(45, ge=0, le=600)
    quiet_start: time = time(20, 0)
    quiet_end: time = time(9, 0)
    sundays: bool = False
    answer_at_night: bool = False
    reminder: bool = True
    reminder_hours: int = Field(20, ge=1, le=72)
    close_hours: int = Field(48, ge=2, le=240)
    late_answer_days: int = Field(7, ge=0, le=30)
    stale_hours: int = Field(24, ge=1, le=168)
    horizon_days: int = Field(28, ge=1, le=120)
    max_questions_a_week: int = Field(10, ge=1, le=50)
    reconfirm_days: int = Field(60, ge=0, le=365)

    @model_validator(mode="after")
    def _window(self) -> Self:
        if not self.quiet_end < self.quiet_start:
            raise ValueError("quiet_end must come before quiet_start: texts go out between them")
        if self.reminder and self.reminder_hours >= self.close_hours:
            raise ValueError("reminder_hours must be less than close_hours")
        return self


class StateHours(Section):
    """When texts may go out in a state: "08:00-20:00" or "none". An empty day is as the one before it."""

    weekdays: str
    saturday: str = ""
    sunday: str = ""

    @field_validator("weekdays", "saturday", "sunday")
    @classmethod
    def _window(cls, value: str) -> str:
        if value not in ("", "none"):
            window_of(value)
        return value

    @property
    def week(self) -> Week:
        """The windows of Monday to Sunday."""
        saturday = self.saturday or self.weekdays
        days = [*[self.weekdays] * 5, saturday, self.sunday or saturday]
        return tuple(None if day == "none" else window_of(day) for day in days)


def window_of(text: str) -> Window:
    """The window of "08:00-20:00". Raises ValueError."""
    try:
        opens, closes = (time.fromisoformat(part.strip()) for part in text.split("-"))
    except ValueError:
        raise ValueError('expected hours like "09:00-20:00", or "none"') from None
    if not opens < closes:
        raise ValueError("closes before it opens")
    return opens, closes


class Quiet(Section):
    """Quiet hours by the state people live in. `state` is for those of whom none is known."""

    state: str = Field("", pattern=r"^([A-Z]{2})?$")
    by_state: bool = True
    spread_minutes: int = Field(15, ge=0, le=120)
    states: dict[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], StateHours] = Field({})


class Summaries(Section):
    """The e-mail of the week, and with the first one of a month the minutes of the month before."""

    weekly: bool = True
    monthly: bool = True
    weekday: Weekday = "mon"
    at: time = time(10, 0)
