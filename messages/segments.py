"""How many SMS segments a text costs, and how to keep it cheap. Pure.

GSM 03.38: 160 septets in one segment, 153 in each of several; characters of the extension table take two and
may not straddle a boundary. Any other character turns the whole text into UCS-2: 70 UTF-16 units in one
segment, 67 in each of several; a surrogate pair may not straddle either.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
# What phones and word processors put in, and the plain character that says the same.
_PLAIN = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "`": "'", "´": "'",
        "“": '"', "”": '"', "„": '"', "″": '"', "«": '"', "»": '"',
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
        "…": "...", "•": "-", "·": "-", "\t": " ",
        "\u00a0": " ", "\u2002": " ", "\u2003": " ", "\u2009": " ", "\u200a": " ", "\u202f": " ",
        "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "", "\u00ad": "",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Segments:
    """What a text costs. `units`: septets in GSM-7, UTF-16 units in UCS-2."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    segments: int
    unicode_chars: tuple[str, ...]  # the characters that force UCS-2, each once, in order


def count(text: str) -> Segments:
    """Count the text as it would be sent, composed (NFC): e + accent is one letter to a carrier."""
    composed = unicodedata.normalize("NFC", text)
    foreign = tuple(dict.fromkeys(c for c in composed if c not in _BASIC and c not in _EXTENDED))
    if foreign:
        sizes = [2 if ord(c) > 0xFFFF else 1 for c in composed]
        return Segments("UCS-2", sum(sizes), _parts(sizes, 70, 67), foreign)
    sizes = [2 if c in _EXTENDED else 1 for c in composed]
    return Segments("GSM-7", sum(sizes), _parts(sizes, 160, 153), ())


def plain(text: str, *, strip_accents: bool = False) -> str:
    """The text with typographic marks made plain; with `strip_accents`, letters outside GSM-7 lose theirs.

    Letters that GSM-7 has (é, ñ, ü, ¿) always stay.
    """
    tidy = unicodedata.normalize("NFC", text).translate(_PLAIN)
    if not strip_accents:
        return tidy
    return "".join(c if c in _BASIC or c in _EXTENDED else _base(c) for c in tidy)


def thrifty(text: str) -> str:
    """The plain text, without accents outside GSM-7 where that saves a segment."""
    tidy = plain(text)
    bare = plain(tidy, strip_accents=True)
    return bare if count(bare).segments < count(tidy).segments else tidy


def _base(character: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFD", character) if not unicodedata.combining(c))
    return bare or character


def _parts(sizes: Iterable[int], single: int, joined: int) -> int:
    """Segments needed when no character may straddle a boundary."""
    listed = list(sizes)
    if sum(listed) <= single:
        return 1
    parts, used = 1, 0
    for size in listed:
        if used + size > joined:
            parts, used = parts + 1, 0
        used += size
    return parts
