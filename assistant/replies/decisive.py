"""Turns of phrase that settle a reading by themselves, whatever else the text tells around them.

"push in not pull out but yes she saw him", "lucky if he gets it once a week. not today", "the box says no".
"""

from __future__ import annotations

import re

from assistant.replies import lexicon as lx
from assistant.replies.causes import NO_RIDE
from assistant.words import Knows, Outcome

_BUT_YES = re.compile(
    r"^(?P<head>.+?)[ ,.;]+(?:but|so|pero|asi que) (?:yes|yeah|yep|yup|si)(?P<rest>[ ,.!].*)?$"
)
_SO_UNKNOWN = re.compile(
    r"\b(?:so|asi que|pero|but) (?:idk|i (?:do ?n'?t|do not) know|(?:i'?m )?not sure|no clue|"
    r"no (?:lo )?se|ni idea)\W*$"
)
_NOT_TODAY = re.compile(
    r"(?:[.!;,] *| but | pero )(?:not(?: today)?|not this (?:time|week)|none today|no today|"
    r"hoy no|esta vez no|hoy tampoco)\W*$"
)
_NOT_HAPPENED = re.compile(
    r"\b(?:it|that|this|session|speech|ot|pt|therapy|counseling|reading|nothing|none of it) "
    r"(?:just |really |also |still |actually )?(?:did ?n'?t|did not|never|ain'?t) (?:even |actually |really )?"
    r"(?:happen|take place|occur)\w*|\bno (?:se )?(?:hubo|paso|hizo|dio) (?:nada|la (?:terapia|sesion|clase))\b"
)
_SO_NO = re.compile(
    r"(?:^|[ ,.;])(?:so|soo|asi que|entonces|por eso) (?:it'?s |that'?s |its |thats |it was |es )?(?:a )?(?:big )?"
    r"(?P<what>no|nope|nothing|none|nada|no (?:hubo|fue|tuvo|vino|speech|ot|pt|therapy|session|terapia|clase|habla)\w*|"
    r"(?:he|she|they|kiddo|we|it) (?:missed|skipped)(?: it| out)?|missed it|yes|yeah|yep|si)\W*$"
)
_MEANS = re.compile(
    r"\b(?:i mean|i ment|digo|o sea|correction|actually|mas bien|rather)[ ,:]+(?P<what>no|nope|yes|yep|yeah|si|not)\W*$"
)
_INSISTS = re.compile(
    r"\b(?:no (?:lo )?creo|creo que no|i do ?n'?t think so)[ .,;!]+(?:no+|nope)\W*$|"
    r"^\W*(?:(?:le |les |ya |te )*dije que|i said|like i said|i told you) (?P<said>no|si|yes)\b(?! \w+ \w+ \w+ \w+)"
)
_WRITTEN = re.compile(
    r"\b(?:box|note|notebook|binder|app|log|sheet|folder|planner|portal|cuaderno|nota|hoja|agenda) "
    r"(?:says?|said|dice|decia) (?P<what>no|yes|si)\W*$"
)
_CLOSED = re.compile(
    r"^(?:the |la |las |todas las )?(?:schools?|district|campus|escuelas?) "
    r"(?:was |were |is |are |got |estaba |estuvo |estuvieron )?(?:all )?(?:closed|cerrad[oa]s?)\b|"
    r"^(?:(?:it|that|today)(?:'s| was| is)? |fue |era |es )(?:an? |un |dia )?"
    r"(?:holiday|snow day|day off|feriado|festivo)\b"
)
_NOBODY_TOLD = re.compile(
    r"\b(?:no one|nobody|nadie|never|they did ?n'?t|without|sin)(?: \w+)? "
    r"(?:told|tells?|tell(?:ing)?|said|let|avis\w+|dij\w+)(?: (?:me|us|anyone|nada))?"
)
_LATER = re.compile(r"\bcame (?:a (?:bit|little) )?later\b.*\binstead\b|\bvino mas tarde\b")
_YET = re.compile(r"\b(?:yet|later|tomorrow|next|todavia|luego|despues|manana)\b")
_FOR_WEEKS = re.compile(
    r"\b(?:lleva|llevamos|va|vamos) (?:ya )?(?:un|una|dos|tres|\d+|varias?|muchas?) \w+ sin\b"
)
_BUT = re.compile(r"\b(?:but|pero|although|aunque)\b")
_YES_AFTER = re.compile(r"\b(?:but|pero|though|aunque|yes|si)\b")
_IF = re.compile(r"\b(?:if|whether)\b")


