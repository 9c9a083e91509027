"""A service line as a parent types it into a phone: "speech 2x week 30", "OT martes y jueves 10:30". Pure.

English, Spanish or both in one text; typos in accents and case do not matter. What is not said stays open and
is asked for (`Draft.missing`); a number that makes no sense is left out rather than guessed at.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, fields, replace
from datetime import time
from typing import Literal

from assistant.schedule.types import (
    CountPerPeriod,
    Daily,
    Exceptions,
    Frequency,
    KnownSlots,
    MinutesPerPeriod,
    Per,
    ServiceLine,
    WeeklySlot,
)

Missing = Literal["service", "how_often", "minutes", "time"]
Days = tuple[tuple[int, time | None], ...]

_SHORTEST, _LONGEST = 5, 480  # minutes of one session
_MOST = {"week": 10, "month": 40, "semester": 120, "year": 200}
_MOST_TOTAL = 12_000  # minutes of a period
_LONGEST_NAME = 40
_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "twenty five": 25, "thirty": 30,
    "forty": 40, "forty five": 45, "fifty": 50, "sixty": 60, "ninety": 90, "uno": 1, "dos": 2,
    "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10,
    "once": 11, "doce": 12, "quince": 15, "veinte": 20, "veinticinco": 25, "treinta": 30,
    "cuarenta y cinco": 45, "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "noventa": 90,
}  # fmt: skip
_PERS: tuple[tuple[str, Per], ...] = (
    (r"w(?:ee)?k(?:ly)?|weeks|semanal(?:es|mente)?|semanas?", "week"),
    (r"mo(?:nth)?(?:s|ly)?|mensual(?:es|mente)?|mes(?:es)?", "month"),
    (r"semesters?|semestres?", "semester"),
    (r"y(?:ea)?r(?:s|ly)?|annual(?:ly)?|anual(?:es|mente)?|anos?", "year"),
)
_ANY_PER = "|".join(pattern for pattern, _ in _PERS)
_DAY_NAMES = (
    r"mon(?:days?)?|lun(?:es)?",
    r"tue?s?(?:days?)?|mar(?:tes)?",
    r"weds?(?:nesdays?)?|wendsday|mie(?:r(?:coles)?)?",
    r"thu(?:rs?)?(?:days?)?|jue(?:v(?:es)?)?",
    r"fri(?:days?)?|vie(?:r(?:nes)?)?",
    r"sat(?:urdays?)?|sab(?:ado)?s?",
    r"sun(?:days?)?|domingos?",
)
_DAY = re.compile(r"\b(?:" + "|".join(f"({one})" for one in _DAY_NAMES) + r")\b\.?")
_LETTER_DAYS = re.compile(
    r"\b(?:(?:m|t|tu|w|th|f)(?:[/&]|, ?)){1,4}(?:m|t|tu|w|th|f)\b|\bmwf\b|\bt-?th\b|\bmw\b"
)
_LETTERS = {"m": 0, "tu": 1, "t": 1, "w": 2, "th": 3, "f": 4}
_HALF = r"(?P<half>[ap])\.? ?m\b\.?"
_TIME = re.compile(
    rf"(?:\b(?:at|@|a las?) )?\b(?P<hour>\d{{1,2}})[:.h](?P<minute>[0-5]\d)\b(?: ?{_HALF})?"
    rf"|(?:\b(?:at|@|a las?) )?\b(?P<hour2>\d{{1,2}}) ?(?P<half2>[ap])\.? ?m\b\.?"
    r"|(?:\bat|@|\ba las?) (?P<hour3>\d{1,2})(?![\d:.]| ?(?:x|times|veces|min))\b"
    r"|\b(?P<hour4>1[0-2]|0?[1-9])(?P<minute4>[0-5][05])\b(?! ?m)"
)
_MINUTES = re.compile(
    r"\b(\d{1,4}) ?-?(?:min(?:s|utes?|utos?)?|m|')(?!\w)\.?(?: (?:each|sessions?|cada una|c/u))?"
)
_PER = re.compile(
    rf"(?:\b(?:a|an|per|each|every|por|al|a la|cada|in a|de la)|/) ?({_ANY_PER})\b|"
    r"\b(weekly|monthly|yearly|annually|semanal(?:es|mente)?|mensual(?:es|mente)?|anual(?:es|mente)?)\b"
)
_COUNT = re.compile(
    r"\b(\d{1,3}) ?(?:x|times?|veces|vez|sessions?|sesion(?:es)?|days?|dias)(?![a-z])"
    rf"(?:[ /]*({_ANY_PER})\b)?"
)
_COUNT_OF_MINUTES = re.compile(r"\b(\d{1,2}) ?x ?(\d{2,3})(?!\d)(?: ?min(?:s|utes?|utos?)?\b)?")
_COUNT_PER = re.compile(rf"\b(\d{{1,3}}) ?(?:a|per|/|por|al|a la) ?({_ANY_PER})\b")
_DAILY = re.compile(
    r"\b(?:daily|every ?day|each day|todos los dias|cada dia|diari[oa](?:mente)?|m ?- ?f|all week|"
    r"mon(?:day)?s? ?(?:-|to|thru|through) ?fri(?:day)?s?|(?:de )?lunes a viernes|every school day)\b"
)
_SERVICES: tuple[tuple[str, str], ...] = (
    (r"speech(?:[ /&]*(?:and |& )?language)?(?: (?:therapy|pathology|services?))?|slp", "speech"),
    (r"(?:terapia )?(?:de(?:l)? )?(?:habla(?: y lenguaje)?|lenguaje)|logopedia", "habla"),
    (r"o\.? ?t\.?|occupational(?: therapy)?|(?:terapia )?ocupacional", "OT"),
    (r"p\.? ?t\.?|physical(?: therapy)?", "PT"),
    (r"(?:terapia )?fisica|fisioterapia", "fisica"),
    (r"counsel+ing|counsel+or", "counseling"),
    (r"consejeria|psicolog[oa]", "consejeria"),
    (r"reading(?: (?:help|support|intervention|specialist))?", "reading"),
    (r"(?:apoyo (?:de|en) )?lectura", "lectura"),
    (r"aide|para(?:professional|educator)|one on one|1:1(?: aide)?", "aide"),
    (r"asistente|ayudante", "asistente"),
    (r"nurse|nursing", "nurse"),
    (r"enfermera", "enfermera"),
    (r"rsp|resource(?: (?:room|help|specialist))?", "RSP"),
)
_ALWAYS = frozenset({"aide", "asistente", "nurse", "enfermera"})
_URGENT = frozenset({"nurse", "enfermera"})
_FILLER = frozenset(
    """
    a about also an and at cada con dan day days de del dia dias e each el en every for from get gets
    has have he help her his hora horas hour hours in is it la las le los mes mi min mins minute minutes
    minuto minutos month my o of on or para per plus por que recibe semana semanas service services
    sesion sesiones session sessions she son su the their then tiene time times to toca un una uno veces
    vez week weeks with x y
    """.split()  # noqa: SIM905  a page of quotes is harder to read
)
_POLITE = re.compile(r"\b(?:please|pls|plz|thank you|thanks|thx|por favor|porfa|gracias)\b")
_TALK = frozenset(
    """
    so much bye
    buenas bueno buenos can como could cuando dias did do don't done dont good gracias hello help hey hi
    hola how i idk listo lo lol me morning no not nothing ok okay please pues que quien se si sorry stop
    sure tardes test thank thanks that this wait we what when who why will would ya yes you
    """.split()  # noqa: SIM905  a page of quotes is harder to read
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known of a service line so far. `minutes` are of one session, `total` of a whole `per`.

    `days`: weekday (0 is Monday) and local time, where one was given. `always`: there all day (an aide).
    """

    service: str = ""
    minutes: int | None = None
    days: Days = ()
    count: int | None = None
    per: Per | None = None
    total: int | None = None
    daily: bool = False
    at: time | None = None

    @property
    def always(self) -> bool:
        """Whether the service is one that is there all the time, and nothing else was said of it."""
        said = self.days or self.count or self.total or self.minutes
        return self.service.casefold() in _ALWAYS and not said

    def merged(self, more: Draft) -> Draft:
        """With what a later text adds; where both say something, the later one counts."""
        changes = {
            one.name: getattr(more, one.name)
            for one in fields(more)
            if getattr(more, one.name) not in ("", None, (), False)
        }
        if more.at is not None and self.days and not more.days:
            changes["days"] = tuple((day, at or more.at) for day, at in self.days)
            changes.pop("at")
        if more.total is not None and (self.count or self.days or self.daily):
            changes["minutes"] = changes.pop("total")  # "30 min weekly" after "2x": the length of each
            changes.pop("per", None)
        return replace(self, **changes)

    def missing(self) -> Missing | None:
        """What to ask for next; None when the line is complete."""
        if not self.service:
            return "service"
        often = self.days or (self.count and self.per) or (self.total and self.per) or self.daily
        if not (often or self.always):
            return "how_often"
        if self.minutes is None and self.total is None and not self.always:
            return "minutes"
        return "time" if any(at is None for _, at in self.days) else None

    def frequency(self) -> Frequency:
        """How often, in the schedule's terms. Days without a time are counted by the week: none is made up.

        Raises ValueError while it is not known how often, or how long.
        """
        if self.missing() in ("service", "how_often", "minutes"):
            raise ValueError(f"the {self.missing()} is not known yet")
        if self.always:
            return Exceptions(urgent=self.service.casefold() in _URGENT)
        if self.days:
            slots = tuple(WeeklySlot(day, at) for day, at in self.days if at is not None)
            return (
                KnownSlots(slots) if len(slots) == len(self.days) else CountPerPeriod(len(self.days), "week")
            )
        if self.daily:
            return Daily(self.at)
        if self.count and self.per:
            return CountPerPeriod(self.count, self.per)
        per: Literal["week", "month", "year"] = self.per if self.per in ("week", "month") else "year"
        return MinutesPerPeriod(self.total or 0, per)

    def line(self) -> ServiceLine:
        """The service line. Raises ValueError likewise."""
        name = self.service[:1].upper() + self.service[1:]
        return ServiceLine(name, self.service, self.minutes or 0, self.frequency())


