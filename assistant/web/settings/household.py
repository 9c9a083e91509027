"""Who cares for the child: who is asked, and an invitation."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from assistant.families.household import WHOM, ask_whom
from assistant.families.inviting import invite_somebody
from assistant.families.preferences import order_of
from assistant.families.types import NewCaregiver
from assistant.store import Caregiver, Child
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.mine import mine
from assistant.web.phones import us_phone
from assistant.web.settings.room import blueprint, saved, typed
from assistant.web.speech import as_language

_LONGEST_NAME = 80


@blueprint.route("/household", methods=["GET", "POST"])
def household(number: int) -> ResponseReturnValue:
    """Those who care for the child, in the order they are asked; nobody sees another's number."""
    house = the_house()
    if request.method == "GET":
        with house.store.read() as session:
            person, child = mine(session, number)
            return _page(session, person, child, {})
    with house.store.write() as session:
        person, child = mine(session, number)
        if typed("whom") in WHOM:
            ask_whom(session, child, typed("whom"), house.clock.now(), f"caregiver {person.id}")
    return saved(number, endpoint="settings.household")


@blueprint.post("/household/invite")
def invite(number: int) -> ResponseReturnValue:
    """One text to somebody else who cares for the child; their own yes ties them."""
    house = the_house()
    with house.store.write() as session:
        person, child = mine(session, number)
        errors = {}
        name, phone = " ".join(typed("name").split()), us_phone(typed("phone"))
        if not name or len(name) > _LONGEST_NAME or not name.isprintable():
            errors["name"] = words().say("settings.wrong_name")
        if phone is None:
            errors["phone"] = words().say("settings.phone_address")
        if not errors and phone is not None:
            language = as_language(typed("language")) or as_language(person.language) or "en"
            new = NewCaregiver(name=name, language=language, zone=person.zone, phone=phone, texts=True)
            refused = invite_somebody(session, person, child, new, house.clock.now(), house.settings)
            if refused:
                errors["phone"] = words().say(f"settings.invite_{refused}")
        if errors:
            return _page(session, person, child, errors), 400
    if house.settings.sandbox:
        house.run_pass()
    flash(words().say("family.invited"))
    return redirect(url_for("settings.household", number=number), 303)


def _page(session: Session, person: Caregiver, child: Child, errors: dict[str, str]) -> str:
    return render_template(
        "settings/household.html",
        child=child,
        person=person,
        people=order_of(session, child),
        ways=WHOM,
        given={key: typed(key) for key in ("name", "phone", "language")} if request.method == "POST" else {},
        errors=errors,
    )
