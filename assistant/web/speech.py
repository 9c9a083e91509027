"""What the pages say: a folder of TOML files a language under strings/, and dates and times."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time, get_day_names
from babel.numbers import format_currency

from assistant.words import LANGUAGES, Language
from messages.templates import fill

_FOLDER = Path(__file__).parent / "strings"
_LOCALES: Mapping[Language, str] = {"en": "en_US", "es": "es_US"}


@dataclass(frozen=True, slots=True)
class Speech:
    """The strings of one language. Every key there is in every language; a test sees to it."""

    language: Language
    entries: Mapping[str, str]

    def say(self, key: str, **values: object) -> str:
        """The string `key` with its {names} filled in.

        Raises KeyError for an unknown key and TemplateError for a name without a value: no page has a hole.
        """
        return fill(self.entries[key], {name: str(value) for name, value in values.items()}, key)

    def knows(self, key: str) -> bool:
        """Whether there is such a string: some are for names that come from elsewhere."""
        return key in self.entries

    def day(self, day: date) -> str:
        """ "Tuesday, September 1", "martes 1 de septiembre"."""
        return format_date(day, self.entries["dates.day"], locale=_LOCALES[self.language])

    def day_and_year(self, day: date) -> str:
        """A day that may lie in another year."""
        return format_date(day, self.entries["dates.day_and_year"], locale=_LOCALES[self.language])

    def day_short(self, day: date) -> str:
        """A day of this school year, without its weekday: "September 1", "1 de septiembre"."""
        return format_date(day, self.entries["dates.short"], locale=_LOCALES[self.language])

    def weekdays(self) -> tuple[tuple[str, str], ...]:
        """Short and long name of each weekday, from Monday."""
        short, wide = (
            get_day_names(width, locale=_LOCALES[self.language]) for width in ("abbreviated", "wide")
        )
        return tuple((short[number], wide[number]) for number in range(7))

    def time_of_day(self, moment: datetime, zone: ZoneInfo) -> str:
        """The local time, like "3:15 PM", with a plain space that never breaks."""
        return self.clock(moment.astimezone(zone).time())

    def clock(self, at: time) -> str:
        """A local time of day, likewise."""
        return format_time(at, "short", locale=_LOCALES[self.language]).replace("\u202f", "\u00a0")

    def moment(self, moment: datetime, zone: ZoneInfo) -> str:
        """Day and local time: "Tuesday, September 1, 3:15 PM"."""
        local = moment.astimezone(zone)
        return self.say("dates.moment", day=self.day(local.date()), time=self.time_of_day(local, zone))

    def month_and_year(self, day: date) -> str:
        """ "September 2026", "septiembre de 2026"."""
        return format_skeleton("yMMMM", day, locale=_LOCALES[self.language])

    def money(self, amount: Decimal, currency: str) -> str:
        """ "$4.20"; `currency` by its three letters."""
        return format_currency(amount, currency, locale=_LOCALES[self.language])

    def short_weekday(self, day: date) -> str:
        """ "Tue", "mar"."""
        return format_date(day, "ccc", locale=_LOCALES[self.language])


@cache
def speech(language: Language) -> Speech:
    """The strings of a language, read once."""
    return Speech(language, _flat(_FOLDER / language))


def as_language(text: str | None) -> Language | None:
    """The language that a code like "es" names, or None for one that we do not speak."""
    return next((language for language in LANGUAGES if language == text), None)


def _flat(folder: Path) -> dict[str, str]:
    """{"register.title": "..."} from the files' tables. Raises ValueError for a key that two files have."""
    flat: dict[str, str] = {}

    def walk(prefix: str, table: Mapping[str, object]) -> None:
        for key, value in table.items():
            if isinstance(value, Mapping):
                walk(f"{prefix}{key}.", value)
            elif prefix + key in flat:
                raise ValueError(f"{prefix}{key}: two files of {folder.name}/ have it")
            else:
                flat[prefix + key] = str(value).strip("\n")

    for file in sorted(folder.glob("*.toml")):
        walk("", tomllib.loads(file.read_text(encoding="utf-8")))
    return flat
