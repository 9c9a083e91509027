"""How often a service is due, in plain words, where the parent did not give the IEP's own."""

from __future__ import annotations

from babel.dates import get_day_names, get_time_format

from assistant.schedule.types import (
    Accommodation,
    AsNeeded,
    CountPerPeriod,
    CountPerWeeks,
    Daily,
    Exceptions,
    KnownSlots,
    MinutesPerPeriod,
    Rotation,
    ServiceLine,
)
from assistant.words import Language
from messages.templates import counted, word

_LOCALES = {"en": "en_US", "es": "es_MX"}


def plain_frequency(line: ServiceLine, language: Language = "en") -> str:
    """ "30 minutes, Tuesday 2:00 PM, every week"; in a letter, on a page or in a text."""
    minutes = line.minutes
    match line.frequency:
        case KnownSlots():
            return _slots(line, line.frequency, language)
        case Rotation(days, on, _, _):
            which = _joined([str(day) for day in on], language)
            return word("freq_cycle", language, minutes=minutes, on=which, days=days)
        case Daily():
            return word("freq_daily", language, minutes=minutes)
        case CountPerPeriod(count, per):
            return counted("freq_count", language, count, minutes=minutes, per=word(f"per_{per}", language))
        case CountPerWeeks(count, weeks, _):
            return counted("freq_weeks", language, count, minutes=minutes, weeks=weeks)
        case MinutesPerPeriod(total, per):
            return word("freq_minutes", language, total=total, per=word(f"per_{per}", language))
        case Exceptions():
            return word("freq_daily", language, minutes=minutes) if minutes else word("freq_always", language)
        case Accommodation():
            return word("freq_accommodation", language)
        case AsNeeded():
            return word("freq_as_needed", language)


def plain_slots(frequency: KnownSlots, language: Language) -> str:
    """ "Tuesday 2:00 PM and Thursday 2:00 PM"."""
    names = get_day_names("wide", locale=_LOCALES[language])
    pattern = get_time_format("short", locale=_LOCALES[language])
    parts = [
        f"{names[slot.weekday]} {pattern.apply(slot.at, _LOCALES[language])}" for slot in frequency.slots
    ]
    return _joined(parts, language).replace("\u202f", " ").replace("\xa0", " ")


def _slots(line: ServiceLine, frequency: KnownSlots, language: Language) -> str:
    often = (
        word("freq_every_week", language)
        if frequency.every == 1
        else word("freq_every_weeks", language, weeks=frequency.every)
    )
    times = plain_slots(frequency, language)
    return word("freq_slots", language, minutes=line.minutes, times=times, often=often)


def _joined(parts: list[str], language: Language) -> str:
    return f" {word('and', language)} ".join(parts)
