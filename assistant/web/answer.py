"""The page behind a check-in's e-mail: buttons for what is open. Only a press records anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from assistant.config import Settings
from assistant.conversation.page import Choice, all_items, answer_by_page
from assistant.conversation.wording import Item
from assistant.evidence.log import current_entry
from assistant.store import LogEntry, Question
from assistant.web.current import the_house
from assistant.web.language import prefer, words
from assistant.web.speech import Speech
from assistant.words import Cause, Outcome
from messages.links import read_question_token

blueprint = Blueprint("answer", __name__)

BUTTONS = (("yes", Outcome.HELD), ("no", Outcome.MISSED), ("unsure", Outcome.UNKNOWN))
CAUSES = tuple(cause for cause in Cause if cause is not Cause.NOT_GIVEN)


@dataclass(frozen=True, slots=True)
class Card:
    """One expectation on the page: what it is, and what is recorded about it so far."""

    item: Item
    entry: LogEntry | None

    @property
    def answered(self) -> bool:
        return self.entry is not None and self.entry.outcome != Outcome.UNANSWERED


@blueprint.get("/answer/<token>")
def page(token: str) -> str:
    """What the question is about, with buttons, and what is recorded."""
    house = the_house()
    question_id = _question_id(token)
    with house.store.read() as session:
        question = session.get(Question, question_id)
        if question is None:
            abort(404)
        prefer(question.caregiver.language)
        cards = [
            Card(item, current_entry(session, item.expectation.id))
            for item in all_items(session, question_id)
        ]
        return render_template(
            "answer.html",
            token=token,
            cards=cards,
            open=_open(question, house.clock.now(), house.settings),
            buttons=BUTTONS,
            causes=CAUSES,
            just=request.args.get("just", ""),
        )


@blueprint.post("/answer/<token>")
def record(token: str) -> Response:
    """One press: an answer about one expectation, or the reason for one that did not happen."""
    house = the_house()
    question_id = _question_id(token)
    number = request.form.get("item", "")
    with house.store.write() as session:
        question = session.get(Question, question_id, with_for_update=True)
        now = house.clock.now()
        if question is None or not number.isascii() or not number.isdigit():
            abort(404)
        prefer(question.caregiver.language)
        if _open(question, now, house.settings):
            _record(session, question_id, int(number[:18]), now, house.settings)
    return redirect(url_for("answer.page", token=token, just=number, _anchor=f"item-{number}"), 303)


def _record(session: Session, question_id: int, number: int, now: datetime, settings: Settings) -> None:
    choice = _choice(words(), request.form.get("answer", ""), request.form.get("cause", ""))
    entry = current_entry(session, number)
    if choice is None or (
        entry is not None
        and (entry.outcome, entry.cause) == (choice.outcome, choice.cause)  # the same button twice
    ):
        return
    answer_by_page(session, question_id, {number: choice}, now, settings)


def _choice(said: Speech, answer: str, cause: str) -> Choice | None:
    """What a press means; None for one that says nothing. The words kept are those on the button."""
    if answer == "why":
        if cause not in CAUSES:
            return None
        why = Cause(cause)
        label = f"{said.say('answer.no')}: {said.say(f'cause.{cause}')}"
        # A school that was closed owed nothing that day.
        outcome = Outcome.NO_SCHOOL if why is Cause.CLOSURE else Outcome.MISSED
        return Choice(outcome, why, words=label)
    for key, outcome in BUTTONS:
        if answer == key:
            return Choice(outcome, words=said.say(f"answer.{key}"))
    return None


def _open(question: Question, now: datetime, settings: Settings) -> bool:
    """Whether the page still takes answers: as long as a late text would be taken."""
    late = question.asked_at + timedelta(days=settings.asking.late_answer_days)
    return now <= max(question.close_at, late)


def _question_id(token: str) -> int:
    question_id = read_question_token(the_house().settings.server.secret_key, token)
    if question_id is None:
        abort(404)
    return question_id
