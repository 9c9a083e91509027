"""What of a guide can be reviewed, and the fingerprint of the very words that a review is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from hashlib import sha256
from typing import Any, Final, Literal

from assistant.escalation.types import StepKey
from assistant.guide.letters import NAMES
from assistant.guide.types import CLOCK_MAILS, Guide
from assistant.words import LANGUAGES

Group = Literal["step", "letter", "dates"]
# In the order in which the pages list them. A step and a letter of one name share one review.
KEYS: Final[Mapping[str, Group]] = {
    **{key.value: "step" for key in StepKey},
    **{name: "letter" for name in NAMES if name not in set(StepKey)},
    **dict.fromkeys(CLOCK_MAILS, "dates"),
}
_NAMED = re.compile(r"\b(say|cite|clock)\.(\w+)")


def fingerprint(guide: Guide, key: str) -> str:
    """A short hash of the words of a step, letter or kind of e-mail in all languages.

    With the phrases, citations and lengths of time that they name: where one of those changes, it is another
    text. Raises KeyError for an unknown key.
    """
    said = [piece for one in texts_of(guide, key) for piece in strings_of(one)]
    named = sorted(set(_NAMED.findall("\n".join(said))))
    said += [f"{kind}.{name}={_named(guide, kind, name)}" for kind, name in named]
    return sha256("\x1f".join(said).encode()).hexdigest()[:32]


def texts_of(guide: Guide, key: str) -> Iterator[object]:
    """What a step, letter or kind of e-mail is made of, in all languages. Raises KeyError."""
    KEYS[key]
    for language in LANGUAGES:
        yield language
        if key in set(StepKey):
            yield guide.steps[StepKey(key), language]
        if key in NAMES:
            yield guide.letters.texts[key, language]
        if key == "clock_before":
            yield guide.clock_mails["before", language]
        if key == "clock_after":
            yield guide.clock_mails["after", language]


def _named(guide: Guide, kind: str, name: str) -> str:
    if kind == "cite":
        return guide.citations[name].text if name in guide.citations else ""
    if kind == "clock":
        rule = guide.clocks.get(name)
        return f"{rule.length} {rule.counts}" if rule else ""
    books = [guide.say[language] for language in LANGUAGES]
    books += [guide.letters.phrases[language] for language in LANGUAGES]
    return "\x1e".join(book.get(name, "") for book in books)


def strings_of(value: Any) -> Iterator[str]:
    """Every text in a value of the guide. What is empty says nothing, nor does the file it is from."""
    if isinstance(value, str):
        if value:
            yield value
    elif is_dataclass(value):
        for one in fields(value):
            if one.name != "where":
                yield from strings_of(getattr(value, one.name))
    elif isinstance(value, Mapping):
        for key in sorted(value):
            yield str(key)
            yield from strings_of(value[key])
    elif isinstance(value, tuple | list):
        for one in value:
            yield from strings_of(one)
