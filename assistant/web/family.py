"""The family's home: each child in five seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from assistant.config import Settings
from assistant.conversation.found_out import waiting_of
from assistant.conversation.overview import Overview, Standing, overview_of
from assistant.families.household import leave
from assistant.families.jurisdictions import of_child
from assistant.families.plan import as_line
from assistant.guide.loader import guide_of
from assistant.store import Caregiver, Child, Enrolment, InboundText, Media
from assistant.web.current import the_house
from assistant.web.home import ToDo, next_of, sentence_of, to_do
from assistant.web.language import prefer, words
from assistant.web.mine import mine
from assistant.web.month import says
from assistant.web.pictures import picture_of
from assistant.web.signed_in import caregiver_here, sign_out
from messages.frequency import plain_frequency

blueprint = Blueprint("family", __name__, url_prefix="/family")


@dataclass(frozen=True, slots=True)
class Shown:
    """A child: how each service stands, in a sentence, and what the plan says."""

    found: Overview
    sentences: Sequence[tuple[str, Standing]]
    next: str
    to_do: Sequence[ToDo]
    services: Sequence[tuple[str, str]]

    @property
    def child(self) -> Child:
        return self.found.child


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Each child in five seconds: a sentence and a bar a service, the month's marks, what there is to do."""
    house = the_house()
    with house.store.read() as session:
        person = caregiver_here(session)
        if person is None:
            return redirect(url_for("enter.ask"), 303)
        prefer(person.language)
        enrolling = session.scalars(
            select(Enrolment.id).where(Enrolment.caregiver_id == person.id, Enrolment.state == "open")
        ).first()
        return render_template(
            "family/home.html",
            person=person,
            children=[
                _shown(session, child, person, house.clock.now(), house.settings) for child in person.children
            ],
            child=person.children[0] if len(person.children) == 1 else None,
            enrolling=enrolling is not None,
            weekdays=words().weekdays(),
            says=says,
        )


@blueprint.get("/picture/<int(max=2147483647):number>")
def picture(number: int) -> ResponseReturnValue:
    """A picture that the caregiver sent, as a download; nobody else's."""
    with the_house().store.read() as session:
        person = caregiver_here(session)
        if person is None:
            return redirect(url_for("enter.ask"), 303)
        found = session.get(Media, number)
        text = session.get(InboundText, found.inbound_id) if found else None
        if found is None or text is None or text.caregiver_id != person.id:
            abort(404)
        return picture_of(found)


@blueprint.get("/leave/<int(max=2147483647):number>")
def leaving(number: int) -> str:
    """What leaving means, and the button."""
    with the_house().store.read() as session:
        _, child = mine(session, number)
        return render_template("family/leave.html", child=child)


@blueprint.post("/leave/<int(max=2147483647):number>")
def left(number: int) -> Response:
    """They leave."""
    house = the_house()
    with house.store.write() as session:
        person, child = mine(session, number)
        leave(session, person, child, house.clock.now())
    flash(words().say("family.left"))
    return redirect(url_for("family.home"), 303)


@blueprint.post("/out")
def out() -> Response:
    """Sign out."""
    with the_house().store.write() as session:
        sign_out(session)
    return redirect(url_for("landing.home"), 303)


def _shown(session: Session, child: Child, person: Caregiver, now: datetime, settings: Settings) -> Shown:
    found = overview_of(session, child, person, now)
    waiting = waiting_of(session, child, person, now, settings)
    return Shown(
        found,
        [(sentence_of(one, child.nickname), one) for one in found.services],
        next_of(found.next, guide_of(of_child(session, child.id, settings))),
        to_do(found, len(waiting.open)),
        [(one.line.alias, plain_frequency(as_line(one.line), words().language)) for one in found.services],
    )
