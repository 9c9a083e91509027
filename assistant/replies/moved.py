"""A session that was given on another day of the same week: an IEP promises how often, not the day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from assistant.replies import lexicon as lx
from assistant.replies.dates import Named
from assistant.replies.reading import cause_of
from assistant.replies.types import OpenItem

_MOVED = re.compile(
    r"\b(?:instead|another day|(?:a )?different day|"
    r"(?:moved|switched|changed|rescheduled)(?: \w+){0,2} (?:to|for)|"
    r"en (?:vez|lugar) del?|otro dia|l[oa] (?:cambi|movi|pas)\w+ (?:al?|para))\b"
)
_DONE = re.compile(
    r"\b(?:(?:did|had|got) (?:it|speech|ot|pt|the session|his|her)|"
    r"(?:it|session|speech|ot|pt) (?:was|happened|took place|went)|"
    r"(?:saw|met with|worked with|pulled) (?:him|her|them|kiddo)|"
    r"(?:he|she|they|kiddo) (?:went|came|did|had it)|"
    r"(?:l[oa] |se |le )?(?:hizo|hicieron|dio|dieron|tuvo|tuvieron|hubo|vieron)|(?:vino|fue)(?= el))\b"
)
_LEAD = re.compile(r"^\W*(?:no|nope|yes|yep|yeah|si)\b[ ,.;]*(?:but |pero )?")


def moved(item: OpenItem, folded: str, days: Sequence[Named], today: date) -> bool:
    """Whether the text says outright that the session was given on another day of its week, by today."""
    if item.date is None or item.form != "slot" or "?" in folded:
        return False
    others = {one.day for one in days} - {item.date}
    if len(others) != 1 or None in others:
        return False
    (day,) = others
    assert day is not None
    if day > today or day.isocalendar()[:2] != item.date.isocalendar()[:2]:
        return False
    rest = _LEAD.sub("", folded)
    doubts = lx.NO.search(rest) or lx.MISSED.search(rest) or lx.HEDGE.search(rest) or lx.MINUTES.search(rest)
    return bool(_MOVED.search(rest) and _DONE.search(rest)) and not doubts and cause_of(rest) is None
