"""A text that nobody understood: staff suggest a meaning, the parent confirms it, then it is evidence.

What is logged is the parent's own text, read as they confirmed it; the entry keeps the question and the yes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.answers import Context, confirm, log_one
from assistant.conversation.wording import Item, items_of
from assistant.families.tell import audited
from assistant.replies.normalise import fold, words_only
from assistant.replies.types import Answer
from assistant.store import (
    Caregiver,
    Expectation,
    Guardianship,
    InboundText,
    Proposal,
    Question,
    QuestionItem,
    Staff,
)
from assistant.words import Cause, Outcome
from messages import templates
from messages.links import meant_token
from messages.outbox import enqueue_mail, enqueue_text, language_of
from messages.templates import word

GOOD_FOR = timedelta(hours=48)
BACK = timedelta(days=7)
_YES = frozenset({"1", "yes", "y", "si", "yep", "yeah", "correct", "right", "correcto", "asi es", "ok"})
_NO = frozenset({"2", "no", "n", "nope", "nop", "wrong", "not right"})
MEANINGS = (Outcome.MISSED, Outcome.HELD, Outcome.UNKNOWN)
_HINTS = (
    (Outcome.MISSED, ("no", "not", "didn", "nobody", "never", "out", "cancel", "nada", "nadie", "sin")),
    (Outcome.HELD, ("yes", "did", "went", "had", "good", "si", "bien", "fue", "tuvo")),
    (Outcome.UNKNOWN, ("think", "maybe", "know", "sure", "creo", "idk", "se")),
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A meaning that staff may pick: what was due, and what the text may say of it."""

    item: Item
    outcome: Outcome


class NotPossibleError(ValueError):
    """A meaning that cannot be put to the parent; the text is the key of the sentence that says why."""


def suggestions(session: Session, inbound: InboundText) -> list[Suggestion]:
    """Three meanings for the session that the text is most likely about, the likeliest first.

    That is what they were asked about last before they wrote; without a question, what was due last.
    """
    if inbound.caregiver_id is None:
        return []
    asked = session.scalars(
        select(Expectation)
        .join(QuestionItem, QuestionItem.expectation_id == Expectation.id)
        .join(Question, Question.id == QuestionItem.question_id)
        .where(
            Question.caregiver_id == inbound.caregiver_id,
            Question.asked_at <= inbound.received_at,
            Question.asked_at > inbound.received_at - BACK,
        )
        .order_by(Question.asked_at.desc(), QuestionItem.position)
    ).first()
    found = (
        asked
        or session.scalars(
            select(Expectation)
            .join(Guardianship, Guardianship.child_id == Expectation.child_id)
            .where(
                Guardianship.caregiver_id == inbound.caregiver_id,
                Expectation.due_at <= inbound.received_at,
                Expectation.due_at > inbound.received_at - BACK,
                Expectation.form == "slot",
                Expectation.state != "withdrawn",
            )
            .order_by(Expectation.due_at.desc())
            .limit(1)
        ).first()
    )
    if found is None:
        return []
    words = fold(inbound.body).replace("'", " ").split()
    hits = {outcome: sum(one in words for one in hints) for outcome, hints in _HINTS}
    ordered = sorted(MEANINGS, key=lambda one: -hits[one])
    return [Suggestion(items_of(session, [found])[0], outcome) for outcome in ordered]


