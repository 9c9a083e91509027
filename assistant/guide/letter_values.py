"""From the facts of a step to the names its letters may use, and to the entries those rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import phonenumbers
from babel.dates import format_date

from assistant.guide.facts import StepFacts
from assistant.guide.filling import Phrases, Unknown, fill
from assistant.guide.values import CLOCKS, guide_values, long_day, one_line
from assistant.words import Language

if TYPE_CHECKING:
    from assistant.guide.letters import LetterBook
    from assistant.guide.types import Guide

_LOCALES: Mapping[Language, str] = {"en": "en_US", "es": "es_MX"}
_SHORT: Mapping[Language, str] = {"en": "EEE, MMM d, y", "es": "EEE d MMM y"}
# The name of each list of logged things, with the entries it rests on.
Entries = Mapping[str, tuple[int, ...]]


def letter_values(guide: Guide, book: LetterBook, facts: StepFacts, language: Language) -> dict[str, Any]:
    """Values for a letter in `language`. What is not known may be asked for, and not be printed."""
    words, phrases = guide.words[language], book.phrases[language]
    found: dict[str, Any] = {
        "today": long_day(facts.today, language),
        "nickname": known("nickname", facts.nickname),
        "child": known("full_name", facts.full_name),
        "school": known("school", facts.school),
        "district": known("district", facts.district),
        "parent": known("parent", facts.caregiver_name),
        "email": known("email", facts.email),
        "phone": known("phone", _phone(facts.phone)),
        "service": known("service", facts.service),
        "iep_date": plain_day(facts.iep_dated, language) if facts.iep_dated else Unknown("iep_date"),
        "iep_wording": known("iep_wording", facts.iep_wording if facts.quoted else ""),
        "frequency": known("frequency", facts.frequency.get(language, "") or facts.iep_wording),
        "since": plain_day(facts.since, language) if facts.since else Unknown("since"),
        "minutes": facts.minutes,
        "receipt_by": long_day(facts.receipt_by, language) if facts.receipt_by else Unknown("receipt_by"),
        "page": facts.page_url,
        "language": phrases[f"language_{facts.language}"] if facts.language != "en" else "",
        "addressee": _addressee(facts, phrases),
        "cite": {key: one.text for key, one in guide.citations.items()},
        "agency": guide_values(guide, language)["agency"],
        "clock": guide_values(guide, language)["clock"],
        "dates": dict.fromkeys((*CLOCKS, *guide.clocks))
        | {one.name: _due(one.due, one.latest, language) for one in facts.dates},
    }
    found |= _details(book, facts, language)
    found["say"] = Phrases(phrases, lambda text: fill(text, found))
    return found | _counts(facts, language) | _lists(facts, words, phrases, language)


def resting(facts: StepFacts) -> Entries:
    """The entries that each kind of statement rests on; of lists each item has its own."""
    return {
        "misses": tuple(sorted({row.entry for row in facts.rows})),
        "all": facts.every,
        "held": facts.held,
        "other": facts.other,
        "not_counted": tuple(sorted({number for one in facts.not_counted for number in one.entries})),
        "contacts": tuple(one.entry for one in facts.contacts),
        "steps": tuple(one.entry for one in facts.steps),
        "passed": tuple(one.entry for one in facts.passed),
        "make_ups": tuple(number for one in facts.make_ups for number in one.entries),
        "school_log": tuple(one.entry for one in facts.school_log),
        "unknown": tuple(one.entry for one in facts.unknown),
        "urgent": tuple(one.entry for one in facts.urgent),
    }


def plain_day(day: date, language: Language) -> str:
    """ "September 8, 2026": a day whose weekday matters to nobody."""
    return format_date(day, "long", locale=_LOCALES[language])


def short_day(day: date, language: Language) -> str:
    """ "Tue, Sep 8, 2026", "mar 8 sep 2026": for tables."""
    return format_date(day, _SHORT[language], locale=_LOCALES[language]).replace(".", "")


def when(day: date, period: tuple[date, date] | None, language: Language) -> str:
    """A day, or the period that was asked about as a whole."""
    if period is None:
        return short_day(day, language)
    return f"{short_day(period[0], language)} – {short_day(period[1], language)}"


def known(name: str, text: str) -> str | Unknown:
    """What people typed as one line without control characters; Unknown where there is nothing."""
    return one_line(text) or Unknown(name)


def _addressee(facts: StepFacts, phrases: Mapping[str, str]) -> str | Unknown:
    """Whom the parent talked with, for a letter about one talk."""
    if len(facts.contacts) != 1:
        return Unknown("addressee")
    one = facts.contacts[0]
    return ", ".join(filter(None, map(one_line, (one.person, one.title)))) or phrases["someone"]


def _in_one(text: str) -> str:
    """Several lines as one: an address, or a few sentences."""
    lines = [line for line in map(one_line, text.split("\n")) if line]
    return " ".join(line if line[-1] in ".,;:!?" else f"{line}," for line in lines[:-1]) + (
        f" {lines[-1]}" if len(lines) > 1 else "".join(lines)
    )


def _phone(number: str) -> str:
    """ "(415) 555-0101": as people here write it."""
    try:
        return phonenumbers.format_number(
            phonenumbers.parse(number, "US"), phonenumbers.PhoneNumberFormat.NATIONAL
        )
    except phonenumbers.NumberParseException:
        return number


def _due(due: date, latest: date, language: Language) -> dict[str, Any]:
    return {"due": long_day(due, language), "latest": long_day(latest, language), "range": due != latest}


def _details(book: LetterBook, facts: StepFacts, language: Language) -> dict[str, Any]:
    """What the parent told, in the letter's language; `home` facts come from where they belong."""
    found: dict[str, Any] = {}
    for key, detail in book.details.items():
        if detail.home:
            continue
        value = facts.details.get(key, "").strip()
        if value and detail.kind == "date":
            found[key] = plain_day(date.fromisoformat(value), language)
        elif value and detail.kind == "choice":
            found[key] = detail.choices[value][language] if value in detail.choices else ""
        else:
            found[key] = _in_one(value)
        found[key] = found[key] or Unknown(key)
        found[f"{key}_is"] = value
    return found


