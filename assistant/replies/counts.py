"""What a text says about a period: how many sessions, minutes or days, or how often of how many.

Where a bare number counts something, "no" and "yes" mean something else than after "did it happen?": the
question (`OpenItem.asks`) decides. Doubt is the answer wherever two readings are left.
"""

from __future__ import annotations

import re
from dataclasses import replace

from assistant.replies import lexicon as lx
from assistant.replies.reading import DOUBT, Said, cause_of, knows_of, read, strays
from assistant.replies.types import OpenItem
from assistant.words import Asks, Cause, Knows, Outcome

_NUMBERS = {
    word: number
    for number, words in enumerate(
        (
            "zero cero", "one once una uno un", "two twice dos", "three tres", "four cuatro", "five cinco",
            "six seis", "seven siete", "eight ocho", "nine nueve", "ten diez",
        )
    )
    for word in words.split()
}  # fmt: skip
_WORD_NUMBER = re.compile(rf"\b(?:{'|'.join(_NUMBERS)})\b")
_NUMBER = re.compile(r"(?<![\d/])\d{1,3}(?![\d/])")
_OF = re.compile(r"\b(\d{1,3}) ?(?:out of|of(?: the)?|de(?: las| los)?|/) ?(\d{1,3})\b")
_ALL = re.compile(
    r"\b(?:all|every(?:thing| time| one| single)?|each|both|always|full|complete|todo|todas?|todos|amb[oa]s|"
    r"siempre|cada|complet[oa]s?)\b"
)
_NONE = re.compile(
    r"\b(?:none|nothing|never|not (?:one|once|any|at all)|ningun[oa]?|nada|nunca|ni un[oa]?)\b"
)
_NOT_ONE = re.compile(r"\b(?:ni|not(?: even)?) 1\b")
_BARE_NO = re.compile(r"(?:no|nope|nah|n|nop)(?:[ ,.!]+(?:not any|none|nada|ningun[oa]?))*")
_BARE_YES = re.compile(r"(?:yes|yep|yeah|y|si|sip|claro|ok)\b")
_LESS_THAN_ALL = re.compile(
    r"\b(?:missed|missing|skipped|lost|all but|except|falt(?:o|aron)|perdi(?:o|eron)|menos|excepto)"
    r"\W+(?:only |just |solo )?(\d{1,3})\b|"
    r"\b(\d{1,3}) (?:was |were |fue |fueron )?(?:missed|skipped|lost|perdidas?)\b"
)
_NOT_ALL = re.compile(r"\b(?:not|no) (?:all|every\w*|both|todas?|todos|amb[oa]s|siempre|always)\b")
_ONLY = re.compile(r"\b(?:only|just|solo|solamente|nomas|unicamente)\b")
_HOURS = re.compile(r"\b(\d{1,2}|an?) ?(?:h|hr|hrs|hours?|horas?)\b")
_TIMES = re.compile(r"\b(\d{1,2}) ?(?:x|times|veces|sessions? of|sesiones de) ?(\d{1,3})\b")
_DAYS = re.compile(
    r"\b(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|"
    r"lunes|martes|miercoles|jueves|viernes)\b"
)
_ALL_WELL = re.compile(r"(?:all|everything|todo) ?(?:was |is |estuvo )?(?:good|fine|ok|well|bien)")
_THERE = re.compile(r"\b(?:there|with (?:him|her|them)|came|present|estuvo|vino|presente|ahi|alli)\b")
_NO_OCCASION = re.compile(
    r"\b(?:(?:did not|didn't|didnt) come up|no (?:tests?|occasions?|chances?|examen(?:es)?|ocasion(?:es)?)|"
    r"not needed|none (?:this week|came up)|no hizo falta|no toco)\b"
)
_MOST_STRAYS = 3


