"""From a text and what was asked to a meaning (contracts, section 4). Pure and deterministic; never raises.

Order: what is no answer (reactions, machines, keywords, commands), then several sessions by letter, number,
name or day, then one reading for all that is open. Whatever is not plain asks back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TypeVar

from assistant.replies import lexicon as lx
from assistant.replies.children import by_child
from assistant.replies.common import COMMON
from assistant.replies.counts import read_item
from assistant.replies.dates import Named, named_days, names_a_stretch, without_until
from assistant.replies.moved import moved
from assistant.replies.naming import SEVERAL, places_of, service_words, without_names, without_places
from assistant.replies.normalise import fold
from assistant.replies.ordinals import by_letters
from assistant.replies.reading import Said, read
from assistant.replies.special import not_an_answer, without_fix_words
from assistant.replies.types import Answer, Incoming, Meaning, OpenItem
from assistant.words import Asks, Intent, Outcome

LONGEST = 600  # a longer text is a story, for a person to read
UNCLEAR = Meaning(Intent.UNCLEAR, ask_back=True, confidence=0.0)
_LETTERS = re.compile(
    r"\b([a-h])\s*[:=.)-]?\s*(\d{1,3}(?: ?(?:of|out of|de|/) ?\d{1,3})?|yes|no|si|y|n|idk|not sure|no se|"
    r"none|all|both|ningun[oa]?|tod[oa]s|amb[oa]s|\?)(?!\w)"
)
_NUMBERED = re.compile(r"(?:\b|#)([1-8])\s*[:=.)-]?\s*(yes|yep|no|nope|si|y|n|idk|not sure|no se)\b")
_SHORT = re.compile(r"\d{1,3}|y(?:es|ep|eah)?|n(?:o|ope)?|si|idk|none|all|ningun[oa]?|tod[oa]s|\?")
_ALL_WELL = re.compile(
    r"(?:it |they |everything |all )?(?:all|everything|todo|todas|todos) ?(?:was |were |is |went |is all )?"
    r"(?:good|fine|happened|held|there|well|bien|se hizo|se hicieron|estuvo)?(?: this week| esta semana)?"
)
_GLUE = re.compile(r"[\s,;.&/+-]+|\band\b|\by\b(?= ?[123])")
_COMPACT = re.compile(
    r"(?:\b(?:\d{1,3}|[a-h] ?\d{1,3}|both|neither|none|ambas|ambos|todas|ninguna)\b[\s,;&/]*)+"
)
_JOINER = re.compile(r"\W*(?:y|e|n|ni|and|o|or|&)?\W*")
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
_CLAUSE = re.compile(r"[.,;!\n]+| (?:but|pero|and|y|while|though|aunque|then|&|\+) ")
_GOOD = re.compile(
    r"\W*(?:was |is |were |fue |estuvo |todo |all )?(?:good|fine|ok|okay|normal|great|done|check|held|there|"
    r"full|complete|complet[ao]|happened|bien|si hubo)\W*"
)
_TODAY = re.compile(r"\b(?:today|this morning|hoy|esta manana)\b")
_PIECES = {"y": "yes", "n": "no"}


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
    return _meaning(answers, tuple(why)) if answers else UNCLEAR


def _fix(incoming: Incoming, folded: str, word: str) -> Meaning:
    """A correction; with what it should have been where the text says so."""
    said = read(without_fix_words(folded), 0)
    if said.outcome is None or said.doubt:
        return Meaning(Intent.FIX, why=(word,))
    return Meaning(Intent.FIX, (_answer(None, "", None, said),), why=(word, *said.why))


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
        listed = _listed(items, folded)
        if listed is not None:
            return listed
    if len(items) == 1 and moved(items[0], folded, days, incoming.received.date()):
        return _same(items, Said(Outcome.HELD, why=("moved",)))
    if days and not (len(items) == 1 and all(one.day == items[0].date for one in days)):
        return _by_day(incoming, folded, days, places, names)
    folded = _cut(folded, days)
    if len(items) > 1 and places:
        return _by_name(incoming, folded, names)
    if not items:
        if places:
            return _report(incoming, folded, places, names)
        return replace(UNCLEAR, intent=Intent.UNRELATED) if _about_something_else(folded, names) else UNCLEAR
    if len(items) == 1 and places and all(place[2] != items[0].service for place in places):
        return _report(incoming, folded, places, names)
    said = read(folded, items[0].minutes if len({i.minutes for i in items}) == 1 else 0, names)
    if len(items) > 1 and said.outcome is None and (not said.doubt or _all_words(folded)):
        said = _all_or_none(folded)
    return _same(items, said) if said.outcome else _nothing_said(folded, said, names)


def _amounts(incoming: Incoming, folded: str, names: frozenset[str]) -> Meaning:
    """Something is open that a number counts: each item is read by what was asked about it."""
    items = incoming.open
    places = places_of(incoming, folded)
    if any(place[2] == SEVERAL for place in places):
        return UNCLEAR
    named = {place[2] for place in places}
    today = incoming.received.date()
    if named and _TODAY.search(folded) and all(_over(item, today) for item in items if item.service in named):
        return _report(incoming, folded, places, names)  # "no nurse today", beside last week's question
    if len(items) == 1:
        if places and all(place[2] != items[0].service for place in places):
            return _report(incoming, folded, places, names)
        said = read_item(without_places(folded, places), items[0], names)
        return _same(items, said) if said.outcome else _nothing_said(folded, said, names)
    if not places:
        listed = _listed(items, folded)
        if listed is not None:
            return listed
    if places:
        return _by_name(incoming, folded, names)
    said = read(folded, 0, names)
    if said.outcome is Outcome.UNKNOWN:
        return _same(items, said)
    if _ALL_WELL.fullmatch(folded.strip(" .!")):
        return _same(items, Said(Outcome.HELD, why=("all",)))
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


def _same(items: Sequence[OpenItem], said: Said) -> Meaning:
    return _meaning([_answer(item.id, item.service, item.date, said) for item in items], said.why)


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


def _listed(items: Sequence[OpenItem], folded: str) -> Meaning | None:
    """Answers by letter (A1 B2), by number (1 yes 2 no), one after the other (y n); None if none of these."""
    plain = all(item.asks is Asks.HAPPENED for item in items)
    for pattern, offset in ((_LETTERS, ord("a")), (_NUMBERED, ord("1"))):
        if offset == ord("1") and not plain:
            break  # "1 yes": the first one, or one of it?
        pairs = pattern.findall(folded)
        if pairs and not pattern.sub("", folded).strip(" ,;.&/+-"):
            chosen = {ord(label) - offset: text for label, text in pairs}
            if len(chosen) == len(pairs) and max(chosen) < len(items):
                return _placed(items, chosen)
            return UNCLEAR
    only = re.fullmatch(r"(?:([1-8a-h]) only|(?:only|just|solo) ([1-8a-h]))", folded)
    if only and plain:
        label = only[1] or only[2]
        place = ord(label) - (ord("1") if label.isdigit() else ord("a"))
        if place < len(items):
            return _placed(items, {n: "yes" if n == place else "no" for n in range(len(items))})
    if plain and re.fullmatch(r"[yn]{2,8}", folded):
        pieces = list(folded)
    else:
        pieces = [piece for piece in _GLUE.split(folded) if piece]
    if len(pieces) > 1 and all(_SHORT.fullmatch(piece) for piece in pieces):
        return _placed(items, dict(enumerate(pieces))) if len(pieces) == len(items) else UNCLEAR
    return None


def _placed(items: Sequence[OpenItem], chosen: dict[int, str]) -> Meaning:
    answers = []
    for place, text in sorted(chosen.items()):
        said = read_item(_PIECES.get(text, text), items[place])
        if said.outcome is None:
            return UNCLEAR
        answers.append(_answer(items[place].id, items[place].service, items[place].date, said))
    return _meaning(answers, tuple(chosen.values()))


def _by_name(incoming: Incoming, folded: str, names: frozenset[str]) -> Meaning:
    """Several are open and the text names some of them."""
    places = places_of(incoming, folded)
    named = {place[2] for place in places}
    mine = {item.service for item in incoming.open}
    if not named <= mine or len({item.service for item in incoming.open}) < len(incoming.open):
        return UNCLEAR  # a service that is not open, or two of the same: not ours to guess
    plain = all(item.asks is Asks.HAPPENED for item in incoming.open)
    single = next(iter(named)) if len(named) == 1 and plain else None
    if single and lx.EXCEPT.search(folded[: places[0][0]]):
        first = read(lx.EXCEPT.split(folded)[0], 0, names)
        rest = first.outcome or (Outcome.HELD if lx.BOTH.search(folded) else None)
        if rest in (Outcome.HELD, Outcome.MISSED):
            other = Outcome.MISSED if rest is Outcome.HELD else Outcome.HELD
            return _split(incoming.open, single, Said(other, why=("except",)), Said(rest, why=("except",)))
    if single and lx.ONLY.search(folded[: places[0][0]]) and not lx.MINUTES.search(folded):
        left = re.sub(r"\b(?:the|el|la|los|las)\b", " ", lx.ONLY.sub(" ", without_places(folded, places)))
        said = read(left, 0, names) if left.strip(" .,!") else Said(Outcome.HELD, why=("only",))
        if said.outcome is Outcome.HELD:
            return _split(incoming.open, single, said, Said(Outcome.MISSED, why=("only",)))
    by_clause = (
        None if lx.ONLY.search(folded) or lx.EXCEPT.search(folded) else _by_clause(incoming, folded, names)
    )
    if by_clause is not None:
        return by_clause
    answers: list[Answer] = []
    why: list[str] = []
    for stretch, service in _stretches(folded, places):
        item = next(one for one in incoming.open if one.service == service)
        said = read_item(stretch, item, names)
        if said.outcome is None or any(answer.id == item.id for answer in answers):
            return UNCLEAR
        answers.append(_answer(item.id, item.service, item.date, said))
        why += [service, *said.why]
    return _meaning(answers, tuple(why)) if answers else UNCLEAR


def _by_clause(incoming: Incoming, folded: str, names: frozenset[str]) -> Meaning | None:
    """ "he had OT but the speech lady was out": each clause with the service it names; None where not so."""
    told: dict[str, str] = {}
    last, before = "", ""
    for part in filter(None, (one.strip() for one in _CLAUSE.split(folded))):
        named = {place[2] for place in places_of(incoming, part)}
        if len(named) > 1 or (named and next(iter(named)) in told):
            return None
        if named:
            last = next(iter(named))
            told[last], before = f"{before} {part}".strip(), ""
        elif last:
            told[last] += f", {part}"
        else:
            before = f"{before} {part},"
    answers: list[Answer] = []
    why: list[str] = []
    for service, text in told.items():
        item = next(one for one in incoming.open if one.service == service)
        rest = without_names(incoming, text)
        said = read_item(text, item, names)
        if said.outcome is None or item.asks is not Asks.HAPPENED:
            said = read_item(rest, item, names)
        if said.outcome is None and _GOOD.fullmatch(rest):
            said = Said(Outcome.HELD, why=(rest.strip(),))
        if said.outcome is None:
            return None
        answers.append(_answer(item.id, item.service, item.date, said))
        why += [service, *said.why]
    return _meaning(answers, tuple(why)) if answers else None


def _split(items: Sequence[OpenItem], service: str, said: Said, others: Said) -> Meaning:
    answers = [
        _answer(item.id, item.service, item.date, said if item.service == service else others)
        for item in items
    ]
    return _meaning(answers, said.why)


def _stretches(folded: str, places: list[tuple[int, int, str]]) -> list[tuple[str, str]]:
    """The text cut so that each named service has the words that are about it.

    "yes to speech no to ot": the words come before the name; "ot happened, speech didnt": after it.
    """
    before = bool(folded[: places[0][0]].strip(" ,.:;-") and read(folded[: places[0][0]], 0).outcome)
    cuts: list[tuple[str, str]] = []
    for number, (start, end, service) in enumerate(places):
        if before:
            left = places[number - 1][1] if number else 0
            right = len(folded) if number == len(places) - 1 else start
            text = f"{folded[left:start]} {folded[end:right] if right > end else ''}"
        else:
            right = places[number + 1][0] if number < len(places) - 1 else len(folded)
            text = (
                folded[end:right]
                if number or not folded[:start].strip()
                else f"{folded[:start]} {folded[end:right]}"
            )
        cuts.append(
            (
                re.sub(
                    r"^\W*(?:to|for|but|and|y|pero|con|de)\b|\b(?:to|for|but|and|y|e|pero|la|el|de)\W*$",
                    " ",
                    text.strip(),
                ),
                service,
            )
        )
    return _shared(cuts)


_T = TypeVar("_T")


def _shared(cuts: list[tuple[str, _T]]) -> list[tuple[str, _T]]:
    """A stretch that is only a joiner ("lunes y miercoles no") says what the next one says.

    "n" may be "no" and may be "and": only where every stretch is a letter is it an answer, else nothing is.
    """
    letters = [text.strip(" ,.;:-") for text, _ in cuts]
    if all(letter in ("y", "n") for letter in letters):
        return cuts
    if "n" in letters:
        return []
    out: list[tuple[str, _T]] = []
    after = ""
    for text, about in reversed(cuts):
        after = after if _JOINER.fullmatch(text) else text
        out.append((re.sub(r"(?:^\s*|\s+)(?:y|n|e|ni|and|but|pero)\s*$", " ", after).strip(), about))
    return out[::-1]


def _by_day(
    incoming: Incoming,
    folded: str,
    days: list[Named],
    places: list[tuple[int, int, str]],
    names: frozenset[str],
) -> Meaning:
    """The text names days: each with the words about it, bound to what is open that day, else a report."""
    if any(one.day is None for one in days):
        return UNCLEAR
    today = incoming.received.date()
    cuts: list[tuple[str, date]] = []
    before = (
        len(days) > 1
        and bool(folded[: days[0].start].strip(" ,."))
        and bool(read(_cut(folded[: days[0].start], []), 0).outcome)
    )
    for number, one in enumerate(days):
        assert one.day is not None
        left = 0 if number == 0 else (days[number - 1].end if before else one.end)
        right = len(folded) if number == len(days) - 1 else (one.start if before else days[number + 1].start)
        text = (
            folded[left : one.start] + " " + folded[one.end : right]
            if number == 0 or before
            else folded[one.end : right]
        )
        cuts.append(
            (re.sub(r"\b(?:on|the|el|del|dia|for)\s*$|^\s*(?:on|the|el|for)\b", " ", text.strip()), one.day)
        )
    answers: list[Answer] = []
    why: list[str] = []
    cuts = _shared(cuts)
    for text, day in cuts:
        if day > today:
            return UNCLEAR
        named = {place[2] for place in places_of(incoming, text)}
        here = [item for item in incoming.open if item.date == day and (not named or item.service in named)]
        said = read(without_names(incoming, text), here[0].minutes if len(here) == 1 else 0, names)
        if said.outcome is None or len(named) > 1:
            return UNCLEAR
        why += said.why
        if here and (named or len(here) == len([i for i in incoming.open if i.date == day])):
            answers += [_answer(item.id, item.service, item.date, said) for item in here]
            continue
        service = next(iter(named), None) or (
            incoming.services[0].service if len(incoming.services) == 1 else None
        )
        if service is None:
            return UNCLEAR
        answers.append(_answer(None, service, day, said))
    return _meaning(answers, tuple(why)) if answers else UNCLEAR


def _report(
    incoming: Incoming, folded: str, places: list[tuple[int, int, str]], names: frozenset[str]
) -> Meaning:
    """Nobody asked about this service: a report about today, if it is plain."""
    if names_a_stretch(folded):
        return UNCLEAR
    if len({place[2] for place in places}) != 1:
        return UNCLEAR
    said = read(without_places(folded, places), 0, names)
    if said.outcome is None:
        said = read(folded, 0, names)  # "OT was out": the name is the person's
    if said.outcome is None:
        return UNCLEAR
    return _meaning([_answer(None, places[0][2], incoming.received.date(), said)], said.why)


def _cut(folded: str, days: list[Named]) -> str:
    """The text without the days it names, when they only repeat the day that was asked about."""
    out, last = [], 0
    for one in days:
        out.append(folded[last : one.start])
        last = one.end
    return " ".join([*out, folded[last:]]).strip()


def _about_something_else(folded: str, names: frozenset[str]) -> bool:
    words = re.findall(r"[a-z']+", folded)
    return sum(1 for word in words if word not in COMMON and word not in names) >= 2


def _answer(item: str | None, service: str, day: date | None, said: Said) -> Answer:
    assert said.outcome is not None
    return Answer(
        item, service, day, said.outcome, said.cause, said.minutes, said.sessions, said.knows, said.chances
    )


def _meaning(answers: Sequence[Answer], why: tuple[str, ...]) -> Meaning:
    intent = Intent.ANSWER if any(answer.id is not None for answer in answers) else Intent.REPORT
    return Meaning(intent, tuple(answers), confidence=0.95, why=why)
