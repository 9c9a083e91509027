"""How letters' text is filled: a sandbox, and values that refuse to leave a hole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import NoReturn

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import SandboxedEnvironment


class LetterError(ValueError):
    """A letter that cannot be written: it would state what is not known, or what nothing rests on."""


class Unknown:
    """What is not known: false where a text asks for it, an error where a text would print it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> NoReturn:
        raise LetterError(f"{self.name} is not known, and a letter has no holes")


class Phrases(Mapping[str, str]):
    """The guide's phrases, each filled when a text asks for it."""

    def __init__(self, texts: Mapping[str, str], fill_one: Callable[[str], str]) -> None:
        self._texts, self._fill = texts, fill_one

    def __getitem__(self, key: str) -> str:
        return self._fill(self._texts[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


def environment() -> SandboxedEnvironment:
    """Where letters are filled: no attributes of Python objects, and a missing value is an error."""
    return SandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )


@lru_cache(maxsize=4096)
def _template(text: str) -> Template:
    return environment().from_string(text)


def rendered(text: str, values: Mapping[str, object]) -> str:
    """The text with its names filled in, as it comes. Each text is compiled once."""
    return _template(text).render(values)


def fill(text: str, values: Mapping[str, object]) -> str:
    """The text with its names filled in, spaces tidied. Raises LetterError where something is not known."""
    filled = rendered(text, values)
    lines = [" ".join(line.split()) for line in filled.strip().split("\n")]
    return "\n".join(lines)


def names_in(text: str) -> tuple[set[str], set[tuple[str, str]], str]:
    """Names a text asks for, members asked of them ({{ cite.records }}), and what is wrong with its form."""
    try:
        tree = environment().parse(text)
    except TemplateSyntaxError as error:
        return set(), set(), f"line {error.lineno}: {error.message}"
    members = {
        (one.node.name, one.attr)
        for one in tree.find_all(nodes.Getattr)
        if isinstance(one.node, nodes.Name) and one.node.ctx == "load"
    }
    return set(meta.find_undeclared_variables(tree)), members, ""
