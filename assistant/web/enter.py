"""Signing in by a link to the number or address we know. Opening the link spends nothing; the button does."""

from __future__ import annotations

import phonenumbers
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.families.sign_in import MOST_BY_PAGE, find, new_link
from assistant.store import Caregiver
from assistant.web.current import the_house
from assistant.web.house import House
from assistant.web.language import prefer
from assistant.web.signed_in import press
from messages import templates
from messages.outbox import enqueue_mail, enqueue_text, hours_of, language_of

blueprint = Blueprint("enter", __name__)

_LONGEST = 200


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
    """Where to ask for a link."""
    return render_template("family/ask.html", sent=False)


@blueprint.post("/family/enter")
def send() -> str:
    """Send a link to a number or address that we know. The page says the same whether we know it or not."""
    house, typed = the_house(), request.form.get("address", "").strip()[:_LONGEST]
    with house.store.write() as session:
        person = _known(session, typed)
        if person is not None:
            _send(session, house, person)
    if house.settings.sandbox:
        house.run_pass()
    return render_template("family/ask.html", sent=True)


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
    with the_house().store.write() as session:
        if not press(session, token, staff=staff):
            return render_template("family/over.html", staff=staff), 410
    return redirect(url_for("inbox.texts" if staff else "family.home"), 303)


def _known(session: Session, typed: str) -> Caregiver | None:
    if not typed.isprintable():
        return None  # a database need not take a NUL, and no address has one
    if "@" in typed:
        rows = session.scalars(
            select(Caregiver).where(Caregiver.email == typed.lower(), Caregiver.mails == "in")
        ).all()
        return rows[0] if len(rows) == 1 else None
    try:
        number = phonenumbers.parse(typed, "US")
    except phonenumbers.NumberParseException:
        return None
    phone = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return session.scalars(select(Caregiver).where(Caregiver.phone == phone, Caregiver.texts == "in")).first()


def _send(session: Session, house: House, person: Caregiver) -> None:
    now, settings, language = house.clock.now(), house.settings, language_of(person)
    by_text = person.texts == "in" and person.phone is not None
    if by_text and not hours_of(person, settings).allows(now):
        return  # anybody can type a number, also at night; their own LINK is answered at any hour
    link = new_link(session, settings, now, caregiver=person, most=MOST_BY_PAGE)
    if link is None:
        return  # too many within the hour: the page says the same all the same
    key = f"link:{link.number}"
    if by_text:
        rendered = templates.text(session, "link", language, {"link": link.address})
        enqueue_text(session, person, "link", rendered, key, now, settings)
        return
    values = {
        "program": settings.program.name,
        "name": person.name or settings.program.name,
        "link": link.address,
    }
    enqueue_mail(session, person, "link", templates.mail(session, "link", language, values), key, now)