def read_line(text: str) -> Draft | None:
    """What a text says of one service line; None where it says nothing of one. Never raises."""
    rest = _Rest(_POLITE.sub(" ", _folded(text)))
    daily = rest.take(_DAILY) is not None
    total_or_minutes, count, per = _amounts(rest)
    days, at = _days_and_times(rest)
    service = _known_service(rest)
    for number in re.findall(r"\b\d{1,4}\b", rest.text):
        value = int(number)
        if total_or_minutes is None and (value >= _SHORTEST or count or days):
            total_or_minutes = value
        elif count is None and not days and per:
            count = value
    if daily and days:
        days = ()
    draft = _checked(total_or_minutes, count, per, days, at, daily)
    named = service or _own_name(rest, text, draft)
    draft = replace(draft, service=named)
    return draft if draft != Draft() else None


def _checked(
    minutes: int | None, count: int | None, per: Per | None, days: Days, at: time | None, daily: bool
) -> Draft:
    """The parts that make sense together. Minutes with a period and no count are the period's total."""
    if count is not None and not 1 <= count <= _MOST[per or "week"]:
        count = per = None
    if count is not None and per is None:
        per = "week" if count <= 5 else None
    if days:
        count = per = None
    total = None
    if minutes is not None and per and count is None and not daily and not days:
        total, minutes = (minutes if minutes <= _MOST_TOTAL else None), None
    if minutes is not None and not _SHORTEST <= minutes <= _LONGEST:
        minutes = None
    if per and count is None and total is None:
        count = None if daily else 1  # "weekly"
    if daily:
        count = per = None
    return Draft(minutes=minutes, days=days, count=count, per=per, total=total, daily=daily, at=at)


