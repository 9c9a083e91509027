"""Words of somebody who is joining: a yes, a language, a nickname, the end of the list."""

from __future__ import annotations

import re

from assistant.replies.normalise import fold, words_only
from assistant.store import Enrolment

ENGLISH = frozenset({"english", "ingles"})
SPANISH = frozenset({"espanol", "spanish", "si", "unirse", "unirme", "empezar"})
YES = frozenset(
    {"1", "yes", "y", "yep", "yeah", "ok", "okay", "sure", "join", "start", "claro", "acepto", "dale"}
)
NO_MORE = frozenset(
    {
        "0",
        "no",
        "done",
        "no more",
        "thats all",
        "that's all",
        "listo",
        "ya",
        "no mas",
        "es todo",
        "nada mas",
        "fin",
    }
)
NOT_KNOWN = frozenset(
    {
        "?",
        "idk",
        "dont know",
        "don't know",
        "i dont know",
        "i don't know",
        "not sure",
        "no se",
        "no lo se",
        "ni idea",
    }
)
OVER = frozenset({"fix", "change", "wrong", "corregir", "cambiar", "mal", "error", "2", "no"})
_CALLED = re.compile(
    r"^(?:(?:his|her|their|the)? ?(?:name is|name's|nickname is)|(?:we )?call (?:him|her|them)|it'?s|"
    r"se llama|le decimos|es|mi (?:hij[oa]|nin[oa]) (?:es|se llama))\s+",
    re.IGNORECASE,
)
_NAME = re.compile(r"[^\W\d_]+(?:[ '\-.][^\W\d_]+){0,2}\.?")


def ends_the_list(row: Enrolment, text: str) -> bool:
    """Whether a text that may mean "no more texts" elsewhere means "no more services" here."""
    return row.stage == "more" and words_only(fold(text)) in NO_MORE


def is_yes(text: str) -> bool:
    """A plain yes to an invitation."""
    return words_only(fold(text)) in YES | {"si"}


def nickname_of(text: str) -> str | None:
    """A name in what they wrote, or None: no digits, no sentence, at most three words."""
    bare = _CALLED.sub("", " ".join(text.split()).strip(" .,!\"'“”")).strip(" .,!\"'“”")
    if not _NAME.fullmatch(bare) or len(bare) > 30:
        return None
    typed = bare != bare.lower() and (bare != bare.upper() or len(bare) < 4)
    return bare if typed else bare.title()
