"""What is not known yet about a child's sessions: buttons for what was found out, and how they know."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from assistant.conversation.found_out import find_out, waiting_of
from assistant.conversation.wording import items_of
from assistant.evidence.log import current_entry
from assistant.store import Expectation
from assistant.web.answer import Card, pressed_for
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.mine import mine
from assistant.web.signed_in import caregiver_here
from assistant.words import Knows, Outcome

blueprint = Blueprint("unknown", __name__, url_prefix="/family/unknown")

WAYS = (Knows.SCHOOL_WROTE, Knows.SCHOOL_SAID, Knows.SAW, Knows.CHILD_SAID)


@blueprint.get("/<int(max=2147483647):number>")
def page(number: int) -> ResponseReturnValue:
    """What is open of the last 60 days, and what was found out lately."""
    house = the_house()
    with house.store.read() as session:
        if caregiver_here(session) is None:  # the way here is an e-mail: sign in first
            return redirect(url_for("enter.ask"), 303)
        person, child = mine(session, number)
        found = waiting_of(session, child, person, house.clock.now(), house.settings)
        return render_template(
            "family/unknown.html",
            child=child,
            cards=[Card(item, current_entry(session, item.expectation.id)) for item in found.open],
            told=[Card(item, current_entry(session, item.expectation.id)) for item in found.told],
            ways=WAYS,
        )


@blueprint.post("/<int(max=2147483647):number>")
def record(number: int) -> ResponseReturnValue:
    """One press about one session, with how they know."""
    house = the_house()
    typed, way = request.form.get("item", ""), request.form.get("knows", "")
    with house.store.write() as session:
        person, child = mine(session, number)
        one = session.get(Expectation, int(typed[:9])) if typed.isascii() and typed.isdigit() else None
        if one is None or one.child_id != child.id:
            abort(404)
        choice = pressed_for(items_of(session, [one])[0])
        knows = next((known for known in WAYS if known == way), None)
        if choice is None or (knows is None and choice.outcome is not Outcome.UNKNOWN):
            flash(words().say("unknown.wrong"))
        else:
            if knows is not None and choice.outcome is not Outcome.UNKNOWN:
                label = words().say("unknown.said", what=choice.words, how=words().say(f"unknown.{knows}"))
                choice = replace(choice, knows=knows, words=label)
            entry = find_out(session, person, child, one.id, choice, house.clock.now(), house.settings)
            flash(words().say("unknown.kept" if entry else "unknown.same"))
    return redirect(url_for("unknown.page", number=number), 303)
