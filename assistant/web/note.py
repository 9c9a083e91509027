"""Log something without being asked: a session, a make-up; the ways to a talk and to a promise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from assistant.conversation.fixing import (
    LONGEST_WORDS,
    expected_on,
    lines_now,
    make_up_on_page,
    misses_of,
)
from assistant.conversation.overview import zone_of
from assistant.conversation.wording import items_of
from assistant.evidence.make_ups import Act
from assistant.store import Child
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.mark import KNOWS
from assistant.web.mine import mine
from assistant.web.signed_in import caregiver_here
from assistant.words import Knows

blueprint = Blueprint("note", __name__)

ACTS: tuple[Act, ...] = ("given", "promised", "offered", "declined")
_FIELDS = ("miss", "act", "on", "minutes", "knows", "own")
_NUMBER = re.compile(r"\d{1,3}", re.ASCII)


@blueprint.get("/family/<int(max=2147483647):number>/log")
def page(number: int) -> ResponseReturnValue:
    """The ways to log something; `?service=` and `?day=` lead to that session's own page."""
    with the_house().store.read() as session:
        if caregiver_here(session) is None:
            return redirect(url_for("enter.ask"), 303)
        _, child = mine(session, number)
        if "service" not in request.args:
            return _page(session, child, {"miss": request.args.get("miss", "")[:9]}, {})
        return _session(session, child)


@blueprint.post("/family/<int(max=2147483647):number>/log/make-up")
def make_up(number: int) -> ResponseReturnValue:
    """Keep what became of making up a missed session."""
    house = the_house()
    given = {key: request.form.get(key, "").strip()[: LONGEST_WORDS * 2] for key in _FIELDS}
    given["own"] = given["own"].replace("\r\n", "\n")
    with house.store.write() as session:
        person, child = mine(session, number)
        today = house.clock.now().astimezone(zone_of(session, child)).date()
        act = next((one for one in ACTS if one == given["act"]), None)
        errors = _wrong(session, child, given, act, today)
        if errors or act is None:
            return _page(session, child, given, errors), 400
        label = words().say(f"note.act_{act}")
        kept = make_up_on_page(
            session,
            person,
            child,
            int(given["miss"]),
            act,
            _date(given["on"]) if act in ("given", "promised") else None,
            f"{label}. {given['own']}" if given["own"] else label,
            next((one for one in KNOWS if one == given["knows"]), Knows.NOT_SAID),
            int(given["minutes"]) if given["minutes"] else None,
            house.clock.now(),
            house.settings,
        )
        if not kept:
            key = "wrong_on" if act == "promised" else "not_kept"
            return _page(session, child, given, {"on": words().say(f"note.{key}")}), 400
    flash(words().say("note.kept"))
    return redirect(url_for("mark.page", number=number, expectation=int(given["miss"])), 303)


def _session(session: Session, child: Child) -> ResponseReturnValue:
    """To the page of what was due of that service on that day; an error where nothing was."""
    given = {key: request.args.get(key, "").strip()[:20] for key in ("service", "day")}
    now = the_house().clock.now()
    lines = {str(line.id): line for line in lines_now(session, child)}
    day, line, errors = _date(given["day"]), lines.get(given["service"]), dict[str, str]()
    if line is None:
        errors["service"] = words().say("note.wrong_service")
    if day is None or day > now.astimezone(zone_of(session, child)).date():
        errors["day"] = words().say("note.wrong_day")
    found = expected_on(session, child, line.id, day) if line and day and not errors else None
    if found is not None:
        return redirect(url_for("mark.page", number=child.id, expectation=found.id) + "#fix", 303)
    if line is not None and day is not None and not errors:
        errors["day"] = words().say("note.nothing_due", service=line.alias, day=words().day_and_year(day))
    return _page(session, child, given, errors), 400


def _wrong(
    session: Session, child: Child, given: Mapping[str, str], act: Act | None, today: date
) -> dict[str, str]:
    """What is the matter with the make-up's form, by field."""
    on, wrong = _date(given["on"]), []
    if given["miss"] not in {str(one.id) for one in misses_of(session, child)}:
        wrong.append("miss")
    if act is None:
        wrong.append("act")
    if (act == "given" and (on is None or on > today)) or (act == "promised" and (on is None or on < today)):
        wrong.append("on")
    if given["minutes"] and (not _NUMBER.fullmatch(given["minutes"]) or int(given["minutes"]) < 1):
        wrong.append("minutes")
    if len(given["own"]) > LONGEST_WORDS or not given["own"].replace("\n", "").isprintable():
        wrong.append("own")
    return {field: words().say(f"note.wrong_{field}") for field in wrong}


def _page(session: Session, child: Child, given: Mapping[str, str], errors: Mapping[str, str]) -> str:
    today = the_house().clock.now().astimezone(zone_of(session, child)).date()
    return render_template(
        "family/note.html",
        child=child,
        lines=lines_now(session, child),
        misses=items_of(session, misses_of(session, child)),
        acts=ACTS,
        knows=KNOWS,
        today=today,
        given={**dict.fromkeys((*_FIELDS, "service", "day"), ""), **given},
        errors=errors,
        longest=LONGEST_WORDS,
    )


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
