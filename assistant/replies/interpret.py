"""From a text and what was asked to a meaning (contracts, section 4). Pure and deterministic; never raises.

Order: what is no answer (reactions, machines, keywords, commands), then several sessions by letter, number,
name or day, then one reading for all that is open, then what staff taught. Whatever is not plain asks back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from assistant.replies import lexicon as lx
from assistant.replies.by_day import by_day
from assistant.replies.by_service import by_name, report
from assistant.replies.children import by_child
from assistant.replies.common import COMMON
from assistant.replies.counts import read_item
from assistant.replies.dates import named_days, without_until
from assistant.replies.listing import by_list
from assistant.replies.meanings import UNCLEAR, answer_of, meaning_of, same
from assistant.replies.moved import moved
from assistant.replies.naming import SEVERAL, places_of, service_words, without_places
from assistant.replies.normalise import fold
from assistant.replies.ordinals import by_letters
from assistant.replies.reading import Said, read
from assistant.replies.special import not_an_answer, without_fix_words
from assistant.replies.stretches import without_days
from assistant.replies.taught import by_taught
from assistant.replies.types import Answer, Incoming, Meaning, OpenItem
from assistant.words import Asks, Intent, Outcome

LONGEST = 600  # a longer text is a story, for a person to read
_ALL_WELL = re.compile(
    r"(?:it |they |everything |all )?(?:all|everything|todo|todas|todos) ?(?:was |were |is |went |is all )?"
    r"(?:good|fine|happened|held|there|well|bien|se hizo|se hicieron|estuvo)?(?: this week| esta semana)?"
)
_COMPACT = re.compile(
    r"(?:\b(?:\d{1,3}|[a-h] ?\d{1,3}|both|neither|none|ambas|ambos|todas|ninguna)\b[\s,;&/]*)+"
)
_ALL_YES_NO = re.compile(
    r"(?:(?P<a>yes|yep|yeah|si|no|nope),? (?:to |for |a |para )?(?:both|all|ambas|ambos|l[ao]s dos|tod[ao]s)|"
    r"(?:both|all|ambas|ambos|l[ao]s dos|tod[ao]s),? (?P<b>yes|yep|yeah|si|no|nope))"
)
_MORNING = re.compile(r"\b(?:(?:the |this |in the )?(?:am|morning)(?: one)?|(?:la de |por |en )?la manana)\b")
_AFTERNOON = re.compile(
    r"\b(?:(?:the |this |in the )?(?:pm|afternoon)(?: one)?|(?:la de |por |en )?la tarde)\b"
)
_ONE_WORD = re.compile(
    r"\W*(?:[123]|one|two|three|uno|dos|tres|y|n|ye+s+|yep+|yea+h?|yup|si+|no+|nope+|nop)\W*(?:please|pls|gracias|thanks)?\W*"
)
_TODAY = re.compile(r"\b(?:today|this morning|hoy|esta manana)\b")


def interpret(incoming: Incoming) -> Meaning:
    """What the text means. When it is not sure, `answers` is empty and `ask_back` is true."""
    folded = fold(incoming.text)
    if not folded:
        return UNCLEAR
    special = not_an_answer(incoming.text, folded, bool(incoming.open))
    if special is not None:
        intent, word = special
        return _fix(incoming, folded, word) if intent is Intent.FIX else Meaning(intent, why=(word,))
    if len(folded) > LONGEST:
        return UNCLEAR
    parts = by_child(incoming, folded)
    meaning = _answers(incoming, folded) if parts is None else _for_each_child(parts)
    if not meaning.answers and incoming.taught:
        meaning = by_taught(incoming) or meaning
    return _as_the_line_allows(incoming, folded, meaning)


def _as_the_line_allows(incoming: Incoming, folded: str, meaning: Meaning) -> Meaning:
    """Of a line that may be given in a group, or by video, to be given so is to be given as written."""
    items = {item.id: item for item in incoming.open if item.allows}
    answers = [_as_written(one, items[one.id], folded) if one.id in items else one for one in meaning.answers]
    return replace(meaning, answers=tuple(answers))


def _as_written(answer: Answer, item: OpenItem, folded: str) -> Answer:
    if answer.outcome is not Outcome.OTHER:
        return answer
    for form, pattern in (("group", lx.GROUP_FORM), ("remote", lx.REMOTE_FORM)):
        folded = pattern.sub(" ", folded) if form in item.allows else folded
    if lx.OTHER_FORM.search(folded):
        return answer
    cut = answer.minutes is not None and answer.minutes < item.minutes
    return replace(answer, outcome=Outcome.PARTIAL if cut else Outcome.HELD)


def _for_each_child(parts: Sequence[Incoming]) -> Meaning:
    """What is said of each child that the text names; nothing at all where one of them is not plain."""
    answers: list[Answer] = []
    why: list[str] = []
    for part in parts:
        folded = fold(part.text)
        said = _answers(part, folded) if folded else UNCLEAR
        if not said.answers:
            return UNCLEAR
        answers += [replace(one, child=part.child) for one in said.answers]
        why += [part.child, *said.why]
    return meaning_of(answers, tuple(why)) if answers else UNCLEAR


def _fix(incoming: Incoming, folded: str, word: str) -> Meaning:
    """A correction; with what it should have been where the text says so."""
    said = read(without_fix_words(folded), 0)
    if said.outcome is None or said.doubt:
        return Meaning(Intent.FIX, why=(word,))
    return Meaning(Intent.FIX, (answer_of(None, "", None, said),), why=(word, *said.why))


def _answers(incoming: Incoming, folded: str) -> Meaning:
    items = incoming.open
    folded = _bare(folded, incoming.child)
    if incoming.child:  # "Harper has strep" speaks of the child as "my kid" does
        folded = re.sub(rf"\b{re.escape(fold(incoming.child))}(?!\w)", "kiddo", folded)
    names = frozenset(fold(incoming.child).split()) | service_words(incoming)
    if any(item.asks is not Asks.HAPPENED for item in items):
        return _amounts(incoming, folded, names)
    folded = without_until(folded)
    known = frozenset(item.date for item in items if item.date)
    days = named_days(folded, incoming.received.date(), incoming.lang, known)
    if len(items) > 1 and _ONE_WORD.fullmatch(folded):
        return UNCLEAR  # one digit, yes or no for several: the second one, or all of them?
    folded = by_letters(folded, len(items))
    folded = _by_half_day(items, folded)
    places = places_of(incoming, folded)
    if any(place[2] == SEVERAL for place in places):
        return UNCLEAR
    if not places and len(items) > 1:
        listed = by_list(items, folded)
        if listed is not None:
            return listed
    if len(items) == 1 and moved(items[0], folded, days, incoming.received.date()):
        return same(items, Said(Outcome.HELD, why=("moved",)))
    if days and not (len(items) == 1 and all(one.day == items[0].date for one in days)):
        return by_day(incoming, folded, days, places, names)
    folded = without_days(folded, days)
    if len(items) > 1 and places:
        return by_name(incoming, folded, names)
    if not items:
        if places:
            return report(incoming, folded, places, names)
        return replace(UNCLEAR, intent=Intent.UNRELATED) if _about_something_else(folded, names) else UNCLEAR
    if len(items) == 1 and places and all(place[2] != items[0].service for place in places):
        return report(incoming, folded, places, names)
    said = read(folded, items[0].minutes if len({i.minutes for i in items}) == 1 else 0, names)
    if len(items) > 1 and said.outcome is None and (not said.doubt or _all_words(folded)):
        said = _all_or_none(folded)
    return same(items, said) if said.outcome else _nothing_said(folded, said, names)


def _amounts(incoming: Incoming, folded: str, names: frozenset[str]) -> Meaning:
    """Something is open that a number counts: each item is read by what was asked about it."""
    items = incoming.open
    places = places_of(incoming, folded)
    if any(place[2] == SEVERAL for place in places):
        return UNCLEAR
    named = {place[2] for place in places}
    today = incoming.received.date()
    if named and _TODAY.search(folded) and all(_over(item, today) for item in items if item.service in named):
        return report(incoming, folded, places, names)  # "no nurse today", beside last week's question
    if len(items) == 1:
        if places and all(place[2] != items[0].service for place in places):
            return report(incoming, folded, places, names)
        said = read_item(without_places(folded, places), items[0], names)
        return same(items, said) if said.outcome else _nothing_said(folded, said, names)
    if not places:
        listed = by_list(items, folded)
        if listed is not None:
            return listed
    if places:
        return by_name(incoming, folded, names)
    said = read(folded, 0, names)
    if said.outcome is Outcome.UNKNOWN:
        return same(items, said)
    if _ALL_WELL.fullmatch(folded.strip(" .!")):
        return same(items, Said(Outcome.HELD, why=("all",)))
    return UNCLEAR


def _over(item: OpenItem, today: date) -> bool:
    """Whether the item's period was over before `today`, so that nothing said of today can be about it."""
    return item.asks is not Asks.HAPPENED and item.date is not None and item.date < today


