"""The contact log of a child: what was said with the school, and a form for one more."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from assistant.conversation.contacts import (
    HOWS,
    LONGEST,
    Contact,
    ContactError,
    How,
    NewContact,
    add_contact,
    contacts_of,
)
from assistant.store import Caregiver, Child
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.mine import lines_of, mine

blueprint = Blueprint("contacts", __name__, url_prefix="/family/contacts")

_FIELDS = ("day", "at", "how", "who", "title", "said", "promised", "promised_by", "service", "corrects")
_LONGEST_AT = 20


@blueprint.get("/<int(max=2147483647):number>")
def page(number: int) -> str:
    """The contacts, newest first, and the form; `?corrects=` fills it with the contact to put right."""
    with the_house().store.read() as session:
        person, child = mine(session, number)
        found = contacts_of(session, child.id)
        wanted = request.args.get("corrects", "")
        one = next((c for c in found if str(c.number) == wanted and c.corrected_by is None), None)
        given = _filled(session, child, one) if one else {"day": _today(person).isoformat(), "how": "phone"}
        return _page(session, person, child, given, {})


@blueprint.post("/<int(max=2147483647):number>")
def add(number: int) -> ResponseReturnValue:
    """Enter one more contact in the record."""
    house = the_house()
    given = {key: request.form.get(key, "").strip()[:5_000] for key in _FIELDS}
    with house.store.write() as session:
        person, child = mine(session, number)
        errors: dict[str, str] = {}
        new = _read(session, child, given, errors)
        if new is not None:
            try:
                now = house.clock.now()
                add_contact(session, child.id, new, _today(person), now, caregiver_id=person.id)
            except ContactError as error:
                errors[error.field] = words().say(f"contacts.wrong_{error.field}")
        if errors:
            return _page(session, person, child, given, errors), 400
    flash(words().say("contacts.kept"))
    return redirect(url_for("contacts.page", number=number), 303)


def _read(session: Session, child: Child, given: dict[str, str], errors: dict[str, str]) -> NewContact | None:
    """What the form says, as far as it can be read; what is the matter goes to `errors`."""

    def wrong(field: str) -> None:
        errors[field] = words().say(f"contacts.wrong_{field}")

    day, by = _date(given["day"]), _date(given["promised_by"])
    lines = {str(line.id): line for line in lines_of(session, child)}
    how: How | None = next((one for one in HOWS if one == given["how"]), None)
    if day is None:
        wrong("day")
    if how is None:
        wrong("how")
    if given["promised_by"] and by is None:
        wrong("promised_by")
    if given["service"] and given["service"] not in lines:
        wrong("service")
    if not given["who"]:
        wrong("who")
    if len(given["at"]) > _LONGEST_AT or not given["at"].isprintable():
        wrong("at")
    number = given["corrects"]
    if number and not (number.isascii() and number.isdigit() and len(number) < 10):
        wrong("corrects")
    if errors or day is None or how is None:
        return None
    return NewContact(
        day=day,
        how=how,
        said=given["said"].replace("\r\n", "\n"),
        who=given["who"],
        title=given["title"],
        at=given["at"],
        promised=given["promised"].replace("\r\n", "\n"),
        promised_by=by,
        line=lines.get(given["service"]),
        corrects=int(number) if number else None,
    )


def _page(
    session: Session, person: Caregiver, child: Child, given: dict[str, str], errors: dict[str, str]
) -> str:
    lines = lines_of(session, child)
    return render_template(
        "family/contacts.html",
        child=child,
        contacts=contacts_of(session, child.id),
        lines=lines,
        hows=HOWS,
        given={**dict.fromkeys(_FIELDS, ""), **given},
        errors=errors,
        longest=LONGEST,
        today=_today(person),
        mine_id=person.id,
    )


def _filled(session: Session, child: Child, one: Contact) -> dict[str, str]:
    """The form as it was when that contact was entered."""
    line = next((line for line in lines_of(session, child) if line.name == one.service), None)
    return {
        "day": one.day.isoformat(),
        "at": one.at,
        "how": one.how,
        "who": one.who,
        "title": one.title,
        "said": one.said,
        "promised": one.promised,
        "promised_by": one.promised_by.isoformat() if one.promised_by else "",
        "service": str(line.id) if line else "",
        "corrects": str(one.number),
    }


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _today(person: Caregiver) -> date:
    return the_house().clock.now().astimezone(ZoneInfo(person.zone)).date()
