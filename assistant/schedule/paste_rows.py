"""The text of an IEP's services page, cut into the pieces that each speak of one service. Pure.

What is copied from a page or a PDF comes with its lines broken anywhere. A piece begins where a service is
named, and takes the lines after it that have numbers or labels. No other line vanishes: it is unread.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.schedule.paste_words import AMOUNT, HELP, PERS, folded, service_in

MOST_TEXT = 60_000  # characters that are looked at
MOST_ROWS = 30
MOST_UNREAD = 20
LONGEST = 500  # characters of a piece
_NEAR = 40  # a service named later in a line is spoken of, not listed
_BULLET = re.compile(r"^\s*(?:[-*•·▪]|\d{1,2}[.)])\s+")
_CODE = re.compile(r"^\d{3}\b[\s:–-]*(?=[^\W\d_])")  # the state's number, as in "415 Speech"
_PROSE = 14  # words of a line without an amount that is a sentence and no row


@dataclass(frozen=True, slots=True)
class Pieces:
    """A text cut up. `rows`: the pieces in their order, each on one line, as they were typed but for blanks.

    `unread`: lines in none of them that are worth a look: all of a short text, of a long one those that speak
    of help of some kind. `more`: how many further lines are in no piece. `whole`: it was read to its end.
    """

    rows: tuple[str, ...]
    unread: tuple[str, ...]
    more: int
    whole: bool


def pieces(text: str) -> Pieces:
    """The pieces of a text, and what is left of it. Never raises."""
    found: list[str] = []
    left: list[str] = []
    current = ""
    for line in _lines(text[:MOST_TEXT]):
        if line and current and _goes_on(current, line):
            current = f"{current} {line}"
            continue
        if current:
            found.append(current)
        current = line if line and _begins(line) else ""
        if line and not current:
            left.append(line)
    found += [current] if current else []
    rows, left = found[:MOST_ROWS], found[MOST_ROWS:] + left
    worth = [line for line in left if len(left) <= MOST_UNREAD or _speaks_of_help(line)][:MOST_UNREAD]
    return Pieces(
        rows=tuple(one[:LONGEST].strip() for one in rows),
        unread=tuple(one[:LONGEST].strip() for one in worth),
        more=len(left) - len(worth),
        whole=len(text) <= MOST_TEXT,
    )


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


def _speaks_of_help(line: str) -> bool:
    bare = folded(line)
    often = any(pattern.search(bare) for pattern in PERS.values())
    return bool(often or HELP.search(bare) or AMOUNT.search(bare) or service_in(line))


def _names_anything(line: str) -> bool:
    """Whether words stand before the first number: "Adapted yoga 30 min weekly" is a row of its own."""
    before = re.split(r"\d|:", line, maxsplit=1)[0]
    return len(re.findall(r"[^\W\d_]{3,}", before)) >= 2
