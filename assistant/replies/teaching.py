"""What may not be taught, and why: what the reader reads already, commands, danger, doubt. Pure.

A wrong phrase would write something wrong into the log of every family that says it. So whatever might mean
two things is refused here, and a person goes on reading it.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Literal, get_args

from assistant.replies import lexicon as lx
from assistant.replies.alarm import alarm_in
from assistant.replies.interpret import interpret
from assistant.replies.normalise import fold
from assistant.replies.reading import cause_of
from assistant.replies.special import (
    another_child,
    joins,
    language_asked,
    link_asked,
    not_an_answer,
    number_is_not_theirs,
)
from assistant.replies.stopping import STOPPERS, asks_to_stop
from assistant.replies.taught import names_one, phrase_of
from assistant.replies.types import Incoming, OpenItem
from assistant.words import LANGUAGES, Language, Outcome

Problem = Literal[
    "empty", "long", "number", "names", "stop", "danger", "command", "known", "contradicts", "opposite",
    "cause", "unsure", "question", "later", "who",
]  # fmt: skip
PROBLEMS: tuple[Problem, ...] = get_args(Problem)
TEACHABLE = (Outcome.HELD, Outcome.MISSED, Outcome.UNKNOWN)
LONGEST = 60  # letters
MOST_WORDS = 8
_FEWEST = 3  # letters: two may be anything
_DAY = date(2026, 9, 1)
_ASKED = OpenItem(id="1", service="Speech therapy", aliases=("speech",), date=_DAY, time=time(10), minutes=30)
_QUESTION = re.compile(
    r"\?|^(?:who|what|when|where|why|how|did|is|are|was|quien|que|cuando|donde|por que|como)\b"
)


def problems_of(text: str, outcome: Outcome, language: Language) -> tuple[Problem, ...]:
    """Everything that speaks against teaching that the whole text means this; none: it may be taught.

    Raises ValueError for an outcome that cannot be taught.
    """
    if outcome not in TEACHABLE:
        raise ValueError(f"{outcome}: expected one of {', '.join(TEACHABLE)}")
    phrase = phrase_of(text)
    found: list[Problem] = []
    if len(phrase) < _FEWEST:
        return ("empty",)
    if len(phrase) > LONGEST or len(phrase.split()) > MOST_WORDS:
        found.append("long")
    if re.search(r"\d", phrase):
        found.append("number")
    if names_one(_incoming(text, language)):
        found.append("names")
    if _stops(text, phrase):
        found.append("stop")
    if alarm_in(text) or alarm_in(phrase):
        found.append("danger")
    if "stop" not in found and (_commands(text) or _commands(phrase)):
        found.append("command")
    read = _read(text) | _read(phrase)
    if read:
        found.append("known" if read == {outcome} else "contradicts")
    elif not found:
        found += _doubts(text, phrase, outcome)
    return tuple(found)


def _stops(text: str, phrase: str) -> bool:
    """Whether a word that ends all texts is in it, alone or among others, or a wish for no more texts."""
    return bool(set(phrase.split()) & STOPPERS or asks_to_stop(fold(text)) or asks_to_stop(phrase))


def _commands(text: str) -> bool:
    return bool(
        not_an_answer(text, fold(text), True)
        or language_asked(text)
        or link_asked(text)
        or another_child(text)
        or joins(text)
        or number_is_not_theirs(text)
    )


def _read(text: str) -> set[Outcome]:
    """What the reader takes it for by itself, in any language, with a session open or none."""
    return {
        answer.outcome
        for spoken in LANGUAGES
        for asked in (True, False)
        for answer in interpret(_incoming(text, spoken, asked=asked)).answers
    }


def _incoming(text: str, language: Language, *, asked: bool = True) -> Incoming:
    now = datetime.combine(_DAY, time(20), tzinfo=UTC)
    return Incoming(text, language, now, (_ASKED,) if asked else ())


def _doubts(text: str, phrase: str, outcome: Outcome) -> list[Problem]:
    """What of the reader's words in it means something else than what is to be taught."""
    folded = fold(text)
    plain = lx.NOT_A_NO.sub(" ", phrase)
    if outcome is Outcome.UNKNOWN:
        return ["question"] if "?" in folded else []
    if _QUESTION.search(folded):
        return ["question"]
    if lx.HEDGE.search(plain) or lx.DONT_KNOW.search(plain):
        return ["unsure"]
    if lx.PROMISE.search(plain):
        return ["later"]
    if lx.AMBIGUOUS_WHO.search(plain):
        return ["who"]
    if outcome is Outcome.HELD:
        denies = lx.NO.search(plain) or lx.MISSED.search(plain) or lx.CONTRADICTS.search(plain)
        return ["opposite"] if denies else ["cause"] if cause_of(plain) else []
    says_so = lx.YES.search(plain) or lx.HAPPENED.search(plain) or lx.PART.search(plain)
    return ["opposite"] if says_so or lx.DOUBLE_NO.search(phrase) or lx.FULL.search(plain) else []
