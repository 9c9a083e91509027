"""The last defence of the logs: what looks like a number, an address or a secret is put out of every line.

The first defence is that nobody writes one: a log line names rows by their numbers. This catches what comes
with errors and from libraries. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# The token of a link stands in the path; a query and what follows an equals sign can hold anything.
_LINKS = re.compile(
    r"(/(?:family|admin)/enter|/(?:a|s|u|f|answer|step|feed|unsubscribe|confirm|consent|calendar))/[A-Za-z0-9_.~-]{8,}"
)
_QUERY = re.compile(r"(?<=[\w/])\?[^\s\"'<>]+")
_EMAIL = re.compile(r"[^\s<>\"'(),;:=\[\]]+@[^\s<>\"'(),;:=\[\]]+")
# Seven digits or more, as phones are written: +1 (415) 555-0101, 4155550101, 415.555.0101.
_PHONE = re.compile(r"(?<![\w-])\+?\(?\d(?:[\s().-]{0,2}\d){6,14}(?![\w-])")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?|\b\d{1,3}(?:\.\d{1,3}){3}\b")
_TOKEN = re.compile(
    r"\b(?=[A-Za-z0-9_.~-]*\d)(?=[A-Za-z0-9_.~-]*[A-Za-z])[A-Za-z0-9_~-]{20,}(?:\.[A-Za-z0-9_~-]+)*"
)
_SECRET = re.compile(
    r"(?i)\b(password|passwd|secret|token|authorization|cookie|signature|api[_-]?key)"
    r"(['\"]?\s*[:=]\s*['\"]?(?:Bearer |Basic )?)([^\s,;&'\"]+)"
)


def redacted(line: str, secrets: Iterable[str] = ()) -> str:
    """`line` without phone numbers, e-mail addresses, tokens, queries, and the `secrets` of the settings.

    Dates, times and addresses of machines stay readable.
    """
    for secret in secrets:
        if len(secret) >= 6:
            line = line.replace(secret, "[secret]")
    line = _LINKS.sub(r"\1/[token]", line)
    line = _QUERY.sub("?[query]", line)
    line = _EMAIL.sub("[e-mail]", line)
    line = _SECRET.sub(r"\1\2[secret]", line)
    line = _TOKEN.sub("[token]", line)
    return _without_phones(line)


def _without_phones(line: str) -> str:
    kept: list[str] = []
    at = 0
    for found in _MOMENT.finditer(line):  # a moment is digits and dashes too
        kept += [_PHONE.sub("[number]", line[at : found.start()]), found.group()]
        at = found.end()
    return "".join([*kept, _PHONE.sub("[number]", line[at:])])
