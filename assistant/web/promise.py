"""A promise of the school: told on one page, and its end on another once its day has passed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from assistant.conversation.contacts import HOWS, LONGEST, How, open_promises
from assistant.conversation.overview import zone_of
from assistant.conversation.promises import NewPromise, PromiseError, ended, missing_of, promised
from assistant.store import Child, ServiceLine
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.mine import lines_of, mine
from assistant.web.signed_in import caregiver_here

blueprint = Blueprint("promise", __name__, url_prefix="/family/<int(max=2147483647):number>/promise")

_FIELDS = ("what", "by", "who", "how", "service", "minutes")
_NUMBER = re.compile(r"[1-9]\d{0,3}", re.ASCII)
_MOST_WORDS = 300


@blueprint.get("")
def page(number: int) -> ResponseReturnValue:
    """The form."""
    with the_house().store.read() as session:
        if caregiver_here(session) is None:
            return redirect(url_for("enter.ask"), 303)
        _, child = mine(session, number)
        return _page(session, child, {}, {})


@blueprint.post("")
def keep(number: int) -> ResponseReturnValue:
    """Keep the promise; minutes are asked about on their day."""
    house = the_house()
    given = {key: request.form.get(key, "").strip()[: LONGEST["promised"] * 2] for key in _FIELDS}
    given["what"] = given["what"].replace("\r\n", "\n")
    with house.store.write() as session:
        person, child = mine(session, number)
        new, wrong = _read(session, child, given)
        if new is not None:
            try:
                promised(
                    session, person, child, new, _today(session, child), house.clock.now(), house.settings
                )
            except PromiseError as error:
                wrong = [error.field]
        if wrong:
            errors = {field: words().say(f"promise.wrong_{field}") for field in wrong}
            session.rollback()
            return _page(session, mine(session, number)[1], given, errors), 400
    flash(words().say("promise.kept_minutes" if new and new.minutes else "promise.kept"))
    return redirect(url_for("contacts.page", number=number), 303)


@blueprint.route("/<int(max=2147483647):entry>", methods=["GET", "POST"])
def end(number: int, entry: int) -> ResponseReturnValue:
    """Kept or not: one press, with words if they like. One that is told of already leads to the talks."""
    house = the_house()
    if request.method == "GET":
        with house.store.read() as session:
            _, child = mine(session, number)
            found = next((one for one in open_promises(session, child.id) if one.number == entry), None)
            if found is None:
                return redirect(url_for("contacts.page", number=number), 303)
            return render_template("family/promise_end.html", child=child, one=found, longest=_MOST_WORDS)
    said = request.form.get("kept", "")
    if said not in ("yes", "no"):
        abort(400)
    own = " ".join(request.form.get("own", "").split())[:_MOST_WORDS]
    label = words().say(f"promise.end_{said}")
    with house.store.write() as session:
        person, child = mine(session, number)
        text = f"{label}. {own}" if own else label
        today = _today(session, child)
        ended(session, person, child, entry, said == "yes", text, today, house.clock.now())
    flash(words().say("promise.end_kept"))
    return redirect(url_for("contacts.page", number=number), 303)


def _read(session: Session, child: Child, given: Mapping[str, str]) -> tuple[NewPromise | None, list[str]]:
    """What the form says; else the fields that are wrong."""
    lines = {str(one.id): one for one in lines_of(session, child)}
    how: How | None = next((one for one in HOWS if one == given["how"]), None)
    wrong = [
        field
        for field, longest in (("what", LONGEST["promised"]), ("who", LONGEST["who"]))
        if not 0 < len(given[field]) <= longest
    ]
    try:
        by = date.fromisoformat(given["by"])
    except ValueError:
        by = None
        wrong.append("by")
    if how is None:
        wrong.append("how")
    if given["service"] and given["service"] not in lines:
        wrong.append("service")
    if given["minutes"] and not _NUMBER.fullmatch(given["minutes"]):
        wrong.append("minutes")
    if wrong or by is None or how is None:
        return None, wrong
    minutes = int(given["minutes"]) if given["minutes"] else None
    return NewPromise(given["what"], by, given["who"], how, lines.get(given["service"]), minutes), []


def _page(session: Session, child: Child, given: Mapping[str, str], errors: Mapping[str, str]) -> str:
    lines, missing = lines_of(session, child), Counter[int]()
    for one, minutes in missing_of(session, child):
        missing[one.service_line_id] += minutes
    return render_template(
        "family/promise.html",
        child=child,
        lines=[(str(one.id), _named(one)) for one in lines],
        missing=[(one.alias, missing[one.id]) for one in lines if missing[one.id]],
        hows=[(one, words().say(f"contacts.how_{one}")) for one in HOWS],
        given={**dict.fromkeys(_FIELDS, ""), "how": HOWS[0], **given},
        errors=errors,
        longest=LONGEST,
        today=_today(session, child),
    )


def _named(line: ServiceLine) -> str:
    if line.iep_version.ends is None:
        return line.name
    return f"{line.name} ({words().say('contacts.until', day=words().day_and_year(line.iep_version.ends))})"


def _today(session: Session, child: Child) -> date:
    return the_house().clock.now().astimezone(zone_of(session, child)).date()
