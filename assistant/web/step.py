"""The page of a step: what is suggested, the letter to download, and what the parent did with it."""

from __future__ import annotations

from io import BytesIO
from typing import Literal

from flask import Blueprint, abort, redirect, render_template, request, send_file, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from assistant.conversation.marks import act
from assistant.escalation.types import StepKey
from assistant.store import Attachment, Child, OutgoingMessage, Step
from assistant.web.current import the_house
from assistant.web.language import prefer
from messages.links import read_step_token

blueprint = Blueprint("step", __name__)

ACTS: tuple[Literal["done"], Literal["not_now"], Literal["resolved"]] = ("done", "not_now", "resolved")


@blueprint.get("/step/<token>")
def page(token: str) -> str:
    """What is suggested and why, as the e-mail said it; what was done is changed by a press only."""
    step_id = _step_id(token)
    with the_house().store.read() as session:
        step = session.get(Step, step_id)
        if step is None:
            abort(404)
        message = _message(session, step_id)
        if message is not None:
            prefer(message.language)
        return render_template(
            "step.html",
            token=token,
            step=step,
            child=session.get_one(Child, step.case.child_id),
            line=step.case.line,
            message=message,
            # A step that tells that all is well asks for nothing; one without a letter has nothing to send.
            acts=() if step.key == StepKey.RESOLVED else ACTS,
            wording={"done": "done" if message is not None and message.attachments else "did"},
        )


@blueprint.post("/step/<token>")
def decide(token: str) -> Response:
    """Sent, not now, or already fixed."""
    house, step_id = the_house(), _step_id(token)
    pressed = request.form.get("do", "")
    for do in ACTS:
        if do == pressed:
            with house.store.write() as session:
                if session.get(Step, step_id) is None:
                    abort(404)
                act(session, step_id, do, house.clock.now(), house.settings, by="page")
    return redirect(url_for("step.page", token=token), 303)


@blueprint.get("/step/<token>/file/<int(max=2147483647):number>")
def letter(token: str, number: int) -> Response:
    """A file of the step's e-mail, to keep and change."""
    step_id = _step_id(token)
    with the_house().store.read() as session:
        message = _message(session, step_id)
        found = session.get(Attachment, number)
        if message is None or found is None or found.message_id != message.id:
            abort(404)
        return download(found)


def download(file: Attachment) -> Response:
    """A file as a download, never shown in the page."""
    return send_file(
        BytesIO(file.data), mimetype=file.content_type, as_attachment=True, download_name=file.name
    )


def _message(session: Session, step_id: int) -> OutgoingMessage | None:
    """The newest e-mail of the step; a reminder has the numbers of its day."""
    return session.scalars(
        select(OutgoingMessage)
        .where(OutgoingMessage.step_id == step_id, OutgoingMessage.channel == "email")
        .order_by(OutgoingMessage.id.desc())
        .limit(1)
    ).first()


def _step_id(token: str) -> int:
    step_id = read_step_token(the_house().settings.server.secret_key, token)
    if step_id is None:
        abort(404)
    return step_id
