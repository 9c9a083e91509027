"""Answers that name the days they are about."""

from __future__ import annotations

import re
from datetime import date

from assistant.replies.dates import Named
from assistant.replies.meanings import UNCLEAR, answer_of, meaning_of
from assistant.replies.naming import places_of, without_names
from assistant.replies.reading import read
from assistant.replies.stretches import shared, without_days
from assistant.replies.types import Answer, Incoming, Meaning


def by_day(
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
        and bool(read(without_days(folded[: days[0].start], []), 0).outcome)
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
    cuts = shared(cuts)
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
            answers += [answer_of(item.id, item.service, item.date, said) for item in here]
            continue
        service = next(iter(named), None) or (
            incoming.services[0].service if len(incoming.services) == 1 else None
        )
        if service is None:
            return UNCLEAR
        answers.append(answer_of(None, service, day, said))
    return meaning_of(answers, tuple(why)) if answers else UNCLEAR