def _by_half_day(items: Sequence[OpenItem], folded: str) -> str:
    """ "am no, pm yes" with one session before and one after noon, by their names."""
    if len(items) != 2 or not (_MORNING.search(folded) and _AFTERNOON.search(folded)):
        return folded
    early = [item for item in items if item.time and item.time.hour < 12]
    late = [item for item in items if item.time and item.time.hour >= 12]
    if len(early) != 1 or len(late) != 1 or early[0].service == late[0].service:
        return folded
    return _AFTERNOON.sub(fold(late[0].service), _MORNING.sub(fold(early[0].service), folded))


def _bare(folded: str, child: str) -> str:
    """A digit or list without the courtesy around it ("1 please", "Leo: A1 B2"), else the text as it is."""
    text = lx.POLITE.sub(" ", folded)
    if child:
        text = re.sub(rf"\b{re.escape(fold(child))}\b", " ", text)
    text = re.sub(r"[^\w\s,;&?/]+", " ", text).strip(" ,;")
    return " ".join(text.split()) if _COMPACT.fullmatch(text) else folded


def _nothing_said(folded: str, said: Said, names: frozenset[str]) -> Meaning:
    if not said.doubt and _about_something_else(folded, names):
        return Meaning(Intent.UNRELATED, confidence=0.5)
    return UNCLEAR


def _all_words(folded: str) -> re.Match[str] | None:
    return _ALL_YES_NO.fullmatch(folded.strip(" .!"))


def _all_or_none(folded: str) -> Said:
    whole = _all_words(folded)
    if whole:
        no = lx.NO.fullmatch(whole["a"] or whole["b"])
        return Said(Outcome.MISSED if no else Outcome.HELD, why=(folded,))
    if lx.BOTH.search(folded):
        rest = lx.BOTH.sub(" ", folded)
        if re.fullmatch(r"\W*(?:not|no)\W*", rest):
            return Said(doubt=True)  # "not both": one of them, and who knows which
        return read(rest, 0) if rest.strip(" .!,") else Said(Outcome.HELD, why=("both",))
    return Said(Outcome.MISSED, why=("none",)) if lx.NEITHER.search(folded) else Said()


def _about_something_else(folded: str, names: frozenset[str]) -> bool:
    words = re.findall(r"[a-z']+", folded)
    return sum(1 for word in words if word not in COMMON and word not in names) >= 2
