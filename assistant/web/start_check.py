"""The answers of a set-up on one page, each to be changed; and Start, which makes a family of them."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from assistant.conversation.taking_over import finish_here
from assistant.families import setting_up
from assistant.families.types import NewCaregiver, NewFamily
from assistant.schedule.types import KnownSlots, ServiceLine
from assistant.store import Enrolment, SetUp
from assistant.web.current import the_house
from assistant.web.house import House
from assistant.web.language import words
from assistant.web.register_fields import Trouble
from assistant.web.registering import keep_family, registered_page
from assistant.web.signed_in import caregiver_here
from assistant.web.start import address_of
from assistant.web.start_answers import said_count
from assistant.web.start_draft import (
    FURTHER,
    MOST_SERVICES,
    Draft,
    first_open,
    is_asked_about,
    questions_of,
    step_of_field,
)
from assistant.web.start_here import family_here, open_here, set_up_here
from messages.frequency import plain_frequency, plain_slots
from messages.templates import word

blueprint = Blueprint("start_check", __name__, url_prefix="/start")


@dataclass(frozen=True, slots=True)
class Shown:
    """A service as it is shown: its answers in plain words, each by its question."""

    number: int
    alias: str
    name: str
    asked: bool
    wording: str
    answers: tuple[tuple[str, str], ...]


@blueprint.get("/check")
def page() -> ResponseReturnValue:
    """All answers; before the last question is answered, the first one that is not."""
    house = the_house()
    with house.store.read() as session:
        found = open_here(session, house.clock.now())
        if found is None:
            return redirect(url_for("start.begin"), 303)
        row, draft = found
        left = first_open(draft)
        if left is not None:
            return redirect(address_of(left), 303)
        number = row.id
    return _page(house, draft, number, Trouble())


@blueprint.post("/check")
def send() -> ResponseReturnValue:
    """Keep the family, and show what comes next. Pressed twice, it is kept once."""
    house = the_house()
    with house.store.read() as session:
        row = set_up_here(session, house.clock.now())
        draft = setting_up.draft_of(row) if row is not None else {}
    if row is None:
        return redirect(url_for("start.begin"), 303)
    if row.child_id is not None:
        return redirect(draft["comes"], 303)
    left, trouble = first_open(draft), Trouble()
    if left is not None:
        return redirect(address_of(left), 303)
    family = family_here(house, draft, trouble, row.id)
    if family is None:
        return _page(house, draft, row.id, trouble), 400
    if draft["joined"]:
        return _finish_joined(house, row.id, family, draft)
    kept = keep_family(house, family, trouble)
    if trouble:
        return _page(house, draft, row.id, trouble), 400
    if isinstance(kept, str):
        return render_template("error.html", key=kept), 429
    return _done(house, row.id, kept, family.caregivers[0])


@blueprint.post("/<int(max=19):number>/out")
def leave_out(number: int) -> ResponseReturnValue:
    """Take a service off the list; the last one stays."""
    house = the_house()
    with house.store.write() as session:
        found = open_here(session, house.clock.now())
        if found is None:
            return redirect(url_for("start.begin"), 303)
        row, draft = found
        if number >= len(draft["services"]):
            abort(404)
        if len(draft["services"]) > 1:
            del draft["services"][number]
            setting_up.keep(row, draft, house.clock.now())
    return redirect(url_for("start_check.page"), 303)


def _finish_joined(house: House, number: int, family: NewFamily, draft: Draft) -> Response:
    """Who said yes by text needs no further yes: they are signed in, and the child is theirs at once."""
    with house.store.write() as session:
        row, person = session.get_one(SetUp, number), caregiver_here(session)
        enrolment = session.get(Enrolment, row.enrolment_id) if row.enrolment_id else None
        if person is None or person.id != row.caregiver_id or enrolment is None:
            return redirect(url_for("enter.ask"), 303)
        name, zone = str(draft["name"]), person.zone
        child = finish_here(session, enrolment, person, family, name, house.clock.now(), house.settings)
        if child is None:
            setting_up.drop(session, row)
        number_of_child = child.id if child else None
        language = person.language
    if number_of_child is None:
        flash(words().say("start.joined_done"))
        return redirect(url_for("family.home"), 303)
    known = NewCaregiver(name=name, language="es" if language == "es" else "en", zone=zone)
    return _done(house, number, number_of_child, known)


def _done(house: House, number: int, child_id: int, person: NewCaregiver) -> Response:
    comes = registered_page(house, child_id, person)
    with house.store.write() as session:
        setting_up.done(session.get_one(SetUp, number), child_id, comes, house.clock.now())
    if house.settings.sandbox:
        house.run_pass()
    return redirect(comes, 303)


def _page(house: House, draft: Draft, number: int, trouble: Trouble) -> str:
    said, whole = words(), Trouble()
    family = family_here(house, draft, whole, number)
    for where, (key, values) in trouble.by_field.items():
        whole.add(where, key, **values)
    return render_template(
        "start/check.html",
        draft=draft,
        services=[_shown(number, one, family) for number, one in enumerate(draft["services"])],
        calendar=_calendar(draft, family),
        problems=[
            (address_of(step_of_field(where), change=True), said.say(f"problem.{key}", **values))
            for where, (key, values) in whole.in_order()
        ],
        back=address_of("you" if draft["joined"] else "reach"),
        change=lambda step: address_of(step, change=True),
        most=MOST_SERVICES,
    )


def _shown(number: int, service: Draft, family: NewFamily | None) -> Shown:
    line = family.services[number] if family and number < len(family.services) else None
    asked = ["often", *(one for one in questions_of(service) if one in ("minutes", "days"))]
    answers = tuple((one, _said(service, one, line)) for one in asked)
    return Shown(
        number, service["alias"], service["name"], is_asked_about(service), service["wording"], answers
    )


def _said(service: Draft, question: str, line: ServiceLine | None) -> str:
    """The answer in plain words, or that it is not known yet."""
    said = words()
    answered_by = {"often", *FURTHER} if question == "often" else {question}
    if answered_by & set(service["unknown"]) or (question == "days" and not service["days"]):
        return said.say("start.check_unknown", what=said.say(f"start.check_{question}"))
    if question == "minutes":
        return said.say("start.check_each", minutes=service["minutes"] or "–")
    return _often(service, line) if question == "often" else _days(service, line)


def _often(service: Draft, line: ServiceLine | None) -> str:
    """A number of times alone, as days and minutes have lines of their own; any other way with all of it."""
    said = words()
    if service["form"] == "count" and service["per"]:
        per = word(f"per_{service['per']}", said.language)
        return said_count(service["count"], per)
    if not is_asked_about(service) and service["form"] != "as_needed":
        # The line waits as "as needed" until the rest is known; that is ours, and not what they said.
        return said.say(f"start.way_{'fortnight' if service.get('fortnight') else service['form']}")
    return plain_frequency(line, said.language) if line else "–"


def _days(service: Draft, line: ServiceLine | None) -> str:
    said = words()
    if line is not None and isinstance(line.frequency, KnownSlots):
        return plain_slots(line.frequency, said.language)
    return ", ".join(said.say(f"register.day_{day}") for day in service["days"])


def _calendar(draft: Draft, family: NewFamily | None) -> str:
    said = words()
    if family is None:
        return "–"
    calendar = family.calendar
    if draft["calendar"] == "unknown":
        return said.say("start.check_usual", day=said.day_short(calendar.last_day))
    first, last = said.day_and_year(calendar.first_day), said.day_and_year(calendar.last_day)
    span = said.say("start.check_span", first=first, last=last)
    return (
        span
        if draft["calendar"] == "own" and not draft["calendar_name"]
        else f"{family.calendar_name}: {span}"
    )