def read_item(text: str, item: OpenItem, names: frozenset[str] = frozenset()) -> Said:
    """Read folded `text` as an answer to what was asked about `item`. `names`: words that are names here."""
    if item.asks is Asks.HAPPENED:
        return read(text, item.minutes, names)
    if item.asks is Asks.HEARD:
        return _heard(text, names)
    bare = text.strip(" .,;:!-")
    if bare in ("?", "idk", "??") or lx.DONT_KNOW.fullmatch(bare.strip("? ")):
        return Said(Outcome.UNKNOWN, knows=Knows.UNSURE, why=(bare,))
    if lx.DONT_KNOW.search(text) or lx.HEDGE.search(text) or lx.PROMISE.search(text) or "?" in text:
        return DOUBT
    digits = _WORD_NUMBER.sub(lambda found: str(_NUMBERS[found[0]]), lx.POLITE.sub(" ", text))
    digits = digits.strip(" .,;:!-")
    if strays(_WORD_NUMBER.sub(" ", _without_own_words(text)), names) > _MOST_STRAYS:
        return DOUBT
    said = _READERS[item.asks](digits, item)
    if said.outcome is None:
        return said
    cause = cause_of(text) if said.outcome in (Outcome.MISSED, Outcome.PARTIAL) else None
    if said.outcome is Outcome.MISSED and cause is Cause.CLOSURE:
        said = replace(said, outcome=Outcome.NO_SCHOOL, sessions=None)
    return replace(said, cause=cause, knows=knows_of(text))


def _count(text: str, item: OpenItem) -> Said:
    due = item.due_sessions
    if due == 1 and (lx.MINUTES.search(text) or not _NUMBER.search(text)):
        return read(text, item.minutes)  # of one session one says yes, no, or how long it was
    if _NOT_ONE.search(text):
        return _sessions(0, due)
    of = _OF.search(text)
    if of:
        return _sessions(int(of[1]), due) if int(of[2]) == due else DOUBT
    less = _LESS_THAN_ALL.search(text)
    if less:
        return _sessions(due - int(less[1] or less[2]), due)
    numbers = _NUMBER.findall(text)
    if len(numbers) == 1:
        denied = (lx.NO.search(text) or lx.MISSED.search(text)) and not _ONLY.search(text)
        return DOUBT if denied else _sessions(int(numbers[0]), due)
    if numbers or _NOT_ALL.search(text):
        return DOUBT
    if _NONE.search(text) or _BARE_NO.fullmatch(text):
        return _sessions(0, due)
    if _ALL.search(text) and not lx.NO.search(text) and not lx.MISSED.search(text):
        return _sessions(due, due)
    return DOUBT


def _sessions(number: int, due: int) -> Said:
    most = 2 * due + 2 if due > 1 else 1  # "2" of one: twice, or the "no" of another question?
    if not 0 <= number <= most:
        return DOUBT
    outcome = Outcome.HELD if number >= due else Outcome.PARTIAL if number else Outcome.MISSED
    return Said(outcome, sessions=number, why=(str(number),))


