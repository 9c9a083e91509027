"""Answering on a page of buttons: the same record as a text, for those who are asked by e-mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.answers import Context, log_one, wake_case
from assistant.conversation.questions import open_expectations
from assistant.conversation.wording import Item, items_of
from assistant.evidence.make_ups import Act, MakeUpError, Source, make_up
from assistant.replies.counts import read_item
from assistant.replies.types import Answer, OpenItem
from assistant.store import InboundText, LogEntry, Question
from assistant.words import Cause, Knows, Outcome


@dataclass(frozen=True, slots=True)
class Choice:
    """What was pressed for one expectation. `words` is the label of the button, as shown."""

    outcome: Outcome
    cause: Cause | None = None
    minutes: int | None = None
    sessions: int | None = None
    chances: int | None = None
    words: str = ""
    knows: Knows = Knows.NOT_SAID


def choice_of(item: Item, text: str, words: str) -> Choice | None:
    """What a number entered for a period means: read as a text would be. `words` are kept as the answer."""
    one = item.expectation
    said = read_item(
        text,
        OpenItem(
            id=str(one.id),
            service=item.service,
            minutes=one.due_minutes,
            form="period",
            due_sessions=one.due_sessions,
            asks=item.asks,
        ),
    )
    if said.outcome is None:
        return None
    return Choice(said.outcome, said.cause, said.minutes, said.sessions, said.chances, words)


def open_items(session: Session, question_id: int) -> list[Item]:
    """What of a question is still open, in the order asked; empty for an unknown one."""
    question = session.get(Question, question_id)
    return items_of(session, open_expectations(question)) if question else []


def all_items(session: Session, question_id: int) -> list[Item]:
    """All that a question is about, answered or not."""
    question = session.get(Question, question_id)
    return items_of(session, [item.expectation for item in question.items]) if question else []


def make_up_by_page(
    session: Session,
    question_id: int,
    number: int,
    act: Act,
    on: date | None,
    words: str,
    now: datetime,
    settings: Settings,
) -> bool:
    """Keep what the school said about making up one item of a question; False where that cannot be kept.

    `words` are the label that was chosen; `on` is the school-local day it is promised for or was given on.
    """
    question = session.get_one(Question, question_id, with_for_update=True)
    item = next((one for one in all_items(session, question_id) if one.expectation.id == number), None)
    if item is None:
        return False
    source = Source(Knows.SCHOOL_SAID, words, question.caregiver_id, answered_at=now)
    delay = timedelta(minutes=settings.asking.delay_minutes)
    try:
        with session.begin_nested():
            make_up(session, act, [item.expectation], now, on=on, source=source, ask_after=delay)
    except MakeUpError:
        return False
    wake_case(session, item.expectation.service_line_id, now)
    return True


def answer_by_page(
    session: Session, question_id: int, choices: Mapping[int, Choice], now: datetime, settings: Settings
) -> list[tuple[Item, LogEntry]]:
    """Log the choices (by expectation id). A choice for something answered before corrects it.

    Choices for expectations that the question is not about are ignored.
    """
    question = session.get_one(Question, question_id, with_for_update=True)
    items = {item.expectation.id: item for item in all_items(session, question_id)}
    chosen = {number: choice for number, choice in choices.items() if number in items}
    if not chosen:
        return []
    inbound = InboundText(
        provider_id=f"page-{question_id}-{question.turn}",
        channel="page",
        from_address=question.caregiver.email or question.caregiver.phone or "",
        to_address="",
        body="; ".join(f"{items[number].alias}: {choice.words}" for number, choice in chosen.items()),
        received_at=now,
        caregiver_id=question.caregiver_id,
        handled_at=now,
    )
    question.turn += 1
    session.add(inbound)
    session.flush()
    context = Context(session, question.caregiver, inbound, question, list(items.values()), now, settings)
    return [(items[number], log_choice(context, items[number], choice)) for number, choice in chosen.items()]


def log_choice(context: Context, item: Item, choice: Choice) -> LogEntry:
    """Log what was pressed for one item, in the words of the button."""
    answer = Answer(
        id=str(item.expectation.id),
        service=item.service,
        date=item.day,
        outcome=choice.outcome,
        cause=choice.cause,
        minutes=choice.minutes,
        sessions=choice.sessions,
        knows=choice.knows,
        chances=choice.chances,
    )
    return log_one(context, item.expectation, answer)
