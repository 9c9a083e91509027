"""A text that says what was done with a step: sent it, not now, fixed, or that the school answered or refused.

Only the whole text counts, with the name of a service in it at most: "sent", "sent it for OT", "ya la
mandé". A word that could as well answer a question about a session ("refused", "not now") is `plain=False`
and counts only where nothing is open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from assistant.replies.normalise import fold, words_only

_LETTER = r"(?:the |a |my |our |that |el |la |una |mi )?(?:letter|notice|request|complaint|carta|aviso|pedido|queja)"
_IT = rf"(?: (?:it|them|{_LETTER}))?(?: (?:today|now|already|hoy|ya))?"
_SCHOOL = r"(?:the school|school|the district|they|la escuela|el distrito|ellos)"

# The act, whether it can be meant in no other way, and the whole of what may be written.
_PATTERNS: tuple[tuple[str, bool, str], ...] = (
    ("done", True, rf"(?:i |we |just |i just |we just )?(?:have |already )?(?:sent|mailed|e ?mailed){_IT}"),
    ("done", True, rf"(?:{_LETTER} )?(?:is |was |has been )?(?:sent|mailed)(?: today)?"),
    ("done", True, rf"(?:ya )?(?:la |lo )?(?:envie|mande|enviamos|mandamos)(?: {_LETTER})?(?: (?:hoy|ya))?"),
    ("done", True, rf"(?:ya )?(?:{_LETTER} )?(?:esta |fue )?(?:enviad[ao]|mandad[ao])(?: (?:hoy|ya))?"),
    ("answered", True, rf"(?:{_SCHOOL} )?(?:answered|replied|responded|wrote back)(?: (?:me|us|it|today))?"),
    ("answered", True, r"(?:i |we )?got (?:an |their )?(?:answer|reply|response)"),
    (
        "answered",
        True,
        r"(?:ya )?(?:la escuela |el distrito )?(?:me |nos )?(?:contestaron|respondieron|contesto|respondio)",
    ),
    ("refused", True, rf"{_SCHOOL} (?:refused|refuses|turned (?:it|me|us) down)"),
    ("refused", False, r"refused|rechazad[ao]|rechazaron|se negaron|se nego"),
    (
        "refused",
        True,
        r"(?:la escuela|el distrito) (?:se nego|(?:la |lo )?rechazo)",
    ),
    (
        "resolved",
        True,
        r"(?:it is |it'?s |is |all |now |already |it got |everything is )?(?:fixed|solved|resolved)(?: now)?",
    ),
    ("resolved", True, r"(?:ya )?(?:esta |quedo |todo )?(?:arreglad[ao]|resuelt[ao]|solucionad[ao])(?: ya)?"),
    ("not_now", False, r"not now|maybe later|por ahora no|ahora no|mas tarde"),
)
_RULES = tuple((act, plain, re.compile(pattern)) for act, plain, pattern in _PATTERNS)
_FOR = re.compile(
    r"^(?:for|para|de|del|about|sobre|the|el|la|los|las)\b|\b(?:for|para|de|del|about|sobre|the|el|la)$"
)


@dataclass(frozen=True, slots=True)
class Marked:
    """What the text says was done; `service` is the alias it names, "" where it names none."""

    act: str  # "done" | "answered" | "refused" | "resolved" | "not_now"
    plain: bool
    service: str = ""


def mark_in(text: str, aliases: Iterable[str] = ()) -> Marked | None:
    """What the whole text marks, or None where it says anything else. `aliases`: the services it may name."""
    said = words_only(fold(text))
    found = _whole(said)
    if found is not None:
        return found
    for alias in sorted(set(aliases), key=len, reverse=True):
        name = words_only(fold(alias))
        before, hit, after = f" {said} ".partition(f" {name} ")
        if not name or not hit:
            continue
        rest = " ".join(_without_for(part) for part in (before.strip(), after.strip()) if part).strip()
        found = _whole(rest)
        if found is not None:
            return Marked(found.act, found.plain, alias)
    return None


def _whole(said: str) -> Marked | None:
    for act, plain, pattern in _RULES:
        if pattern.fullmatch(said):
            return Marked(act, plain)
    return None


def _without_for(part: str) -> str:
    return _FOR.sub("", part).strip()
