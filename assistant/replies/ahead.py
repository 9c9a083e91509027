"""A day to come that a text names: "until 10/5", "for two weeks", "el viernes". Pure."""

from __future__ import annotations

import re
from datetime import date, timedelta

from assistant.replies.dates import DAYS, MONTHS
from assistant.words import Language

_NUMBERS = {
    word: number
    for number, words in enumerate(("a an one un una", "two dos", "three tres", "four cuatro"), start=1)
    for word in words.split()
}
_UNITS = {"day": 1, "dia": 1, "week": 7, "semana": 7, "month": 30, "mes": 30}
_LONG = re.compile(
    r"\b(?P<n>\d{1,2}|" + "|".join(_NUMBERS) + r") (?P<unit>day|week|month|dia|semana|mes)(?:e?s)?\b"
)
_WORDS = "|".join(sorted(MONTHS, key=len, reverse=True))
_DATE = re.compile(
    rf"\b(?:(?P<month>{_WORDS})\.? (?P<md>\d{{1,2}})(?:st|nd|rd|th)?|"
    rf"(?P<dd>\d{{1,2}}) de (?P<month2>{_WORDS})|"
    r"(?P<a>\d{1,2})[/-](?P<b>\d{1,2})(?:[/-]\d{2,4})?)\b"
)
_WEEKDAY = re.compile(r"\b(?:" + "|".join(sorted(DAYS, key=len, reverse=True)) + r")\b")
_SOON = re.compile(r"\b(?:tomorrow|(?<!por la )(?<!en la )(?<!de la )manana)\b")
_NEXT_WEEK = re.compile(r"\b(?:next week|(?:la )?(?:proxima semana|semana que viene))\b")
_FARTHEST = timedelta(days=366)


def day_ahead(folded: str, today: date, lang: Language) -> date | None:
    """The first day after `today` that the folded text names; None where it names none."""
    dated = _DATE.search(folded)
    if dated:
        return _dated(dated, today, lang)
    long = _LONG.search(folded)
    if long:
        number = _NUMBERS.get(long["n"]) or int(long["n"])
        return today + timedelta(days=number * _UNITS[long["unit"]])
    if _NEXT_WEEK.search(folded):
        return today + timedelta(days=7 - today.weekday())
    weekday = _WEEKDAY.search(folded)
    if weekday:
        return today + timedelta(days=(DAYS[weekday[0]] - today.weekday() - 1) % 7 + 1)
    return today + timedelta(days=1) if _SOON.search(folded) else None


def _dated(found: re.Match[str], today: date, lang: Language) -> date | None:
    if found["month"] or found["month2"]:
        return _coming(MONTHS[found["month"] or found["month2"]], int(found["md"] or found["dd"]), today)
    a, b = int(found["a"]), int(found["b"])
    if lang == "es" and b <= 12:
        a, b = b, a  # day first, as in Spanish; where that cannot be, month first
    return _coming(a, b, today) or _coming(b, a, today)


def _coming(month: int, day: int, today: date) -> date | None:
    for year in (today.year, today.year + 1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if today < found <= today + _FARTHEST:
            return found
    return None
