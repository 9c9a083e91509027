"""A text of a caregiver with several children, cut by the names it uses: "leo yes, mia no speech"."""

from __future__ import annotations

import re
from dataclasses import replace

from assistant.replies.normalise import fold
from assistant.replies.types import Incoming

_EDGES = re.compile(
    r"^\W*(?:and|but|y|e|pero|for|para|de)\b|\b(?:and|but|y|e|pero|for|to|para|de|a)\W*$|^[\W_]+"
)


def children_of(incoming: Incoming) -> tuple[str, ...]:
    """The nicknames that the text may use to tell one child from another; empty with one child."""
    names = dict.fromkeys(
        [one.child for one in incoming.open if one.child]
        + [one.child for one in incoming.services if one.child]
    )
    return tuple(names) if len(names) > 1 else ()


def by_child(incoming: Incoming, folded: str) -> list[Incoming] | None:
    """The text as one for each child it names, with what is known of that child; None where it names none.

    An empty list where the names cannot be told apart or stand too close to say whose words are whose.
    """
    spots: list[tuple[int, int, str]] = []
    for name in children_of(incoming):
        word = re.escape(fold(name))
        spots += [
            (found.start(), found.end(), name) for found in re.finditer(rf"\b{word}(?:'s|s)?(?!\w)", folded)
        ]
    if not spots:
        return None
    spots.sort()
    if len({name for _, _, name in spots}) < len(spots):
        return []
    if len(spots) == 1:
        start, end, name = spots[0]
        return [_about(incoming, f"{folded[:start]} {folded[end:]}", name)]
    before = bool(folded[: spots[0][0]].strip(" ,.:;-"))  # "yes for leo, no for mia": the words come first
    parts = []
    for number, (start, end, name) in enumerate(spots):
        if before:
            left = spots[number - 1][1] if number else 0
            right = len(folded) if number == len(spots) - 1 else end
            text = f"{folded[left:start]} {folded[end:right]}"
        else:
            right = spots[number + 1][0] if number < len(spots) - 1 else len(folded)
            text = folded[end:right]
        parts.append((text, name))
    bare = [text.strip(" ,.;:-") for text, _ in parts]
    if any(text in ("y", "n") for text in bare):  # "n" may be "no" and may be "and"
        letters = all(text in ("y", "n") for text in bare)
        return (
            [_about(incoming, text, name) for text, (_, name) in zip(bare, parts, strict=True)]
            if letters
            else []
        )
    cleaned = [(_EDGES.sub(" ", _EDGES.sub(" ", text.strip())).strip(" ,.;:-"), name) for text, name in parts]
    if not all(text for text, _ in cleaned):
        last = cleaned[-1][0]
        # "leo and mia no": one word for both; "leo yes mia": whose is the rest, nobody can say.
        if before or not last or any(text for text, _ in cleaned[:-1]):
            return []
        cleaned = [(last, name) for _, name in cleaned]
    return [_about(incoming, text, name) for text, name in cleaned]


def _about(incoming: Incoming, text: str, name: str) -> Incoming:
    return replace(
        incoming,
        text=" ".join(text.split()),
        open=tuple(replace(one, child="") for one in incoming.open if one.child == name),
        services=tuple(replace(one, child="") for one in incoming.services if one.child == name),
        child=name,
    )
