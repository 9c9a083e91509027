"""A weekday with its date beside it is one day, as our own texts write it; one that does not fit is none."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.replies.dates import named_days
from assistant.words import Language

RECEIVED = date(2026, 9, 10)  # a Thursday


@pytest.mark.parametrize(
    ("text", "lang", "days"),
    [
        ("speech tue 9/1 no", "en", [date(2026, 9, 1)]),
        ("tuesday, 9/1", "en", [date(2026, 9, 1)]),
        ("tue sep 1 was a no", "en", [date(2026, 9, 1)]),
        ("terapia mar 1 sep no", "es", [date(2026, 9, 1)]),
        ("mie 2 de septiembre", "es", [date(2026, 9, 2)]),
        ("martes 1 de septiembre no", "es", [date(2026, 9, 1)]),
        ("mon 9/1", "en", [None]),  # 1 September was a Tuesday: which one is meant?
        ("tue and thu", "en", [date(2026, 9, 8), date(2026, 9, 10)]),
        ("she made up tue today", "en", [date(2026, 9, 8), RECEIVED]),
        ("mar 1", "en", [date(2026, 3, 1)]),
    ],
)
def test_days_named_in_a_text(text: str, lang: Language, days: list[date | None]) -> None:
    assert [one.day for one in named_days(text, RECEIVED, lang, frozenset())] == days
