"""The page behind our answer to a parent's e-mail: what we read in it, and one button. A press counts."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from assistant.conversation.answers import Context
from assistant.conversation.mailed import ActError, Proposed, note, proposed, spoken
from assistant.conversation.questions import question_about
from assistant.store import Caregiver
from assistant.web.current import the_house
from assistant.web.language import prefer, words
from messages.links import question_token, read_said_token, step_token
from messages.outbox import language_of
from messages.templates import word

blueprint = Blueprint("said", __name__)


@blueprint.get("/said/<token>")
def page(token: str) -> str:
    """What we read; opening it changes nothing."""
    number = _number(token)
    with the_house().store.read() as session:
        return _page(session, token, _found(session, number))


@blueprint.post("/said/<token>")
def confirm(token: str) -> ResponseReturnValue:
    """They say that it is right. Pressing again changes nothing."""
    house, number = the_house(), _number(token)
    with house.store.write() as session:
        found = _found(session, number)
        try:
            with session.begin_nested():
                note(session, number, words().say("said.button"), house.clock.now(), house.settings)
        except ActError:
            return _page(session, token, found, problem=True), 400
    return redirect(url_for("said.page", token=token), 303)


def _page(session: Session, token: str, found: Proposed, *, problem: bool = False) -> str:
    return render_template(
        "said.html",
        token=token,
        found=found,
        lines=_lines(session, found),
        elsewhere=_elsewhere(session, found),
        problem=problem,
    )


def _lines(session: Session, found: Proposed) -> list[str]:
    """What we read, a line for each thing."""
    house = the_house()
    person = session.get_one(Caregiver, found.text.caregiver_id)
    if found.step is not None and found.on is not None:
        said = word(f"mark_{found.do}", language_of(person))
        step, day = found.step, words().day(found.on)
        return [words().say("said.line", child=step.nickname, alias=step.alias, said=said, day=day)]
    context = Context(session, person, found.text, None, [], house.clock.now(), house.settings)
    return [spoken(item, answer, context) for item, answer in found.answers]


def _elsewhere(session: Session, found: Proposed) -> str:
    """The page with all choices: the step's, or the question's."""
    secret = the_house().settings.server.secret_key
    if found.step is not None:
        return url_for("step.page", token=step_token(secret, found.step.step.id))
    for item, _ in found.answers:
        question = question_about(session, found.text.caregiver_id or 0, item.expectation.id)
        if question is not None:
            return url_for("answer.page", token=question_token(secret, question.id))
    return ""


def _found(session: Session, number: int) -> Proposed:
    found = proposed(session, number, the_house().clock.now())
    if found is None:
        abort(404)
    prefer(session.get_one(Caregiver, found.text.caregiver_id).language)
    return found


def _number(token: str) -> int:
    number = read_said_token(the_house().settings.server.secret_key, token)
    if number is None:
        abort(404)
    return number
