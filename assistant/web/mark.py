"""The page behind a mark: the exact words, when, how they were read; and a form that adds a correction."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from assistant.conversation.fixing import LONGEST_WORDS, fix, sayable
from assistant.conversation.overview import zone_of
from assistant.conversation.page import Choice, choice_of
from assistant.conversation.told import story_of
from assistant.conversation.wording import Item, items_of
from assistant.evidence.make_ups import short_of
from assistant.store import Caregiver, Child, Expectation
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.mine import mine
from assistant.web.signed_in import caregiver_here
from assistant.web.texts import outcome_of
from assistant.words import Asks, Cause, Knows, Outcome

blueprint = Blueprint("mark", __name__)

OUTCOMES = (
    Outcome.HELD,
    Outcome.PARTIAL,
    Outcome.OTHER,
    Outcome.MISSED,
    Outcome.NO_SCHOOL,
    Outcome.UNKNOWN,
)
# What may be said where a number is asked for.
NUMBERED = ("number", "unknown")
HEARD = ("heard_yes", "heard_no")
CAUSES = tuple(cause for cause in Cause if cause is not Cause.NOT_GIVEN)
KNOWS = (Knows.NOT_SAID, Knows.SAW, Knows.CHILD_SAID, Knows.SCHOOL_SAID, Knows.SCHOOL_WROTE, Knows.SCHOOL_LOG)
_WITH_CAUSE = (Outcome.PARTIAL, Outcome.OTHER, Outcome.MISSED)
_FIELDS = ("outcome", "minutes", "amount", "chances", "cause", "knows", "own")
_NUMBER = re.compile(r"\d{1,3}", re.ASCII)


@blueprint.get("/family/<int(max=2147483647):number>/mark/<int(max=2147483647):expectation>")
def page(number: int, expectation: int) -> ResponseReturnValue:
    """What the record holds of one session, with the form."""
    with the_house().store.read() as session:
        if caregiver_here(session) is None:
            return redirect(url_for("enter.ask"), 303)
        person, child = mine(session, number)
        return _page(session, person, child, _item(session, child, expectation), {}, {})


@blueprint.post("/family/<int(max=2147483647):number>/mark/<int(max=2147483647):expectation>")
def record(number: int, expectation: int) -> ResponseReturnValue:
    """Add what the form says to the record, beside what is there."""
    house = the_house()
    given = {key: request.form.get(key, "").strip()[: LONGEST_WORDS * 2] for key in _FIELDS}
    given["own"] = given["own"].replace("\r\n", "\n")
    with house.store.write() as session:
        person, child = mine(session, number)
        item = _item(session, child, expectation)
        choice, errors = _read(item, given)
        if choice is None:
            return _page(session, person, child, item, given, errors), 400
        try:
            now = house.clock.now()
            entry = fix(session, person, child, expectation, choice, given["own"], now, house.settings)
        except LookupError:
            abort(404)
        flash(words().say("mark.kept" if entry else "mark.same"))
    return redirect(url_for("mark.page", number=number, expectation=expectation), 303)


def _item(session: Session, child: Child, number: int) -> Item:
    one = session.get(Expectation, number)
    if one is None or one.child_id != child.id or one.state == "withdrawn":
        abort(404)
    return items_of(session, [one])[0]


def _read(item: Item, given: Mapping[str, str]) -> tuple[Choice | None, dict[str, str]]:
    """What the form says; what is the matter with it instead, by field."""
    said, errors = words(), dict[str, str]()
    choice, wrong = _choice(item, given)
    if choice is None:
        errors[wrong] = said.say(f"mark.wrong_{'amount' if wrong == 'chances' else wrong}")
    if len(given["own"]) > LONGEST_WORDS or not given["own"].replace("\n", "").isprintable():
        errors["own"] = said.say("mark.wrong_own")
    if choice is None or errors:
        return None, errors
    cause = next((one for one in CAUSES if one == given["cause"]), None)
    if choice.outcome in _WITH_CAUSE and cause is not None:
        choice = replace(choice, cause=cause, words=f"{choice.words}: {said.say(f'cause.{cause}')}")
    knows = next((one for one in KNOWS if one == given["knows"]), Knows.NOT_SAID)
    if choice.outcome is not Outcome.UNKNOWN and knows is not Knows.NOT_SAID:
        how = said.say(f"mark.knows_{knows}")
        choice = replace(choice, knows=knows, words=said.say("mark.label", what=choice.words, how=how))
    return choice, {}


def _choice(item: Item, given: Mapping[str, str]) -> tuple[Choice | None, str]:
    """What was chosen, without cause and way of knowing; else the field that is wrong."""
    said, pressed = words(), given["outcome"]
    if pressed not in _options(item):
        return None, "outcome"
    if pressed in HEARD:
        label = said.say(f"mark.{pressed}")
        return choice_of(item, pressed.removeprefix("heard_"), label), "outcome"
    if pressed == "number":
        return _numbered(item, given)
    outcome = Outcome(pressed)
    label = said.say(f"mark.outcome_{outcome}")
    if outcome not in (Outcome.PARTIAL, Outcome.OTHER) or (outcome is Outcome.OTHER and not given["minutes"]):
        return Choice(outcome, words=label), ""
    if not _NUMBER.fullmatch(given["minutes"]) or int(given["minutes"]) < 1:
        return None, "minutes"
    minutes = int(given["minutes"])
    label = f"{label}, {said.say('family.minutes', minutes=minutes)}"
    return Choice(outcome, minutes=minutes, words=label), ""


def _numbered(item: Item, given: Mapping[str, str]) -> tuple[Choice | None, str]:
    wanted = ("amount", "chances") if item.asks is Asks.GIVEN else ("amount",)
    for field in wanted:
        if not _NUMBER.fullmatch(given[field]):
            return None, field
    text = f"{given['amount']} of {given['chances']}" if item.asks is Asks.GIVEN else given["amount"]
    label = words().say(f"answer.words_{item.asks}", count=given["amount"], chances=given["chances"] or "-")
    return choice_of(item, text, label), "amount"


def _options(item: Item) -> tuple[str, ...]:
    if item.asks is Asks.HAPPENED:
        return tuple(one.value for one in OUTCOMES)
    return HEARD if item.asks is Asks.HEARD else NUMBERED


def _page(
    session: Session,
    person: Caregiver,
    child: Child,
    item: Item,
    given: Mapping[str, str],
    errors: Mapping[str, str],
) -> str:
    now, zone, said = the_house().clock.now(), zone_of(session, child), words()
    one = item.expectation
    story = story_of(session, item, child, person)
    when = (
        said.say("answer.span", first=said.day(item.span[0]), last=said.day(item.span[1]))
        if item.span
        else ""
    )
    return render_template(
        "family/mark.html",
        child=child,
        item=item,
        one=one,
        when=when or said.day_and_year(item.day),
        story=story,
        zone=zone,
        outcome_of=outcome_of,
        sayable=sayable(one, now.astimezone(zone).date(), now),
        answered=any(entry.who != "nobody" for entry in story.entries),
        short=short_of(session, one),
        options=_options(item),
        numbered=item.asks not in (Asks.HAPPENED, Asks.HEARD),
        causes=CAUSES,
        knows=KNOWS,
        due=one.due_minutes if item.asks is Asks.MINUTES else one.due_sessions,
        given={**dict.fromkeys(_FIELDS, ""), **given},
        errors=errors,
        longest=LONGEST_WORDS,
    )
