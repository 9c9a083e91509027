"""Days named in a text, counted from the day it was received."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from assistant.words import Language

DAYS = {
    name: number
    for number, names in enumerate(
        ("mon monday lunes", "tue tues tuesday martes", "wed weds wednesday miercoles", "thu thur thurs thursday jueves", "fri friday viernes", "sat saturday sabado", "sun sunday domingo")
    )
    for name in names.split()
}  # fmt: skip
MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january enero ene", "feb february febrero", "mar march marzo", "apr april abril abr", "may mayo", "jun june junio", "jul july julio",
         "aug august agosto ago", "sep sept september septiembre", "oct october octubre", "nov november noviembre", "dec december diciembre dic"), start=1
    )
    for name in names.split()
}  # fmt: skip
_PATTERN = re.compile(
    r"\b(?:(?P<rel>day before yesterday|antes de ayer|anteayer|yesterday|yday|ayer|today|hoy)"
    r"|(?P<last>last |el (?=\w+ pasado))?(?P<day>"
    + "|".join(sorted(DAYS, key=len, reverse=True))
    + r")s?(?P<past> pasado)?"
    r"|(?P<month>" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r") (?P<md>\d{1,2})(?:st|nd|rd|th)?"
    r"|(?:el )?(?P<dd>\d{1,2}) de (?P<month2>" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")"
    r"|(?P<a>\d{1,2})[/-](?P<b>\d{1,2})(?:[/-]\d{2,4})?)\b"
)
_RELATIVE = {"today": 0, "hoy": 0, "yesterday": 1, "yday": 1, "ayer": 1}


@dataclass(frozen=True, slots=True)
class Named:
    """A day named at `start`..`end` of the folded text. `day` is None where two readings are possible."""

    start: int
    end: int
    day: date | None


def named_days(folded: str, received: date, lang: Language, known: frozenset[date]) -> list[Named]:
    """The days a text names, in order. `known`: days with a session; they settle 9/1 against 1/9."""
    found = []
    for match in _PATTERN.finditer(folded):
        if match["rel"]:
            day: date | None = received - timedelta(days=_RELATIVE.get(match["rel"], 2))
        elif match["day"]:
            back = (received.weekday() - DAYS[match["day"]]) % 7
            if (match["last"] or match["past"]) and back == 0:
                back = 7
            day = received - timedelta(days=back)
        elif match["month"] or match["month2"]:
            number = match["md"] or match["dd"]
            day = _recent(MONTHS[match["month"] or match["month2"]], int(number), received)
        else:
            day = _slashed(int(match["a"]), int(match["b"]), received, lang, known)
            if day is None and not (1 <= int(match["a"]) <= 31 and 1 <= int(match["b"]) <= 31):
                continue
        found.append(Named(match.start(), match.end(), day))
    return found


def _slashed(a: int, b: int, received: date, lang: Language, known: frozenset[date]) -> date | None:
    american, other = _recent(a, b, received), _recent(b, a, received)
    if lang == "en" or other is None or american == other:
        return american
    if american is None:
        return other
    if (american in known) != (other in known):
        return american if american in known else other
    return None


def _recent(month: int, day: int, received: date) -> date | None:
    """That day of the year in which it is nearest before, or shortly after, the text."""
    for year in (received.year, received.year - 1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found <= received + timedelta(days=14):
            return found
    return None
