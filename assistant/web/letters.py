"""Letters that belong to no step: to confirm a talk that is in the record, and to say thank you."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from assistant.conversation.contacts import contacts_of
from assistant.conversation.letters import Offer, offer_of, tell
from assistant.conversation.stepfacts import child_facts, contact_facts
from assistant.families.guide_versions import guide_of_child
from assistant.families.jurisdictions import of_child
from assistant.guide.loader import guide_of
from assistant.guide.render import review_line
from assistant.store import Caregiver, Child
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.letter_form import (
    FORMATS,
    LONGEST_TEXT,
    Field,
    copy_file,
    fields_of,
    letter_file,
    read_form,
    same,
)
from assistant.web.mine import lines_of, mine
from messages.outbox import language_of

blueprint = Blueprint("letters", __name__, url_prefix="/family/letters")

_CHILD = "/<int(max=2147483647):number>"
_ABOUT = _CHILD + "/<any(thank_you, confirm_conversation):name>/<int(max=2147483647):about>"


@blueprint.get(_CHILD)
def home(number: int) -> str:
    """Which letters there are: a thank-you, by service, and one for each talk that stands."""
    with the_house().store.read() as session:
        _, child = mine(session, number)
        return render_template(
            "letters/home.html",
            child=child,
            contacts=contacts_of(session, child.id, in_force=True),
            lines=lines_of(session, child),
        )


@blueprint.get(_ABOUT)
def page(number: int, name: str, about: int) -> str:
    """A letter; `about` is a talk's entry number, or the service line thanked for (0: none in particular)."""
    with the_house().store.read() as session:
        person, child = mine(session, number)
        return _page(session, person, child, name, about)


@blueprint.post(_ABOUT + "/details")
def details(number: int, name: str, about: int) -> ResponseReturnValue:
    """Keep what the parent tells for the letter."""
    house = the_house()
    with house.store.write() as session:
        person, child = mine(session, number)
        found = _offer(session, person, child, name, about)
        typed, kept, errors = read_form(_fields(session, child, found, name), request.form)
        if errors:
            return _page(session, person, child, name, about, fields=typed, errors=errors), 400
        line = next((one for one in lines_of(session, child) if one.name == found.facts.service), None)
        tell(session, child, kept, house.clock.now(), caregiver=person, line=line)
    flash(words().say("letters.kept"))
    return redirect(url_for("letters.page", number=number, name=name, about=about), 303)


@blueprint.post(_ABOUT)
def take(number: int, name: str, about: int) -> ResponseReturnValue:
    """The letter as a file, from the text in the form; nothing is kept."""
    text = request.form.get("text", "").replace("\r\n", "\n").strip()
    with the_house().store.read() as session:
        person, child = mine(session, number)
        found = _offer(session, person, child, name, about)
        letter = next(iter(found.letters), None)
        if letter is None:
            abort(404)
        if len(text) > LONGEST_TEXT:
            errors = {"text": words().say("step.too_long")}
            return _page(session, person, child, name, about, errors=errors, text=text[:LONGEST_TEXT]), 400
        form = request.form.get("as", "")
        if form == "look":
            return _page(session, person, child, name, about, text=text, look=True)
        chosen = next((one for one in FORMATS if one == form), None)
        edited = text if text and not same(text, letter) else None
        made = (
            letter_file(letter, chosen, edited) if chosen else copy_file(letter) if form == "copy" else None
        )
        if made is None:
            abort(404)
        return made


def _page(
    session: Session,
    person: Caregiver,
    child: Child,
    name: str,
    about: int,
    *,
    fields: list[Field] | None = None,
    errors: dict[str, str] | None = None,
    text: str = "",
    look: bool = False,
) -> str:
    house, language = the_house(), words().language
    guide = guide_of_child(session, child.id, house.settings)
    found = _offer(session, person, child, name, about)
    letter = next(iter(found.letters), None)
    told = next(iter(offer_of(guide, (name,), language, found.facts).letters), None)
    return render_template(
        "letters/one.html",
        child=child,
        name=name,
        about=about,
        title=guide.letters.texts[name, language].title,
        letter=letter,
        before=told.before_you_send if told else (),
        text=text or (letter.school.text if letter else ""),
        look=look,
        missing=found.missing,
        expired=name in found.withheld,
        fields=fields or _fields(session, child, found, name),
        errors=errors or {},
        formats=FORMATS,
        review=review_line(guide, language, name, found.facts.today),
        footer=(guide.jurisdiction[language], guide.version, guide.not_advice[language]),
    )


def _offer(session: Session, person: Caregiver, child: Child, name: str, about: int) -> Offer:
    """The letter from its facts; 404 for a talk or a service that is not this child's."""
    house = the_house()
    now = house.clock.now()
    if name == "confirm_conversation":
        facts = contact_facts(session, child, person, about, now)
    else:
        line = next((one for one in lines_of(session, child) if one.id == about), None)
        facts = None if about and line is None else child_facts(session, child, person, now, line)
    if facts is None:
        abort(404)
    return offer_of(guide_of_child(session, child.id, house.settings), (name,), language_of(person), facts)


def _fields(session: Session, child: Child, found: Offer, name: str) -> list[Field]:
    book = guide_of(of_child(session, child.id, the_house().settings)).letters
    return fields_of(found, book, (name,))
