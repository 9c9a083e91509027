"""A parent's answer by e-mail: read, shown to them, and done only when they press the button.

From can be forged and a letter can be passed on, so an e-mail by itself marks no step and logs no answer:
what we read in it goes back to the address we know, with a link to a page with one button. Only a wish for no
more e-mails (or texts) is honoured at once; what a machine wrote leads to nothing, and what is not understood
is for a person.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.answers import Context, log_one
from assistant.conversation.incoming import incoming_of
from assistant.conversation.mark_text import OpenStep, fitting_steps, open_steps
from assistant.conversation.marks import ANSWERS, Act, ActError, act
from assistant.conversation.phrases import was_used
from assistant.conversation.questions import open_expectations, what_is_open
from assistant.conversation.wording import Item, items_of
from assistant.evidence.log import current_entry, hold
from assistant.families.consent import Channel, opt_out
from assistant.families.plan import calendar_of
from assistant.replies.interpret import interpret
from assistant.replies.jsonl import meaning_to_json
from assistant.replies.mailed import mark_of, stops
from assistant.replies.normalise import fold
from assistant.replies.special import not_an_answer
from assistant.replies.types import Answer
from assistant.store import (
    Caregiver,
    Expectation,
    InboundMail,
    InboundText,
    LogEntry,
    OutgoingMessage,
    Question,
    Step,
)
from assistant.words import Cause, Intent, Knows, Outcome
from messages import templates
from messages.links import confirm_token, said_token
from messages.outbox import enqueue_mail

GOOD_FOR = timedelta(days=7)
AN_HOUR, A_DAY = 3, 8  # e-mails of ours to one caregiver about their e-mails; above it a person looks
KIND = "mailed"
_ASKED = ("question", "reminder", "nudge")
_QUESTION = re.compile(r"q(\d{1,9})")
State = Literal["open", "noted", "over"]


@dataclass(frozen=True, slots=True)
class Proposed:
    """What we read in an e-mail. Either a step and what was done with it, or answers about sessions."""

    text: InboundText
    state: State
    step: OpenStep | None = None
    do: Act | None = None
    on: date | None = None
    answers: Sequence[tuple[Item, Answer]] = ()


def take(session: Session, inbound: InboundText, now: datetime, settings: Settings) -> None:
    """Read an e-mail that was stored. What it leads to is said above."""
    mail = session.scalars(select(InboundMail).where(InboundMail.inbound_id == inbound.id)).first()
    message = _message(session, mail.reference) if mail and mail.reference else None
    wanted = stops(inbound.body)
    if inbound.caregiver_id is None:
        _from_elsewhere(session, inbound, message, bool(wanted), now, settings)
        return
    caregiver = session.get_one(Caregiver, inbound.caregiver_id, with_for_update=True)
    context = Context(session, caregiver, inbound, None, [], now, settings)
    if wanted:
        _note(inbound, Intent.OPT_OUT, inbound.body)
        for channel in sorted(wanted):
            _stop(context, caregiver, channel)
        return
    found = not_an_answer(inbound.body, fold(inbound.body), True)
    if found is not None and found[0] is Intent.AUTO_REPLY:
        _note(inbound, Intent.AUTO_REPLY, found[1])
        return
    if inbound.flag or not _understood(context, message):
        inbound.meaning = inbound.meaning or {"intent": Intent.UNCLEAR.value, "why": [], "answers": []}
        context.flag(KIND)


def proposed(session: Session, inbound_id: int, now: datetime) -> Proposed | None:
    """What of an e-mail waits for the parent's press, or was noted; None for one without."""
    text = session.get(InboundText, inbound_id)
    wanted = (text.meaning or {}).get("proposed") if text is not None else None
    if text is None or wanted is None or text.caregiver_id is None:
        return None
    state: State = "noted" if wanted.get("noted_at") else "open"
    if state == "open" and now > text.received_at + GOOD_FOR:
        state = "over"
    if "step" in wanted:
        steps = open_steps(session, text.caregiver_id)
        step = next((one for one in steps if one.step.id == wanted["step"]), None)
        if step is None:
            return None
        day = text.received_at.astimezone(calendar_of(session, step.step.case.line).zone).date()
        return Proposed(text, state, step, cast(Act, wanted["act"]), day)
    answers = {int(one["id"]): _answer(one) for one in wanted["answers"]}
    rows = session.scalars(select(Expectation).where(Expectation.id.in_(list(answers)))).all()
    items = sorted(items_of(session, rows), key=lambda item: list(answers).index(item.expectation.id))
    return Proposed(text, state, answers=[(item, answers[item.expectation.id]) for item in items])


