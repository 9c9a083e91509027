"""How the guide's texts are filled: a sandbox with bounds, and values that refuse to leave a hole.

A text may name, ask and go through a list, and nothing else; what it grows to and how often it goes round are
bounded, so that no text, whoever wrote it, can hold up a worker or fill its memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Final, NoReturn

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import SandboxedEnvironment

LONGEST_SOURCE: Final = 20_000  # letters of one text; the longest of ours has 1,900
LONGEST_FILLED: Final = 100_000  # letters, once it is filled in
MOST_ROUNDS: Final = 5_000  # of all lists of a text together; a year of daily sessions is 200
# All that a text may be made of. No calls, no arithmetic, no filters: each of them can be made endless.
_ALLOWED: Final = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Getitem),
    *(nodes.Slice, nodes.If, nodes.For, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.Const),
    *(nodes.And, nodes.Or, nodes.Not),
)


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


class _Bounded(SandboxedEnvironment):
    """Refuses what a text has no need of, and counts the rounds of its lists."""

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        if len(source) > LONGEST_SOURCE:
            raise TemplateSyntaxError(f"longer than {LONGEST_SOURCE} letters", 1)
        tree = super()._parse(source, name, filename)
        for node in tree.find_all(nodes.Node):
            taken = isinstance(node, nodes.Getitem) and not isinstance(node.arg, nodes.Slice)
            again = isinstance(node, nodes.For) and node.recursive
            if taken or again or not isinstance(node, _ALLOWED):
                kind = type(node).__name__.lower()
                raise TemplateSyntaxError(f"a text cannot have this ({kind})", node.lineno)
        for loop in tree.find_all(nodes.For):
            loop.iter = nodes.Filter(loop.iter, "counted", [], [], None, None, lineno=loop.lineno)
        return tree


# What is left of the rounds of the text that is being filled, and of the phrases that it asks for.
_rounds: ContextVar[list[int] | None] = ContextVar("rounds", default=None)


def _counted(items: Iterable[Any]) -> Iterator[Any]:
    left = _rounds.get()
    for one in items:
        if left is not None:
            left[0] -= 1
            if left[0] < 0:
                raise LetterError(f"a text goes through its lists more than {MOST_ROUNDS} times")
        yield one


def environment() -> SandboxedEnvironment:
    """Where the guide's texts are read: no attributes of Python objects, a missing value is an error."""
    found = _Bounded(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    found.filters["counted"] = _counted
    found.globals.clear()
    return found


@lru_cache(maxsize=4_096)
def _template(text: str) -> Template:
    return environment().from_string(text)


def rendered(text: str, values: Mapping[str, object]) -> str:
    """The text with its names filled in, as it stands.

    Raises LetterError where something is not known, or where it grows beyond `LONGEST_FILLED` letters or
    `MOST_ROUNDS` rounds; jinja2.TemplateError where the text itself is wrong.
    """
    outer = _rounds.get()
    token = _rounds.set([MOST_ROUNDS] if outer is None else outer)
    try:
        found, size = [], 0
        for piece in _template(text).generate(values):
            size += len(piece)
            if size > LONGEST_FILLED:
                raise LetterError(f"filled, the text is longer than {LONGEST_FILLED} letters")
            found.append(piece)
        return "".join(found)
    finally:
        _rounds.reset(token)


def fill(text: str, values: Mapping[str, object]) -> str:
    """The same, with spaces tidied. Raises LetterError likewise."""
    lines = [" ".join(line.split()) for line in rendered(text, values).strip().split("\n")]
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