def settled_at_once(text: str) -> tuple[Outcome, Knows, str] | None:
    """What settles a reading even where the rest of the text hedges or promises."""
    written = _WRITTEN.search(text)
    if written:
        outcome = Outcome.MISSED if written["what"] == "no" else Outcome.HELD
        return outcome, Knows.SCHOOL_WROTE, written[0]
    insists = _INSISTS.search(text)
    if insists:
        no_or_yes = Outcome.MISSED if (insists["said"] or "no").startswith("no") else Outcome.HELD
        return no_or_yes, Knows.NOT_SAID, insists[0].strip(" .,;!")
    means = _MEANS.search(text)
    if means:
        no_or_yes = Outcome.MISSED if means["what"].startswith("no") else Outcome.HELD
        return no_or_yes, Knows.NOT_SAID, means[0]
    if not (
        lx.HEDGE.search(text)
        or lx.PROMISE.search(text)
        or _IF.search(text)
        or "?" in text
        or _BUT.search(text)
    ):
        never = _NOT_HAPPENED.search(text)
        if never and not lx.DOUBLE_NO.search(text):
            return Outcome.MISSED, _how(text), never[0]
        so = _SO_NO.search(text)
        if so:
            yes = so["what"] in ("yes", "yeah", "yep", "si")
            head = text[: so.start()]
            if not (yes and _denies(head)) and not (not yes and lx.YES.match(head)):
                return (Outcome.HELD if yes else Outcome.MISSED), _how(text), so[0].strip(" ,.;")
    ride = NO_RIDE.search(text)
    if ride and "?" not in text and not _YES_AFTER.search(text[ride.end() :]):
        return Outcome.MISSED, Knows.NOT_SAID, ride[0].strip(" .,;!")
    no = _NOT_TODAY.search(text)
    if no and not lx.YES.match(text):
        return Outcome.MISSED, Knows.NOT_SAID, no[0].strip(" .,;!")
    return None


def decisive(text: str) -> tuple[Outcome, Knows, str] | None:
    """Outcome, how it is known and the words that settle it, of folded `text`; None where none does."""
    unknown = _SO_UNKNOWN.search(text)
    if unknown and not lx.YES.match(text):
        return Outcome.UNKNOWN, Knows.UNSURE, unknown[0]
    yes = _BUT_YES.match(text)
    if yes and not (lx.NO.match(yes["head"]) or _YET.search(text) or _denies(yes["rest"] or "")):
        return Outcome.HELD, Knows.NOT_SAID, "but yes"
    later = _LATER.search(text)
    if later and not _denies(text):
        return Outcome.HELD, Knows.NOT_SAID, later[0]
    weeks = _FOR_WEEKS.search(text)
    if weeks:
        return Outcome.MISSED, Knows.NOT_SAID, weeks[0]
    closed = _CLOSED.match(text)
    if closed and not lx.YES.search(text):
        return Outcome.NO_SCHOOL, Knows.NOT_SAID, closed[0]
    if _NOBODY_TOLD.search(text) and _cancelled(text):
        return Outcome.MISSED, Knows.NOT_SAID, "cancelled"
    return None


def _how(text: str) -> Knows:
    for name, pattern in lx.KNOWS:
        if pattern.search(text):
            return Knows(name)
    return Knows.NOT_SAID


def _denies(text: str) -> bool:
    return bool(lx.NO.search(text) or lx.MISSED.search(text))


def _cancelled(text: str) -> bool:
    """Whether it was called off, said outright: not asked ("if it was cancelled"), not denied."""
    rest = _NOBODY_TOLD.sub(" ", text)
    found = re.search(r"\b(?:cancel(?:l?ed|ado|ada|aron)|called off|suspendi\w+|skipped)\b", rest)
    return bool(found) and not _IF.search(text) and not lx.DOUBLE_NO.search(text)
