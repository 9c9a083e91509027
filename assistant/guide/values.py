"""From StepFacts to the names a guide text may use. One closed list; the loader refuses any other name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from babel.dates import format_date

from assistant.escalation.types import ClockRule, DueDate
from assistant.guide.facts import StepFacts
from assistant.guide.filling import rendered
from assistant.words import Language

if TYPE_CHECKING:
    from assistant.guide.types import Guide, Helper

NAMES: Final = frozenset(
    {
        *("today", "nickname", "child", "school", "district", "parent", "email", "phone", "service", "alias"),
        *("iep_date", "iep_wording", "minutes", "first", "last", "rows", "table", "misses", "partials"),
        *("expected", "received", "short", "not_counted", "percent_of_all", "percent_of_attended"),
        *("earlier", "dates", "why", "page", "place", "helpers", "cite", "language"),
        *("agency", "state", "clock", "say"),
    }
)
# A text may ask for any of these; one that this jurisdiction or this step does not have is None.
CLOCKS: Final = (
    *("records", "reply", "meeting", "lookback", "decision", "reconsideration", "due_process"),
    *("meeting_answer", "missed_service_notice"),
)
_LOCALES: Mapping[Language, str] = {"en": "en_US", "es": "es_MX"}


def values(
    guide: Guide, facts: StepFacts, language: Language, blank: str, safe: Callable[[str], str] = str
) -> dict[str, Any]:
    """Values for a text in `language`. `blank` stands where the family record has nothing yet.

    `safe` is put over everything that came from people, as HTML needs it.
    """
    words = guide.words[language]

    def day(value: date) -> str:
        return long_day(value, language)

    def told(value: str) -> str:
        return safe(one_line(value))

    def fill(value: str, what: str) -> str:
        return told(value) or blank.format(what=words[f"blank_{what}"])

    found = {
        "today": day(facts.today),
        "nickname": told(facts.nickname),
        "child": fill(facts.full_name, "child"),
        "school": fill(facts.school, "school"),
        "district": fill(facts.district, "district"),
        "parent": fill(facts.caregiver_name, "parent"),
        "email": fill(facts.email, "email"),
        "phone": fill(facts.phone, "phone"),
        "service": told(facts.service),
        "alias": told(facts.alias),
        "iep_date": day(facts.iep_dated) if facts.iep_dated else blank.format(what=words["blank_iep_date"]),
        "iep_wording": told(facts.iep_wording),
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
            for reason, count, minutes, *_ in facts.not_counted
        ],
        "percent_of_all": facts.percent_of_all,
        "percent_of_attended": facts.percent_of_attended,
        "earlier": [{"step": words[key], "day": day(on)} for key, on in facts.earlier],
        "dates": dict.fromkeys((*CLOCKS, *guide.clocks))
        | {one.name: date_value(one, language) for one in facts.dates},
        "why": why_sentence(guide, facts, language, safe),
        "page": facts.page_url,
        "language": words[f"language_{facts.language}"] if facts.language != "en" else "",
        **guide_values(guide, language),
    }
    return found | {"say": _said(guide, language, found)}


def guide_values(guide: Guide, language: Language) -> dict[str, Any]:
    """What the guide itself brings: addresses, helpers, citations, how long its clocks run."""
    places = {
        key: {name: getattr(one, name) for name in ("name", "page", "mail", "email", "fax", "phone")}
        for key, one in guide.places.items()
    }
    return {
        "place": places,
        "agency": places[guide.agency],
        "state": guide.state[language],
        "helpers": [helper_value(one, language) for one in guide.helpers],
        "cite": {key: citation.text for key, citation in guide.citations.items()},
        "clock": dict.fromkeys(CLOCKS)
        | {name: _clock_value(guide, rule, language) for name, rule in guide.clocks.items()},
    }


def helper_value(one: Helper, language: Language) -> dict[str, str]:
    """A helper as texts show it."""
    return {"name": one.name, "what": one.what[language], "page": one.page, "phone": one.phone}


def date_value(one: DueDate, language: Language) -> dict[str, Any]:
    """A date as texts show it: `range` where the law leaves two readings."""
    return {
        "start": long_day(one.start, language),
        "due": long_day(one.due, language),
        "latest": long_day(one.latest, language),
        "leaves": long_day(one.latest + timedelta(days=1), language),  # the first day that is too late
        "range": one.due != one.latest,
        "cite": one.citation,
    }


def why_sentence(guide: Guide, facts: StepFacts, language: Language, safe: Callable[[str], str] = str) -> str:
    """Why this step now, in one plain sentence with the numbers it rests on."""
    words = guide.words[language]
    sentence = words.get(f"why_{facts.why.rule}", words["why_other"])
    numbers = {key: str(value) for key, value in facts.why.values.items()}
    numbers |= {"service": safe(one_line(facts.service)), "misses": str(facts.misses + facts.partials)}
    numbers |= {"short": str(facts.minutes_short)}
    for key, value in numbers.items():
        sentence = sentence.replace("{" + key + "}", value)
    return sentence


def long_day(day: date, language: Language) -> str:
    """ "Tuesday, September 8, 2026", "martes, 8 de septiembre de 2026"."""
    return format_date(day, "full", locale=_LOCALES[language])


def one_line(text: str) -> str:
    """Names come from people: one line, no control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _clock_value(guide: Guide, rule: ClockRule, language: Language) -> dict[str, Any]:
    words = guide.words[language]
    return {
        "length": rule.length,
        "after": rule.after,
        "span": f"{rule.length} {words[rule.counts]}",
        "cite": rule.citation,
    }


def _said(guide: Guide, language: Language, found: Mapping[str, Any]) -> dict[str, str]:
    return {key: rendered(text, found).strip() for key, text in guide.say[language].items()}
