"""What the home page says of a child, in words: one sentence a service, the next date, two things to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import url_for

from assistant.conversation.overview import NextDate, Overview, Standing
from assistant.evidence.weeks import Kind
from assistant.guide.types import Guide
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.words import Asks
from messages.links import question_token, step_token

_UNITS: Mapping[Asks, str] = {Asks.WITHOUT: "days", Asks.GIVEN: "times"}
MOST_TO_DO = 2


@dataclass(frozen=True, slots=True)
class ToDo:
    """Something to do: its words and where; `not_now` is where a press says so."""

    words: str
    address: str
    not_now: str = ""


def sentence_of(one: Standing, child: str) -> str:
    """ "Speech: 9 of 12 sessions happened since September 2. 2 not held, 1 not known." """
    said, counts = words(), one.tally
    service = one.line.alias[:1].upper() + one.line.alias[1:]
    if not counts.due or one.since is None:
        if one.next is None:
            return said.say("home.nothing_yet", service=service)
        return said.say("home.nothing_yet_next", service=service, day=said.day(one.next))
    since = said.day_short(one.since)
    if one.asks is Asks.MINUTES:
        ledger = counts.ledger
        return said.say(
            "home.sentence_minutes", service=service, held=ledger.held, due=ledger.expected, since=since
        )
    unit = _UNITS.get(one.asks, "sessions" if counts.due > 1 else "session")
    sentence = said.say(
        "home.sentence",
        service=service,
        held=counts.count(Kind.HELD),
        due=counts.due,
        unit=said.say(f"home.unit_{unit}"),
        since=since,
    )
    rest = [
        said.say(f"home.part_of_{kind}", count=counts.count(kind), child=child)
        for kind in Kind
        if kind is not Kind.HELD and counts.count(kind)
    ]
    return said.say("home.and_rest", sentence=sentence, rest=", ".join(rest)) if rest else sentence


def next_of(found: NextDate | None, guide: Guide) -> str:
    """The next date that matters, as a sentence; empty where there is none."""
    if found is None:
        return ""
    said, today = words(), the_house().clock.now().date()
    day = said.day(found.day) if found.day.year == today.year else said.day_and_year(found.day)
    if found.kind == "renewal":
        return said.say("home.next_renewal", day=day)
    if found.kind == "promise":
        return said.say("home.next_promise", day=day)
    if found.kind == "question":
        return said.say("home.next_question", day=day, service=found.name)
    names = guide.clock_texts
    if found.name not in names:
        return said.say("home.next_clock", day=day)
    key = "home.next_legal" if found.legal else "home.next_courtesy"
    return said.say(key, day=day, what=names[found.name].name[said.language])


def to_do(found: Overview, unknown: int) -> Sequence[ToDo]:
    """At most two: an open question, a promise whose day is over, a step that can wait, what is not known."""
    said, secret, every = words(), the_house().settings.server.secret_key, []
    if found.question is not None:
        address = url_for("answer.page", token=question_token(secret, found.question.id))
        every.append(ToDo(said.say("home.do_question"), address))
    if found.promise is not None:
        address = url_for("promise.end", number=found.child.id, entry=found.promise)
        every.append(ToDo(said.say("home.do_promise"), address))
    for step in found.steps:
        token, line = step_token(secret, step.id), found.lines[step.case.service_line_id]
        every.append(
            ToDo(
                said.say("home.do_step", service=line.alias),
                url_for("step.page", token=token),
                url_for("step.decide", token=token),
            )
        )
    if unknown:
        address = url_for("unknown.page", number=found.child.id)
        every.insert(1, ToDo(said.say("unknown.link", count=unknown), address))
    return every[:MOST_TO_DO]
