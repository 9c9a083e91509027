"""What staff do about their own way in: password, language, spare codes, and where they are signed in."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import update
from sqlalchemy.orm import Session

from assistant.families import staff_access
from assistant.families.sign_in import end_all
from assistant.families.staff_accounts import sessions_of
from assistant.families.tell import audited
from assistant.store import SignIn, Staff
from assistant.web.again import code_trouble, password_trouble
from assistant.web.current import the_house
from assistant.web.language import choose, words
from assistant.web.signed_in import staff_at
from assistant.web.speech import as_language
from assistant.web.staff_pages import known_staff

blueprint = Blueprint("account", __name__, url_prefix="/admin/account")


@blueprint.get("")
def page() -> ResponseReturnValue:
    """All of it on one page."""
    with the_house().store.read() as session:
        return _page(session, known_staff(session))


@blueprint.post("/password")
def password() -> ResponseReturnValue:
    """Another password, for who knows the old one and has the phone. Other sessions end."""
    house, new = the_house(), request.form.get("new", "")
    with house.store.write() as session:
        staff = known_staff(session)
        problem = staff_access.trouble_with(new, staff.email, house.settings.program.name) or ""
        if not problem and new != request.form.get("again", ""):
            problem = "again"
        problem = problem or password_trouble(session, staff) or code_trouble(session, staff, spare=True)
        if problem:
            return _page(session, staff, problem, "password"), 429 if problem == "wait" else 400
        staff_access.set_password(session, staff, new, house.clock.now())
        _end_others(session, staff)
    flash(words().say("account.password_done"))
    return redirect(url_for("account.page"), 303)


@blueprint.post("/language")
def language() -> ResponseReturnValue:
    """The language of their pages, on every browser from now on; and on this one."""
    chosen = as_language(request.form.get("language", ""))
    with the_house().store.write() as session:
        staff = known_staff(session)
        staff.language = chosen or ""
    if chosen is not None:
        choose(chosen)
    flash(words().say("account.saved"))
    return redirect(url_for("account.page"), 303)


@blueprint.post("/codes")
def codes() -> ResponseReturnValue:
    """New spare codes, for who shows the phone once more."""
    house = the_house()
    with house.store.write() as session:
        staff = known_staff(session)
        problem = code_trouble(session, staff, spare=False)
        if problem:
            return _page(session, staff, problem, "codes"), 429 if problem == "wait" else 400
        made = staff_access.new_spare_codes(session, house.settings.server.secret_key, staff)
        audited(session, house.clock.now(), f"staff {staff.id}", "spare_codes_made", f"staff {staff.id}")
    return render_template("admin/codes.html", codes=made)


@blueprint.post("/others")
def others_out() -> ResponseReturnValue:
    """Sign out on every other browser."""
    with the_house().store.write() as session:
        _end_others(session, known_staff(session))
    flash(words().say("account.others_done"))
    return redirect(url_for("account.page"), 303)


@blueprint.post("/out")
def out_everywhere() -> ResponseReturnValue:
    """Sign out here and on every other browser."""
    with the_house().store.write() as session:
        staff = known_staff(session)
        end_all(session, the_house().clock.now(), staff_id=staff.id)
    return redirect(url_for("staff_in.sign_in"), 303)


def _end_others(session: Session, staff: Staff) -> None:
    here = staff_at(session, "")
    session.execute(
        update(SignIn)
        .where(
            SignIn.staff_id == staff.id, SignIn.ended_at.is_(None), SignIn.id != (here[0].id if here else 0)
        )
        .values(ended_at=the_house().clock.now())
        .execution_options(synchronize_session="fetch")
    )


def _page(session: Session, staff: Staff, problem: str = "", where: str = "") -> str:
    here = staff_at(session, "")
    return render_template(
        "admin/account.html",
        staff=staff,
        here=here[0].id if here else 0,
        sessions=sessions_of(session, staff, the_house().clock.now()),
        zone=ZoneInfo(the_house().settings.program.zone),
        shortest=staff_access.SHORTEST,
        problem=problem,
        where=where,
    )
