"""The words of an IEP's services page in English and Spanish: services, and how often. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

Kind = Literal["speech", "ot", "pt", "counseling", "reading", "aide", "other"]

_SERVICES: tuple[tuple[str, Kind], ...] = (
    (r"parent counsel+ing(?: (?:and|&) training)?|parent training", "other"),
    (r"adapted (?:physical education|p\.? ?e\.?)|educacion fisica adaptada", "other"),
    (
        r"language (?:and|&) speech|"
        r"speech(?:[ /&-]+(?:and |& )?language)?(?: (?:therapy|pathology|services?))?|"
        r"slp|terapia de(?:l)? (?:habla|lenguaje)(?: y (?:del? )?(?:lenguaje|habla))?|habla y lenguaje|"
        r"lenguaje y habla",
        "speech",
    ),
    (r"occupational therapy|terapia ocupacional|o\.?t\.?", "ot"),
    (r"physical therapy|terapia fisica|p\.?t\.?", "pt"),
    (r"counsel+ing(?: (?:and|&) guidance)?(?: services)?|consejeria", "counseling"),
    (
        r"speciali[sz]ed academic instruction|resource specialist(?: program)?|sai|rsp|"
        r"reading (?:intervention|support|instruction|help)|instruccion academica especializada|"
        r"(?:apoyo (?:de|en) )?lectura",
        "reading",
    ),
    (
        r"(?:1:1|one[ -](?:to|on)[ -]one) (?:aide|paraprofessional|para|support|assistant)|"
        r"intensive individual (?:services?|support)|paraprofessional|aide|asistente|ayudante",
        "aide",
    ),
    (
        r"behaviou?r intervention(?: services?)?|vision services?|orientation (?:and|&) mobility|"
        r"audiolog(?:y|ical services?)|deaf[ /]+hard[ -]of[ -]hearing(?: itinerant)?|"
        r"social work(?: services?)?|"
        r"(?:speciali[sz]ed )?(?:physical )?health care|nursing(?: services?)?|nurse|enfermera|"
        r"transportation|transport|transporte|career awareness|job coaching|music therapy|musicoterapia|"
        r"assistive technology(?: services?)?|recreation services?|transition services?|"
        r"psychological services?|"
        r"servicios psicologicos|trabajo social",
        "other",
    ),
)
_EACH = [(re.compile(rf"(?<!\w)(?:{pattern})(?!\w)"), kind) for pattern, kind in _SERVICES]
_MIN = r"(?:minutes?|minutos?|mins?)(?!\w)\.?"
_PER = {
    "day": r"daily|(?:per|a|each|every)(?: school)? day|diari[oa](?:mente)?|(?:por|al|cada) dia|"
    r"todos los dias",
    "week": r"weekly|(?:per|a|each|every) (?:week|wk)|/ ?(?:week|wk)|semanal(?:es|mente)?|"
    r"(?:por|a la|cada) semana",
    "month": r"monthly|(?:per|a|each|every) (?:month|mo)|/ ?(?:month|mo)|mensual(?:es|mente)?|"
    r"(?:por|al|cada) mes",
    "semester": r"(?:per|a|each) semester|(?:por|al|cada) semestre",
    "year": r"yearly|annual(?:ly)?|(?:per|a|each) (?:school )?year|/ ?(?:year|yr)|anual(?:es|mente)?|"
    r"(?:por|al|cada) ano",
}
PERS = {per: re.compile(rf"(?<![\w-])(?:{pattern})(?!\w)") for per, pattern in _PER.items()}
MINUTES = re.compile(rf"(?<![\d.,:])(\d{{1,5}}) ?-?{_MIN}")
TOTAL = re.compile(
    rf"(?:(?:for )?(?:a )?total(?:ing|ling|es)?|sum(?:a|an|ando)) ?:? ?(?:of |de )?(\d{{1,5}}) ?{_MIN}|"
    rf"(?<![\d.,:])(\d{{1,5}}) ?{_MIN} ?(?:in )?(?:en )?total"
)
COUNT = re.compile(
    r"(?<![\w.])x ?(\d{1,3})(?![\d:.]| ?min)|(?<![\d.,:/])(\d{1,3}) ?x(?![a-z])|"
    r"(?<![\d.,:/])(\d{1,3}) ?(?:times?|sessions?|veces|vez|sesion(?:es)?)(?!\w)|"
    r"(?<!\w)(?:frequency|frecuencia|sessions|sesiones) ?: ?(\d{1,3})(?![\d/]| ?min)"
)
# What we read, and cannot hold or cannot be sure of: a person has to say it.
UNSURE = re.compile(
    r"every other|(?<!\w)bi-?(?:weekly|monthly)|cada (?:dos|2|tres|3) |quincenal|alternat|of every|de cada|"
    r"quarter|trimest|up to |(?<!\w)hasta \d|rotat|(?<!\w)cycle|(?<!\w)ciclo|\+|\d ?(?:-|–|to|or|a|o) ?\d+ ?"
    r"(?:min|x|times|veces|sessions|sesiones)|(?<!\w)then |(?<!\w)luego |(?<!\w)except|(?<!\w)excepto"
)
AS_NEEDED = re.compile(
    r"(?<!\w)(?:as needed|prn|on request|upon request|segun (?:se )?(?:sea )?neces\w+|cuando se necesite)"
)
# Something that says how much or how often: what makes a line a row.
AMOUNT = re.compile(
    "|".join(
        (rf"\d ?-?{_MIN}", r"\d ?-?(?:hours?|hrs?|horas?)(?!\w)", COUNT.pattern, AS_NEEDED.pattern)
    ).replace("(\\d", "(?:\\d")
)
# A line that may speak of a service or a support which we do not know by name.
HELP = re.compile(
    r"(?<!\w)(?:services?|servicios?|supports?|apoyos?|therap(?:y|ies|ist)|terapias?|accommodations?|"
    r"adaptacion(?:es)?|aids?|ayudas?|receives?|recibe|recibira|provided|extra time|tiempo extra)(?!\w)"
)
DATE = re.compile(r"(?<!\d)(?:\d{1,2}/\d{1,2}/(?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2})(?!\d)")


@dataclass(frozen=True, slots=True)
class Named:
    """A service that a text names: what it is, in the text's own words, and where they begin."""

    kind: Kind
    words: str
    start: int


def service_in(text: str) -> Named | None:
    """The first service that is named; of two at one place the longer name."""
    bare, found = folded(text), []
    for pattern, kind in _EACH:
        match = pattern.search(bare)
        if match:
            found.append((match.start(), -match.end(), kind))
    if not found:
        return None
    start, end, kind = min(found, key=lambda one: one[:2])
    return Named(kind, text[start:-end], start)


def folded(text: str) -> str:
    """Lower case without accents, letter for letter: places in it are places in the text."""
    return "".join(_plain(one) for one in text)


def _plain(letter: str) -> str:
    bare = unicodedata.normalize("NFD", letter)[0].lower()
    if bare in "–—−":
        return "-"
    return {"×": "x", "’": "'", "\u00a0": " "}.get(bare, bare if len(bare) == 1 else letter)
