"""The closed list of names that letters may use, and which of them state facts of the log.

A fact of the log may stand only in a part that rests on entries; here is on which, by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# What a part may rest on: the entries that its facts come from.
RESTS_ON: Final = (
    *("misses", "not_counted", "held", "all", "contacts", "steps", "passed", "make_ups", "school_log"),
    *("other", "unknown", "urgent"),
)
# Phrases that say a row of a table as text, filled with the names of its columns.
ROW_PHRASES: Final = frozenset({"table_line", "annex_line_number", "annex_line_entry"})
# Who and what a letter is about, what the IEP says, the guide's own; and dates counted from the letter's day.
PLAIN: Final = frozenset(
    {
        *("today", "nickname", "child", "school", "district", "parent", "email", "phone", "service"),
        *("iep_date", "iep_wording", "frequency", "since", "minutes", "dates", "receipt_by", "page"),
        *("agency", "cite", "clock", "say", "language", "addressee"),
    }
)
_ALL: Final = ("all",)
_MISSES: Final = ("misses", "all")
# Each fact with what a part has to rest on to state it.
FACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "misses": _MISSES,
    "partials": _MISSES,
    "short": _MISSES,
    "first_miss": _MISSES,
    "last_miss": _MISSES,
    "first": _ALL,
    "last": _ALL,
    "expected": _ALL,
    "received": _ALL,
    "percent_of_all": _ALL,
    "percent_of_attended": _ALL,
    "unlogged": _ALL,
    "unlogged_minutes": _ALL,
    "held": ("held",),
    "other_minutes": ("other",),
    "contact": ("contacts",),
}
# Lists of logged things, each with what it rests on: every item is numbered and traced by itself.
LISTS: Final[Mapping[str, str]] = {
    "not_counted": "not_counted",
    "contacts": "contacts",
    "steps": "steps",
    "passed": "passed",
    "make_ups": "make_ups",
    "school_log": "school_log",
    "unknown_days": "unknown",
    "urgent_days": "urgent",
}
MEMBERS: Final[Mapping[str, frozenset[str]]] = {
    "not_counted": frozenset({"reason", "sessions", "minutes"}),
    "contacts": frozenset({"day", "at", "person", "how", "said", "promised", "promised_by"}),
    "contact": frozenset({"day", "at", "person", "how", "said", "promised", "promised_by"}),
    "steps": frozenset({"day", "step", "did", "words"}),
    "passed": frozenset({"step", "clock", "asked_on", "due", "latest", "range", "cite"}),
    "make_ups": frozenset({"told_on", "act", "minutes", "day"}),
    "school_log": frozenset({"day", "rows", "first", "last"}),
    "unknown_days": frozenset({"day"}),
    "urgent_days": frozenset({"day", "service", "what"}),
    "agency": frozenset({"name", "mail", "email", "fax", "phone", "page"}),
}
