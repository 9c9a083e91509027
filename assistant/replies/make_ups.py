"""What a text says about making up a missed session: given, promised for a day, offered, declined. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from assistant.replies.ahead import day_ahead
from assistant.replies.dates import named_days
from assistant.words import Language

Act = Literal["offered", "declined", "promised", "given"]

_UP = r"(?:make|making|made) (?:\w+(?:'s)? ){0,4}?up"
_DECLINED = re.compile(
    r"\b(?:i|we) (?:said no to|declined|refused|turned down|did ?n'?t want) "
    rf"(?:\w+ ){{0,3}}(?:make-?up|{_UP})|"
    r"\b(?:no (?:quise|quisimos|acepte|aceptamos)|rechace) (?:\w+ )?(?:la )?reposicion"
)
_OFFERED = re.compile(rf"\boffered (?:\w+ )?(?:to {_UP}|(?:a |the )?make-?up)|\bofrecieron (?:\w+ )?repon\w+")
_PROMISED = re.compile(
    r"(?:\bwill|'ll|\b(?:is|are|was|were)? ?(?:going|planning) to|\bgonna|\bplans? to|"
    rf"\bsaid (?:they|she|he)(?:'d| would)) {_UP}|"
    r"\bmake-?up (?:session )?(?:is |will be |was )?(?:set |scheduled |planned )?(?:for|on)\b|"
    r"\b(?:la |lo )?(?:va|van) a (?:repon\w+|recuperar\w*)|\b(?:repondran?|recuperaran?)\b"
)
_GIVEN = re.compile(
    r"\b(?:made (?:\w+(?:'s)? ){0,4}?up|(?:did|had) (?:the|a|his|her|their) make-?up)\b|"
    r"\b(?:la |lo |ya la |ya lo )?(?:repuso|repusieron|recuperaron|recupero)\b"
)
_DENIED = re.compile(r"(?:n'?t|\bnever|\bnot|\bno|\bnunca)(?: (?:been|la|lo|se))*\s*$")
# The day right behind "make up" is the one that was missed; one behind "on" is the one named for it.
_JOINS = re.compile(r"\s*(?:the |la del |la de |last )?")
_ASKS = re.compile(r"\?|^(?:will|did|when|are|is|cuando|van)\b")


_READERS: tuple[tuple[Act, re.Pattern[str]], ...] = (
    ("declined", _DECLINED),
    ("offered", _OFFERED),
    ("promised", _PROMISED),
    ("given", _GIVEN),
)
_HAPPENS: frozenset[Act] = frozenset({"promised", "given"})


@dataclass(frozen=True, slots=True)
class MakeUpSaid:
    """`missed`: the day it is for, where the text names one; `on`: the day promised, or that it was given."""

    act: Act
    missed: date | None
    on: date | None
    rest: str  # the text without the words about the make-up


def read_make_up(folded: str, today: date, lang: Language) -> MakeUpSaid | None:
    """What a folded text says of a make-up; None where it says nothing, asks, or denies one."""
    if _ASKS.search(folded):
        return None
    for act, pattern in _READERS:
        found = pattern.search(folded)
        if found is None:
            continue
        if act in _HAPPENS and _DENIED.search(folded[: found.start()]):
            return None
        rest = (folded[: found.start()] + " , " + folded[found.end() :]).strip(" ,.;")
        return _dated(act, folded, found, today, lang, rest)
    return None


def _dated(act: Act, folded: str, found: re.Match[str], today: date, lang: Language, rest: str) -> MakeUpSaid:
    past = [one for one in named_days(folded, today, lang, frozenset()) if one.day is not None]
    before = [one for one in past if one.day is not None and one.day < today]
    if act == "given":
        on = next((one.day for one in past if one.day == today), None)
        late = [one for one in before if re.search(r"\b(?:on|el)\s*$", folded[: one.start])]
        given = on or (late[-1].day if late and len(before) > 1 else None) or today
        missed = next((one.day for one in before if one.day != given), None)
        return MakeUpSaid(act, missed, given, rest)
    if act == "promised":
        inside = [one for one in before if one.start >= found.start() and _behind(folded, found, one.start)]
        tail = folded[inside[-1].end if inside else found.end() :]
        ahead = day_ahead(tail, today, lang)
        missed = inside[-1].day if inside else None
        return MakeUpSaid("promised" if ahead else "offered", missed, ahead, rest)
    return MakeUpSaid(act, before[0].day if before else None, None, rest)


def _behind(folded: str, found: re.Match[str], start: int) -> bool:
    """Whether the day named at `start` stands within the words of the make-up, or right behind them."""
    bare = re.search(r"\b(?:make|making|made) up$|\brepon\w+$", found[0]) is not None  # not "make it up"
    return start < found.end() or (bare and _JOINS.fullmatch(folded[found.end() : start]) is not None)
