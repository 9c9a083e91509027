"""The words of one text of the guide, one by one: to edit them, and to put others in their place.

A step's e-mail is a few named words, a letter as many as its parts have. Which entries a part rests on, when
it is left out and what it lists stays the file's: staff change words, never what a letter may state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Literal

from assistant.escalation.types import StepKey
from assistant.guide.letters import NAMES, Item, LetterText, Part
from assistant.guide.types import CLOCK_MAILS, ClockMailText, Guide, StepText
from assistant.words import Language

Kind = Literal["subject", "title", "heading", "body", "button", "beside", "label", "item", "line", "before"]
# Every text that staff may write anew, in the order of the pages. "mail.document", "letter.records_request".
PIECES: Final = (
    *(f"mail.{key.value}" for key in StepKey),
    "mail.expired",
    *(f"mail.{key}" for key in CLOCK_MAILS),
    *(f"letter.{name}" for name in NAMES),
)
_HEAD = re.compile(r"=== (\S+)")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A run of words. `key`: where it stands, with what that place rests on; `needed`: it may not be empty.

    `number`: of the part of a letter, from 1; 0 elsewhere. `each`: the list that an item is said for.
    """

    key: str
    kind: Kind
    text: str
    needed: bool = True
    number: int = 0
    rests_on: str = ""
    each: str = ""
    clock: str = ""


def leaves(guide: Guide, piece: str, language: Language) -> tuple[Leaf, ...]:
    """The words of a text, in reading order. Raises KeyError for a text that there is not."""
    kind, _, name = piece.partition(".")
    if kind == "letter":
        return tuple(_of_letter(guide.letters.texts[name, language]))
    if name in CLOCK_MAILS:
        return tuple(_of_dates(guide.clock_mails[_when(name), language]))
    mail = guide.expired[language] if name == "expired" else guide.steps[StepKey(name), language]
    return tuple(_of_mail(mail))


def with_words(guide: Guide, piece: str, language: Language, said: Mapping[str, str]) -> Guide:
    """The guide with these words in a text. Raises ValueError where they are not, key by key, what it has."""
    stands = leaves(guide, piece, language)
    if list(said) != [leaf.key for leaf in stands]:
        raise ValueError(f"{piece} ({language}): these words were written for another form of the text")
    # What was not changed stays as the file has it, to the letter: it is the same text to a review.
    said = {one.key: one.text if said[one.key] == one.text.strip("\n") else said[one.key] for one in stands}
    kind, _, name = piece.partition(".")
    if kind == "letter":
        text = _letter(guide.letters.texts[name, language], said)
        book = replace(guide.letters, texts={**guide.letters.texts, (name, language): text})
        return replace(guide, letters=book)
    if name in CLOCK_MAILS:
        found = _dates(guide.clock_mails[_when(name), language], said)
        return replace(guide, clock_mails={**guide.clock_mails, (_when(name), language): found})
    if name == "expired":
        return replace(guide, expired={**guide.expired, language: _mail(guide.expired[language], said)})
    step = StepKey(name)
    mail = _mail(guide.steps[step, language], said)
    return replace(guide, steps={**guide.steps, (step, language): mail})


def as_body(said: Mapping[str, str]) -> str:
    """All words as one text, each under a line with its key: so a version keeps them."""
    return "\n".join(f"=== {key}\n{text}" for key, text in said.items())


def from_body(body: str) -> dict[str, str]:
    """The words of such a text, by key; whatever stands before the first key is dropped."""
    found: dict[str, list[str]] = {}
    key = ""
    for line in body.split("\n"):
        headed = _HEAD.fullmatch(line)
        if headed:
            key = headed[1]
            found[key] = []
        elif key:
            found[key].append(line)
    return {key: "\n".join(lines) for key, lines in found.items()}


def words_of(guide: Guide, piece: str, language: Language) -> dict[str, str]:
    """The words of a text by key."""
    return {leaf.key: leaf.text.strip("\n") for leaf in leaves(guide, piece, language)}


def _when(name: str) -> Literal["before", "after"]:
    return "before" if name == "clock_before" else "after"


def _of_mail(text: StepText) -> Iterator[Leaf]:
    yield Leaf("subject", "subject", text.subject)
    yield Leaf("body", "body", text.body)
    yield Leaf("button", "button", text.button)
    yield Leaf("beside", "beside", text.beside, needed=False)


