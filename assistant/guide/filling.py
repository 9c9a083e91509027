"""Filling the guide's templates: what may be named in them, and how a value goes in without doing harm.

Templates give Markdown. A value is data: whatever a name holds, it comes out as those very characters and
never as markup, a template, a second line or a header. Blanks and addresses are our own and may be markup.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from babel.dates import format_date
from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from assistant.guide.types import Edition, GuideError

_MARKUP = re.compile(r"([!-/:-@\[-`{-~])")  # every ASCII punctuation mark; Markdown lets each be escaped
_SPACES = re.compile(r"\s+")
# Line and paragraph breaks, controls, and what turns the reading direction round or is no character at all.
_UNWANTED = {"Cc", "Zl", "Zp", "Cs", "Cn"}
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Blank(str):
    """A blank for the parent to fill: shown in square brackets."""

    __slots__ = ()

    @property
    def markdown(self) -> str:
        """The blank as Markdown; a value can never look like it, its closing bracket would be escaped."""
        return rf"\[{self}]"


class Address(str):
    """A web address of ours, shown as a link."""

    __slots__ = ()


def clean(value: str) -> str:
    """One line of plain characters: breaks and controls become a space."""
    kept = (" " if unicodedata.category(c) in _UNWANTED or c in _DIRECTION else c for c in value)
    return _SPACES.sub(" ", "".join(kept)).strip()


def escape(value: object) -> str:
    """A value as Markdown that shows exactly its characters."""
    if isinstance(value, Blank):
        return value.markdown
    text = clean(str(value))
    if isinstance(value, Address) and urlsplit(text).scheme in ("http", "https") and not set(text) & set("<> "):
        return f"[{_MARKUP.sub(r'\\\1', text)}](<{text}>)"
    return _MARKUP.sub(r"\\\1", text)


def written_out(day: date, locale: str) -> str:
    """A date with its month as a word, as the language writes it."""
    return format_date(day, "long", locale=locale)


def environment(edition: Edition) -> ImmutableSandboxedEnvironment:
    """The templates' environment in one language; filters `day` (a date) and `many` (a number and a noun)."""
    made = syntax()
    overlay = made.overlay()
    overlay.filters = {
        **made.filters,
        "day": lambda value: written_out(value, edition.locale),
        "many": lambda number, noun: f"{number} {edition.counts[noun][number != 1]}",
    }
    return overlay


@cache
def syntax() -> ImmutableSandboxedEnvironment:
    """What templates may use. Plain: no loops over anything but what they are given, no code, no files."""
    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        finalize=escape,
        autoescape=False,  # noqa: S701 - the output is Markdown; `escape` and the Markdown renderer do it
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    made.filters |= {"day": str, "many": lambda number, noun: f"{number} {noun}"}
    return made


def fill(edition: Edition, template: str, values: dict[str, Any], where: str) -> str:
    """The template with its values. Raises GuideError naming `where` for a name without a value."""
    try:
        return environment(edition).from_string(template).render(values).strip()
    except TemplateError as problem:
        raise GuideError([f"{where}: {problem}"]) from problem


def attributes_of(tree: nodes.Template, name: str) -> set[str]:
    """The attributes that a template asks of a name: `blank.address` gives "address"."""
    return {
        found.attr
        for found in tree.find_all(nodes.Getattr)
        if isinstance(found.node, nodes.Name) and found.node.name == name
    }
