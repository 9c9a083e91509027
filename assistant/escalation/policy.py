"""The thresholds. They are this tool's settings, shown as such; no law draws any of these lines."""

from __future__ import annotations

from dataclasses import dataclass, fields

# A day count above this is a typing mistake, not a policy.
_MOST = 400
# The complaint window is one year; a reminder that it is running out has to come before it has.
_MOST_MONTHS = 11
# One miss alone sends no step, whatever the settings say.
FEWEST_MISSES = 2


@dataclass(frozen=True, slots=True)
class Policy:
    """When which step is offered, per service line. Field for field the `[escalation]` section.

    School days are instructional days of the child's school; windows are rolling and end today.
    `notice_window_school_days` is 60, a third of a school year: three misses spread over a year are
    scheduling, three in a term are a pattern. Raises ValueError naming the first field that makes no sense.
    """

    misses_for_document: int = 2
    document_window_school_days: int = 20
    unknowns_in_a_row: int = 4
    misses_for_notice: int = 3
    notice_window_school_days: int = 60
    short_percent: int = 20  # of the minutes that fell due, compared exactly, not rounded
    short_weeks: int = 4  # between the first session known and the newest miss
    none_held_school_days: int = 10
    notice_reply_school_days: int = 10  # courtesy, counted from the day the notice was sent
    weeks_after_notice: int = 4
    oldest_miss_months: int = 9
    held_in_a_row_to_resolve: int = 3
    min_days_between_steps: int = 7  # calendar days between two e-mails about one line; not the urgent lane
    remind_after_days: int = 7  # calendar days
    offer_again_days: int = 28  # calendar days until a step that nobody decided about may be offered again
    grey_counts: bool = False  # assemblies, testing and minimum days count as misses
    minimum_days_to_count: int = 2  # short days within `minimum_day_weeks` that make them count; 0: never
    minimum_day_weeks: int = 6
    catch_up_percent: int = 150  # of a yearly line's weekly minutes: more than this a week to catch up

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name == "grey_counts":
                if not isinstance(value, bool):
                    raise ValueError("grey_counts: expected true or false")
                continue
            least = 0 if each.name == "minimum_days_to_count" else 1
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= _MOST:
                raise ValueError(
                    f"{each.name}: expected a whole number from {least} to {_MOST} (found {value!r})"
                )
        if self.misses_for_document < FEWEST_MISSES:
            raise ValueError("misses_for_document: expected 2 or more; one miss alone sends no step")
        if self.misses_for_notice < self.misses_for_document:
            raise ValueError("misses_for_notice: expected no fewer than misses_for_document")
        if self.short_percent > 100:
            raise ValueError("short_percent: expected 1 to 100")
        if self.oldest_miss_months > _MOST_MONTHS:
            raise ValueError(f"oldest_miss_months: expected 1 to {_MOST_MONTHS}; the window is one year")
