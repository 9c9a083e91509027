"""Several sessions told apart by their order in words: "first one yes, second one no"."""

from __future__ import annotations

import re

_ORDINALS = (
    (r"first|1st|primer[ao]?", 0), (r"second|2nd|segund[ao]", 1), (r"third|3rd|tercer[ao]?", 2),
    (r"last|ultim[ao]", -1),
)  # fmt: skip
_OTHERS = re.compile(
    r"\b(?:the )?(?:other|rest)(?: (?:one|two|three|2|3))?s?(?: of them)?\b|"
    r"\b(?:l[ao]s? )?(?:otr[ao]s?|demas)(?: dos| tres)?\b"
)
_YES_NO = r"(?:yes|yep|yeah|si|no|nope|not sure|idk|no se)"


def by_letters(folded: str, count: int) -> str:
    """ "first one yes second one no, the others yes", by letters; any other text as it is."""
    if count < 2:
        return folded
    text, told = folded, set()
    for pattern, place in _ORDINALS:
        letter = "abcdefgh"[place if place >= 0 else count - 1] if count <= 8 else ""
        text, found = re.subn(rf"\b(?:the |la |el )?(?:{pattern})(?: one| una| uno)?\b", f" {letter} ", text)
        if found:
            told.add(letter)
    others = _OTHERS.search(text)
    said = re.search(rf"{_OTHERS.pattern}\W*({_YES_NO})\b", text) if others else None
    if said and told:
        rest = " ".join(f"{letter} {said[1]}" for letter in "abcdefgh"[:count] if letter not in told)
        text = f"{text[: said.start()]} {rest} {text[said.end() :]}"
    text = " ".join(re.sub(r"\b(?:was|is|fue|were|a)\b(?= (?:yes|no|si)\b)", " ", text).split())
    # Only where nothing else is said: "first time she went" is no list.
    left = re.sub(rf"\b[a-h] {_YES_NO}\b", " ", text)
    return (
        text if told and not re.search(r"[a-z0-9]", re.sub(r"\b(?:and|y|but|pero)\b", " ", left)) else folded
    )
