"""A period in a few words: "in the week of Mon 8/31", "in September"."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from babel.dates import format_date

from assistant.words import Language
from messages.templates import short_day, word

_WEEK = timedelta(days=6)
_LOCALES = {"en": "en_US", "es": "es_MX"}


def period(first: date, last: date, language: Language) -> str:
    """The period from `first` to `last` (both included) as a question says it."""
    return _phrase("period", first, last, language)


def period_short(first: date, last: date, language: Language) -> str:
    """The same, as a list says it."""
    return _phrase("short", first, last, language)


@lru_cache(maxsize=4096)
def _phrase(style: str, first: date, last: date, language: Language) -> str:
    if last - first <= _WEEK:
        monday = first - timedelta(days=first.weekday())
        return word(f"{style}_week", language, day=short_day(monday, language))
    if (first.year, first.month) == (last.year, last.month):
        month = format_date(first, "LLLL", locale=_LOCALES[language])
        return word(f"{style}_month", language, month=month)
    days = {"first": short_day(first, language), "last": short_day(last, language)}
    return word(f"{style}_span", language, **days)