def note(session: Session, inbound_id: int, button: str, now: datetime, settings: Settings) -> None:
    """They pressed the button, labelled `button`: do what their e-mail says, once, in their first words.

    Raises ActError where a step can no longer be marked so.
    """
    text = session.get_one(InboundText, inbound_id, with_for_update=True)
    found = proposed(session, inbound_id, now)
    if found is None or found.state != "open" or text.caregiver_id is None:
        return
    caregiver = session.get_one(Caregiver, text.caregiver_id, with_for_update=True)
    if found.step is not None and found.do is not None:
        by = f"caregiver {caregiver.id}"
        step = found.step.step.id
        act(session, step, found.do, now, settings, by, found.on, text.body, caregiver.id, text.id)
    else:
        context = Context(session, caregiver, text, None, [], now, settings)
        clarified = {
            "asked": str((text.meaning or {})["proposed"].get("asked", "")),
            "asked_at": text.handled_at.isoformat() if text.handled_at else "",
            "answered": button,
            "answered_at": now.isoformat(),
        }
        for item, answer in found.answers:
            hold(session, item.expectation.child_id)
            entry = current_entry(session, item.expectation.id)
            if entry is not None and entry.caregiver_id == caregiver.id and _after(entry, text):
                continue  # what they said since counts more than what they wrote before
            log_one(context, item.expectation, answer, of=text, clarified=clarified)
    meaning = dict(text.meaning or {})
    text.meaning = meaning | {"proposed": meaning["proposed"] | {"noted_at": now.isoformat()}}


def _after(entry: LogEntry, text: InboundText) -> bool:
    return entry.answered_at is not None and entry.answered_at > text.received_at


def _stop(context: Context, caregiver: Caregiver, channel: Channel) -> None:
    """At once, and of e-mails one word to the address we know: From may have been forged, and the way back
    stands in it.
    """
    if (caregiver.texts if channel == "sms" else caregiver.mails) == "out":
        return
    session, now, settings = context.session, context.now, context.settings
    opt_out(session, caregiver, channel, "e-mail", context.inbound.body[:200], now)
    if channel != "email":
        return
    token = confirm_token(settings.server.secret_key, caregiver.id)
    values = {
        "name": caregiver.name or settings.program.name,
        "program": settings.program.name,
        "link": f"{settings.base_url()}/confirm/{token}",
    }
    rendered = templates.mail(session, "stopped_mail", context.language, values)
    enqueue_mail(session, caregiver, "stopped", rendered, f"stopped_mail:{context.inbound.id}", now)


def _from_elsewhere(
    session: Session,
    inbound: InboundText,
    message: OutgoingMessage | None,
    leave: bool,
    now: datetime,
    settings: Settings,
) -> None:
    """It answers an e-mail of ours, from an address that is not theirs: passed on, or a second address.

    A person looks; only a wish for no more e-mails is honoured, as the link in that e-mail would.
    """
    person = session.get(Caregiver, message.caregiver_id, with_for_update=True) if message else None
    names = [child.nickname for child in person.children] if person else []
    _note(inbound, Intent.OPT_OUT if leave else Intent.UNCLEAR, *names)
    inbound.needs_staff, inbound.flag = True, inbound.flag or "other_address"
    if leave and person is not None:
        _stop(Context(session, person, inbound, None, [], now, settings), person, "email")


def _understood(context: Context, message: OutgoingMessage | None) -> bool:
    """Put what it says to the parent. False where it says nothing that we are sure of, or may not write."""
    asked = message is not None and message.kind in _ASKED
    first, second = (_answers, _step) if asked else (_step, _answers)
    return first(context, message) or second(context, message)


def _step(context: Context, message: OutgoingMessage | None) -> bool:
    """Of the case that the e-mail is about, else of the one service that waits for such a word."""
    rows = open_steps(context.session, context.caregiver.id)
    about = context.session.get(Step, message.step_id) if message and message.step_id else None
    if about is not None:
        rows = [one for one in rows if one.step.case_id == about.case_id]
    found = mark_of(context.inbound.body, {one.alias for one in rows}) if rows else None
    if found is None:
        return False
    fitting = [one for one in fitting_steps(rows, found) if found.service in ("", one.alias)]
    if not fitting and found.act in ANSWERS:  # nobody answers what was not sent, so it was
        fitting = fitting_steps(rows, replace(found, act="done"))
    if len(fitting) != 1:
        return False
    step, said = fitting[0], templates.word(f"mark_{found.act}", context.language)
    _note(context.inbound, "mark", context.inbound.body.split("\n")[0][:80])
    values = {"what": f"{step.nickname}, {step.alias}: {said}"}
    return _put(context, {"step": step.step.id, "act": found.act}, values, step.nickname, message)