def propose(
    session: Session,
    staff: Staff,
    inbound: InboundText,
    expectation_id: int,
    outcome: Outcome,
    now: datetime,
    settings: Settings,
) -> Proposal:
    """Ask the parent whether that is what they meant: by text, or by e-mail who wrote one and takes no texts.

    Raises NotPossibleError.
    """
    fits = [one for one in suggestions(session, inbound) if one.item.expectation.id == expectation_id]
    if not fits or outcome not in MEANINGS or inbound.caregiver_id is None:
        raise NotPossibleError("not_about_that")
    caregiver = session.get_one(Caregiver, inbound.caregiver_id, with_for_update=True)
    by_mail = caregiver.texts != "in"
    if by_mail and (inbound.channel != "email" or caregiver.mails != "in" or not caregiver.email):
        raise NotPossibleError("no_texts")
    item, language = fits[0].item, language_of(caregiver)
    values = {
        "quote": shortened(inbound.body),
        "alias": item.alias,
        "day": item.when_short(language),
        "said": word(outcome.value, language),
    }
    text = templates.text(session, "clarify", language, values)
    for older in session.scalars(
        select(Proposal).where(Proposal.caregiver_id == caregiver.id, Proposal.state == "asked")
    ):
        older.state, older.settled_at = "gone", now  # their next yes or no is to this question
    row = Proposal(
        inbound_id=inbound.id,
        caregiver_id=caregiver.id,
        expectation_id=expectation_id,
        staff_id=staff.id,
        answer={"outcome": outcome.value},
        asked=word("clarify_asked", language, **values) if by_mail else text.body,
        state="asked",
        asked_at=now,
        settled_at=None,
    )
    session.add(row)
    session.flush()
    key = f"clarify:{row.id}"
    if by_mail:
        link = f"{settings.base_url()}/meant/{meant_token(settings.server.secret_key, row.id)}"
        more = {"name": caregiver.name or item.child, "child": item.child, "link": link}
        mail = templates.mail(session, "clarify", language, values | more)
        enqueue_mail(session, caregiver, "clarify", mail, key, now, about=[expectation_id])
    else:
        enqueue_text(session, caregiver, "clarify", text, key, now, settings, about=[expectation_id])
    inbound.settled_at, inbound.settled_by = now, staff.id
    audited(
        session, now, f"staff {staff.id}", "meaning_proposed", f"text {inbound.id}", outcome=outcome.value
    )
    return row


def settled(context: Context) -> bool:
    """Whether this text answers such a question: then the first text is logged, or is not. One time."""
    row = context.session.scalars(
        select(Proposal)
        .where(
            Proposal.caregiver_id == context.caregiver.id,
            Proposal.state == "asked",
            Proposal.asked_at > context.now - GOOD_FOR,
        )
        .order_by(Proposal.id.desc())
        .limit(1)
    ).first()
    said = words_only(fold(context.inbound.body))
    later = context.question is not None and row is not None and context.question.spoken_at > row.asked_at
    if row is None or later or said not in _YES | _NO:
        return False
    _settle(context, row, said in _YES, said)
    return True


def settle_on_page(
    session: Session, row: Proposal, yes: bool, label: str, now: datetime, settings: Settings
) -> None:
    """They pressed a button of the page in our e-mail, called `label`. Pressing again changes nothing."""
    caregiver = session.get_one(Caregiver, row.caregiver_id, with_for_update=True)
    session.refresh(row, with_for_update=True)
    if row.state != "asked":
        return
    inbound = InboundText(
        provider_id=f"meant-{row.id}",
        channel="page",
        from_address=caregiver.email or "",
        to_address="",
        body=label,
        received_at=now,
        caregiver_id=caregiver.id,
        handled_at=now,
    )
    session.add(inbound)
    session.flush()
    _settle(Context(session, caregiver, inbound, None, [], now, settings), row, yes, label)


def _settle(context: Context, row: Proposal, yes: bool, said: str) -> None:
    row.settled_at = context.now
    context.inbound.meaning = {"intent": "clarified", "why": [said], "answers": []}
    if not yes:
        row.state = "refused"
        context.flag("refused")  # what they did mean is still to be found out
        return
    row.state = "confirmed"
    item = items_of(context.session, [context.session.get_one(Expectation, row.expectation_id)])[0]
    first = context.session.get_one(InboundText, row.inbound_id)
    answer = Answer(
        str(item.expectation.id),
        item.service,
        item.day,
        Outcome(row.answer["outcome"]),
        Cause(row.answer["cause"]) if row.answer.get("cause") else None,
    )
    clarified = {
        "asked": row.asked,
        "asked_at": row.asked_at.isoformat(),
        "answered": context.inbound.body,
        "answered_at": context.inbound.received_at.isoformat(),
    }
    entry = log_one(context, item.expectation, answer, of=first, clarified=clarified)
    if context.inbound.channel == "sms":
        confirm(context, [(item, entry)])


def shortened(text: str) -> str:
    """The beginning of their text, to know it by."""
    line = " ".join(text.split()).replace('"', "'")
    return line if len(line) <= 40 else f"{line[:37]}..."
