"""A text comes in: stored first, exactly as it came; then read, once; then logged, confirmed or asked back.

`receive` and `take` are two transactions on purpose: whatever happens while reading, the text is kept, and
`take_waiting` (a job) reads what was left over.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation import commands, consenting, joining
from assistant.conversation.answers import Context, log_answers, not_understood, reacted
from assistant.conversation.clarify import settled
from assistant.conversation.incoming import incoming_of
from assistant.conversation.make_up import about_make_up
from assistant.conversation.mark_text import about_step
from assistant.conversation.questions import what_is_open
from assistant.conversation.told_contact import about_contact
from assistant.conversation.why import asked_why, letter_of
from assistant.conversation.wording import Item
from assistant.replies.alarm import alarm_in
from assistant.replies.interpret import interpret
from assistant.replies.jsonl import meaning_to_json
from assistant.replies.normalise import fold
from assistant.replies.special import (
    another_child,
    asks_who,
    language_asked,
    link_asked,
    not_an_answer,
    number_is_not_theirs,
)
from assistant.replies.types import Answer, Meaning
from assistant.store import Caregiver, InboundText
from assistant.words import Intent, Outcome

# A text about a make-up answers no question by itself, so the reader asks back about it or finds no subject.
_MAY_BE_MAKE_UP = frozenset({Intent.UNCLEAR, Intent.UNRELATED})
log = logging.getLogger(__name__)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A text as the provider, the sandbox or a page handed it over. `received_at` is aware."""

    provider_id: str
    channel: str
    from_address: str
    to_address: str
    body: str
    received_at: datetime
    signature_hash: str | None = None
    media: int = 0
    opt_out_type: str = ""


def receive(session: Session, arrival: Arrival) -> int | None:
    """Store a text. Returns its number, or None when this id or this signature was stored before.

    Two deliveries at the same moment: the unique columns let one in, and the other's transaction fails.
    """
    known = [InboundText.provider_id == arrival.provider_id]
    if arrival.signature_hash:
        known.append(InboundText.signature_hash == arrival.signature_hash)
    if session.scalars(select(InboundText.id).where(or_(*known))).first() is not None:
        return None
    caregiver = session.scalars(select(Caregiver).where(Caregiver.phone == arrival.from_address)).first()
    row = InboundText(
        provider_id=arrival.provider_id,
        signature_hash=arrival.signature_hash,
        channel=arrival.channel,
        from_address=arrival.from_address,
        to_address=arrival.to_address,
        # No database keeps a NUL; the other control characters say nothing either. Line feed and tab stay.
        body=_CONTROL.sub("", arrival.body),
        media=arrival.media,
        opt_out_type=arrival.opt_out_type,
        received_at=arrival.received_at,
        caregiver_id=caregiver.id if caregiver else None,
    )
    session.add(row)
    session.flush()
    return row.id


def take(session: Session, inbound_id: int, now: datetime, settings: Settings) -> None:
    """Read a stored text and do what it says. Does nothing if it was read before, by whomever."""
    mine = session.execute(
        update(InboundText)
        .where(InboundText.id == inbound_id, InboundText.handled_at.is_(None))
        .values(handled_at=now)
        .execution_options(synchronize_session=False)
    )
    if getattr(mine, "rowcount", 0) != 1:
        return
    inbound = session.get_one(InboundText, inbound_id, populate_existing=True)
    if alarm_in(inbound.body):
        inbound.needs_staff, inbound.flag = True, "alarm"
    if inbound.caregiver_id is None:
        if inbound.channel != "sms" or joining.meet(session, inbound, now, settings) is None:
            inbound.needs_staff = True  # a stranger: kept for a person to see, never answered
            inbound.flag = inbound.flag or "stranger"
        return
    caregiver = session.get_one(Caregiver, inbound.caregiver_id, with_for_update=True)
    caregiver.heard_at = max(caregiver.heard_at or inbound.received_at, inbound.received_at)
    items, question = what_is_open(session, caregiver, now, settings)
    context = Context(session, caregiver, inbound, question, items, now, settings)
    enrolment = joining.open_enrolment(session, caregiver)
    stopped = caregiver.texts == "out"
    spoken_last = enrolment and (question is None or enrolment.updated_at >= question.spoken_at)
    if enrolment is not None and spoken_last and not stopped:
        context = replace(context, question=None, items=[])
        if joining.ends_the_list(enrolment, inbound.body) or not _act_on_command(context):
            inbound.meaning = {"intent": "joining", "why": [], "answers": []}
            joining.step(context, enrolment)
        return
    if settled(context):
        return
    why = None if items else asked_why(session, caregiver, now)
    reason = _reason(session, inbound, caregiver, why) if why else None
    if why and reason:
        context = replace(context, items=[why])
    meaning = reason or interpret(incoming_of(session, inbound, caregiver, context.items))
    inbound.meaning = {**meaning_to_json(meaning), "why": list(meaning.why)}
    _act(context, meaning)