class _Rest:
    """What is left of a text after its parts were taken out of it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The first match, cut out; a blank of the same length keeps the places of the others."""
        found = pattern.search(self.text)
        if found:
            self.text = self.text[: found.start()] + " " * len(found[0]) + self.text[found.end() :]
        return found


def _amounts(rest: _Rest) -> tuple[int | None, int | None, Per | None]:
    """Minutes, count and period, taken out of the text."""
    minutes: int | None = None
    count: int | None = None
    per: Per | None = None
    both = rest.take(_COUNT_OF_MINUTES)
    if both:
        count, minutes = int(both[1]), int(both[2])
    found = rest.take(_MINUTES)
    if found:
        minutes = int(found[1])
    for pattern in (_COUNT, _COUNT_PER):
        if count is None:
            counted = rest.take(pattern)
            if counted:
                count, per = int(counted[1]), _per(counted[2])
    spoken = rest.take(_PER)
    if spoken and per is None:
        per = _per(spoken[1] or spoken[2])
    if per is None and count is not None:
        alone = rest.take(re.compile(rf"\b({_ANY_PER})\b"))
        per = _per(alone[1]) if alone else None
    return minutes, count, per


def _per(word: str | None) -> Per | None:
    if not word:
        return None
    return next((per for pattern, per in _PERS if re.fullmatch(pattern, word)), None)


