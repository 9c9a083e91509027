"""The hash chain of a child's log entries, and its check. Pure: no database, so that anyone can repeat it.

An entry's hash is SHA-256 over the hash before it, a line feed, and the entry's content as canonical JSON
(UTF-8, keys sorted, no spaces). The first entry follows sixty-four zeros. The chain proves that entries were
recorded in this order and not changed since; it does not prove that what they say is true.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

START = "0" * 64


def canonical(content: Mapping[str, Any]) -> str:
    """The one way of writing `content` as JSON that is hashed."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def link(previous: str, content: Mapping[str, Any]) -> str:
    """The hash of an entry with `content` that follows the entry with hash `previous`."""
    # A lone surrogate cannot be UTF-8; "surrogatepass" keeps every text that could be stored hashable.
    body = f"{previous}\n{canonical(content)}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(body).hexdigest()


SEALED = frozenset({"number", "previous_hash", "hash"})  # the keys of an entry whose content is left out
OPEN = frozenset({"content", "previous_hash", "hash"})


@dataclass(frozen=True, slots=True)
class Check:
    """The result of a check: how many entries fit, how many of them are sealed, and what is wrong with the
    first that does not fit.
    """

    entries: int
    problem: str = ""
    sealed: int = 0

    @property
    def intact(self) -> bool:
        return not self.problem


def check(entries: Iterable[object]) -> Check:
    """Check exported entries in the order recorded, each with `content`, `previous_hash` and `hash`.

    A sealed entry has its number in the place of its content: that it stands at its place in the chain is
    checked, what it says cannot be.
    """
    previous, count, sealed = START, 0, 0
    for count, entry in enumerate(entries, start=1):
        where = f"entry {count}"
        if not isinstance(entry, Mapping) or frozenset(entry) not in (OPEN, SEALED):
            return Check(count - 1, f"{where}: is not written as an entry is", sealed)
        content = entry.get("content")
        numbered = entry if "number" in entry else content
        if not isinstance(numbered, Mapping) or numbered.get("number") != count:
            return Check(count - 1, f"{where}: an entry is missing, added or out of order here", sealed)
        if entry["previous_hash"] != previous:
            return Check(count - 1, f"{where}: does not follow the entry before it", sealed)
        if isinstance(content, Mapping) and link(previous, content) != entry["hash"]:
            return Check(count - 1, f"{where}: was changed after it was recorded", sealed)
        sealed += content is None
        previous = str(entry["hash"])
    return Check(count, "", sealed)
