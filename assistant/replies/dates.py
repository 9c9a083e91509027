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
    r"\b(?:(?P<rel>day before yesterday|antes de ayer|anteayer|antier|yesterday|yday|ayer|today|hoy)"
    # As our own texts write it in Spanish: "mar 1 sep" is Tuesday, not March.
    r"|(?:lun|mar|mie|jue|vie|sab|dom)[.,]? (?P<d3>\d{1,2}) (?:de )?(?P<month3>"
    + "|".join(sorted(MONTHS, key=len, reverse=True))
    + r")"
    r"|(?P<last>last |el (?=\w+ pasado))?(?P<day>"
    + "|".join(sorted(DAYS, key=len, reverse=True))
    + r")s?(?P<past> pasado)?"
    r"|(?P<month>" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r") (?P<md>\d{1,2})(?:st|nd|rd|th)?"
    r"|(?:el )?(?P<dd>\d{1,2}) de (?P<month2>" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")"
    r"|on the (?P<on>\d{1,2})(?:st|nd|rd|th)?|the (?P<nth>\d{1,2})(?:st|nd|rd|th)|el (?P<el>\d{1,2})(?! ?(?:%|min|de|por))"
    r"|(?P<a>\d{1,2})[/-](?P<b>\d{1,2})(?:[/-]\d{2,4})?)\b"
)
_LAST_WEEK = re.compile(r"\b(?:last week|la semana pasada|semana pasada)\b")
_BESIDE = re.compile(r",? ")
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
    monday = received - timedelta(days=received.weekday())
    last_week = _LAST_WEEK.search(folded) is not None
    for match in _PATTERN.finditer(folded):
        if match["rel"]:
            day: date | None = received - timedelta(days=_RELATIVE.get(match["rel"], 2))
        elif match["day"]:
            back = (received.weekday() - DAYS[match["day"]]) % 7
            if (match["last"] or match["past"]) and back == 0:
                back = 7
            day = received - timedelta(days=back)
            if last_week:
                day = monday - timedelta(days=7 - DAYS[match["day"]])
        elif match["month"] or match["month2"] or match["month3"]:
            number = match["md"] or match["dd"] or match["d3"]
            day = _recent(MONTHS[match["month"] or match["month2"] or match["month3"]], int(number), received)
        elif match["on"] or match["nth"] or match["el"]:
            day = _day_of_month(int(match["on"] or match["nth"] or match["el"]), received)
            if day is None:
                continue
        else:
            day = _slashed(int(match["a"]), int(match["b"]), received, lang, known)
            if day is None and not (1 <= int(match["a"]) <= 31 and 1 <= int(match["b"]) <= 31):
                continue
        found.append(Named(match.start(), match.end(), day))
    return _joined(folded, found)


def _joined(folded: str, found: list[Named]) -> list[Named]:
    """A weekday with its date beside it ("tue 9/1") names one day; none where the two do not fit."""
    joined: list[Named] = []
    for one in found:
        before = joined[-1] if joined else None
        weekday = _weekday(folded, before) if before else None
        dated = any(letter.isdigit() for letter in folded[one.start : one.end])
        if before and weekday is not None and dated and _BESIDE.fullmatch(folded[before.end : one.start]):
            fits = one.day is not None and one.day.weekday() == weekday
            joined[-1] = Named(before.start, one.end, one.day if fits else None)
        else:
            joined.append(one)
    return joined


def _weekday(folded: str, one: Named) -> int | None:
    """The weekday that a mention is nothing but the name of."""
    return DAYS.get(folded[one.start : one.end])


def _day_of_month(number: int, received: date) -> date | None:
    """The nearest such day of the month before the text, or its own day."""
    if not 1 <= number <= 31:
        return None
    for back in range(31):
        day = received - timedelta(days=back)
        if day.day == number:
            return day
    return None


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


_WHEN = (
    r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|lunes|martes|miercoles|jueves|viernes|tomorrow|"
    r"manana|next \w+|(?:the )?\d{1,2}(?:st|nd|rd|th)?(?:/\d{1,2})?|(?:january|february|march|april|may|june|july|august|"
    r"september|october|november|december|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|"
    r"diciembre)"
)
_UNTIL = re.compile(
    rf"\b(?:until|till|'?til|thru|through|hasta)(?: (?:the|el|at least|like|next))* (?:{_WHEN})\b"
)
# "no speech since september" is a stretch of time: which sessions, nobody can say.
_SINCE = re.compile(
    r"\b(?:since|in|for|all|desde|en|todo|hace) (?:like |about |before |last |the |early |late |around |antes de(?:l)? |el |la |"
    r"que |a |over a |\d+ |two |three |few |several |dos |tres |varias )*"
    r"(?:january|february|march|april|june|july|august|september|october|november|december|weeks?|months?|years?|"
    r"(?:winter |spring |fall )?break|christmas|thanksgiving|school started|start|beginning|enero|febrero|marzo|abril|mayo|"
    r"junio|julio|agosto|septiembre|octubre|noviembre|diciembre|semanas?|mes(?:es)?|ano|vacaciones|empezo)\b"
)


def without_until(folded: str) -> str:
    """The text without a day until which something lasts: "out till thursday" is about today."""
    return _UNTIL.sub(" ", folded)


def names_a_stretch(folded: str) -> bool:
    """Whether the text speaks of weeks or months as a whole."""
    return _SINCE.search(folded) is not None
