"""Signing in by a link, or a code, to the number or address we know.

Opening the link spends nothing; the button does. The code works on the browser that asked for it.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from assistant.families import link_asks
from assistant.families.attempts import HOUR, Limit, take
from assistant.families.sign_in import find
from assistant.store import Caregiver
from assistant.web.current import the_house
from assistant.web.language import prefer
from assistant.web.signed_in import begin_session, press

blueprint = Blueprint("enter", __name__)

_LONGEST = 200
_ASKED = "asked"  # in the cookie: the secret that binds a code to this browser
_NEXT = "next"  # likewise: the page that was asked for
_BY_ADDRESS = (Limit(10, HOUR),)  # links asked for from one address of the net


@blueprint.get("/family/enter/<token>")
def family(token: str) -> ResponseReturnValue:
    """One button, for whoever has the link while it is good."""
    return _button(token, staff=False)


@blueprint.post("/family/enter/<token>")
def family_pressed(token: str) -> ResponseReturnValue:
    """The press: it opens the family's page, once."""
    return _pressed(token, staff=False)


@blueprint.get("/admin/enter/<token>")
def admin(token: str) -> ResponseReturnValue:
    """The same for staff."""
    return _button(token, staff=True)


@blueprint.post("/admin/enter/<token>")
def admin_pressed(token: str) -> ResponseReturnValue:
    """The press of a member of staff."""
    return _pressed(token, staff=True)


@blueprint.get("/family/enter")
def ask() -> str:
    """Where to ask for a link. `?next=`: the page to come back to."""
    return render_template("family/ask.html", next=safe_next(request.args.get(_NEXT)) or "")


@blueprint.post("/family/enter")
def send() -> ResponseReturnValue:
    """Keep that a link was asked for. The page does and says the same whether we know the number or not."""
    house, typed = the_house(), request.form.get("address", "").strip()[:_LONGEST]
    now, secret = house.clock.now(), house.settings.server.secret_key
    with house.store.write() as session:
        if not take(session, secret, "ask_link", request.remote_addr or "", now, *_BY_ADDRESS):
            return render_template("error.html", key="too_many"), 429
        cookie[_ASKED] = link_asks.ask(session, typed, now)
    cookie[_NEXT] = safe_next(request.form.get(_NEXT)) or ""
    house.wake("send_links")
    if house.settings.sandbox:
        house.run_pass()
    return redirect(url_for("enter.code"), 303)


@blueprint.get("/family/code")
def code() -> ResponseReturnValue:
    """Where the code is typed: on the browser that asked for it."""
    return render_template("family/code.html", wrong=False)


@blueprint.post("/family/code")
def code_typed() -> ResponseReturnValue:
    """The code; it opens the family's page, once. A wrong one and one that is over are told alike."""
    house, asked = the_house(), str(cookie.get(_ASKED, ""))
    back = _asked_for()
    with house.store.write() as session:
        row = link_asks.try_code(
            session, asked, request.form.get("code", "")[:_LONGEST], house.settings, house.clock.now()
        )
        if row is not None:
            begin_session(row)
    if row is None:
        return render_template("family/code.html", wrong=True), 400
    return redirect(back, 303)


def safe_next(path: str | None) -> str | None:
    """A page of a family's on this very site, or None: never an address that leads elsewhere."""
    if (
        not path
        or len(path) > _LONGEST
        or not path.startswith("/family/")
        or path.startswith("/family/enter")
    ):
        return None
    plain = all(one.isascii() and one.isprintable() and one != "\\" for one in path)
    return path if plain and "//" not in path and ".." not in path else None


def _asked_for() -> str:
    """The page that this browser asked for before it was sent to sign in."""
    return safe_next(str(cookie.get(_NEXT, ""))) or url_for("family.home")


def _button(token: str, *, staff: bool) -> ResponseReturnValue:
    house = the_house()
    with house.store.read() as session:
        row = find(session, token, house.clock.now())
        if row is None or (row.staff_id is not None) != staff:
            return render_template("family/over.html", staff=staff), 410
        person = session.get(Caregiver, row.caregiver_id) if row.caregiver_id else None
        if person is not None:
            prefer(person.language)
        return render_template("family/enter.html", token=token, staff=staff)


def _pressed(token: str, *, staff: bool) -> ResponseReturnValue:
    back = _asked_for()
    with the_house().store.write() as session:
        if not press(session, token, staff=staff):
            return render_template("family/over.html", staff=staff), 410
    return redirect(url_for("staff_in.set_up") if staff else back, 303)
