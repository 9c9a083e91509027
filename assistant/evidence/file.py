"""The JSON evidence file: the one way it is written, and the check of a copy, without a database.

A file is one JSON object: `format` first, one space of indentation a level, keys in the order written, UTF-8,
one line feed at the end. `digests` has the SHA-256 of each part in this same writing, `digest` that of the
whole file without it. So a copy has to be the same bytes: whatever else was changed, down to a space, does
not fit. That finds accidents and careless hands; who makes a new file with new digests is found by the
chain's head, which the parent has in their monthly e-mails.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any, NoReturn

from assistant.evidence import chain

FORMAT = "every-session-evidence-2"
OLD_FORMAT = "every-session-evidence-1"  # a chain and its head, no digests
_FAMILY = "every-session-evidence-"
_OLD_KEYS = frozenset({"format", "child", "as_of", "proves", "head", "counts", "services", "entries"})
_OURS = frozenset({"head", "entries", "digest"})  # by these a file whose format was damaged is known
_NAME = re.compile(re.escape(_FAMILY) + r"\d+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BOM = b"\xef\xbb\xbf"


class ExportError(Exception):
    """There is nothing to export, or a file is none of ours; the message says why in one line."""


class _Damaged(Exception):  # noqa: N818  a finding about a file, no fault of ours
    """The place of the file that does not fit, in one line."""


def write(parts: Mapping[str, Any]) -> str:
    """The file's text: `parts` with the format before and the digests behind them."""
    data = {"format": FORMAT, **parts}
    data["digests"] = {key: _sha256(_text(value)) for key, value in data.items()}
    return _text({**data, "digest": _sha256(_text(data))})


def verify(raw: bytes | str) -> chain.Check:
    """Check a file. Raises ExportError when it is no evidence file of this program at all."""
    body = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")
    ours = _FAMILY.encode() in body[:80]
    try:
        return _check(body)
    except (_Damaged, RecursionError) as error:
        problem = str(error) if isinstance(error, _Damaged) else "is nested too deep"
        if ours:
            return chain.Check(0, problem)
        raise ExportError(f"not an evidence file: {problem}") from None


def _check(body: bytes) -> chain.Check:
    data = _read(body)
    name = data.get("format")
    if name == OLD_FORMAT and not set(data) - _OLD_KEYS:
        return _check_old(data)
    if name != FORMAT:
        newer = isinstance(name, str) and _NAME.fullmatch(name) and not _digest_problem(data)
        if set(data) >= _OURS and not newer:
            return chain.Check(0, "format: was changed after the file was made")
        raise ExportError(f"not an evidence file that this program knows (expected format {FORMAT})")
    found = _check_chain(data)
    if not found.intact:
        return found
    problem = _range_problem(data) or _place(body, data) or _digest_problem(data)
    return chain.Check(found.entries, problem, found.sealed)


def _check_old(data: Mapping[str, Any]) -> chain.Check:
    found = _check_chain(data)
    if found.intact and found.sealed:
        return chain.Check(
            0, f"entries: {found.sealed} of them are sealed, and files of this format had none"
        )
    return found


def _read(body: bytes) -> dict[str, Any]:
    """The object in the file. Raises _Damaged with the place where it cannot be read."""
    if body.startswith(_BOM):
        raise _Damaged("line 1: begins with a byte order mark; the file was saved anew by another program")
    try:
        data = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise _Damaged(f"line {line}: byte {error.start + 1} of the file is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise _Damaged(f"line {error.lineno}: is not JSON: {error.msg}") from None
    except ValueError as error:
        raise _Damaged(f"is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise _Damaged("line 1: is not a JSON object")
    return data


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _Damaged(f"{twice[:40]!r} stands twice in one object")
    return found


def _no_number(word: str) -> NoReturn:
    raise _Damaged(f"{word} is no number of JSON")


def _check_chain(data: Mapping[str, Any]) -> chain.Check:
    entries, head = data.get("entries"), data.get("head")
    if not isinstance(entries, list):
        raise _Damaged("entries: is missing")
    found = chain.check(entries)
    last = entries[-1]["hash"] if entries and found.intact else chain.START
    if found.intact and head != last:
        problem = f"entry {found.entries + 1}: missing at the end of the chain"
        return chain.Check(found.entries, problem, found.sealed)
    return found


def _range_problem(data: Mapping[str, Any]) -> str:
    """What of the entries does not fit the days that the file says it holds; "" where all does."""
    try:
        days = data["range"]
        first, last = (date.fromisoformat(days[end]) if days[end] else None for end in ("from", "to"))
    except (KeyError, TypeError, ValueError):
        return "range: is not written as the file was made"
    for number, entry in enumerate(data["entries"], start=1):
        if "content" not in entry:
            if first is None and last is None:
                return f"entry {number}: is sealed in a file that says it holds every day"
            continue
        try:
            day = date.fromisoformat(entry["content"]["day"])
        except (KeyError, TypeError, ValueError):
            return f"entry {number}: has no day"
        if (first is not None and day < first) or (last is not None and day > last):
            return f"entry {number}: lies outside the days that the file says it holds"
    return ""


def _place(body: bytes, data: Mapping[str, Any]) -> str:
    """The first line that is not written as the file was made; "" where every byte is."""
    wanted = _text(data).encode("utf-8")
    if body == wanted:
        return ""
    lines = zip(body.split(b"\n"), wanted.split(b"\n"), strict=False)
    line = next((number for number, (is_, was) in enumerate(lines, start=1) if is_ != was), None)
    if line is None:
        return "something was added or cut off at the end of the file"
    return f"line {line}: is not written as the file was made"


def _digest_problem(data: Mapping[str, Any]) -> str:
    digests = data.get("digests")
    if not isinstance(digests, Mapping):
        return "digests: is missing"
    parts = [key for key in data if key not in ("digests", "digest")]
    for key in parts:
        if digests.get(key) != _sha256(_text(data[key])):
            return f"{key if key.isidentifier() else repr(key)}: was changed after the file was made"
    rest = {key: value for key, value in data.items() if key != "digest"}
    if list(digests) != parts or data.get("digest") != _sha256(_text(rest)):
        return "digest: does not fit the rest of the file"
    return ""


def _text(data: object) -> str:
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    # Half of a surrogate pair cannot be UTF-8; written as an escape it reads back as what it was.
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