def _answers(context: Context, message: OutgoingMessage | None) -> bool:
    """About the question of the e-mail, else about the one that we wrote about last."""
    session = context.session
    items = _items_asked(session, message)
    if not items:
        items, _ = what_is_open(session, context.caregiver, context.now, context.settings)
    if not items:
        return False
    context = replace(context, items=items)
    meaning = interpret(incoming_of(session, context.inbound, context.caregiver, items))
    ids = {str(item.expectation.id): item for item in items}
    sure = bool(meaning.answers) and all(one.id in ids for one in meaning.answers)
    if meaning.intent is not Intent.ANSWER or meaning.ask_back or not sure:
        return False
    context.inbound.meaning = {**meaning_to_json(meaning), "why": list(meaning.why)}
    if meaning.taught is not None:
        was_used(session, meaning.taught)
    said = [(ids[str(one.id)], one) for one in meaning.answers]
    what = "; ".join(spoken(item, answer, context) for item, answer in said)
    wanted = {"answers": meaning_to_json(meaning)["answers"]}
    return _put(context, wanted, {"what": what}, said[0][0].child, message)


def spoken(item: Item, answer: Answer, context: Context) -> str:
    """An answer as a sentence has it: "Leo, speech Tue 9/1: no, provider out"."""
    language = context.language
    said = templates.word(answer.outcome.value, language) if answer.outcome != Outcome.PARTIAL else ""
    if answer.sessions is not None:
        said = templates.word("count_of", language, count=answer.sessions, due=item.expectation.due_sessions)
    elif answer.outcome == Outcome.PARTIAL:
        known = answer.minutes is not None
        key = "partial" if known else "partial_unsaid"
        said = templates.word(key, language, **({"minutes": answer.minutes} if known else {}))
    if answer.cause and answer.cause not in (Cause.OTHER, Cause.NOT_GIVEN):
        said += f", {templates.word(answer.cause.value, language)}"
    return f"{item.child}, {item.alias} {item.when_short(language)}: {said}"


def _put(
    context: Context,
    wanted: dict[str, Any],
    values: dict[str, str],
    child: str,
    message: OutgoingMessage | None,
) -> bool:
    """One e-mail with what we read and the link to the button, into the thread of the one it answers."""
    session, caregiver, inbound, now = context.session, context.caregiver, context.inbound, context.now
    if _too_many(session, caregiver.id, now):
        context.flag("too_many")
        return True
    secret = context.settings.server.secret_key
    values |= {
        "name": caregiver.name or context.settings.program.name,
        "child": child,
        "link": f"{context.settings.base_url()}/said/{said_token(secret, inbound.id)}",
    }
    rendered = templates.mail(session, KIND, context.language, values)
    thread = message.thread if message is not None else ""
    sent = enqueue_mail(session, caregiver, KIND, rendered, f"{KIND}:{inbound.id}", now, thread=thread)
    if sent is None:
        return False  # they take no e-mails: a person has to see it
    inbound.meaning = dict(inbound.meaning or {}) | {"proposed": wanted | {"asked": values["what"]}}
    return True


def _too_many(session: Session, caregiver_id: int, now: datetime) -> bool:
    """Two programs that answer each other would never end."""

    def since(span: timedelta) -> int:
        return session.scalars(
            select(func.count())
            .select_from(OutgoingMessage)
            .where(
                OutgoingMessage.caregiver_id == caregiver_id,
                OutgoingMessage.kind == KIND,
                OutgoingMessage.created_at > now - span,
            )
        ).one()

    return since(timedelta(hours=1)) >= AN_HOUR or since(timedelta(days=1)) >= A_DAY


def _items_asked(session: Session, message: OutgoingMessage | None) -> list[Item]:
    """What of the question in this e-mail may still be answered: open, or closed without an answer."""
    named = _QUESTION.fullmatch(message.thread) if message is not None and message.kind in _ASKED else None
    question = session.get(Question, int(named[1])) if named else None
    if question is None:
        return []
    waiting = open_expectations(question)
    missed = [item.expectation for item in question.items if item.expectation.state == "closed"]
    return items_of(session, waiting or missed)


def _message(session: Session, reference: str) -> OutgoingMessage | None:
    return session.scalars(
        select(OutgoingMessage).where(
            OutgoingMessage.reference == reference, OutgoingMessage.channel == "email"
        )
    ).first()


def _note(inbound: InboundText, intent: str, *why: str) -> None:
    inbound.meaning = {"intent": str(intent), "why": [one[:80] for one in why if one], "answers": []}


def _answer(found: dict[str, Any]) -> Answer:
    """An answer as `meaning_to_json` has it."""
    return Answer(
        id=str(found["id"]),
        service=found["service"] or "",
        date=date.fromisoformat(found["date"]) if found["date"] else None,
        outcome=Outcome(found["outcome"]),
        cause=Cause(found["cause"]) if found["cause"] else None,
        minutes=found["minutes"],
        sessions=found["sessions"],
        knows=Knows(found["knows"]),
        chances=found.get("chances"),
    )


__all__ = ["ActError", "Proposed", "note", "proposed", "spoken", "take"]
