"""What each role of the centre's staff may do. Pages ask for a power, never for a role.

owner: everything. editor: words and calendars; sees no family. reviewer: says that words are right; sees no
family. helper: families, their texts and what went wrong with them; changes no words, and may
put forward what a reply means.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

Power = Literal[
    "inbox",  # texts that wait for a person, and the question back to the parent
    "families",  # the list of families and one family's page; every look is kept
    "problems",  # messages that did not arrive, silent families, dates that passed
    "templates_see",
    "templates_edit",
    "templates_review",  # of taught phrases, too
    "phrases_teach",  # put forward what a whole reply means
    "guide_edit",
    "guide_review",
    "guide_choose",  # whose law holds
    "policies_see",
    "policies_edit",
    "rehearse",  # a year in a minute
    "calendars",
    "closures",
    "measures",
    "alerts_see",
    "alerts_close",
    "consents",  # proof of consent
    "audit",
    "staff",  # who belongs to the centre, and as what
    "erase",
]


class Role(StrEnum):
    """What somebody of the centre is."""

    OWNER = "owner"
    EDITOR = "editor"
    REVIEWER = "reviewer"
    HELPER = "helper"


_ALL: tuple[Power, ...] = ("templates_see", "policies_see", "rehearse", "measures", "alerts_see")
_EDITOR: tuple[Power, ...] = (
    *("templates_edit", "phrases_teach", "guide_edit", "guide_choose"),
    *("calendars", "closures"),
)
_REVIEWER: tuple[Power, ...] = ("templates_review", "guide_review")
_HELPER: tuple[Power, ...] = (
    *("inbox", "phrases_teach", "families", "problems"),
    *("closures", "alerts_close", "consents"),
)
_OWNER: tuple[Power, ...] = ("policies_edit", "audit", "staff", "erase")

POWERS: Mapping[Role, frozenset[Power]] = {
    Role.EDITOR: frozenset((*_ALL, *_EDITOR)),
    Role.REVIEWER: frozenset((*_ALL, *_REVIEWER)),
    Role.HELPER: frozenset((*_ALL, *_HELPER)),
    Role.OWNER: frozenset((*_ALL, *_EDITOR, *_REVIEWER, *_HELPER, *_OWNER)),
}


def may(role: str, power: Power) -> bool:
    """Whether somebody of that role may do this; an unknown role may nothing."""
    return role in set(Role) and power in POWERS[Role(role)]
