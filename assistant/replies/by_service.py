"""Answers that name the services they are about, and reports of what nobody asked about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.replies import lexicon as lx
from assistant.replies.counts import read_item
from assistant.replies.dates import names_a_stretch
from assistant.replies.meanings import UNCLEAR, answer_of, meaning_of
from assistant.replies.naming import places_of, without_names, without_places
from assistant.replies.reading import Said, read
from assistant.replies.stretches import stretches
from assistant.replies.types import Answer, Incoming, Meaning, OpenItem
from assistant.words import Asks, Outcome

_CLAUSE = re.compile(r"[.,;!\n]+| (?:but|pero|and|y|while|though|aunque|then|&|\+) ")
_GOOD = re.compile(
    r"\W*(?:was |is |were |fue |estuvo |todo |all )?(?:good|fine|ok|okay|normal|great|done|check|held|there|"
    r"full|complete|complet[ao]|happened|bien|si hubo)\W*"
)


def by_name(incoming: Incoming, folded: str, names: frozenset[str]) -> Meaning:
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
    for stretch, service in stretches(folded, places):
        item = next(one for one in incoming.open if one.service == service)
        said = read_item(stretch, item, names)
        if said.outcome is None or any(answer.id == item.id for answer in answers):
            return UNCLEAR
        answers.append(answer_of(item.id, item.service, item.date, said))
        why += [service, *said.why]
    return meaning_of(answers, tuple(why)) if answers else UNCLEAR


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
        answers.append(answer_of(item.id, item.service, item.date, said))
        why += [service, *said.why]
    return meaning_of(answers, tuple(why)) if answers else None


def _split(items: Sequence[OpenItem], service: str, said: Said, others: Said) -> Meaning:
    answers = [
        answer_of(item.id, item.service, item.date, said if item.service == service else others)
        for item in items
    ]
    return meaning_of(answers, said.why)


def report(
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
    return meaning_of([answer_of(None, places[0][2], incoming.received.date(), said)], said.why)
