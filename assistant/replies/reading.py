"""What one stretch of text says about one session: outcome, cause, minutes, how known. Or doubt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from assistant.replies import lexicon as lx
from assistant.replies.causes import CAUSES
from assistant.replies.common import COMMON
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
_OPTION = re.compile(
    r"(?:(?:the |la |el )?(?:option|number|answer|choice|opcion|numero|respuesta|#) ?(?:is |es )?|la |el )?"
    r"(?P<said>[123]|one|two|three|uno|dos|tres)(?: (?:please|pls|por favor|gracias|thanks))?"
)
_OPTIONS = {"one": "1", "uno": "1", "two": "2", "dos": "2", "three": "3", "tres": "3"}
# "1 but it was short": a digit and then words; "1 min", "2 of 3" and "1 session" count something.
_DIGIT_FIRST = re.compile(
    r"^([123])[ ,.:;!-]+(?=[a-z])(?!(?:min|m|h|hr|hour|of|x|times?|sessions?|out|day|days|week|weeks|de|hora|horas|"
    r"veces|vez|sesion|sesiones|dia|dias|semana|semanas|and|y|or|o|am|pm|por|por ciento|other|kids?)\b)"
)
_LEADS = {"1": "yes ", "2": "no ", "3": "idk "}
_GREETS = re.compile(r"\b(?:happy|merry|feliz|felices|congrat\w*|felicidades|bless(?:ed)? (?:day|night))\b")
_OF_DETAILS = re.compile(
    r"\b(?:(?:i'?m |im )?not (?:quite |really )?sure|(?:i )?(?:do ?n'?t|dont|do not) know|idk|no idea|no se|quien sabe) "
    r"(?:how (?:long|many|much|it went|come)|why|when|what|who|cuant\w*|por ?que|a que hora|como)\b[^.,;!]*"
)
_WORD_NUMBERS = {
    "five": "5", "ten": "10", "fifteen": "15", "twenty": "20", "twenty five": "25", "thirty": "30", "forty": "40",
    "forty five": "45", "cinco": "5", "diez": "10", "quince": "15", "veinte": "20", "veinticinco": "25",
    "treinta": "30", "cuarenta": "40", "eight": "8", "ocho": "8", "doce": "12", "twelve": "12",
}  # fmt: skip
_SPOKEN = re.compile(
    rf"\b({'|'.join(sorted(_WORD_NUMBERS, key=len, reverse=True))})(?= ?(?:min|m\b)|\W*$)|"
    rf"(?<=only )({'|'.join(_WORD_NUMBERS)})\b|(?<=solo )({'|'.join(_WORD_NUMBERS)})\b"
)
_NO_MINUTES = re.compile(r"\b(?:0|zero|cero|no) min\w*\b")
_QUARTER = re.compile(r"\b(?:a )?quarter (?:of an )?(?:hour|hr)\b|\bun cuarto de hora\b")
_SHORTEST = {
    "1": Outcome.HELD,
    "y": Outcome.HELD,
    "2": Outcome.MISSED,
    "n": Outcome.MISSED,
    "3": Outcome.UNKNOWN,
}
_SUPPOSED = re.compile(r"\b(?:after|when|before) (?:it|she|he|they) (?:was|were) supposed to \w+")
# The parent speaks of themselves, and of nobody else.
_ABOUT_ME = re.compile(
    r"^(?!.*\b(?:he|she|they|we|kiddo|him|her|them|kids?|son|daughter|therapist|teacher|slp|aide|school|session|speech|ot|pt|"
    r"hij[oa]|nin[oa]|maestr[ao]|terap\w+|escuela|ella|l[oa] (?:llev|mand|dej|recog)\w+)\b).*"
    r"\b(?:i|i'?m|i'?ve|i'?ll|my|me|yo|estoy|ando|tengo|mi|se me)\b"
)
_AT_AN_HOUR = re.compile(
    r"\b(?:at|a las?) \d{1,2}(?: ?[ap]m)?\b(?! (?:to|y me|they|so))|\b(?:is|es) (?:on|at|tomorrow|next|this|el|a|manana)\b"
)
# "tuvieron una asamblea": they had something, and it was no session.
_HAD_SOMETHING_ELSE = re.compile(
    r"\b(?:tuv(?:o|ieron)|hubo|tenian?|habia|fue|fueron) (?:de |al? )?(?:un|una|el|la) "
    r"(?!sesion|terapia|clase|habla|hora|de)\w+"
)
_HAS_NOT = re.compile(r"\b(?:has|have|had|did|does|was|were|is)(?:n'?t| not) (?!miss|cancel|skip)\w+")
_ASKS = re.compile(
    r"\w\s*\?|\bdid you\b|^\s*no,? (?:thank you|thanks|(?:muchas )?gracias)\W*$|"
    r"^\W*(?:what|when|where|why|how)(?:'?s)?\b|^\W*(?:who is|who are|who'?s|is (?:it|she|he|the|there|this)|"
    r"are (?:you|they|we|u)|(?:can|could|will|would|do|does|did|should|may) (?:i|you|u|we|they|she|he|it)|"
    r"a que hora|cuando|donde|quien es|como (?:le|se|puedo|hago)|puede[ns]?|podria\w*|por que|cual)\b"
)
_PERSON = re.compile(r"\b(?:with |con )?(?:ms|mrs|mr|miss|dr|la senora|maestra)\.? \w+")
_SENTENCE = re.compile(r"[.!;\n]+")
_CONTEXT_STRAYS = 2  # words about something else, in a sentence beside an answer
_MOST_TIMES = 3  # a session longer than so many times its minutes is a slip of the finger
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
    bare = text.strip(" .,;:!?-()*\"'")
    option = _OPTION.fullmatch(bare)
    said_first = _OPTIONS.get(option["said"], option["said"]) if option else bare
    digit = _SHORTEST.get(said_first)
    if digit:
        return Said(digit, why=(bare,))
    text = re.sub(r"\bw/ ?", "with ", text)
    text = _DIGIT_FIRST.sub(lambda found: _LEADS[found[1]], text)
    text = _QUARTER.sub("15 min", text)
    text = _SPOKEN.sub(lambda found: _WORD_NUMBERS[found[1] or found[2] or found[3]], text)
    text = _OF_DETAILS.sub(" ", text)
    if _GREETS.search(text):
        return DOUBT
    if bare in ("", "?", "idk"):
        return Said(Outcome.UNKNOWN, why=("?",)) if "?" in text or bare else NOTHING
    text = _SUPPOSED.sub("before ", text)
    settled = settled_at_once(text)
    if settled is None and not (lx.HEDGE.search(text) or lx.PROMISE.search(text)):
        settled = decisive(text)
    if settled:
        outcome, how, word = settled
        cause = _cause(text)[0] if outcome is Outcome.MISSED else None
        if cause is Cause.CLOSURE:
            outcome = Outcome.NO_SCHOOL
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
    polite = lx.POLITE.sub(" ", plain)
    said = _outcome(polite, due, names)
    if said.outcome is None:
        said = _by_sentence(polite, due, names) or said
    return (
        said if said.outcome is None else Said(said.outcome, said.cause, said.minutes, knows, False, said.why)
    )


def _by_sentence(text: str, due: int, names: frozenset[str]) -> Said | None:
    """ "Nope. Third time this month.": one sentence is an answer, the others are only around it."""
    parts = [part for part in _SENTENCE.split(text) if _WORD.search(part)]
    if len(parts) < 2:
        return None
    told: list[Said] = []
    for part in parts:
        said = _outcome(part, due, names)
        if said.outcome is not None and not strays(part, names):
            told.append(said)
            continue
        signals = any(one.search(part) for one in (lx.YES, lx.NO, lx.MISSED, lx.HAPPENED, lx.PART))
        if said.outcome is not None or said.doubt or signals or strays(part, names) > _CONTEXT_STRAYS:
            return None
    if len({one.outcome for one in told}) != 1:
        return None
    return next((one for one in told if one.cause), told[0])


def _outcome(text: str, due: int, names: frozenset[str]) -> Said:
    text = lx.OF_THEM.sub(r"\1 min", text)
    full = lx.FULL.search(text)
    if full and not (
        lx.OTHER_FORM.search(text) or lx.NO.search(text) or lx.MISSED.search(text) or lx.ONLY.search(text)
    ):
        return Said(Outcome.HELD, why=(full[0],))
    double = lx.DOUBLE_NO.search(text)
    if double:
        return DOUBT if "can't say" in text or "not no" in text else Said(Outcome.HELD, why=(double[0],))
    lead = _lead(text)
    cause, words = _cause(text)
    part = _minutes(text, due)
    negative = lx.NO.search(text) or lx.MISSED.search(text)
    # "they had an assembly" tells of no session.
    positive = lx.HAPPENED.search(_without_missed(text))
    if positive and words:
        positive = lx.HAPPENED.search(_without_missed(text.replace(words, " ", 1)))
    if part is not None and lead is None and strays(text, names) >= MOST_STRAYS + 1:
        return DOUBT
    if part is not None and lead is False and part < 0:
        return DOUBT  # "no, he left early": part of it, or none?
    if part is not None and (lead is None or lead or not negative):
        return _part(part, due, cause, negative is not None and lead is not True)
    other = lx.OTHER_FORM.search(text)
    if other and lead is not False and not lx.NO.search(other[0]) and not lx.MISSED.search(text):
        if cause is Cause.NO_PROVIDER:
            return DOUBT  # nobody holds the post and an aide did something: not as written, or not at all?
        if "covered" in other[0] or "slp" in other[0]:
            return Said(Outcome.HELD, why=(other[0],))
        return Said(Outcome.OTHER, cause, part if part and 0 < part < (due or 999) else None, why=(other[0],))
    if lead is True:
        if cause is not None and not positive:
            return DOUBT
        if lx.NO.search(text) or (strays(text, names) and not positive):
            return DOUBT  # "yes no"; "yes, this is her mom"
        said = Said(Outcome.HELD, why=_words(text, lx.YES, "yes"))
        return said if strays(text, names) < MOST_STRAYS else DOUBT
    if (
        cause is not None
        and lead is None
        and not negative
        and (_ABOUT_ME.search(text) or _AT_AN_HOUR.search(text))
    ):
        return DOUBT  # "i'm at the hospital with my mom", "meeting at 5 ok"
    if cause is not None and lead is None:
        others = strays(text.replace(words, " ", 1), names)
        if others >= (MOST_STRAYS + 2 if negative else MOST_STRAYS):
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
        return Said(Outcome.MISSED, why=_words(text, lx.NO, "no"))
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
    return Said(Outcome.HELD, why=(yes[0],) if yes else _words(text, lx.HAPPENED, "happened"))


def _words(text: str, pattern: re.Pattern[str], otherwise: str) -> tuple[str, ...]:
    """The parent's own words that decided."""
    found = pattern.search(text)
    return (found[0] if found else otherwise,)


