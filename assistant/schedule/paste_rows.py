"""The text of an IEP's services page, cut into the pieces that each speak of one service. Pure.

What is copied from a page or a PDF comes with its lines broken anywhere. A piece begins where a service is
named, and takes the lines after it that have numbers or labels. Lines that speak of no service are left out.
"""

from __future__ import annotations

import re

from assistant.schedule.paste_words import AMOUNT, folded, service_in

MOST_TEXT = 60_000  # characters that are looked at
MOST_ROWS = 30
LONGEST = 500  # characters of a piece
_NEAR = 40  # a service named later in a line is spoken of, not listed
_BULLET = re.compile(r"^\s*(?:[-*•·▪]|\d{1,2}[.)])\s+")
_CODE = re.compile(r"^\d{3}\b[\s:–-]*(?=[^\W\d_])")  # the state's number, as in "415 Speech"
_PROSE = 14  # words of a line without an amount that is a sentence and no row


def rows(text: str) -> list[str]:
    """The pieces in their order, each on one line, as they were typed but for blanks. Never raises."""
    found: list[str] = []
    current = ""
    for line in _lines(text[:MOST_TEXT]):
        if line and current and _goes_on(current, line):
            current = f"{current} {line}"
            continue
        found.append(current)
        current = line if line and _begins(line) else ""
    found.append(current)
    return [one[:LONGEST].strip() for one in found if one][:MOST_ROWS]


def _lines(text: str) -> list[str]:
    lines = []
    for line in text.splitlines():
        bare = "".join(one if one.isprintable() else " " for one in line.replace("|", " "))
        bare = " ".join(_BULLET.sub("", bare).split())
        bare = _CODE.sub("", bare)
        parts = bare.split(";")
        several = sum(service_in(part) is not None for part in parts) > 1
        lines += [part.strip() for part in parts] if several else [bare]
    return lines


def _begins(line: str) -> bool:
    if AMOUNT.search(folded(line)):
        return True
    return _names(line) and len(line.split()) < _PROSE


def _names(line: str) -> bool:
    found = service_in(line)
    return found is not None and found.start < _NEAR


def _goes_on(current: str, line: str) -> bool:
    """Whether a line belongs to the piece before it: it names no other service, and has what a row has."""
    if len(current) + len(line) > LONGEST or _names(line):
        return False
    complete = AMOUNT.search(folded(current)) is not None
    if complete and AMOUNT.search(folded(line)) and _names_anything(line):
        return False
    return not complete or any(one.isdigit() for one in line) or ":" in line or len(line.split()) <= 3


def _names_anything(line: str) -> bool:
    """Whether words stand before the first number: "Adapted yoga 30 min weekly" is a row of its own."""
    before = re.split(r"\d|:", line, maxsplit=1)[0]
    return len(re.findall(r"[^\W\d_]{3,}", before)) >= 2
