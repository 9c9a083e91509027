"""A text that came in is read, once; then logged, confirmed or asked back. `arriving` has stored it before.

Storing and reading are two transactions on purpose: whatever happens while reading, the text is kept.
`take_waiting` (a job) reads what waits, wherever it came in.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, aliased

from assistant.config import Settings
from assistant.conversation import commands, consenting, joining, mailed
from assistant.conversation.answers import Context, log_answers, not_understood, reacted
from assistant.conversation.arriving import Arrival, receive
from assistant.conversation.clarify import settled
from assistant.conversation.echo import is_echo
from assistant.conversation.incoming import incoming_of
from assistant.conversation.join_words import ends_the_list, is_yes
from assistant.conversation.make_up import about_make_up
from assistant.conversation.mark_text import about_step
from assistant.conversation.moved_here import moves
from assistant.conversation.phrases import was_used
from assistant.conversation.pieces import needs_words, put_together
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
__all__ = ["Arrival", "obey", "receive", "take", "take_waiting"]
_MAY_BE_MAKE_UP = frozenset({Intent.UNCLEAR, Intent.UNRELATED})
SQLITE_BATCH = 20  # texts read in one transaction
log = logging.getLogger(__name__)


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
    put_together(session, inbound, now)
    if alarm_in(inbound.body):
        inbound.needs_staff, inbound.flag = True, "alarm"
    if inbound.channel == "email":
        mailed.take(session, inbound, now, settings)
        return
    if inbound.caregiver_id is None:
        if moves(session, inbound, now, settings):
            return
        if inbound.channel != "sms" or joining.meet(session, inbound, now, settings) is None:
            inbound.needs_staff = True  # a stranger: kept for a person to see, never answered
            inbound.flag = inbound.flag or "stranger"
        return
    caregiver = session.get_one(Caregiver, inbound.caregiver_id, with_for_update=True)
    caregiver.heard_at = max(caregiver.heard_at or inbound.received_at, inbound.received_at)
    if is_echo(session, inbound, now):
        return
    if caregiver.for_tests and not caregiver.children:
        _take_of_staff(Context(session, caregiver, inbound, None, [], now, settings))
        return
    items, question = what_is_open(session, caregiver, inbound.received_at, settings)
    context = Context(session, caregiver, inbound, question, items, now, settings)
    enrolment = joining.open_enrolment(session, caregiver)
    stopped = caregiver.texts == "out"
    spoken_last = enrolment and (question is None or enrolment.updated_at >= question.spoken_at)
    if enrolment is not None and spoken_last and not stopped:
        context = replace(context, question=None, items=[])
        if ends_the_list(enrolment, inbound.body) or not _act_on_command(context):
            inbound.meaning = {"intent": "joining", "why": [], "answers": []}
            joining.step(context, enrolment)
        return
    if needs_words(context) or settled(context):
        return
    why = None if items else asked_why(session, caregiver, now)
    reason = _reason(session, inbound, caregiver, why) if why else None
    if why and reason:
        context = replace(context, items=[why])
    meaning = reason or interpret(incoming_of(session, inbound, caregiver, context.items))
    inbound.meaning = {**meaning_to_json(meaning), "why": list(meaning.why)}
    if meaning.taught is not None:
        was_used(session, meaning.taught)
    _act(context, meaning)


def _take_of_staff(context: Context) -> None:
    """A text from staff's own phone: yes, no more and HELP count; an answer to a test is let be."""
    context.inbound.meaning = {"intent": "test", "why": [], "answers": []}
    body, carrier = context.inbound.body, context.inbound.opt_out_type.upper()
    found = not_an_answer(body, fold(body), False)
    intent = found[0] if found else None
    if carrier == "STOP" or intent is Intent.OPT_OUT:
        consenting.stop(context)
    elif consenting.yes_after_stop(context) or consenting.not_ours(context):
        pass
    elif carrier == "START" or intent is Intent.OPT_IN:
        consenting.start(context)
    elif carrier == "HELP" or intent is Intent.HELP:
        consenting.help_(context)


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


def obey(session: Session, inbound_id: int, now: datetime, settings: Settings) -> None:
    """Read a stored text in the transaction that stored it; where that fails, the text stays, for the job.

    Raises OperationalError for a fault of the database's own: the text may then not be stored at all.
    """
    try:
        with session.begin_nested():
            take(session, inbound_id, now, settings)
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001  whatever went wrong, the text is kept and a job reads it later
        log.error("text %d is kept and could not be read yet (%s)", inbound_id, type(error).__name__)


def take_waiting(session: Session, now: datetime, settings: Settings) -> int:
    """Read texts that were stored and not read yet, the oldest first. Returns how many.

    Several workers may do this at once: each takes texts that no other holds, and of one sender never a text
    while an older one waits. On SQLite a batch is small: a webhook waits for the end of it.
    """
    older = aliased(InboundText)
    behind = exists().where(
        older.handled_at.is_(None),
        older.from_address == InboundText.from_address,
        or_(
            older.received_at < InboundText.received_at,
            and_(older.received_at == InboundText.received_at, older.id < InboundText.id),
        ),
    )
    sqlite = session.get_bind().dialect.name == "sqlite"
    waiting = session.scalars(
        select(InboundText.id)
        .where(InboundText.handled_at.is_(None), InboundText.read_from <= now, ~behind)
        .order_by(InboundText.read_from, InboundText.id)
        .limit(min(SQLITE_BATCH, settings.jobs.batch) if sqlite else settings.jobs.batch)
        .with_for_update(skip_locked=True, of=InboundText)
    ).all()
    for inbound_id in waiting:
        try:
            with session.begin_nested():
                take(session, inbound_id, now, settings)
        except OperationalError:
            raise  # a full disk, a lost connection: no text's fault, and SQLite has undone the transaction
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
    return len(waiting)


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
        or (context.caregiver.texts == "invited" and not context.items and is_yes(body))
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