def _mail(text: StepText, said: Mapping[str, str]) -> StepText:
    return replace(
        text, subject=said["subject"], body=said["body"], button=said["button"], beside=said["beside"]
    )


def _of_dates(text: ClockMailText) -> Iterator[Leaf]:
    yield Leaf("body", "body", text.body)
    yield Leaf("button", "button", text.button)
    yield Leaf("beside", "beside", text.beside)
    for clock, (subject, line) in text.phrases.items():
        yield Leaf(f"{clock}.subject", "subject", subject, clock=clock)
        yield Leaf(f"{clock}.line", "line", line, clock=clock)


def _dates(text: ClockMailText, said: Mapping[str, str]) -> ClockMailText:
    phrases = {clock: (said[f"{clock}.subject"], said[f"{clock}.line"]) for clock in text.phrases}
    return replace(text, body=said["body"], button=said["button"], beside=said["beside"], phrases=phrases)


def _of_letter(text: LetterText) -> Iterator[Leaf]:
    yield Leaf("title", "title", text.title)
    for number, part in enumerate(text.parts, start=1):
        yield from _of_part(part, str(number), number)
    yield Leaf("before_you_send", "before", "\n".join(text.before_you_send))


def _of_part(part: Part, at: str, number: int) -> Iterator[Leaf]:
    at, rests = _tagged(at, part), part.rests_on
    if part.heading:
        yield Leaf(f"{at}.heading", "heading", part.heading, False, number)
    if part.body:
        # Words that state nothing of the log may be left out; what is numbered is numbered in every language.
        needed = bool(rests or part.items or part.each or part.table or part.fields)
        yield Leaf(f"{at}.body", "body", part.body, needed, number, rests)
    for place, one in _items(part):
        if one.label:
            yield Leaf(f"{at}.{place}.label", "label", one.label, True, number)
        yield Leaf(f"{at}.{place}", "item", one.text, True, number, one.rests_on or rests)
    if part.item:
        yield Leaf(f"{at}.item", "item", part.item, True, number, rests, part.each)
    for nth, inner in enumerate(part.issues, start=1):
        yield from _of_part(inner, f"{at}.{nth}", number)


def _letter(text: LetterText, said: Mapping[str, str]) -> LetterText:
    parts = tuple(_part(one, str(number), said) for number, one in enumerate(text.parts, start=1))
    before = tuple(line.strip() for line in said["before_you_send"].split("\n") if line.strip())
    return LetterText(said["title"], parts, before)


def _part(part: Part, at: str, said: Mapping[str, str]) -> Part:
    at = _tagged(at, part)

    def put(items: Sequence[Item], name: str) -> tuple[Item, ...]:
        keys = [f"{at}.{name}{place}{_tags(one)}" for place, one in enumerate(items, start=1)]
        return tuple(
            replace(one, text=said[key], label=said.get(f"{key}.label", one.label))
            for key, one in zip(keys, items, strict=True)
        )

    return replace(
        part,
        heading=said.get(f"{at}.heading", part.heading),
        body=said.get(f"{at}.body", part.body),
        items=put(part.items, "item"),
        fields=put(part.fields, "field"),
        item=said.get(f"{at}.item", part.item),
        issues=tuple(_part(one, f"{at}.{place}", said) for place, one in enumerate(part.issues, start=1)),
    )


def _items(part: Part) -> Iterator[tuple[str, Item]]:
    for name, items in (("item", part.items), ("field", part.fields)):
        for place, one in enumerate(items, start=1):
            yield f"{name}{place}{_tags(one)}", one


def _tagged(at: str, part: Part) -> str:
    """A part's place with all that is not words: words written for another part there do not fit."""
    return at + "".join(f"@{value}" for value in _structure(part))


def _structure(part: Part) -> Iterator[str]:
    for one in fields(part):
        value: Any = getattr(part, one.name)
        if one.name in ("rests_on", "when", "unless", "each", "style") and value:
            yield f"{one.name}={value}"
        elif one.name in ("optional", "joins", "table") and value:
            yield one.name


def _tags(item: Item) -> str:
    return "".join(f"@{value}" for value in (item.when, item.rests_on) if value)
