"""Saying yes to e-mails, and stopping them, behind signed links. A press decides, never the opening."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, render_template, request
from sqlalchemy.orm import Session

from assistant.families.consent import opt_in, opt_out
from assistant.families.register import greet
from assistant.store import Caregiver
from assistant.web.current import the_house
from assistant.web.language import prefer, words
from messages.links import (
    confirm_token,
    read_confirm_token,
    read_unsubscribe_token,
    unsubscribe_token,
)

blueprint = Blueprint("consent", __name__)

_METHOD = "link"


@blueprint.get("/confirm/<token>")
def confirm(token: str) -> str:
    """What one agrees to, and the button."""
    with the_house().store.read() as session:
        caregiver = _caregiver(session, _number(read_confirm_token, token))
        return _confirm_page(token, caregiver)


@blueprint.post("/confirm/<token>")
def agree(token: str) -> str:
    """They agree; pressing again changes nothing."""
    house = the_house()
    with house.store.write() as session:
        caregiver = _caregiver(session, _number(read_confirm_token, token), lock=True)
        if caregiver.mails != "in":
            wording = words().say("confirm.agree", program=house.settings.program.name)
            opt_in(session, caregiver, "email", _METHOD, wording, house.clock.now())
            session.flush()
            greet(session, caregiver, "email", house.clock.now(), house.settings)
    if house.settings.sandbox:
        house.run_pass()
    return confirm(token)


@blueprint.get("/unsubscribe/<token>")
def leave(token: str) -> str:
    """One button. The page needs no cookie and sets none."""
    with the_house().store.read() as session:
        return _leave_page(token, _caregiver(session, _number(read_unsubscribe_token, token)))


@blueprint.post("/unsubscribe/<token>")
def unsubscribe(token: str) -> str:
    """No more e-mails: the button of the page, or the one that mail programs show (RFC 8058)."""
    house = the_house()
    with house.store.write() as session:
        caregiver = _caregiver(session, _number(read_unsubscribe_token, token), lock=True)
        if caregiver.mails != "out":
            wording = request.form.get("List-Unsubscribe", "") or words().say("unsubscribe.button")
            opt_out(session, caregiver, "email", _METHOD, wording[:80], house.clock.now())
    return leave(token)


def _confirm_page(token: str, caregiver: Caregiver) -> str:
    return render_template(
        "confirm.html",
        token=token,
        email=masked(caregiver.email or ""),
        agreed=caregiver.mails == "in",
        leave=unsubscribe_token(the_house().settings.server.secret_key, caregiver.id),
    )


def _leave_page(token: str, caregiver: Caregiver) -> str:
    return render_template(
        "unsubscribe.html",
        token=token,
        email=masked(caregiver.email or ""),
        gone=caregiver.mails == "out",
        back=confirm_token(the_house().settings.server.secret_key, caregiver.id),
    )


def masked(address: str) -> str:
    """ "a…@example.org": enough for its owner to know it, no more for whoever was passed the link."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}…@{domain}"


def _caregiver(session: Session, number: int | None, *, lock: bool = False) -> Caregiver:
    caregiver = session.get(Caregiver, number, with_for_update=lock or None) if number is not None else None
    if caregiver is None:
        abort(404)
    prefer(caregiver.language)
    return caregiver


def _number(read: Callable[[str, str], int | None], token: str) -> int | None:
    return read(the_house().settings.server.secret_key, token)
