"""One plain form of whatever a phone sends, for matching only. The raw text is kept elsewhere, for ever."""

from __future__ import annotations

import re
import unicodedata

_MARKS = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "`": "'",
        "´": "'",
        "“": '"',
        "”": '"',
        "«": '"',
        "»": '"',
        "–": "-",
        "—": "-",
        "…": ". ",
    }
)
_INVISIBLE = re.compile("[\u200a-\u200f\u2060\ufe00-\ufe0f\ufeff\ufffc\U0001f3fb-\U0001f3ff]")
_EMOJI = (
    (re.compile("[👍✅✔👌💯🆗☑]"), " yes "),
    (re.compile("[👎❌✖🚫🙅]"), " no "),
    (re.compile("[🤷❓❔⁉]"), " idk "),
)
_SPACES = re.compile(r"\s+")
_LONG = re.compile(r"([a-z])\1{2,}")  # yesss, nooo


def fold(text: str) -> str:
    """Lower case, no accents, plain quotes and dashes, emoji answers as words, single spaces."""
    plain = unicodedata.normalize("NFKC", text.translate(_MARKS))
    if not plain.isascii():
        plain = _INVISIBLE.sub("", plain)
        for pattern, word in _EMOJI:
            plain = pattern.sub(word, plain)
    bare = plain.casefold()
    if not bare.isascii():
        bare = "".join(c for c in unicodedata.normalize("NFD", bare) if not unicodedata.combining(c))
    return _LONG.sub(r"\1", _SPACES.sub(" ", bare)).strip()


def words_only(folded: str) -> str:
    """The folded text without punctuation at its ends: what a keyword is compared with."""
    return folded.strip(" .,;:!?¡¿'\"()-*")
