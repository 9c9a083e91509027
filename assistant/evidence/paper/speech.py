"""What the printed evidence says by itself: one TOML file a language, and dates in local words."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

from assistant.words import Language
from messages.templates import fill

_LOCALES: Mapping[Language, str] = {"en": "en_US", "es": "es_US"}
_NBSP = "\u00a0"


@dataclass(frozen=True, slots=True)
class Speech:
    """The strings of one language, by flat key ("summary.heading"); a list keeps its order (`rules`)."""

    language: Language
    entries: Mapping[str, str]
    lists: Mapping[str, Sequence[str]]

    def say(self, key: str, **values: object) -> str:
        """The string `key`, filled in. Raises KeyError for an unknown key, TemplateError for a hole."""
        return fill(self.entries[key], {name: str(value) for name, value in values.items()}, key)

    def group(self, name: str) -> dict[str, str]:
        """The strings of a table that have nothing to fill in, for the template."""
        prefix = f"{name}."
        return {
            key.removeprefix(prefix): text for key, text in self.entries.items() if key.startswith(prefix)
        }

    def word(self, group: str, key: str) -> str:
        """The word for a key of a list of ours, and the key itself where a newer list has more."""
        return self.entries.get(f"{group}.{key}", key.replace("_", " "))

    def on(self, day: date) -> str:
        """ "Sep 1, 2026", "1 sep 2026": parts that never break apart."""
        return self._date(day, "date")

    def day(self, day: date) -> str:
        """ "Tue, Sep 1, 2026", "mar 1 sep 2026"."""
        return self._date(day, "day")

    def day_short(self, day: date) -> str:
        """A day whose year is plain: "Sep 1"."""
        return self._date(day, "day_short")

    def month(self, day: date) -> str:
        """ "September 2026", "septiembre de 2026"."""
        text = format_date(day, self.entries["month"], locale=_LOCALES[self.language])
        return text[:1].upper() + text[1:]

    def clock(self, moment: datetime, zone: ZoneInfo) -> str:
        """The local time of day."""
        text = format_time(moment.astimezone(zone).time(), "short", locale=_LOCALES[self.language])
        return text.replace("\u202f", _NBSP).replace(" ", _NBSP)

    def moment(self, moment: datetime, zone: ZoneInfo) -> str:
        """Local date and time: "Sep 1, 2026 3:15 PM"."""
        return f"{self.on(moment.astimezone(zone).date())} {self.clock(moment, zone)}"

    def delay(self, seconds: int) -> str:
        """How long after: "25 min", "3 h 5 min", "2 d 4 h"."""
        minutes = max(0, seconds) // 60
        days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
        parts = [("days_unit", days), ("hours_unit", hours), ("minutes_unit", rest if not days else 0)]
        said = [self.say(f"entries.{unit}", count=count) for unit, count in parts if count]
        return " ".join(said) or self.say("entries.minutes_unit", count=0)

    def _date(self, day: date, pattern: str) -> str:
        text = format_date(day, self.entries[pattern], locale=_LOCALES[self.language])
        return text.replace(".", "").replace(" ", _NBSP)


@cache
def speech(language: Language) -> Speech:
    """The strings of a language, read once."""
    entries: dict[str, str] = {}
    lists: dict[str, Sequence[str]] = {}

    def walk(prefix: str, table: Mapping[str, object]) -> None:
        for key, value in table.items():
            if isinstance(value, Mapping):
                walk(f"{prefix}{key}.", value)
            elif isinstance(value, list):
                lists[prefix + key] = [str(one) for one in value]
            else:
                entries[prefix + key] = str(value)

    file = Path(__file__).parent / f"{language}.toml"
    walk("", tomllib.loads(file.read_text(encoding="utf-8")))
    return Speech(language, entries, lists)
