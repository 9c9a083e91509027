"""To be forgotten: a parent's page, and the staff's for a parent who asks. No way back, so it asks twice:
a fresh sign-in, and a word that has to be typed.
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.families.roles import may
from assistant.operations.erase import (
    NobodyError,
    Scope,
    erase_now,
    scope_of_caregiver,
    scope_of_child,
)
from assistant.store import Caregiver, Child, Staff
from assistant.web.again import fresh_staff
from assistant.web.current import the_house
from assistant.web.language import prefer, words
from assistant.web.phones import us_phone
from assistant.web.signed_in import caregiver_here, signed_in_lately
from assistant.web.staff_pages import staff_who_may

blueprint = Blueprint("erase", __name__)

_WORDS = ("DELETE", "BORRAR")  # in either language, whichever the page is in


@blueprint.get("/family/erase")
def asking() -> ResponseReturnValue:
    """What goes, what stays, and a file with the record first, for who wants one."""
    with the_house().store.read() as session:
        person = caregiver_here(session)
        if person is None:
            return redirect(url_for("enter.ask"), 303)
        prefer(person.language)
        return _page(session, person)


@blueprint.post("/family/erase")
def forgotten() -> ResponseReturnValue:
    """It is done at once, and this browser is signed out."""
    house = the_house()
    with house.store.read() as session:
        person = caregiver_here(session)
        if person is None:
            return redirect(url_for("enter.ask"), 303)
        prefer(person.language)
        if not signed_in_lately(session):
            return _page(session, person), 403
        if not _typed():
            return _page(session, person, wrong=words().say("erase.wrong_word")), 400
        scope, by = scope_of_caregiver(session, person.id), f"caregiver {person.id}"
    erase_now(house.store, house.clock, house.settings, scope, by)
    cookie.clear()
    return render_template("family/erased.html")


@blueprint.route("/admin/erase", methods=["GET", "POST"])
def for_a_family() -> ResponseReturnValue:
    """By the number of a child or caregiver, for an owner. First it shows what would go."""
    house = the_house()
    with house.store.read() as session:
        staff = staff_who_may(session, "families")
        scope, wrong = _asked_for(session, staff)
        by = f"staff {staff.id}"
        if scope is None or not request.form.get("word"):
            return _staff_page(session, scope, wrong)
        fresh_staff(session, "erase")
        if not _typed():
            return _staff_page(session, scope, words().say("erase.wrong_word")), 400
    done = erase_now(house.store, house.clock, house.settings, scope, by)
    flash(words().say("erase.staff_done", entries=done.entries, messages=done.messages))
    return redirect(url_for("erase.for_a_family"), 303)


def _asked_for(session: Session, staff: Staff) -> tuple[Scope | None, str]:
    """Whom the form names, and what is wrong with it."""
    if request.method == "GET":
        return None, ""
    if not may(staff.role, "erase"):
        return None, words().say("erase.owner_only")
    what, number = request.form.get("what", ""), request.form.get("number", "").strip()
    find = {"child": scope_of_child, "caregiver": scope_of_caregiver}.get(what)
    phone = us_phone(number) if what == "caregiver" else None
    if phone is not None:
        known = session.scalars(select(Caregiver.id).where(Caregiver.phone == phone)).first()
        number = str(known or 0)
    if find is None or not number.isascii() or not number.isdigit() or len(number) > 9:
        return None, words().say("erase.wrong_number")
    try:
        return find(session, int(number)), ""
    except NobodyError:
        return None, words().say("erase.nobody")


def _page(session: Session, person: Caregiver, wrong: str = "") -> str:
    scope = scope_of_caregiver(session, person.id)
    goes = [child for child in person.children if child.id in scope.children]
    return render_template(
        "family/erase.html",
        goes=goes,
        stays=[child for child in person.children if child.id not in scope.children],
        fresh=signed_in_lately(session),
        word=words().say("erase.word"),
        wrong=wrong,
    )


def _staff_page(session: Session, scope: Scope | None, wrong: str) -> str:
    children = scope.children if scope else ()
    return render_template(
        "admin/erase.html",
        scope=scope,
        names=session.scalars(select(Child.nickname).where(Child.id.in_(children)).order_by(Child.id)).all(),
        what=request.form.get("what", "child"),
        number=request.values.get("number", "")[:20],
        word=words().say("erase.word"),
        wrong=wrong,
    )


def _typed() -> bool:
    return request.form.get("word", "").strip().upper() in _WORDS
