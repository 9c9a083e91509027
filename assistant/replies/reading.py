"""What one stretch of text says about one session: outcome, cause, minutes, how known. Or doubt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from assistant.replies import lexicon as lx
from assistant.replies.decisive import decisive, settled_at_once
from assistant.words import Cause, Knows, Outcome

_WORD = re.compile(r"[a-z0-9']+")
_FIRST = re.compile(r"[a-z0-9']+")
# "the answer is no", "I'd say no", "..., so yes"
_TAIL = re.compile(
    r"(?:answer is|answer to (?:that|your question) is|saying|say|"
    r"that is|that's|thats|that'd be|would be|es|is a|is|,|\.) ?(?:a |an |the )?(\w+)$"
)
# A lone letter is an answer only when it is the whole of it: "y" is "and" in Spanish, "n" in haste.
_SHORTEST = {
    "1": Outcome.HELD,
    "y": Outcome.HELD,
    "2": Outcome.MISSED,
    "n": Outcome.MISSED,
    "3": Outcome.UNKNOWN,
}
_SUPPOSED = re.compile(r"\b(?:after|when|before) (?:it|she|he|they) (?:was|were) supposed to \w+")
_HAS_NOT = re.compile(r"\b(?:has|have|had|did|does|was|were|is)(?:n'?t| not) (?!miss|cancel|skip)\w+")
_ASKS = re.compile(r"\w\s*\?|\bdid you\b|^\s*no,? thank you\b")
_PERSON = re.compile(r"\b(?:with |con )?(?:ms|mrs|mr|miss|dr|la senora|maestra)\.? \w+")
MOST_STRAYS = 3  # words about something else, beside a plain yes or no, and it is about something else


@dataclass(frozen=True, slots=True)
class Said:
    """A reading. `outcome` None: nothing was said, or `doubt` says that it must not be logged."""

    outcome: Outcome | None = None
    cause: Cause | None = None
    minutes: int | None = None
    knows: Knows = Knows.NOT_SAID
    doubt: bool = False
    why: tuple[str, ...] = ()
    sessions: int | None = None  # of a period; days, for what is there all the time
    chances: int | None = None  # of an accommodation


NOTHING = Said()
DOUBT = Said(doubt=True)


@lru_cache(maxsize=4096)
def read(text: str, due: int, names: frozenset[str] = frozenset()) -> Said:
    """Read folded `text`. `due`: minutes of the session, 0 if unknown. `names`: words that are names here."""
    bare = text.strip(" .,;:!?-")
    digit = _SHORTEST.get(bare)
    if digit:
        return Said(digit, why=(bare,))
    if bare in ("", "?", "idk"):
        return Said(Outcome.UNKNOWN, why=("?",)) if "?" in text or bare else NOTHING
    text = _SUPPOSED.sub(" ", text)
    settled = settled_at_once(text)
    if settled is None and not (lx.HEDGE.search(text) or lx.PROMISE.search(text)):
        settled = decisive(text)
    if settled:
        outcome, how, word = settled
        cause = _cause(text)[0] if outcome is Outcome.MISSED else None
        return Said(outcome, Cause.CLOSURE if outcome is Outcome.NO_SCHOOL else cause, None, how, why=(word,))
    knows = knows_of(text)
    known = lx.DONT_KNOW.search(text)
    plain = lx.NOT_A_NO.sub(" ", text)
    if known:
        rest = lx.DONT_KNOW.sub(" ", plain)
        if lx.HEDGE.search(rest) or _lead(rest) is not None or lx.HAPPENED.search(rest):
            return DOUBT
        return (
            Said(Outcome.UNKNOWN, knows=Knows.UNSURE, why=(known[0],)) if strays(rest, names) <= 4 else DOUBT
        )
    if _ASKS.search(text):
        return DOUBT  # a question, whatever words are in it
    if lx.CONTRADICTS.search(plain) or lx.HEDGE.search(plain) or lx.PROMISE.search(plain):
        return DOUBT
    said = _outcome(lx.POLITE.sub(" ", plain), due, names)
    return (
        said if said.outcome is None else Said(said.outcome, said.cause, said.minutes, knows, False, said.why)
    )


def _outcome(text: str, due: int, names: frozenset[str]) -> Said:
    text = lx.OF_THEM.sub(r"\1 min", text)
    double = lx.DOUBLE_NO.search(text)
    if double:
        return DOUBT if "can't say" in text or "not no" in text else Said(Outcome.HELD, why=(double[0],))
    lead = _lead(text)
    cause, words = _cause(text)
    part = _minutes(text, due)
    negative = lx.NO.search(text) or lx.MISSED.search(text)
    positive = lx.HAPPENED.search(_without_missed(text))
    if part is not None and lead is None and strays(text, names) >= MOST_STRAYS + 1:
        return DOUBT
    if part is not None and (lead is None or lead or not negative):
        return _part(part, due, cause, negative is not None and lead is not True)
    if lx.OTHER_FORM.search(text) and cause is not Cause.PROVIDER_ABSENT and lead is not False:
        return Said(
            Outcome.HELD if "covered" in text or "slp" in text else Outcome.OTHER, why=(words or "group",)
        )
    if lead is True:
        if cause is not None and not positive:
            return DOUBT
        if lx.NO.search(text) or (strays(text, names) and not positive):
            return DOUBT  # "yes no"; "yes, this is her mom"
        return Said(Outcome.HELD, why=("yes",)) if strays(text, names) < MOST_STRAYS else DOUBT
    if cause is not None and lead is None and strays(text, names) >= MOST_STRAYS + 2:
        return DOUBT  # a word of ours in a text about something else
    if cause is not None and (lead is False or not positive):
        outcome = Outcome.NO_SCHOOL if cause is Cause.CLOSURE else Outcome.MISSED
        return Said(outcome, cause, why=(words,))
    if lx.AMBIGUOUS_WHO.search(text):
        return DOUBT  # "she's sick" may be the child or the therapist
    if lead is False:
        later = lx.YES.search(text[_lead_end(text) :]) or lx.HAPPENED.search(_without_missed(text))
        others = strays(text, names)
        if later or others >= MOST_STRAYS or (others and not lx.MISSED.search(text)):
            return DOUBT  # "no homework today" says nothing about the session
        return Said(Outcome.MISSED, why=("no",))
    return _without_lead(text, bool(positive), negative, names)


def _without_lead(text: str, positive: bool, negative: re.Match[str] | None, names: frozenset[str]) -> Said:
    """No yes or no to begin with: what happened, in words."""
    yes = lx.YES.search(text)
    if negative and (positive or yes):
        return DOUBT
    if not (negative or positive or yes) or strays(text, names) >= 2:
        return NOTHING if not (negative or positive or yes) else DOUBT
    if negative:
        return Said(Outcome.MISSED, why=(negative[0],))
    return Said(Outcome.HELD, why=(yes[0] if yes else "happened",))


def _part(minutes: int, due: int, cause: Cause | None, negative: bool) -> Said:
    if negative:
        return DOUBT
    if minutes < 0:  # part of it, nobody said how much
        return Said(Outcome.PARTIAL, cause, None, why=("part",))
    if due and minutes >= due:
        return Said(Outcome.HELD, why=(f"{minutes} min",))
    return Said(Outcome.PARTIAL, cause, minutes, why=(f"{minutes} min",))


def _minutes(text: str, due: int) -> int | None:
    """Minutes given, -1 for "part of it", None where minutes are not spoken of."""
    less = lx.LESS.search(text)
    if less:
        return max(0, due - int(less[1])) if due else -1
    if lx.HALF_HOUR.search(text):
        return None if re.search(r"(?:late|tarde)\b", text) else 30
    found = lx.OF_THEM.search(text) or lx.MINUTES.search(text) or lx.ONLY_NUMBER.search(text)
    if found:
        return int(found[1])
    if lx.HALF.search(text) and "day" not in text:
        return due // 2 if due else -1
    return -1 if lx.PART.search(text) else None


def cause_of(text: str) -> Cause | None:
    """The cause that the text names, if any."""
    return _cause(text)[0]


def _cause(text: str) -> tuple[Cause | None, str]:
    for cause, pattern in lx.CAUSES:
        found = pattern.search(text)
        if found:
            return cause, found[0]
    return None, ""


def _lead(text: str) -> bool | None:
    """True or False where the text begins with a yes or a no (or ends with one, "the answer is no")."""
    stripped = text.strip(" .,;:!?-¿¡\"'")
    if lx.NO.match(stripped):
        return None if re.match(r"no (?:hay|habia|se)\b", stripped) else False
    if re.match(r"(?:definitely|absolutely|of course|certainly) not\b", stripped):
        return False
    if lx.YES.match(stripped) and not re.match(r"(?:y|right|true) \w", stripped):
        return True
    tail = _TAIL.search(stripped)
    if tail and lx.NO.fullmatch(tail[1]):
        return False
    if tail and lx.YES.fullmatch(tail[1]) and tail[1] not in ("y", "ya"):
        return True
    return None


def _lead_end(text: str) -> int:
    found = lx.NO.search(text)
    return found.end() if found else 0


def _without_missed(text: str) -> str:
    """The text without its negations, each with the word it denies: what is left may say that it happened."""
    text = lx.MISSED.sub(" ", _HAS_NOT.sub(" ", text))
    return re.sub(r"\b(?:no|not|never|nunca|nadie)(?: (?:le|la|lo|se|me|les))? \w+", " ", text)


def strays(text: str, names: frozenset[str]) -> int:
    """How many words have nothing to do with a session. A text about something else has many."""
    left = _PERSON.sub(" ", text)
    for pattern in (lx.YES, lx.NO, lx.HAPPENED, lx.MISSED, lx.DONT_KNOW):
        left = pattern.sub(" ", left)
    return sum(
        1
        for word in _WORD.findall(left)
        if word not in lx.COMMON and word not in names and not word.isdigit()
    )


def knows_of(text: str) -> Knows:
    """How the parent knows, by the text's own words."""
    for name, pattern in lx.KNOWS:
        if pattern.search(text):
            return Knows(name)
    return Knows.NOT_SAID
