"""The page behind staff's question about a parent's e-mail: what was meant. A press counts."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from assistant.conversation.clarify import GOOD_FOR, settle_on_page
from assistant.store import Caregiver, InboundText, Proposal
from assistant.web.current import the_house
from assistant.web.language import prefer, words
from messages.links import read_meant_token

blueprint = Blueprint("meant", __name__)


@blueprint.get("/meant/<token>")
def page(token: str) -> str:
    """The question; opening it changes nothing."""
    with the_house().store.read() as session:
        row = _row(session, token)
        return render_template(
            "meant.html",
            token=token,
            row=row,
            wrote=session.get_one(InboundText, row.inbound_id).body,
            over=row.state == "gone" or the_house().clock.now() - row.asked_at > GOOD_FOR,
        )


@blueprint.post("/meant/<token>")
def settle(token: str) -> ResponseReturnValue:
    """Yes or no."""
    house, said = the_house(), request.form.get("said", "")
    with house.store.write() as session:
        row = _row(session, token)
        now = house.clock.now()
        if said in ("yes", "no") and now - row.asked_at <= GOOD_FOR:
            settle_on_page(session, row, said == "yes", words().say(f"meant.{said}"), now, house.settings)
    return redirect(url_for("meant.page", token=token), 303)


def _row(session: Session, token: str) -> Proposal:
    number = read_meant_token(the_house().settings.server.secret_key, token)
    row = session.get(Proposal, number) if number is not None else None
    if row is None:
        abort(404)
    prefer(session.get_one(Caregiver, row.caregiver_id).language)
    return row
