"""From StepFacts to the names a guide text may use. One closed list; the loader refuses any other name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from babel.dates import format_date

from assistant.guide.facts import StepFacts
from assistant.words import Language

if TYPE_CHECKING:
    from assistant.guide.loader import Guide

NAMES: Final = frozenset(
    {
        *("today", "nickname", "child", "school", "district", "parent", "email", "phone", "service", "alias"),
        *("iep_date", "iep_wording", "minutes", "first", "last", "rows", "table", "misses", "partials"),
        *("expected", "received", "short", "not_counted", "percent_of_all", "percent_of_attended"),
        *("earlier", "dates", "why", "page", "place", "helpers", "cite", "language"),
    }
)
# A text may ask for any of these; one that this step does not start is None.
_DATES: Final = ("records", "reply", "meeting", "lookback", "decision", "reconsideration", "due_process")
_LOCALES: Mapping[Language, str] = {"en": "en_US", "es": "es_MX"}


def values(guide: Guide, facts: StepFacts, language: Language, blank: str) -> dict[str, Any]:
    """Values for a text in `language`. `blank` stands where the family record has nothing yet."""
    words = guide.words[language]

    def day(value: date) -> str:
        return long_day(value, language)

    def fill(value: str, what: str) -> str:
        return _one_line(value) or blank.format(what=words[f"blank_{what}"])

    return {
        "today": day(facts.today),
        "nickname": _one_line(facts.nickname),
        "child": fill(facts.full_name, "child"),
        "school": fill(facts.school, "school"),
        "district": fill(facts.district, "district"),
        "parent": fill(facts.caregiver_name, "parent"),
        "email": fill(facts.email, "email"),
        "phone": fill(facts.phone, "phone"),
        "service": _one_line(facts.service),
        "alias": _one_line(facts.alias),
        "iep_date": day(facts.iep_dated) if facts.iep_dated else blank.format(what=words["blank_iep_date"]),
        "iep_wording": _one_line(facts.iep_wording),
        "minutes": facts.minutes,
        "first": day(facts.first),
        "last": day(facts.last),
        "rows": [
            {
                "day": day(row.day),
                "expected": row.expected,
                "received": row.received,
                "what": words[row.outcome],
                "reason": words[row.cause] if row.cause else words["not_given"],
                "entry": row.entry,
            }
            for row in facts.rows
        ],
        "table": "",
        "misses": facts.misses,
        "partials": facts.partials,
        "expected": facts.minutes_expected,
        "received": facts.minutes_received,
        "short": facts.minutes_short,
        "not_counted": [
            {"reason": words[f"left_out_{reason}"], "sessions": count, "minutes": minutes}
            for reason, count, minutes in facts.not_counted
        ],
        "percent_of_all": facts.percent_of_all,
        "percent_of_attended": facts.percent_of_attended,
        "earlier": [{"step": words[key], "day": day(on)} for key, on in facts.earlier],
        "dates": dict.fromkeys(_DATES)
        | {
            one.name: {
                "due": day(one.due),
                "latest": day(one.latest),
                "range": one.due != one.latest,
                "cite": one.citation,
            }
            for one in facts.dates
        },
        "why": why_sentence(guide, facts, language),
        "page": facts.page_url,
        "language": words[f"language_{facts.language}"] if facts.language != "en" else "",
        "place": guide.places,
        "helpers": guide.helpers,
        "cite": {key: citation.text for key, citation in guide.citations.items()},
    }


def why_sentence(guide: Guide, facts: StepFacts, language: Language) -> str:
    """Why this step now, in one plain sentence with the numbers it rests on."""
    words = guide.words[language]
    sentence = words.get(f"why_{facts.why.rule}", words["why_other"])
    numbers = {key: str(value) for key, value in facts.why.values.items()}
    numbers |= {"service": _one_line(facts.service), "misses": str(facts.misses + facts.partials)}
    numbers |= {"short": str(facts.minutes_short)}
    for key, value in numbers.items():
        sentence = sentence.replace("{" + key + "}", value)
    return sentence


def long_day(day: date, language: Language) -> str:
    """ "Tuesday, September 8, 2026", "martes, 8 de septiembre de 2026"."""
    return format_date(day, "full", locale=_LOCALES[language])


def _one_line(text: str) -> str:
    """Names come from people: one line, no control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
