"""Where a key stands in the text of a TOML file: Python's reader gives values, but not their lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.-]+)\s*\]\]?")
_KEY = re.compile(r"^\s*([A-Za-z0-9_-]+)\s*=")


def with_line_numbers(problems: Sequence[str], text: str, name: str) -> list[str]:
    """The problems (`NAME: key.path: what is wrong`), each with the number of the line it is about.

    The line of a key that is missing is the one its table begins on. Where no line can be told, none is.
    """
    places = _places(text)
    out = []
    for problem in problems:
        path, colon, what = problem.removeprefix(f"{name}: ").partition(": ")
        number = _line_of(path, places) if colon else None
        out.append(problem if number is None else f"{name}: line {number}: {path}: {what}")
    return out


def _line_of(path: str, places: dict[str, int]) -> int | None:
    while path:
        if path in places:
            return places[path]
        path = re.sub(r"(?:\[\d+\]|(?:^|\.)[^.\[\]]+)$", "", path)
    return None


def _places(text: str) -> dict[str, int]:
    """The first line of each table and key, by its path as problems name it: "services[1].per"."""
    places: dict[str, int] = {}
    counts: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.split("\n"), start=1):
        header = _HEADER.match(line)
        if header:
            table = header[2]
            if header[1] == "[[":
                place = counts.get(table, 0)
                counts[table] = place + 1
                table = f"{table}[{place}]"
            places.setdefault(table, number)
        elif key := _KEY.match(line):
            places.setdefault(f"{table}.{key[1]}" if table else key[1], number)
    return places
