"""Reading tables of a TOML file so that every problem is named, not only the first."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final

_YEARS: Final = (1990, 2199)  # outside these a date is mistyped, whatever it is for


@dataclass(slots=True)
class Problems:
    """What is wrong with one file, a line each: `FILE: key.path: what is wrong, what was expected`."""

    file: str
    lines: list[str] = field(default_factory=list)

    def add(self, path: str, text: str) -> None:
        self.lines.append(f"{self.file}: {path}: {text}" if path else f"{self.file}: {text}")


class Table:
    """One table of the file. A getter returns None, and says so, where the value cannot be used.

    A key that no getter asked for is unknown: call `finish` at the end.
    """

    def __init__(self, data: Mapping[str, object], path: str, problems: Problems) -> None:
        self.path = path
        self.problems = problems
        self._data = data
        self._known: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def at(self, key: str) -> str:
        """The full path of a key, as the messages name it."""
        return f"{self.path}.{key}" if self.path else key

    def problem(self, key: str, text: str) -> None:
        self.problems.add(self.at(key), text)

    def known(self, keys: Collection[str]) -> None:
        """Keys that are allowed here although nothing reads them."""
        self._known.update(keys)

    def finish(self) -> None:
        """Name every key that nothing asked for."""
        for key in self._data:
            if key not in self._known:
                near = difflib.get_close_matches(key, sorted(self._known - set(self._data)), n=1)
                self.problem(_shown(key), "unknown key" + _hint(near))

    def raw(self, key: str) -> object | None:
        """Whatever stands there, for a reader that checks it itself."""
        return self._value(key, False, "")

    def text(self, key: str, *, longest: int, required: bool = False) -> str | None:
        """A text of one line, without blanks around it."""
        value = self._value(key, required, "a text in quotes")
        if value is None:
            return None
        if not isinstance(value, str):
            self._not(key, value, "a text in quotes")
        elif not value.strip():
            self.problem(key, "is empty, expected a text")
        elif any(ord(letter) < 32 for letter in value):
            self.problem(key, "holds a line break or control character, expected one line")
        elif len(value.strip()) > longest:
            self.problem(key, f"is {len(value.strip())} characters long, expected at most {longest}")
        else:
            return value.strip()
        return None

    def choice(self, key: str, options: Collection[str]) -> str | None:
        """One of a few words."""
        value = self._value(key, False, "")
        if value is None or (isinstance(value, str) and value in options):
            return value
        wanted = "expected " + " | ".join(options)
        near = difflib.get_close_matches(str(value), options, n=1)
        self.problem(key, f"{shown(value)} is not one of these, {wanted}" + _hint(near))
        return None

    def whole(self, key: str, low: int, high: int, *, required: bool = False) -> int | None:
        """A whole number between two bounds, both included."""
        wanted = f"a whole number from {low} to {high}"
        value = self._value(key, required, wanted)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self._not(key, value, wanted)
        return None

    def flag(self, key: str) -> bool | None:
        """true or false."""
        value = self._value(key, False, "")
        if value is None or isinstance(value, bool):
            return value
        self._not(key, value, "true or false")
        return None

    def yes(self, key: str) -> bool:
        """Whether the key is true; anything else is a problem, as the key itself says what is meant."""
        value = self._value(key, True, "true")
        if value is not True:
            self._not(key, value, "true, or no such key")
        return value is True

    def date(self, key: str, *, required: bool = False) -> date | None:
        """A date, not a date and time."""
        value = self._value(key, required, "a date like 2026-08-17")
        return None if value is None else as_date(value, self.at(key), self.problems)

    def time(self, key: str, *, required: bool = False) -> time | None:
        """A local time of day."""
        wanted = "a local time without quotes like 12:30:00"
        value = self._value(key, required, wanted)
        if value is None:
            return None
        if isinstance(value, time):
            return value
        self._not(key, value, wanted)
        return None

    def entries(self, key: str, wanted: str, *, required: bool = False) -> list[object] | None:
        """A list, each entry still to be looked at; None where there is none."""
        value = self._value(key, required, wanted)
        if value is None:
            return None
        if not isinstance(value, list):
            self._not(key, value, wanted)
            return None
        return list(value)

    def tables(self, key: str, shape: str, *, required: bool = False) -> list[Table]:
        """A list of tables, those that are none named and left out."""
        found = []
        entries = self.entries(key, f"a list, each entry {shape}", required=required)
        for number, entry in enumerate(entries or []):
            path = f"{self.at(key)}[{number}]"
            if isinstance(entry, dict):
                found.append(Table(entry, path, self.problems))
            else:
                self.problems.add(path, f"{shown(entry)} is not {shape}")
        return found

    def table(self, key: str) -> Table | None:
        """A table that has to be there."""
        value = self._value(key, True, f"a table [{key}]")
        if isinstance(value, dict):
            return Table(value, self.at(key), self.problems)
        if value is not None:
            self._not(key, value, f"a table [{key}]")
        return None

    def _value(self, key: str, required: bool, wanted: str) -> object | None:
        self._known.add(key)
        if key not in self._data and required:
            self.problem(key, f"is missing, expected {wanted}")
        return self._data.get(key)

    def _not(self, key: str, value: object, wanted: str) -> None:
        self.problem(key, f"{shown(value)} is not right, expected {wanted}")


def as_date(value: object, path: str, problems: Problems) -> date | None:
    """`value` as a date of a school year, or a problem at `path`."""
    if isinstance(value, date) and not isinstance(value, datetime):
        if _YEARS[0] <= value.year <= _YEARS[1]:
            return value
        problems.add(path, f"{value} is not in the years {_YEARS[0]} to {_YEARS[1]}, expected a school day")
        return None
    problems.add(path, f"{shown(value)} is not right, expected a date without quotes like 2026-08-17")
    return None


def shown(value: object) -> str:
    """A value as the file has it, roughly, and never long."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{_shown(value)}"'
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a table"
    return _shown(str(value))


def one_line(text: str) -> str:
    """The text without line breaks and control characters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _shown(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= 60 else line[:57] + "..."


def _hint(near: list[str]) -> str:
    return f'; did you mean "{near[0]}"?' if near else ""


def why_unreadable(error: OSError) -> str:
    """The reason for which a file cannot be read, in the system's words and on one line."""
    return (error.strerror or type(error).__name__).lower()
