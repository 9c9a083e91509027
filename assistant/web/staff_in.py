"""How staff sign in: a password and a code from their phone; both are set up through an operator's link.

Every step of the way in is a session row of its own, with a short life, that opens the next step only.
"""

from __future__ import annotations

import segno
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from assistant.families import staff_access
from assistant.families.sign_in import end_all
from assistant.families.tell import audited
from assistant.store import Staff
from assistant.web.again import code_trouble
from assistant.web.current import the_house
from assistant.web.signed_in import go_on, staff_at
from assistant.web.staff_pages import Closed

blueprint = Blueprint("staff_in", __name__, url_prefix="/admin")

_LONGEST = 320  # letters of an e-mail address


@blueprint.get("/sign-in")
def sign_in() -> str:
    """E-mail and password."""
    return render_template("admin/sign_in.html", problem="", email="")


@blueprint.post("/sign-in")
def signed() -> ResponseReturnValue:
    """Right: on to the code. Wrong, unknown or not set up: the same page and the same work."""
    house, now, secret = the_house(), the_house().clock.now(), _secret()
    email = request.form.get("email", "").strip().lower()[:_LONGEST]
    password = request.form.get("password", "")
    tries = (("staff_password", email), ("staff_password_from", request.remote_addr or ""))
    with house.store.write() as session:
        if not all(staff_access.may_try(session, secret, scope, key, now) for scope, key in tries):
            return render_template("admin/sign_in.html", problem="wait", email=email), 429
    with house.store.read() as session:  # some hundredths of a second, with nothing locked
        staff = staff_access.with_password(session, email, password)
    if staff is None:
        return render_template("admin/sign_in.html", problem="wrong", email=email), 400
    with house.store.write() as session:
        for scope, key in tries:
            staff_access.was_right(session, secret, scope, key)
        go_on(session, None, staff, "password")
    return redirect(url_for("staff_in.second"), 303)


@blueprint.get("/second")
def second() -> ResponseReturnValue:
    """The code from the phone, or a spare one."""
    with the_house().store.read() as session:
        if staff_at(session, "password") is None:
            return redirect(url_for("staff_in.sign_in"), 303)
    return render_template("admin/second.html", problem="")


@blueprint.post("/second")
def second_typed() -> ResponseReturnValue:
    """The second factor; in."""
    with the_house().store.write() as session:
        found = staff_at(session, "password")
        if found is None:
            return redirect(url_for("staff_in.sign_in"), 303)
        row, staff = found
        problem = code_trouble(session, staff, spare=True)
        if not problem:
            go_on(session, row, staff, "")
            audited(session, the_house().clock.now(), f"staff {staff.id}", "signed_in", f"staff {staff.id}")
    if problem:
        return render_template("admin/second.html", problem=problem), 429 if problem == "wait" else 400
    return redirect(url_for("inbox.start"), 303)


@blueprint.get("/set-up")
def set_up() -> ResponseReturnValue:
    """A password of their own, through a link of the operator's."""
    with the_house().store.read() as session:
        found = staff_at(session, "link")
        if found is None:
            raise Closed
        return _set_up(found[1], "")


@blueprint.post("/set-up")
def set_up_typed() -> ResponseReturnValue:
    """Keep the password. Who has a second factor already shows it here and is in; others set it up next."""
    house, now = the_house(), the_house().clock.now()
    password, again = request.form.get("password", ""), request.form.get("again", "")
    with house.store.write() as session:
        found = staff_at(session, "link")
        if found is None:
            raise Closed
        row, staff = found
        problem = staff_access.trouble_with(password, staff.email, house.settings.program.name)
        if not problem and password != again:
            problem = "again"
        if not problem and staff.totp_since is not None:
            problem = code_trouble(session, staff, spare=True)
        if problem:
            return _set_up(staff, problem), 400
        staff_access.set_password(session, staff, password, now)
        if staff.totp_since is None:
            staff_access.new_secret(staff)
            return redirect(url_for("staff_in.phone"), 303)
        end_all(session, now, staff_id=staff.id)
        go_on(session, row, staff, "")
    return redirect(url_for("inbox.start"), 303)


@blueprint.get("/phone")
def phone() -> ResponseReturnValue:
    """The picture that the app on their phone reads."""
    with the_house().store.read() as session:
        found = staff_at(session, "link")
        if found is None or not _sets_up_phone(found[1]):
            raise Closed
        return _phone(found[1], "")


@blueprint.post("/phone")
def phone_typed() -> ResponseReturnValue:
    """The first code proves that the app has it; from now on it is asked for. Spare codes are shown once."""
    house, now = the_house(), the_house().clock.now()
    with house.store.write() as session:
        found = staff_at(session, "link")
        if found is None or not _sets_up_phone(found[1]):
            raise Closed
        row, staff = found
        problem = code_trouble(session, staff, spare=False)
        if problem:
            return _phone(staff, problem), 400
        staff.totp_since = now
        codes = staff_access.new_spare_codes(session, _secret(), staff)
        audited(session, now, f"staff {staff.id}", "second_factor_set", f"staff {staff.id}")
        end_all(session, now, staff_id=staff.id)
        go_on(session, row, staff, "")
    return render_template("admin/codes.html", codes=codes)


def _sets_up_phone(staff: Staff) -> bool:
    return bool(staff.password_hash and staff.totp_secret and staff.totp_since is None)


def _set_up(staff: Staff, problem: str) -> str:
    return render_template(
        "admin/set_up.html",
        problem=problem,
        email=staff.email,
        code=staff.totp_since is not None,
        shortest=staff_access.SHORTEST,
    )


def _phone(staff: Staff, problem: str) -> str:
    picture = segno.make(staff_access.address_of(staff, the_house().settings.program.name), error="m")
    return render_template(
        "admin/phone.html",
        problem=problem,
        # Drawn by us of letters and digits; in the page itself, as its policy wants it.
        picture=Markup(picture.svg_inline(scale=5, light="#fff", omitsize=False)),  # noqa: S704
        secret=" ".join(_in_fours(staff.totp_secret or "")),
    )


def _in_fours(secret: str) -> list[str]:
    return [secret[start : start + 4] for start in range(0, len(secret), 4)]


def _secret() -> str:
    return the_house().settings.server.secret_key
