"""How often, in plain words: one time is not "1 times"."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.schedule.types import CountPerPeriod, CountPerWeeks, Frequency, ServiceLine
from assistant.words import Language
from messages.frequency import plain_frequency

_FIRST = date(2026, 8, 31)


@pytest.mark.parametrize(
    ("frequency", "language", "said"),
    [
        (CountPerPeriod(1, "week"), "en", "30 minutes, 1 time a week"),
        (CountPerPeriod(2, "month"), "en", "30 minutes, 2 times a month"),
        (CountPerPeriod(1, "week"), "es", "30 minutos, 1 vez por semana"),
        (CountPerPeriod(3, "year"), "es", "30 minutos, 3 veces por año"),
        (CountPerWeeks(1, 2, _FIRST), "en", "30 minutes, 1 time in every 2 weeks"),
        (CountPerWeeks(1, 2, _FIRST), "es", "30 minutos, 1 vez en cada 2 semanas"),
        (CountPerWeeks(3, 4, _FIRST), "es", "30 minutos, 3 veces en cada 4 semanas"),
    ],
)
def test_once_is_said_in_the_singular(frequency: Frequency, language: Language, said: str) -> None:
    assert plain_frequency(ServiceLine("Speech", "speech", 30, frequency), language) == said
