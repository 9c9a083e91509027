"""Logging what a text says, and saying back what was logged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.amounts import said_of, told_early
from assistant.conversation.matching import expectation_for
from assistant.conversation.questions import close_answered, question_about
from assistant.conversation.why import WAIT, wants_reason
from assistant.conversation.wording import Item, answers_phrase, items_of, question_text
from assistant.evidence.log import answered_first, current_entry, hold, record
from assistant.evidence.make_ups import settle
from assistant.replies.types import Answer, Meaning
from assistant.store import (
    Caregiver,
    Case,
    Expectation,
    Guardianship,
    InboundText,
    LogEntry,
    Question,
    ServiceLine,
)
from assistant.words import Asks, Language, Outcome
from messages import templates
from messages.brakes import brake
from messages.outbox import enqueue_text, language_of
from messages.templates import Rendered


@dataclass(frozen=True)
class Context:
    """A text being dealt with: who wrote it, what it may be about, and when."""

    session: Session
    caregiver: Caregiver
    inbound: InboundText
    question: Question | None
    items: list[Item]
    now: datetime
    settings: Settings

    @property
    def language(self) -> Language:
        return language_of(self.caregiver)

    @property
    def today(self) -> date:
        return self.now.astimezone(ZoneInfo(self.caregiver.zone)).date()

    def flag(self, why: str) -> None:
        """A person should look at this text; the first reason stays."""
        self.inbound.needs_staff = True
        self.inbound.flag = self.inbound.flag or why

    def reply(self, kind: str, template: str, values: dict[str, str], about: Sequence[int] = ()) -> None:
        """Answer this text, once, with one of the templates."""
        self.send(kind, templates.text(self.session, template, self.language, values), about)

    def send(self, kind: str, rendered: Rendered, about: Sequence[int] = (), key: str = "") -> None:
        """Answer this text, once, unless a brake holds it back; then a person looks instead."""
        held = brake(self.session, self.caregiver, kind, rendered.body, self.now, self.settings)
        if held:
            self.flag(held)
            return
        enqueue_text(
            self.session,
            self.caregiver,
            kind,
            rendered,
            key or f"reply:{self.inbound.id}",
            self.now,
            self.settings,
            about=about,
        )


def log_answers(context: Context, meaning: Meaning) -> None:
    """Log every answer of a text that we are sure of, close what is answered, confirm in one short text."""
    logged: list[tuple[Item, LogEntry]] = []
    for answer in meaning.answers:
        item = item_for(context, answer)
        if item is None:
            context.flag("no_match")
            if not logged and len(meaning.answers) == 1:
                _no_match(context, answer)
            continue
        if _only_in_sum(context, item, answer):
            not_understood(context)
            context.flag("not_understood")
            continue
        logged.append((item, log_one(context, item.expectation, answer)))
    confirm(context, logged)


def log_one(
    context: Context,
    expectation: Expectation,
    answer: Answer,
    of: InboundText | None = None,
    clarified: dict[str, Any] | None = None,
) -> LogEntry:
    """Append one answer to the record and move what depends on it: expectation, question, case.

    `of`: the text whose words they are, where this one only confirms them (`clarified` tells how).
    """
    text = of or context.inbound
    hold(context.session, expectation.child_id)  # another caregiver may be answering at this very moment
    session = context.session
    question = question_about(session, context.caregiver.id, expectation.id)
    said = replace(
        said_of(session, expectation, answer, context.now),
        words=text.body,
        caregiver_id=context.caregiver.id,
        inbound_id=text.id,
        question_id=question.id if question else None,
        asked_at=question.asked_at if question else None,
        answered_at=text.received_at,
        clarified=clarified,
    )
    if said.kind == "answer" and answered_first(session, expectation.id, context.caregiver.id):
        said = replace(said, kind="second")
    entry = record(session, expectation, said, context.now)
    if said.kind == "second":
        expectation.state = "answered"
        close_answered(session, expectation.id)
        return entry
    if said.kind == "progress":
        expectation.state = "planned"  # its own question is still to come
    else:
        expectation.state, expectation.ask_at, expectation.nudge_at = "answered", None, None
        settle(session, expectation, entry, context.now)
    close_answered(session, expectation.id)
    wake_case(session, expectation.service_line_id, context.now)
    return entry


def confirm(context: Context, logged: Sequence[tuple[Item, LogEntry]]) -> None:
    """Say back what was stored and how to change it."""
    if not logged:
        return
    about = [item.expectation.id for item, _ in logged]
    first = _told_otherwise(context, logged)
    if first:
        values = {
            "answers": answers_phrase(logged, context.language),
            "first": answers_phrase(first, context.language),
            "days": str(context.settings.asking.late_answer_days),
        }
        context.reply("confirm", "confirm_second", values, about)
        return
    if wants_reason(logged) and context.inbound.channel == "sms":
        item = logged[0][0]
        values = {
            "answers": answers_phrase(logged, context.language),
            "child": item.child,
            "days": str(context.settings.asking.late_answer_days),
        }
        context.reply("why", "confirm_why", values, about)
        wake_case(context.session, item.expectation.service_line_id, context.now + WAIT)
        return
    values = {
        "answers": answers_phrase(logged, context.language),
        "days": str(context.settings.asking.late_answer_days),
    }
    context.reply("confirm", "confirm", values, about)


def _told_otherwise(context: Context, logged: Sequence[tuple[Item, LogEntry]]) -> list[tuple[Item, LogEntry]]:
    """The first answers that say something else than what was just logged beside them."""
    found = []
    for item, entry in logged:
        first = current_entry(context.session, item.expectation.id) if entry.kind == "second" else None
        if first is not None and (first.outcome, first.minutes, first.sessions) != (
            entry.outcome,
            entry.minutes,
            entry.sessions,
        ):
            found.append((item, first))
    return found


def not_understood(context: Context) -> None:
    """Ask back once a question, with the dates; after that a person looks. Never a loop."""
    question = context.question
    if question is None or question.asked_back:
        context.flag("not_understood")
        return
    question.asked_back = True
    question.turn += 1
    question.spoken_at = context.now
    ask_again(context, context.items, "ask_back")


def reacted(context: Context) -> None:
    """A reaction to our question: it may be an answer, so we ask for it in one digit, once a question."""
    question = context.question
    if question is None or question.asked_back or len(context.items) != 1:
        return
    question.asked_back = True
    question.turn += 1
    question.spoken_at = context.now
    ask_again(context, context.items, "react")


def ask_again(context: Context, items: Sequence[Item], kind: str, key: str = "") -> None:
    """Ask about these items in the words of an ask-back or a fix; under a key of its own beside an answer."""
    rendered = question_text(context.session, items, kind, context.today, context.language)
    context.send(kind, rendered, [item.expectation.id for item in items], key)


def wake_case(session: Session, service_line_id: int, now: datetime) -> None:
    """The line's case has news: it is decided in the next pass."""
    case = session.scalars(select(Case).where(Case.service_line_id == service_line_id)).first()
    if case is not None:
        case.look_at = now


