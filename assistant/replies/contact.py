"""A text that tells of a talk with the school: "CALL Ms. Lee said she will check".

The first word says so. It is taken for one only where that is plain; the parent's own words are kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_WORD = re.compile(r"\s*(contact|contacto|call|llamada)\b(\s*[:,.–—-])?\s*(.*)", re.IGNORECASE | re.DOTALL)
_SAYS = (
    r"said|says|told|tells|promised|explained|answered|replied|agreed|"
    r"dijo|dice|dijeron|dicen|prometi[óo]|prometieron|explic[óo]|"
    r"contest[óo]|respondi[óo]|qued[óo] en|avis[óo]"
)
_SAID = re.compile(rf"\b(?:{_SAYS})\b", re.IGNORECASE)
_WHO = re.compile(
    rf"(?:with |from |con |de )?(?P<who>[^\s,:;]+(?: [^\s,:;]+){{0,3}}?),?:? (?:me |nos |que )?(?:{_SAYS})\b",
    re.IGNORECASE,
)
_NOBODY = frozenset(
    re.findall(
        r"\w+", "i we you he she they it who that and but yo nosotros usted ellos ella él eso quien y pero"
    )
)


@dataclass(frozen=True, slots=True)
class ContactSaid:
    """A talk with the school. `words` without the first one; `who` only where the words name them plainly.

    `plain`: the first word was marked (capitals or a colon), so it is no word of an answer.
    """

    how: Literal["phone", "other"]
    words: str
    who: str
    plain: bool


def contact_said(raw: str) -> ContactSaid | None:
    """The talk that the text tells of; None for anything else ("call me", "call dropped")."""
    found = _WORD.fullmatch(raw)
    if found is None:
        return None
    word, mark, rest = found[1], found[2], found[3].strip()
    if len(re.findall(r"[^\W\d_]+", rest)) < 2:
        return None
    plain = (mark or "").strip() == ":" or (word.isupper() and not rest.isupper())
    if not plain and not _SAID.search(rest):
        return None
    how: Literal["phone", "other"] = "phone" if word.lower() in ("call", "llamada") else "other"
    return ContactSaid(how, rest, _who(rest), plain)


def _who(rest: str) -> str:
    found = _WHO.match(rest)
    who = found["who"] if found else ""
    return "" if set(who.lower().split()) & _NOBODY or len(who) > 60 else who