def _minutes(text: str, item: OpenItem) -> Said:
    due = item.minutes
    times, hours, of = _TIMES.search(text), _HOURS.search(text), _OF.search(text)
    numbers = [int(found) for found in _NUMBER.findall(re.sub(r"(?<=\d) ?(?:min\w*|m)\b", " ", text))]
    if lx.HALF_HOUR.search(text):
        return DOUBT if numbers or times else _given(30, due)
    if hours and lx.HALF.search(text):
        return DOUBT  # "an hour and a half", "half the hour"
    if times and len(numbers) <= 2:
        return _given(int(times[1]) * int(times[2]), due)
    if hours and len(numbers) <= 1:
        return _given(60 * (int(hours[1]) if hours[1].isdigit() else 1), due)
    if of:
        return _given(int(of[1]), due) if int(of[2]) == due else DOUBT
    if len(numbers) == 1:
        denied = (lx.NO.search(text) or lx.MISSED.search(text)) and not _ONLY.search(text)
        return DOUBT if denied else _given(numbers[0], due)
    if numbers or _NOT_ALL.search(text):
        return DOUBT
    if lx.HALF.search(text):
        return _given(due // 2, due)
    if _NONE.search(text) or _BARE_NO.fullmatch(text):
        return _given(0, due)
    return _given(due, due) if _ALL.search(text) or _BARE_YES.fullmatch(text) else DOUBT


def _given(minutes: int, due: int) -> Said:
    outcome = Outcome.HELD if minutes >= due else Outcome.PARTIAL if minutes else Outcome.MISSED
    return Said(outcome, minutes=minutes, why=(f"{minutes} min",))


def _without(text: str, item: OpenItem) -> Said:
    due = item.due_sessions
    numbers, days = _NUMBER.findall(text), set(_DAYS.findall(text))
    there = _THERE.search(text) and not lx.NO.search(text) and not lx.MISSED.search(text)
    if len(numbers) == 1 and not days:
        return _days_without(int(numbers[0]), due)
    if days and not numbers and not there:
        return _days_without(len({day[:3] for day in days}), due)
    if numbers or days or _NOT_ALL.search(text):
        return DOUBT
    if _NONE.search(text) or _BARE_NO.fullmatch(text) or (there and _ALL.search(text)):
        return _days_without(0, due)
    if _ALL_WELL.fullmatch(text):
        return _days_without(0, due)
    if re.search(r"\b(?:all week|whole week|toda la semana)\b", text) and lx.MISSED.search(text):
        return _days_without(due, due)
    return DOUBT


def _days_without(days: int, due: int) -> Said:
    if days > due:
        return DOUBT
    outcome = Outcome.HELD if not days else Outcome.MISSED if days == due else Outcome.PARTIAL
    return Said(outcome, sessions=due - days, why=(f"{days} without",))


def _accommodation(text: str, item: OpenItem) -> Said:
    of = _OF.search(text)
    if of:
        given, chances = int(of[1]), int(of[2])
        if given > chances:
            return DOUBT
        if not chances:
            return Said(Outcome.NO_SCHOOL, chances=0, why=(of[0],))
        outcome = Outcome.HELD if given == chances else Outcome.PARTIAL if given else Outcome.MISSED
        return Said(outcome, sessions=given, chances=chances, why=(of[0],))
    if _NUMBER.search(text) or _NOT_ALL.search(text):
        return DOUBT  # given how often, of how many?
    if _NO_OCCASION.search(text):
        return Said(Outcome.NO_SCHOOL, chances=0, why=("no occasion",))
    if _NONE.search(text) or _BARE_NO.fullmatch(text):
        return Said(Outcome.MISSED, why=("no",))
    return Said(Outcome.HELD, why=("yes",)) if _ALL.search(text) or _BARE_YES.fullmatch(text) else DOUBT


def _heard(text: str, names: frozenset[str]) -> Said:
    """A parent who did not hear of a consult does not know; only the school's word makes it missed."""
    said = read(text, 0, names)
    told = said.knows in (Knows.SCHOOL_SAID, Knows.SCHOOL_WROTE, Knows.SCHOOL_LOG)
    if said.outcome is Outcome.MISSED and not told and said.cause is None:
        return replace(said, outcome=Outcome.UNKNOWN)
    return said


def _without_own_words(text: str) -> str:
    """The text without the words that this module reads itself: they are no strays."""
    for pattern in (_OF, _ALL, _NONE, _LESS_THAN_ALL, _ONLY, _HOURS, _TIMES, _DAYS, _THERE, _NO_OCCASION):
        text = pattern.sub(" ", text)
    return re.sub(
        r"\b(?:min\w*|hours?|horas?|times?|veces|vez|sessions?|sesion(?:es)?|days?|dias?|week|semana)\b",
        " ",
        text,
    )


_READERS = {
    Asks.COUNT: _count,
    Asks.MINUTES: _minutes,
    Asks.WITHOUT: _without,
    Asks.GIVEN: _accommodation,
}