def _part(minutes: int, due: int, cause: Cause | None, negative: bool) -> Said:
    if negative:
        return DOUBT
    if minutes < 0:  # part of it, nobody said how much
        return Said(Outcome.PARTIAL, cause, None, why=("part",))
    if due and minutes >= due:
        more = minutes if due < minutes <= _MOST_TIMES * due else None  # shown as a surplus
        return Said(Outcome.HELD, None, more, why=(f"{minutes} min",))
    return Said(Outcome.PARTIAL, cause, minutes, why=(f"{minutes} min",))


def _minutes(text: str, due: int) -> int | None:
    """Minutes given, -1 for "part of it", None where minutes are not spoken of."""
    if _NO_MINUTES.search(text):
        return None
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
    for cause, pattern in CAUSES:
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
    text = lx.MISSED.sub(" ", _HAS_NOT.sub(" ", _HAD_SOMETHING_ELSE.sub(" ", text)))
    return re.sub(r"\b(?:no|not|never|nunca|nadie)(?: (?:le|la|lo|se|me|les))? \w+", " ", text)


def strays(text: str, names: frozenset[str]) -> int:
    """How many words have nothing to do with a session. A text about something else has many."""
    left = _PERSON.sub(" ", text)
    for pattern in (lx.YES, lx.NO, lx.HAPPENED, lx.MISSED, lx.DONT_KNOW):
        left = pattern.sub(" ", left)
    return sum(
        1 for word in _WORD.findall(left) if word not in COMMON and word not in names and not word.isdigit()
    )


def knows_of(text: str) -> Knows:
    """How the parent knows, by the text's own words."""
    for name, pattern in lx.KNOWS:
        if pattern.search(text):
            return Knows(name)
    return Knows.NOT_SAID
