"""What a caregiver texted, each with what it was taken to mean and why; and what others told."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from assistant.conversation.history import PAGE, Told, history, told_by_others
from assistant.conversation.wording import said_amount
from assistant.web.current import the_house
from assistant.web.language import prefer, words
from assistant.web.signed_in import caregiver_here

blueprint = Blueprint("texts", __name__)


@blueprint.get("/family/texts")
def page() -> ResponseReturnValue:
    """Their texts, newest first, a page at a time (`?before=` the number of a text)."""
    with the_house().store.read() as session:
        person = caregiver_here(session)
        if person is None:
            return redirect(url_for("enter.ask"), 303)
        prefer(person.language)
        before = request.args.get("before", "")
        replies = history(
            session, person.id, int(before[:18]) if before.isascii() and before.isdigit() else None
        )
        return render_template(
            "family/texts.html",
            zone=ZoneInfo(person.zone),
            replies=replies,
            others=[] if before else told_by_others(session, person.id),
            older=replies[-1].text.id if len(replies) == PAGE else None,
            meaning=meaning_of,
        )


def meaning_of(told: Told) -> str:
    """What an entry says, in the words of the page: "speech, Tuesday, September 1: no, it did not happen"."""
    said, item = words(), told.item
    return said.say(
        "family.meaning",
        service=item.alias,
        day=item.when_short(said.language),
        what=outcome_of(told),
    )


def outcome_of(told: Told) -> str:
    """Only what became of it: "no, it did not happen, the provider was out"."""
    said, entry = words(), told.entry
    amount = said_amount(told.item, entry, said.language)
    if amount is None and entry.minutes is not None:
        amount = said.say("family.minutes", minutes=entry.minutes)
    parts = [said.say(f"outcome.{entry.outcome}"), *([amount] if amount else [])]
    if entry.cause:
        parts.append(said.say(f"cause.{entry.cause}").lower())
    return ", ".join(parts)
