"""Days to come, as a parent names them."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.replies.ahead import day_ahead
from assistant.replies.normalise import fold
from assistant.replies.special import language_asked
from assistant.words import Language

TUESDAY = date(2026, 9, 1)


@pytest.mark.parametrize(
    ("text", "lang", "day"),
    [
        ("pause until 10/5", "en", date(2026, 10, 5)),
        ("PAUSE TILL OCT 5TH", "en", date(2026, 10, 5)),
        ("pause until january 4", "en", date(2027, 1, 4)),
        ("pause for two weeks", "en", date(2026, 9, 15)),
        ("pause a month", "en", date(2026, 10, 1)),
        ("pause 3 days", "en", date(2026, 9, 4)),
        ("pause until monday", "en", date(2026, 9, 7)),
        ("pause until tuesday", "en", date(2026, 9, 8)),
        ("pause until next week", "en", date(2026, 9, 7)),
        ("until tomorrow", "en", date(2026, 9, 2)),
        ("pausa hasta el 5 de octubre", "es", date(2026, 10, 5)),
        ("pausa hasta el 5/10", "es", date(2026, 10, 5)),
        ("pausa hasta 10/25", "es", date(2026, 10, 25)),
        ("pausa una semana", "es", date(2026, 9, 8)),
        ("pausa hasta el lunes", "es", date(2026, 9, 7)),
        ("hasta mañana", "es", date(2026, 9, 2)),
        ("por la mañana", "es", None),
        ("pause", "en", None),
        ("pause until 13/45", "en", None),
        ("pause until 9/1", "en", date(2027, 9, 1)),
    ],
)
def test_the_day_that_is_named(text: str, lang: Language, day: date | None) -> None:
    assert day_ahead(fold(text), TUESDAY, lang) == day


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ESPAÑOL", "es"),
        ("en español por favor", "es"),
        ("Spanish please", "es"),
        ("idioma español", "es"),
        ("hablo español", "es"),
        ("English", "en"),
        ("in English please", "en"),
        ("LANGUAGE ENGLISH", "en"),
        ("en inglés", "en"),
        ("no spanish class today", None),
        ("English teacher was out", None),
        ("yes", None),
    ],
)
def test_another_language_is_asked_for_by_the_whole_text(text: str, language: Language | None) -> None:
    assert language_asked(text) == language
