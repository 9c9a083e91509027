"""Who belongs to the centre: invited, given a role, helped with a lost phone, and let go. Owners only."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from assistant.families.roles import Role
from assistant.families.staff_accounts import (
    StaffError,
    change_role,
    end_access,
    everyone,
    invite,
    take_second_factor,
)
from assistant.store import Staff
from assistant.web.again import fresh_staff
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.signed_in import signed_in_lately
from assistant.web.staff_pages import staff_who_may

blueprint = Blueprint("staff", __name__, url_prefix="/admin/staff")

_LONGEST = 320  # letters of an e-mail address


@blueprint.get("/")
def page() -> ResponseReturnValue:
    """Everybody, with what they are, and a form for somebody new."""
    with the_house().store.read() as session:
        return _page(session, staff_who_may(session, "staff"))


@blueprint.post("/invite")
def invited() -> ResponseReturnValue:
    """Somebody new; the link is mailed to them, and shown once, on this answer, and is in no address."""
    house = the_house()
    with house.store.write() as session:
        by = fresh_staff(session, "staff")
        email, role = request.form.get("email", "").strip()[:_LONGEST], _role()
        try:
            link = invite(session, by, email, role, house.settings, house.clock.now())
        except StaffError as error:
            return _page(session, by, error.key), 400
    return _link(email, link)


@blueprint.post("/<int(max=2147483647):number>/role")
def role(number: int) -> ResponseReturnValue:
    """Another role."""
    return _change(lambda session, by: change_role(session, by, number, _role(), the_house().clock.now()))


@blueprint.post("/<int(max=2147483647):number>/end")
def end(number: int) -> ResponseReturnValue:
    """They have left; a tick says that it is meant."""
    if not request.form.get("sure"):
        flash(words().say("staff.tick_needed"))
        return redirect(url_for("staff.page"), 303)
    return _change(lambda session, by: end_access(session, by, number, the_house().clock.now()))


@blueprint.post("/<int(max=2147483647):number>/reset")
def lost_phone(number: int) -> ResponseReturnValue:
    """Password and phone are taken away; the link to new ones is mailed, and shown once."""
    house = the_house()
    with house.store.write() as session:
        by = fresh_staff(session, "staff")
        try:
            link = take_second_factor(session, by, number, house.settings, house.clock.now())
        except StaffError as error:
            return _page(session, by, error.key), 400
        email = session.get_one(Staff, number).email
    return _link(email, link)


def _change(change: Callable[[Session, Staff], Staff]) -> ResponseReturnValue:
    with the_house().store.write() as session:
        by = fresh_staff(session, "staff")
        try:
            change(session, by)
        except StaffError as error:
            return _page(session, by, error.key), 400
    flash(words().say("staff.saved"))
    return redirect(url_for("staff.page"), 303)


def _role() -> Role:
    wanted = request.form.get("role", "")
    if wanted not in list(Role):
        abort(404)
    return Role(wanted)


def _link(email: str, link: str) -> str:
    if the_house().settings.sandbox:
        the_house().run_pass()
    return render_template("admin/staff_link.html", email=email, link=link)


def _page(session: Session, by: Staff, problem: str = "") -> str:
    return render_template(
        "admin/staff.html",
        people=everyone(session),
        me=by.id,
        roles=[one.value for one in Role],
        fresh=signed_in_lately(session),
        zone=ZoneInfo(the_house().settings.program.zone),
        problem=problem,
        email=request.form.get("email", "")[:_LONGEST],
    )
