"""What is different between two texts, word by word. Pure."""

from __future__ import annotations

import difflib
import re
from typing import Literal

Piece = tuple[Literal["same", "added", "removed"], str]
_TOKENS = re.compile(r"\s+|[\w{}'’]+|[^\w\s]")
_MOST = 4_000  # words and marks; longer texts are shown as wholly new


def pieces(before: str, after: str) -> list[Piece]:
    """The texts as one: what stayed, what was added, what was taken out, in reading order."""
    old, new = _TOKENS.findall(before), _TOKENS.findall(after)
    if max(len(old), len(new)) > _MOST:
        return [("removed", before), ("added", after)]
    found: list[Piece] = []
    for tag, from_, to, start, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(("same", "".join(old[from_:to])))
            continue
        if to > from_:
            found.append(("removed", "".join(old[from_:to])))
        if end > start:
            found.append(("added", "".join(new[start:end])))
    return found