def _counts(facts: StepFacts, language: Language) -> dict[str, Any]:
    missed = [row.day for row in facts.rows]
    count, minutes = facts.unlogged
    return {
        "misses": facts.misses,
        "partials": facts.partials,
        "short": facts.minutes_short,
        "first_miss": long_day(min(missed), language) if missed else Unknown("first_miss"),
        "last_miss": long_day(max(missed), language) if missed else Unknown("last_miss"),
        "first": long_day(facts.first, language),
        "last": long_day(facts.last, language),
        "expected": facts.minutes_expected,
        "received": facts.minutes_received,
        "percent_of_all": facts.percent_of_all,
        "percent_of_attended": facts.percent_of_attended,
        "held": facts.sessions_held,
        "other_minutes": facts.minutes_other,
        "unlogged": count,
        "unlogged_minutes": minutes,
    }


def _lists(
    facts: StepFacts, words: Mapping[str, str], phrases: Mapping[str, str], language: Language
) -> dict[str, Any]:
    """Lists of logged things: for each item its values and the entries it rests on."""

    def day(value: date | None) -> str:
        return long_day(value, language) if value else ""

    def name_of(step: str) -> str:
        return words.get(step, step)

    contacts = [
        {
            "day": day(one.day),
            "person": ", ".join(filter(None, map(one_line, (one.person, one.title)))) or phrases["someone"],
            "at": one_line(one.at),
            "how": phrases.get(f"how_{one.how}", phrases["how_other"]),
            "said": one_line(one.said),
            "promised": one_line(one.promised),
            "promised_by": day(one.promised_by),
            "entries": (one.entry,),
        }
        for one in facts.contacts
    ]
    return {
        "contacts": contacts,
        "contact": contacts[0] if len(contacts) == 1 else Unknown("contact"),
        "not_counted": [
            {
                "reason": phrases[f"left_out_{one.reason}"],
                "sessions": one.sessions,
                "minutes": one.minutes,
                "entries": one.entries,
            }
            for one in facts.not_counted
        ],
        "steps": [
            {
                "day": day(one.day),
                "step": name_of(one.step),
                "did": phrases[f"did_{one.did}"],
                "words": one_line(one.words),
                "entries": (one.entry,),
            }
            for one in facts.steps
        ],
        "passed": [
            {
                "step": name_of(one.step),
                "clock": one.clock,
                "asked_on": day(one.asked_on),
                "due": day(one.due),
                "latest": day(one.latest),
                "range": one.due != one.latest,
                "cite": one_line(one.citation),
                "entries": (one.entry,),
            }
            for one in facts.passed
        ],
        "make_ups": [
            {
                "told_on": day(one.told_on),
                "act": phrases[f"make_up_{one.act}"],
                "minutes": one.minutes,
                "day": day(one.day),
                "entries": one.entries,
            }
            for one in facts.make_ups
        ],
        "school_log": [
            {
                "day": day(one.day),
                "rows": one.rows,
                "first": day(one.first),
                "last": day(one.last),
                "entries": (one.entry,),
            }
            for one in facts.school_log
        ],
        "unknown_days": [
            {"day": when(one.day, one.period, language), "entries": (one.entry,)} for one in facts.unknown
        ],
        "urgent_days": [
            {
                "day": day(one.day),
                "service": one_line(one.service),
                "what": what_happened(one.outcome, one.cause, words),
                "entries": (one.entry,),
            }
            for one in facts.urgent
        ],
    }


def what_happened(outcome: str, cause: str | None, words: Mapping[str, str]) -> str:
    """ "not held: the provider was out"."""
    return f"{words[outcome]}: {words[cause]}" if cause and cause != "not_given" else words[outcome]


def spans(numbers: Sequence[int]) -> str:
    """Entry numbers as people list them: "3, 7–9, 12"."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    parts = []
    for first, last in runs:
        parts.append(
            str(first) if first == last else f"{first}, {last}" if last == first + 1 else f"{first}–{last}"
        )
    return ", ".join(parts)
