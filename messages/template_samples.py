"""Made-up families to fill a text with: one with names and words as long as they get, one ordinary."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Literal

from assistant.words import Asks, Language
from messages.templates import short_day, when, word

Size = Literal["long", "usual"]
DAY = date(2026, 12, 16)  # a Wednesday with long names in both languages
_BEFORE, _SPAN = date(2026, 12, 15), (date(2026, 12, 14), date(2026, 12, 18))
_ASKS = re.compile(r"(?:texts\.question|words\.item)_(count|minutes|without|given|heard|mixed)")

_LONG: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "child": "Maximiliano",
        "name": "María Guadalupe Hernández",
        "alias": "counseling",
        "aliases": "speech, counseling",
        "line": "OT, 30 minutes, Tuesday 10:30 AM, every week",
        "lines": "speech 24 yes, 3 no, 1 not sure; OT 11 yes, 2 no",
        "calendars": "1 Alder Unified, 2 Birch Unified",
        "quote": "i think she maybe went but not sure wh...",
        "change": "speech is now 30 minutes, 2 times a week, from Tue 9/1.",
        "word": "REFUSED",
        "month": "September 2026",
        "what": "Maximiliano, counseling Wed 12/16: no, provider out",
    },
    "es": {
        "child": "Maximiliano",
        "name": "María Guadalupe Hernández",
        "alias": "consejería",
        "aliases": "habla, consejería",
        "line": "OT, 30 minutos, martes 10:30, cada semana",
        "lines": "habla 24 sí, 3 no, 1 no sé; OT 11 sí, 2 no",
        "calendars": "1 Alder Unified, 2 Birch Unified",
        "quote": "creo que sí fue pero no estoy segura de...",
        "change": "habla es ahora 30 minutos, 2 veces por semana, desde el mar 1 sep.",
        "word": "NEGARON",
        "month": "septiembre de 2026",
        "what": "Maximiliano, consejería mié 16 dic: no, faltó quien la da",
    },
}
# What footers, words and phrases are filled in with; the longest there is.
_OF_OWN: Mapping[str, str] = {
    "all": "100",
    "attended": "100",
    "count": "12",
    "given": "120",
    "held": "12",
    "minutes": "120",
    "often": "Tue 2:00 PM, Thu 2:00 PM",
    "on": "12/16",
    "per": "week",
    "service": "counseling",
    "text": "...",
    "times": "Tue 2:00 PM, Thu 2:00 PM",
    "total": "240",
    "weeks": "12",
    "zone": "Los Angeles",
}
_USUAL: Mapping[Language, Mapping[str, str]] = {
    "en": {"child": "Leo", "name": "Ana Ruiz", "alias": "speech", "aliases": "speech, OT"},
    "es": {"child": "Leo", "name": "Ana Ruiz", "alias": "habla", "aliases": "habla, OT"},
}


def asks(key: str) -> Asks:
    """What a bare number counts in the answer to this text."""
    found = _ASKS.fullmatch(key)
    known = {one.value: one for one in Asks}
    return known.get(found[1], Asks.HAPPENED) if found else Asks.HAPPENED


def sample(key: str, language: Language, program: str, size: Size = "long") -> dict[str, str]:
    """A value for every name that a text of the catalogue may use."""
    plain = {**_LONG[language], **(_USUAL[language] if size == "usual" else {})}
    alias, child = plain["alias"], plain["child"]
    day = short_day(DAY, language)
    span = word("period_week", language, day=short_day(_SPAN[0], language))
    period = _ASKS.fullmatch(key) is not None
    at = span if period else when(DAY, DAY, language)
    no = f"{alias} {day}: {word('missed', language)}, {word('provider_absent', language)}"
    many = word("item_count", language, name=alias, due="2") if period else alias
    return {
        **plain,
        "program": program,
        "when": at,
        "lead": f"{child}, {at}",
        "items": f"A) {plain['aliases'].split(', ')[0]} B) {many}",
        "answers": no,
        "first": f"{alias} {day}: {word('held', language)}",
        "last": short_day(_BEFORE, language),
        "day": day,
        "days": "7",
        "per_week": "10",
        "due": "60" if asks(key) is Asks.MINUTES else "2",
        "said": word("make_up_given", language, on=day),
        "link": "https://sessions.example.org/family/enter/AbCdEfGhIjKlMnOpQrStUvWx",
        "feed": "https://sessions.example.org/feed/AbCdEfGhIjKlMnOpQrStUvWxYz012345.ics",
        "code": "123456",
        "seal": "4f1c-9a02-77de-b3c8",
        "number": "214",
        **_OF_OWN,
        **({"name": alias} if key.startswith("words.item") else {}),
    }
