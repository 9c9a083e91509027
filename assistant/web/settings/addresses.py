"""Another phone number or e-mail address: given here, confirmed by a code or link that goes only there."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from assistant.families import addresses
from assistant.families.consent import Channel
from assistant.families.register import takes_a_phone_twice
from assistant.store import Caregiver, Child
from assistant.web.current import the_house
from assistant.web.language import prefer, words
from assistant.web.mine import mine
from assistant.web.phones import as_read, us_phone
from assistant.web.settings.room import blueprint, new_address, saved, typed
from assistant.web.signed_in import caregiver_here, session_number, signed_in_lately

_CHANNELS: dict[str, Channel] = {"phone": "sms", "email": "email"}
_STATUS = {"wrong": 400, "taken": 409}


@blueprint.route("/<any(phone, email):channel>", methods=["GET", "POST"])
def address(number: int, channel: str) -> ResponseReturnValue:
    """What we have, and a field for the new one. It asks for a sign-in of the last hour."""
    house = the_house()
    if request.method == "GET":
        with house.store.read() as session:
            person, child = mine(session, number)
            return _page(session, person, child, channel)
    with house.store.write() as session:
        person, child = mine(session, number)
        if not signed_in_lately(session):
            return _page(session, person, child, channel), 403
        new = _read(channel)
        wrong = "address" if new is None else ""
        if new is not None:
            wrong = addresses.ask(
                session, person, _CHANNELS[channel], new, _wording(channel), house.clock.now(), house.settings
            )
        if wrong:
            page = _page(session, person, child, channel, words().say(f"settings.{channel}_{wrong}"))
            return page, 429 if wrong == "too_many" else 400
    if house.settings.sandbox:
        house.run_pass()
    else:
        house.wake("deliver")
    return redirect(url_for("settings.confirm", number=number, channel=channel), 303)


@blueprint.route("/<any(phone, email):channel>/code", methods=["GET", "POST"])
def confirm(number: int, channel: str) -> ResponseReturnValue:
    """The code that went to the new number or address."""
    house = the_house()
    if request.method == "GET":
        with house.store.read() as session:
            person, child = mine(session, number)
            return _code_page(session, person, child, channel)
    with house.store.read() as session:
        person, child = mine(session, number)
        if not signed_in_lately(session):
            return _page(session, person, child, channel), 403
    done = _confirmed(channel, typed("code"))
    if done == "yes":
        return saved(number, f"settings.{channel}_done")
    with house.store.read() as session:
        person, child = mine(session, number)
        return _code_page(session, person, child, channel, done), _STATUS[done]


@new_address.route("/enter/<token>", methods=["GET", "POST"])
def by_link(token: str) -> ResponseReturnValue:
    """The link that went to the new number or address: a button, where the person who asked is signed in."""
    house = the_house()
    with house.store.read() as session:
        person = caregiver_here(session)
        if person is None:
            return redirect(url_for("enter.ask", next=request.path), 303)
        prefer(person.language)
        number = person.children[0].id if person.children else 0
    done: addresses.Confirmed = "wrong"
    if request.method == "GET":
        return render_template("settings/by_link.html", done="")
    for channel in _CHANNELS:
        done = _confirmed(channel, token)
        if done == "yes":
            return (
                saved(number, f"settings.{channel}_done") if number else redirect(url_for("family.home"), 303)
            )
        if done == "taken":
            break
    return render_template("settings/by_link.html", done=done), 410 if done == "wrong" else _STATUS[done]


def _confirmed(channel: str, secret: str) -> addresses.Confirmed:
    """What the code or the link's secret does; of two who confirm one number at once, the later hears so."""
    house = the_house()
    try:
        with house.store.write() as session:
            person = caregiver_here(session)
            if person is None:
                return "wrong"
            return addresses.confirm(
                session, person, _CHANNELS[channel], secret, house.clock.now(), house.settings,
                keep=session_number(),
            )  # fmt: skip
    except IntegrityError as error:
        if not takes_a_phone_twice(error):
            raise
        return "taken"


def _read(channel: str) -> str | None:
    if channel == "phone":
        return us_phone(typed("address"))
    try:
        found = validate_email(typed("address"), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return None
    return found.normalized.lower()


def _wording(channel: str) -> str:
    """What they agree to, exactly as the page says it."""
    settings = the_house().settings
    if channel == "email":
        return words().say("register.consent_mails", program=settings.program.name)
    per_week = settings.asking.max_questions_a_week
    return words().say("register.consent_texts", program=settings.program.name, per_week=per_week)


def _page(session: Session, person: Caregiver, child: Child, channel: str, wrong: str = "") -> str:
    mine_now = person.phone if channel == "phone" else person.email
    agreed = (person.texts if channel == "phone" else person.mails) == "in"
    return render_template(
        "settings/address.html",
        child=child,
        channel=channel,
        now=_as_read(channel, mine_now) if agreed else "",
        wording=_wording(channel),
        given=typed("address") if request.method == "POST" else "",
        fresh=signed_in_lately(session),
        errors={"address": wrong} if wrong else {},
    )


def _as_read(channel: str, address: str | None) -> str:
    return as_read(address or "") if channel == "phone" else address or ""


def _code_page(session: Session, person: Caregiver, child: Child, channel: str, done: str = "") -> str:
    row = addresses.waiting(session, person, _CHANNELS[channel], the_house().clock.now())
    return render_template(
        "settings/code.html",
        child=child,
        channel=channel,
        to=_as_read(channel, row.address) if row else "",
        number=addresses.page_number(row, the_house().settings) if row and channel == "phone" else "",
        wrong=done,
    )
