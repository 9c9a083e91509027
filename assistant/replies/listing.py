"""Several sessions answered by letter, by number, or one after the other."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.replies.counts import read_item
from assistant.replies.meanings import UNCLEAR, answer_of, meaning_of
from assistant.replies.types import Meaning, OpenItem
from assistant.words import Asks

_LETTERS = re.compile(
    r"\b([a-h])\s*[:=.)-]?\s*(\d{1,3}(?: ?(?:of|out of|de|/) ?\d{1,3})?|yes|no|si|y|n|idk|not sure|no se|"
    r"none|all|both|ningun[oa]?|tod[oa]s|amb[oa]s|\?)(?!\w)"
)
_NUMBERED = re.compile(r"(?:\b|#)([1-8])\s*[:=.)-]?\s*(yes|yep|no|nope|si|y|n|idk|not sure|no se)\b")
_SHORT = re.compile(r"\d{1,3}|y(?:es|ep|eah)?|n(?:o|ope)?|si|idk|none|all|ningun[oa]?|tod[oa]s|\?")
_GLUE = re.compile(r"[\s,;.&/+-]+|\band\b|\by\b(?= ?[123])")
_PIECES = {"y": "yes", "n": "no"}


def by_list(items: Sequence[OpenItem], folded: str) -> Meaning | None:
    """Answers by letter (A1 B2), by number (1 yes 2 no), one after the other (y n); None if none of these."""
    plain = all(item.asks is Asks.HAPPENED for item in items)
    for pattern, offset in ((_LETTERS, ord("a")), (_NUMBERED, ord("1"))):
        if offset == ord("1") and not plain:
            break  # "1 yes": the first one, or one of it?
        pairs = pattern.findall(folded)
        if pairs and not pattern.sub("", folded).strip(" ,;.&/+-"):
            chosen = {ord(label) - offset: text for label, text in pairs}
            if len(chosen) == len(pairs) and max(chosen) < len(items):
                return _placed(items, chosen)
            return UNCLEAR
    only = re.fullmatch(r"(?:([1-8a-h]) only|(?:only|just|solo) ([1-8a-h]))", folded)
    if only and plain:
        label = only[1] or only[2]
        place = ord(label) - (ord("1") if label.isdigit() else ord("a"))
        if place < len(items):
            return _placed(items, {n: "yes" if n == place else "no" for n in range(len(items))})
    if plain and re.fullmatch(r"[yn]{2,8}", folded):
        pieces = list(folded)
    else:
        pieces = [piece for piece in _GLUE.split(folded) if piece]
    if len(pieces) > 1 and all(_SHORT.fullmatch(piece) for piece in pieces):
        return _placed(items, dict(enumerate(pieces))) if len(pieces) == len(items) else UNCLEAR
    return None


def _placed(items: Sequence[OpenItem], chosen: dict[int, str]) -> Meaning:
    answers = []
    for place, text in sorted(chosen.items()):
        said = read_item(_PIECES.get(text, text), items[place])
        if said.outcome is None:
            return UNCLEAR
        answers.append(answer_of(items[place].id, items[place].service, items[place].date, said))
    return meaning_of(answers, tuple(chosen.values()))
