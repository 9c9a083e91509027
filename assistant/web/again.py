"""Showing once more who one is: the password and a code, before staff change staff or delete a family.

A session of staff lasts twelve hours, and a browser may be left open; what cannot be undone asks for more.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.exceptions import Forbidden

from assistant.clock import of_the_world
from assistant.families import staff_access
from assistant.families.roles import Power
from assistant.families.tell import audited
from assistant.store import Staff
from assistant.web.current import the_house
from assistant.web.signed_in import go_on, signed_in_lately, staff_at
from assistant.web.staff_pages import known_staff, staff_who_may

blueprint = Blueprint("again", __name__, url_prefix="/admin/again")

_LONGEST = 320  # letters of what is typed
# Where one may go on afterwards; never an address from outside.
_BACK: Mapping[str, str] = {"staff": "staff.page", "erase": "erase.for_a_family", "account": "account.page"}


class Stale(Forbidden):
    """Who is signed in may do this, and signed in too long ago for it."""


def fresh_staff(session: Session, power: Power) -> Staff:
    """The member of staff who may do this and signed in within the last hour.

    Raises Closed (401), Refused (403), or Stale (403): the page that leads to the password and the code.
    """
    staff = staff_who_may(session, power)
    if not signed_in_lately(session):
        raise Stale
    return staff


def password_trouble(session: Session, staff: Staff) -> str:
    """What is the matter with the typed password of who is signed in: "wait", "password", or nothing."""
    house, secret = the_house(), the_house().settings.server.secret_key
    if not staff_access.may_try(session, secret, "staff_password", staff.email, house.clock.now()):
        return "wait"
    if staff_access.with_password(session, staff.email, request.form.get("password", "")[:_LONGEST]) is None:
        return "password"
    staff_access.was_right(session, secret, "staff_password", staff.email)
    return ""


def code_trouble(session: Session, staff: Staff, *, spare: bool) -> str:
    """What is the matter with the typed code: "wait", "code", or nothing."""
    house, secret = the_house(), the_house().settings.server.secret_key
    typed = request.form.get("code", "")[:_LONGEST]
    if not staff_access.may_try(session, secret, "staff_code", str(staff.id), house.clock.now()):
        return "wait"
    right = staff_access.takes_code(session, staff, typed, of_the_world(house.clock)) or (
        spare and staff_access.takes_spare_code(session, secret, staff, typed, house.clock.now())
    )
    if right:
        staff_access.was_right(session, secret, "staff_code", str(staff.id))
    return "" if right else "code"


@blueprint.get("")
def page() -> str:
    """Password and code in one form."""
    with the_house().store.read() as session:
        known_staff(session)
    return render_template("admin/again.html", problem="")


@blueprint.post("")
def shown() -> ResponseReturnValue:
    """Right: a new session takes the place of this one, and one goes on where one came from."""
    house = the_house()
    with house.store.write() as session:
        staff = known_staff(session)
        problem = password_trouble(session, staff) or code_trouble(session, staff, spare=True)
        found = staff_at(session, "")
        if not problem and found is not None:
            go_on(session, found[0], staff, "")
            audited(session, house.clock.now(), f"staff {staff.id}", "signed_in", f"staff {staff.id}")
    if problem:
        return render_template("admin/again.html", problem=problem), 429 if problem == "wait" else 400
    return redirect(url_for(_BACK.get(request.form.get("back", ""), "account.page")), 303)


def install(app: Flask) -> None:
    """The page that says so."""

    @app.errorhandler(Stale)
    def stale(_error: Stale) -> ResponseReturnValue:
        return render_template("admin/stale.html", back=(request.blueprint or "")), 403
