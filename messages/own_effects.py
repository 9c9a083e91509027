"""What other words would do to the texts that they stand in: how those read, and what they cost. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.words import Language
from messages.own_words import on_trial
from messages.segments import count, plain, thrifty
from messages.template_rules import most_segments
from messages.template_samples import sample
from messages.templates import TemplateError, fill


@dataclass(frozen=True, slots=True)
class Effects:
    """Texts that read otherwise, filled in with long names; those of them that cost more than a text may."""

    examples: tuple[tuple[str, str], ...]  # key and text
    dearer: tuple[tuple[str, int], ...]  # key and segments


def effects(
    key: str, language: Language, body: str, texts: Mapping[str, str], program: str, *, bare: bool = True
) -> Effects:
    """Fill every text of `texts` (bodies by key) with and without these words. `bare` as in `look`."""
    before = _all_filled(texts, language, program, bare)
    try:
        with on_trial({(key, language): body}):
            after = _all_filled(texts, language, program, bare)
    except TemplateError:
        return Effects((), ())
    changed = [(one, said) for one, said in after.items() if said != before.get(one)]
    sizes = ((one, count(said).segments, count(before.get(one, "")).segments) for one, said in changed)
    dearer = tuple((one, now) for one, now, then in sizes if now > max(then, most_segments(language)))
    return Effects(tuple(changed), dearer)


def _all_filled(texts: Mapping[str, str], language: Language, program: str, bare: bool) -> dict[str, str]:
    return {
        key: (thrifty if bare else plain)(fill(body, sample(key, language, program), key))
        for key, body in texts.items()
    }
