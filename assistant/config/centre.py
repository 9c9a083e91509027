"""What a centre decides for its families: when a step is suggested, its own words and pages, its measures."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from assistant.config.section import Section

Percent = Annotated[int, Field(ge=1, le=100)]
Count = Annotated[int, Field(ge=1, le=400)]


class Escalation(Section):
    """Field for field the escalation room's Policy; its docstrings say what each one means."""

    misses_for_document: int = Field(2, ge=2, le=400)
    document_window_school_days: Count = 20
    unknowns_in_a_row: Count = 4
    misses_for_notice: Count = 3
    notice_window_school_days: Count = 60
    short_percent: Percent = 20
    short_weeks: Count = 4
    none_held_school_days: Count = 10
    notice_reply_school_days: Count = 10
    weeks_after_notice: Count = 4
    oldest_miss_months: int = Field(9, ge=1, le=11)
    held_in_a_row_to_resolve: Count = 3
    min_days_between_steps: Count = 7
    remind_after_days: Count = 7
    offer_again_days: Count = 28
    grey_counts: bool = False
    minimum_days_to_count: int = Field(2, ge=0, le=400)
    minimum_day_weeks: Count = 6
    catch_up_percent: Count = 150

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.misses_for_notice < self.misses_for_document:
            raise ValueError("misses_for_notice must not be less than misses_for_document")
        return self


class Calendar(Section):
    """A centre's own words about events of a district's calendar file; each settles the matter alone."""

    off_words: tuple[str, ...] = ()
    school_words: tuple[str, ...] = ()

    @field_validator("off_words", "school_words")
    @classmethod
    def _some_letters(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not any(letter.isalnum() for letter in word) for word in value):
            raise ValueError("expected words or phrases as an event's title has them")
        return value


class GuidePages(Section):
    """A centre's own pages to read on, in place of the guide's; empty means the guide's."""

    iep_basics: str = ""
    dispute_resolution: str = ""
    disagreeing: str = ""

    @field_validator("iep_basics", "dispute_resolution", "disagreeing")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError('expected a web address, like "https://iep.example.org/basics"')
        return value


class Rehearsals(Section):
    """A year in a minute: where a centre's own scenarios are, how long one may take, what a segment costs."""

    folder: str = ""
    seconds: int = Field(120, ge=10, le=1800)
    price_per_segment: Decimal = Field(Decimal("0.0083"), ge=0, le=10, allow_inf_nan=False)
    currency: str = Field("USD", pattern=r"^[A-Z]{3}$")


class Measures(Section):
    """Totals over families: how many there must be before a figure is shown."""

    fewest_families: int = Field(15, ge=5, le=1000)