def item_for(context: Context, answer: Answer) -> Item | None:
    """The expectation that an answer is about: an open one by its id, else by service and day."""
    for item in context.items:
        if answer.id is not None and str(item.expectation.id) == answer.id:
            return item
    if not answer.service:
        return None
    zone = ZoneInfo(context.caregiver.zone)
    found = expectation_for(context.session, context.caregiver.id, answer, context.now, zone)
    return items_of(context.session, [found])[0] if found else None


def _only_in_sum(context: Context, item: Item, answer: Answer) -> bool:
    """One session of a period that is over: what it was in all is what counts, and this does not say it."""
    one = item.expectation
    return answer.id is None and one.asks != Asks.HAPPENED and not told_early(one, context.now)


def _no_match(context: Context, answer: Answer) -> None:
    """Nothing of that service was due that day: say so, with the last one that was."""
    if not (answer.service and answer.date):
        not_understood(context)
        return
    mine = (
        select(ServiceLine.alias, Expectation.day)
        .join(Guardianship, Guardianship.child_id == ServiceLine.child_id)
        .outerjoin(
            Expectation,
            (Expectation.service_line_id == ServiceLine.id)
            & (Expectation.form == "slot")
            & (Expectation.state != "withdrawn")
            & (Expectation.day <= min(answer.date, context.today)),
        )
        .where(Guardianship.caregiver_id == context.caregiver.id, ServiceLine.name == answer.service)
        .order_by(Expectation.day.desc().nulls_last())
        .limit(1)
    )
    found = context.session.execute(mine).first()
    alias, last = (found.alias, found.day) if found else (answer.service, None)
    values = {"alias": alias, "day": templates.short_day(answer.date, context.language)}
    if last is None:
        context.reply("no_match", "no_match", values)
        return
    values["last"] = templates.short_day(last, context.language)
    context.reply("no_match", "no_match_last", values)


