"""Kinds of services, for settings that hold for a kind: decided by words, in English and Spanish. Pure.

A line is what its name says it is; the alias is asked where the name says nothing, as parents may call a
service what they like. What the IEP counts as exceptions or occasions is of that kind whatever its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from assistant.replies.normalise import fold

SPEECH = "speech"
OCCUPATIONAL = "occupational_therapy"
PHYSICAL = "physical_therapy"
COUNSELING = "counseling"
INSTRUCTION = "instruction"
SUPPORT = "aide_nurse_transport"
ACCOMMODATION = "accommodation"
OTHER = "other"
KINDS = (SPEECH, OCCUPATIONAL, PHYSICAL, COUNSELING, INSTRUCTION, SUPPORT, ACCOMMODATION, OTHER)

# In the order asked; the first pattern found decides: "speech in the reading room" is speech, a "behavior
# aide" an aide. "Para" and "to" are words of their own in one of the languages, so they say nothing here.
_WORDS: tuple[tuple[str, str], ...] = (
    (
        SUPPORT,
        r"aides?|parapros?|para-?(?:professional|educator)s?|one[- ]to[- ]one|1:1|nurs(?:e|es|ing)"
        r"|(?<!mental )health (?:care|services?)|transport\w*|bus|shadow|interpreter"
        r"|enfermer\w+|autobus|camion|asistente|ayudante|auxiliar|acompanante|paraprofesional|interprete",
    ),
    (SPEECH, r"speech|language therapy|slp|slt|articulation|habla|lenguaje|logopedia|logopeda|foniatria"),
    (OCCUPATIONAL, r"occupational|o\. ?t\.?|ot|fine motor|sensory|ocupacional|t\. ?o\."),
    (
        PHYSICAL,
        r"physical therap\w+|physio\w*|p\. ?t\.?|pt|gait|gross motor"
        r"|terapia fisica|fisioterap\w+|kinesiolog\w+|fisica",
    ),
    (
        COUNSELING,
        r"counsel\w+|psycholog\w+|ermhs|erics|mental health|social work\w*|social skills|behaviou?r\w*"
        r"|consejer\w+|psicolog\w+|salud mental|trabajo social|habilidades sociales|conducta",
    ),
    (
        INSTRUCTION,
        r"instruction|sai|rsp|resource|reading|math\w*|writing|academics?|tutor\w*|teacher|sdc|inclusion"
        r"|instruccion|lectura|matematicas?|escritura|academic[oa]s?|maestr[oa]|recursos|tutoria",
    ),
    (
        ACCOMMODATION,
        r"accommodations?|(?:extra|extended) time|breaks|seating"
        r"|adaptacion(?:es)?|tiempo (?:extra|adicional)|descansos",
    ),
)
_PATTERNS = tuple((kind, re.compile(rf"(?<!\w)(?:{words})(?!\w)")) for kind, words in _WORDS)
_BY_FORM = {"exception": SUPPORT, "accommodation": ACCOMMODATION}


def kind_of(name: str, alias: str, frequency: Mapping[str, Any]) -> str:
    """The kind of a service line, by its IEP name, its private alias and its stored frequency."""
    by_form = _BY_FORM.get(str(frequency.get("form", "")))
    return by_form or _by_words(name) or _by_words(alias) or OTHER


def _by_words(text: str) -> str | None:
    plain = fold(text)
    return next((kind for kind, pattern in _PATTERNS if pattern.search(plain)), None)
