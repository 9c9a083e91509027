"""The page behind a check-in's e-mail: buttons for what is open. Only a press records anything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from assistant.config import Settings
from assistant.conversation.page import Choice, all_items, answer_by_page, choice_of, make_up_by_page
from assistant.conversation.wording import Item, said_amount
from assistant.evidence.log import current_entry
from assistant.evidence.make_ups import Act, make_ups_of, short_of
from assistant.store import LogEntry, MakeUp, Question
from assistant.web.current import the_house
from assistant.web.language import prefer, words
from assistant.web.speech import Speech
from assistant.words import Asks, Cause, Outcome
from messages.links import read_question_token

blueprint = Blueprint("answer", __name__)

BUTTONS = (("yes", Outcome.HELD), ("no", Outcome.MISSED), ("unsure", Outcome.UNKNOWN))
MOST_BUTTONS = 10
MAKE_UPS: tuple[Act, ...] = ("offered", "promised", "given", "declined")
CAUSES = tuple(cause for cause in Cause if cause is not Cause.NOT_GIVEN)


@dataclass(frozen=True, slots=True)
class Card:
    """One expectation on the page: what it is, and what is recorded about it so far."""

    item: Item
    entry: LogEntry | None
    short: bool = False  # something of it is missing that a make-up could repay
    make_ups: tuple[MakeUp, ...] = ()

    @property
    def due(self) -> int:
        """How much was due, in what the question counts."""
        one = self.item.expectation
        return one.due_minutes if self.item.asks is Asks.MINUTES else one.due_sessions

    @property
    def said(self) -> str:
        """The number that is recorded, in words; empty where yes, no and "not sure" say it all."""
        return said_amount(self.item, self.entry, words().language) or "" if self.entry else ""

    @property
    def numbers(self) -> range | None:
        """The numbers to press where there are few; None where one is typed, or yes and no are pressed."""
        due = self.item.expectation.due_sessions
        few = self.item.asks in (Asks.COUNT, Asks.WITHOUT) and due <= MOST_BUTTONS
        return range(due + 1) if few else None

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
            Card(
                item,
                current_entry(session, item.expectation.id),
                short_of(session, item.expectation) > 0,
                make_ups_of(session, item.expectation.id),
            )
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
            make_ups=MAKE_UPS,
            wrong=request.args.get("wrong", ""),
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


@blueprint.post("/answer/<token>/make-up")
def make_up(token: str) -> Response:
    """What the school said about making up a session that was missed."""
    house = the_house()
    question_id = _question_id(token)
    number, chosen = request.form.get("item", ""), request.form.get("make_up", "")
    act = next((one for one in MAKE_UPS if one == chosen), None)
    if act is None or not number.isascii() or not number.isdigit():
        abort(404)
    kept = False
    with house.store.write() as session:
        question = session.get(Question, question_id, with_for_update=True)
        now = house.clock.now()
        if question is None:
            abort(404)
        prefer(question.caregiver.language)
        if _open(question, now, house.settings):
            on, label = _date(request.form.get("on", "")), words().say(f"answer.make_up_{act}")
            kept = make_up_by_page(
                session, question_id, int(number[:18]), act, on, label, now, house.settings
            )
    wrong = None if kept else number
    return redirect(
        url_for("answer.page", token=token, just=number, wrong=wrong, _anchor=f"item-{number}"), 303
    )


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _record(session: Session, question_id: int, number: int, now: datetime, settings: Settings) -> None:
    item = next((one for one in all_items(session, question_id) if one.expectation.id == number), None)
    choice = pressed_for(item) if item is not None else None
    entry = current_entry(session, number)
    if choice is None or (
        entry is not None
        # The same button twice.
        and (entry.outcome, entry.cause, entry.sessions, entry.chances, entry.minutes)
        == (choice.outcome, choice.cause, choice.sessions, choice.chances, choice.minutes or entry.minutes)
    ):
        return
    answer_by_page(session, question_id, {number: choice}, now, settings)


def pressed_for(item: Item) -> Choice | None:
    """What this request's form says about an item, by what was asked about it; None for nothing."""
    pressed, said = request.form.get("answer", ""), words()
    if item.asks is Asks.HEARD and pressed in ("yes", "no"):
        return choice_of(item, pressed, said.say(f"answer.{pressed}"))
    if item.asks is Asks.HAPPENED or pressed in ("why", "unsure"):
        return _choice(said, pressed, request.form.get("cause", ""))
    count, chances = request.form.get("count", "").strip(), request.form.get("chances", "").strip()
    text = f"{count} of {chances}" if item.asks is Asks.GIVEN else count
    if not re.fullmatch(r"\d{1,3}( of \d{1,3})?", text, re.ASCII):
        return None
    label = said.say(f"answer.words_{item.asks}", count=count, chances=chances or "-")
    return choice_of(item, text, label)


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