def told_before(context: Context, item: Item) -> bool:
    """Whether this caregiver has said something about it, recently enough to be put right by text."""
    since = context.now - timedelta(days=context.settings.asking.late_answer_days)
    return (
        context.session.scalars(
            select(LogEntry.id).where(
                LogEntry.caregiver_id == context.caregiver.id,
                LogEntry.expectation_id == item.expectation.id,
                LogEntry.recorded_at > since,
                LogEntry.kind != "make_up",
            )
        ).first()
        is not None
    )


def recent_answers(context: Context) -> list[Item]:
    """All that this caregiver has told within the time in which it can be put right by text, newest first."""
    since = context.now - timedelta(days=context.settings.asking.late_answer_days)
    told = context.session.scalars(
        select(Expectation)
        .join(LogEntry, LogEntry.expectation_id == Expectation.id)
        .where(
            LogEntry.caregiver_id == context.caregiver.id,
            LogEntry.recorded_at > since,
            LogEntry.kind != "make_up",
        )
        .order_by(LogEntry.id.desc())
    ).unique()
    return items_of(context.session, list(dict.fromkeys(told)))


def last_was_make_up(context: Context) -> bool:
    """Whether what this caregiver told last is about a make-up."""
    since = context.now - timedelta(days=context.settings.asking.late_answer_days)
    newest = context.session.scalars(
        select(LogEntry)
        .where(LogEntry.caregiver_id == context.caregiver.id, LogEntry.recorded_at > since)
        .order_by(LogEntry.recorded_at.desc(), LogEntry.id.desc())
        .limit(1)
    ).first()
    return newest is not None and newest.kind == "make_up"


def latest_answers(context: Context) -> list[Item]:
    """What a FIX is about: the expectations of the caregiver's last answer, if that is not long ago."""
    since = context.now - timedelta(days=context.settings.asking.late_answer_days)
    last = context.session.scalars(
        select(LogEntry)
        .where(
            LogEntry.caregiver_id == context.caregiver.id,
            LogEntry.recorded_at > since,
            LogEntry.outcome != Outcome.UNANSWERED.value,
            LogEntry.kind != "make_up",
        )
        .order_by(LogEntry.recorded_at.desc(), LogEntry.id.desc())
        .limit(1)
    ).first()
    if last is None:
        return []
    together = context.session.scalars(
        select(Expectation)
        .join(LogEntry, LogEntry.expectation_id == Expectation.id)
        .where(LogEntry.inbound_id == last.inbound_id, LogEntry.caregiver_id == context.caregiver.id)
        .order_by(LogEntry.number)
    ).unique()
    return items_of(context.session, together.all())
