"""Reading one table of a guide, key by key: what is missing or wrong becomes a line with file and key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from datetime import date, datetime
from typing import Any, cast

from jinja2 import TemplateSyntaxError, meta, nodes

from assistant.guide.files import Merged
from assistant.guide.filling import environment
from assistant.guide.types import ByLanguage, Fact, Sure
from assistant.words import LANGUAGES

_SURE = ("A", "B", "C")


class Fields:
    """One table of merged files. Each reading gives a usable value; problems are noted and go on."""

    def __init__(self, files: Merged, path: tuple[str, ...], problems: list[str]) -> None:
        self.files, self.path, self.problems = files, path, problems
        found: Any = files.data
        for key in path:
            found = found.get(key, {}) if isinstance(found, dict) else {}
        self.data: Mapping[str, Any] = found if isinstance(found, dict) else {}

    def wrong(self, key: str, what: str) -> None:
        """Note a problem of a key."""
        self.problems.append(f"{self.files.where(*self.path, *key.split('.'))}: {what}")

    def text(self, key: str, needed: bool = True, why: str = "") -> str:
        """A text; empty where it is missing."""
        value = self.data.get(key, "")
        if not isinstance(value, str):
            self.wrong(key, f"expected a text (found {value!r})")
        elif value.strip() or not needed:
            return value
        else:
            self.wrong(key, "is missing or empty" + (f"; {why}" if why else ""))
        return ""

    def by_language(self, key: str = "") -> ByLanguage:
        """A text in every language, from a table of languages (`key`, or this very table)."""
        table = self.data.get(key, {}) if key else self.data
        found = {}
        for language in LANGUAGES:
            value = table.get(language) if isinstance(table, dict) else None
            if not isinstance(value, str) or not value.strip():
                self.wrong(
                    f"{key}.{language}" if key else language, "is missing or empty; a language is missing"
                )
                value = ""
            found[language] = value
        return found

    def one_of(self, key: str, allowed: Iterable[str], default: str = "") -> str:
        """One of some words; the first of them where it is none."""
        choices = tuple(allowed)
        value = self.data.get(key, default)
        if value in choices:
            return str(value)
        self.wrong(key, f"expected one of {', '.join(choices)} (found {value!r})")
        return choices[0]

    def number(self, key: str, least: int = 1, default: int | None = None) -> int:
        """A whole number, `least` or more."""
        value = self.data.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and value >= least:
            return value
        self.wrong(key, f"expected a whole number from {least} (found {value!r})")
        return least

    def flag(self, key: str) -> bool:
        """True or false; false where it is not said."""
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            self.wrong(key, f"expected true or false (found {value!r})")
        return value is True

    def day(self, key: str) -> date:
        """A date as TOML writes it."""
        value = self.data.get(key)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        self.wrong(key, "expected a date like 2026-11-23" + (f" (found {value!r})" if value else ""))
        return date.min

    def keys(self, key: str, known: Set[str], what: str) -> tuple[str, ...]:
        """A list of keys, each a known one."""
        value = self.data.get(key, [])
        if not isinstance(value, list):
            self.wrong(key, f"expected a list (found {value!r})")
            return ()
        for one in value:
            if one not in known:
                self.wrong(key, f"unknown {what} {one!r}")
        return tuple(str(one) for one in value)

    def fact(self, what: str) -> dict[str, Any]:
        """Source, sure and verified_on, as every fact has them."""
        source = self.text("source", why=f"a {what} needs its source")
        return {
            "source": source,
            "sure": cast(Sure, self.one_of("sure", _SURE)),
            "verified_on": self.day("verified_on"),
        }

    def plain_fact(self, what: str) -> Fact:
        """The same as a value of its own."""
        return Fact(**self.fact(what))

    def known_only(self, allowed: Iterable[str]) -> None:
        """Note each key that means nothing here: it is a typing mistake."""
        names = set(allowed)
        for key in self.data:
            if key not in names:
                self.wrong(key, "unknown key")


def unknown_names(text: str, names: Set[str], members: Mapping[str, Set[str]]) -> list[str]:
    """A text's wrong placeholders: a name outside `names`, a member that its name does not have."""
    try:
        tree = environment().parse(text)
    except TemplateSyntaxError as error:
        return [f"line {error.lineno}: {error.message}"]
    lines = [
        f"unknown placeholder {{{{ {name} }}}}"
        for name in sorted(meta.find_undeclared_variables(tree) - names)
    ]
    for one in tree.find_all(nodes.Getattr):
        whole = one.node.name if isinstance(one.node, nodes.Name) else ""
        if whole in members and one.attr not in members[whole]:
            lines.append(f"unknown placeholder {{{{ {whole}.{one.attr} }}}}")
    return lines


def unknown_numbers(text: str, names: Set[str]) -> list[str]:
    """The same for a sentence with {single} braces."""
    return [
        f"unknown placeholder {{{name}}}" for name in re.findall(r"\{([^{}]*)\}", text) if name not in names
    ]
