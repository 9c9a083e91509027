"""A text cut into stretches, each about one service or one day."""

from __future__ import annotations

import re
from typing import TypeVar

from assistant.replies.dates import Named
from assistant.replies.reading import read

T = TypeVar("T")
_JOINER = re.compile(r"\W*(?:y|e|n|ni|and|o|or|&)?\W*")


def stretches(folded: str, places: list[tuple[int, int, str]]) -> list[tuple[str, str]]:
    """The text cut so that each named service has the words that are about it.

    "yes to speech no to ot": the words come before the name; "ot happened, speech didnt": after it.
    """
    before = bool(folded[: places[0][0]].strip(" ,.:;-") and read(folded[: places[0][0]], 0).outcome)
    cuts: list[tuple[str, str]] = []
    for number, (start, end, service) in enumerate(places):
        if before:
            left = places[number - 1][1] if number else 0
            right = len(folded) if number == len(places) - 1 else start
            text = f"{folded[left:start]} {folded[end:right] if right > end else ''}"
        else:
            right = places[number + 1][0] if number < len(places) - 1 else len(folded)
            text = (
                folded[end:right]
                if number or not folded[:start].strip()
                else f"{folded[:start]} {folded[end:right]}"
            )
        cuts.append(
            (
                re.sub(
                    r"^\W*(?:to|for|but|and|y|pero|con|de)\b|\b(?:to|for|but|and|y|e|pero|la|el|de)\W*$",
                    " ",
                    text.strip(),
                ),
                service,
            )
        )
    return shared(cuts)


def shared(cuts: list[tuple[str, T]]) -> list[tuple[str, T]]:
    """A stretch that is only a joiner ("lunes y miercoles no") says what the next one says.

    "n" may be "no" and may be "and": only where every stretch is a letter is it an answer, else nothing is.
    """
    letters = [text.strip(" ,.;:-") for text, _ in cuts]
    if all(letter in ("y", "n") for letter in letters):
        return cuts
    if "n" in letters:
        return []
    out: list[tuple[str, T]] = []
    after = ""
    for text, about in reversed(cuts):
        after = after if _JOINER.fullmatch(text) else text
        out.append((re.sub(r"(?:^\s*|\s+)(?:y|n|e|ni|and|but|pero)\s*$", " ", after).strip(), about))
    return out[::-1]


def without_days(folded: str, days: list[Named]) -> str:
    """The text without the days it names, when they only repeat the day that was asked about."""
    out, last = [], 0
    for one in days:
        out.append(folded[last : one.start])
        last = one.end
    return " ".join([*out, folded[last:]]).strip()