def _days_and_times(rest: _Rest) -> tuple[Days, time | None]:
    """Days with their times, and a time that stands without a day. One time is for all the days before it."""
    marks: list[tuple[int, int | None, time | None]] = []
    letters = rest.take(_LETTER_DAYS)
    if letters:
        found = re.findall(r"tu|th|[mtwf]", letters[0])
        marks += [(letters.start(), _LETTERS[one], None) for one in found]
    while at := rest.take(_TIME):
        marks.append((at.start(), None, _clock(at)))
    while day := rest.take(_DAY):
        marks.append((day.start(), next(n for n, name in enumerate(day.groups()) if name), None))
    given: dict[int, time | None] = {}
    waiting: list[int] = []
    last: time | None = None
    for _, weekday, clock in sorted(marks, key=lambda mark: mark[0]):
        if weekday is not None:
            given.setdefault(weekday, None)
            waiting.append(weekday)
        elif clock is not None:
            last = clock
            for one in waiting:
                given[one] = clock
            waiting = []
    if last is not None and all(at is None for at in given.values()):
        given = dict.fromkeys(given, last)  # "10:30 tue thu"
    return tuple(sorted(given.items())), (None if given else last)


def _clock(found: re.Match[str]) -> time | None:
    """The local time; hours from 1 to 6 without "am" are afternoons, as schools have it."""
    hour = int(found["hour"] or found["hour2"] or found["hour3"] or found["hour4"])
    minute = int(found["minute"] or found["minute4"] or 0)
    half = found["half"] or found["half2"]
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    elif 1 <= hour <= 6:
        hour += 12
    return time(hour, minute) if hour < 24 else None


def _known_service(rest: _Rest) -> str:
    for pattern, name in _SERVICES:
        if rest.take(re.compile(rf"(?<![\w'])(?:{pattern})(?:'s)?(?!\w)")):
            return name
    return ""


def _own_name(rest: _Rest, text: str, draft: Draft) -> str:
    """The words that are left, as they were typed, where they can be the name of a service."""
    words = [word for word in re.findall(r"[a-z']+", rest.text) if word not in _FILLER and len(word) > 1]
    told = draft != Draft()
    if not words or len(words) > 4 or any(word in _TALK for word in words):
        return ""
    if not told and (len(words) > 3 or re.search(r"[\d?]", text)):
        return ""
    typed = [word for word in re.findall(r"[^\W\d_']+", text) if _folded(word) in words]
    return " ".join(typed)[:_LONGEST_NAME].strip()


def _folded(text: str) -> str:
    """Lower case without accents, number words as digits, "once a week" as a count."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(str.maketrans("’‘`´–—×", "''''--x"))
    bare = "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c))
    bare = " ".join(bare.split())
    for pattern, value in (
        (r"\bonce(?= (?:a|an|per|every|each|weekly|monthly|in)\b)", "1x"),
        (r"\btwice\b", "2x"),
        (r"\bthrice\b", "3x"),
        (r"\buna? vez\b", "1x"),
        (r"\b(?:an |1 )?hour and a half\b|\b(?:una )?hora y media\b", "90 min"),
        (r"\bhalf (?:an )?(?:hour|hr)\b|\bmedia hora\b", "30 min"),
        (r"\b(?:an|one|1|una|un) (?:hour|hr|hora)\b", "60 min"),
        (r"\b(ten|eleven|nine|eight|one|two|diez|once|nueve|ocho|una|dos) (?:thirty|y media)\b", r"\1:30"),
    ):
        bare = re.sub(pattern, value, bare)
    for word in sorted(_NUMBERS, key=len, reverse=True):
        bare = re.sub(rf"\b{word}\b", str(_NUMBERS[word]), bare)
    return bare