def _act_on_command(context: Context) -> bool:
    """While somebody joins: words that mean the same at any time. False where the text is about joining."""
    found = not_an_answer(context.inbound.body, fold(context.inbound.body), True)
    stops = context.inbound.opt_out_type.upper() == "STOP"
    intent = Intent.OPT_OUT if stops else found[0] if found else None
    known = (Intent.OPT_OUT, Intent.HELP, Intent.REACTION, Intent.AUTO_REPLY)
    theirs = number_is_not_theirs(context.inbound.body) or asks_who(context.inbound.body)
    if not (intent in known or theirs or link_asked(context.inbound.body)):
        return False
    meaning = Meaning(intent or Intent.UNRELATED, why=(found[1],) if found else ())
    context.inbound.meaning = {**meaning_to_json(meaning), "why": list(meaning.why)}
    _act(context, meaning)
    return True


def _reason(session: Session, inbound: InboundText, caregiver: Caregiver, item: Item) -> Meaning | None:
    """The text as the reason we asked for; None where it says something else."""
    cause = letter_of(inbound.body)
    if cause is not None:
        number = str(item.expectation.id)
        answer = Answer(number, item.service, item.day, Outcome.MISSED, cause)
        return Meaning(Intent.ANSWER, (answer,), why=(inbound.body.strip(),))
    meaning = interpret(incoming_of(session, inbound, caregiver, [item]))
    if len(meaning.answers) != 1 or meaning.answers[0].id is None or meaning.answers[0].cause is None:
        return None
    return meaning if meaning.answers[0].outcome in (Outcome.MISSED, Outcome.NO_SCHOOL) else None


def take_waiting(session: Session, now: datetime, settings: Settings) -> int:
    """Read texts that were stored and not read (the process died in between). Returns how many."""
    waiting = session.scalars(
        select(InboundText.id)
        .where(InboundText.handled_at.is_(None))
        .order_by(InboundText.received_at, InboundText.id)
        .limit(settings.jobs.batch)
    ).all()
    done = 0
    for inbound_id in waiting:
        try:
            with session.begin_nested():
                take(session, inbound_id, now, settings)
            done += 1
        except Exception as error:  # noqa: BLE001  one text that cannot be read must not hold up the others
            log.error(
                "text %s could not be read (%s); it waits for a person", inbound_id, type(error).__name__
            )
            session.execute(
                update(InboundText)
                .where(InboundText.id == inbound_id)
                .values(handled_at=now, needs_staff=True, flag="unread")
                .execution_options(synchronize_session=False)
            )
    return done


def _act(context: Context, meaning: Meaning) -> None:
    """One place that says what each intent leads to."""
    carrier, body = context.inbound.opt_out_type.upper(), context.inbound.body
    if carrier == "STOP" or meaning.intent is Intent.OPT_OUT:
        consenting.stop(context)
    elif consenting.yes_after_stop(context):
        pass  # to come back, or about a session? nobody can say, so it is neither
    elif (
        meaning.intent is Intent.OPT_IN
        or (carrier == "START" and not context.items)
        or (context.caregiver.texts == "invited" and not context.items and joining.is_yes(body))
    ):
        consenting.start(context)
    elif carrier == "HELP" or meaning.intent is Intent.HELP:
        consenting.help_(context)
    elif (
        not _act_on_words(context)
        and not about_step(context)
        and not about_contact(context, meaning)
        and not (meaning.intent in _MAY_BE_MAKE_UP and about_make_up(context))
    ):
        _act_on(context, meaning)


def _act_on_words(context: Context) -> bool:
    """What the whole text asks for by itself, whatever is open: another language, the link, another child."""
    body = context.inbound.body
    wanted = language_asked(body)
    if wanted:
        commands.language(context, wanted)
    elif link_asked(body):
        commands.link(context)
    elif another_child(body) and context.caregiver.texts == "in":
        joining.add_child(context)
    elif not consenting.not_ours(context):
        return False
    # The reader's words have none for these; the pages show what they were taken for.
    taken = (
        "language" if wanted else "link" if link_asked(body) else "joining" if another_child(body) else "who"
    )
    context.inbound.meaning = {"intent": taken, "why": [], "answers": []}
    return True


def _act_on(context: Context, meaning: Meaning) -> None:
    if meaning.intent in (Intent.ANSWER, Intent.REPORT):
        log_answers(context, meaning)
    elif meaning.intent is Intent.FIX:
        commands.fix(context, meaning)
    elif meaning.intent is Intent.STATUS:
        commands.status(context)
    elif meaning.intent is Intent.PAUSE:
        commands.pause(context)
    elif meaning.intent is Intent.RESUME:
        commands.resume(context)
    elif meaning.intent is Intent.LETTER:
        commands.letter(context)
    elif meaning.intent is Intent.REACTION:
        reacted(context)
    elif meaning.intent is Intent.AUTO_REPLY:
        pass  # no answer, and nothing that we should answer: two machines would talk all night
    elif meaning.intent is Intent.UNRELATED and (meaning.confidence >= 1 or not context.items):
        context.flag("unrelated")  # nothing to do with a question: never argue
    else:
        not_understood(context)
