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


@dataclass(frozen=True, slots=True)
class Check:
    """The result of a check: how many entries fit, and what is wrong with the first that does not."""

    entries: int
    problem: str = ""

    @property
    def intact(self) -> bool:
        return not self.problem


def check(entries: Iterable[Mapping[str, Any]]) -> Check:
    """Check exported entries, each with `content`, `previous_hash` and `hash`, in the order recorded."""
    previous, count = START, 0
    for count, entry in enumerate(entries, start=1):
        where = f"entry {count}"
        content = entry.get("content")
        if not isinstance(content, Mapping) or content.get("number") != count:
            return Check(count - 1, f"{where}: an entry is missing, added or out of order here")
        if entry.get("previous_hash") != previous:
            return Check(count - 1, f"{where}: does not follow the entry before it")
        if link(previous, content) != entry.get("hash"):
            return Check(count - 1, f"{where}: was changed after it was recorded")
        previous = str(entry["hash"])
    return Check(count)
