"""A question: opened for one caregiver, said on their channel, closed when all it is about is answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, case, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from assistant.config import Settings
from assistant.conversation.wording import Item, items_of, question_text, question_values
from assistant.store import (
    AuditEvent,
    Caregiver,
    Expectation,
    LogEntry,
    OutgoingMessage,
    Question,
    QuestionItem,
)
from messages import templates
from messages.links import question_token
from messages.outbox import enqueue_mail, enqueue_text, hours_of, language_of
from messages.templates import Rendered, Shelf

Kind = Literal["question", "reminder", "nudge"]

# Built once: every text that comes in needs them.
_OWN, _OTHER = aliased(LogEntry), aliased(LogEntry)
# Questions with an item that somebody else answered and this caregiver did not.
_TOLD_BY_OTHERS = (
    select(QuestionItem.question_id)
    .join(_OTHER, _OTHER.expectation_id == QuestionItem.expectation_id)
    .outerjoin(
        _OWN,
        (_OWN.expectation_id == QuestionItem.expectation_id) & (_OWN.caregiver_id == bindparam("caregiver")),
    )
    .where(_OTHER.caregiver_id.is_not(None), _OTHER.caregiver_id != bindparam("caregiver"), _OWN.id.is_(None))
)
_MINE = (
    select(Question)
    .where(Question.caregiver_id == bindparam("caregiver"), Question.asked_at <= bindparam("written"))
    .order_by(
        case(
            (Question.spoken_at <= bindparam("written"), Question.spoken_at), else_=Question.asked_at
        ).desc(),
        Question.id.desc(),
    )
)
_OPEN = _MINE.where(Question.state == "open")
_LAST = _MINE.where(Question.asked_at > bindparam("since")).limit(1)
_OVERTAKEN = _LAST.where(Question.state == "answered", Question.id.in_(_TOLD_BY_OTHERS))
_OF_EXPECTATION = (
    select(Question)
    .join(QuestionItem, QuestionItem.question_id == Question.id)
    .where(QuestionItem.expectation_id == bindparam("expectation"))
)
_UNANSWERED = _OF_EXPECTATION.where(Question.state != "answered")
_ABOUT = (
    _OF_EXPECTATION.where(Question.caregiver_id == bindparam("caregiver"))
    .order_by(Question.id.desc())
    .limit(1)
)
_TAKE_BACK = (
    update(OutgoingMessage)
    .where(
        or_(
            OutgoingMessage.dedupe_key.startswith(bindparam("asked")),
            OutgoingMessage.dedupe_key.startswith(bindparam("reminded")),
        ),
        OutgoingMessage.state == "queued",
    )
    .values(state="dropped", next_at=None, error="answered before it left")
    .execution_options(synchronize_session="fetch")
)


def open_question(
    session: Session,
    caregiver: Caregiver,
    expectations: Sequence[Expectation],
    now: datetime,
    settings: Settings,
    *,
    remind: bool = False,
    asked_back: bool = False,
) -> Question:
    """A new question about these expectations; saying it is the caller's. Reminded of where `remind`."""
    by_text = caregiver.texts == "in"
    question = Question(
        caregiver_id=caregiver.id,
        caregiver=caregiver,
        channel="sms" if by_text else "email",
        asked_at=now,
        spoken_at=now,
        remind_at=remind_at(caregiver, now, settings, by_text=by_text) if remind else None,
        close_at=now + timedelta(hours=settings.asking.close_hours),
        asked_back=asked_back,
    )
    question.items = [QuestionItem(expectation=one, position=place) for place, one in enumerate(expectations)]
    session.add(question)
    for one in expectations:
        one.state = "asked"
    session.flush()
    session.add(AuditEvent(**asked_event(question.id, caregiver, len(expectations), now)))
    return question


def asked_event(number: int, caregiver: Caregiver, sessions: int, now: datetime) -> dict[str, Any]:
    """The audit event of a question that was opened."""
    return {
        "at": now,
        "actor": "ask",
        "kind": "asked",
        "subject": f"question {number}",
        "detail": {"caregiver": caregiver.id, "sessions": sessions},
    }


def say(session: Session, question: Question, kind: Kind, now: datetime, settings: Settings) -> None:
    """Send what is open of a question, on its channel, in the words of a question, reminder or nudge."""
    caregiver = question.caregiver
    items = items_of(session, open_expectations(question))
    language = language_of(caregiver)
    today = now.astimezone(ZoneInfo(caregiver.zone)).date()
    key = f"{kind}:{question.id}:{question.turn}"
    about = [item.expectation.id for item in items]
    if question.channel == "sms":
        rendered = question_text(session, items, kind, today, language)
        hours = hours_of(caregiver, settings)
        until = min(hours.closing(hours.next_open(now)), question.close_at)
        enqueue_text(session, caregiver, kind, rendered, key, now, settings, about=about, not_after=until)
        return
    rendered = mail_of(session, question.id, caregiver, items, kind, today, settings)
    enqueue_mail(
        session,
        caregiver,
        kind,
        rendered,
        key,
        now,
        about=about,
        thread=f"q{question.id}",
        not_after=question.close_at,
    )


def mail_of(
    source: Session | Shelf,
    number: int,
    caregiver: Caregiver,
    items: Sequence[Item],
    kind: Kind,
    today: date,
    settings: Settings,
) -> Rendered:
    """A question, reminder or nudge as an e-mail, with the address of the page that answers it."""
    language = language_of(caregiver)
    values = question_values(items, today, language)
    values["name"] = caregiver.name or values["child"]
    values["items"] = ", ".join(dict.fromkeys(item.alias for item in items))
    values["link"] = f"{settings.base_url()}/answer/{question_token(settings.server.secret_key, number)}"
    return templates.mail(source, "question" if kind == "nudge" else kind, language, values)


def open_expectations(question: Question) -> list[Expectation]:
    """The expectations of a question that nobody has answered yet, in the order asked."""
    return [item.expectation for item in question.items if item.expectation.state == "asked"]


def what_is_open(
    session: Session, caregiver: Caregiver, written: datetime, settings: Settings
) -> tuple[list[Item], Question | None]:
    """What a bare answer of this caregiver, written then, is about: the question that we wrote about last.

    A text that was long on its way answers no question that was asked meanwhile.

    It is open, or somebody else was quicker and this caregiver has not said anything yet. With neither, the
    last one that ran out unanswered, if that is not long ago: a late answer still counts.
    """
    mine = {"caregiver": caregiver.id, "written": written}
    since = written - timedelta(days=settings.asking.late_answer_days)
    waiting: list[Expectation] = []
    found: Question | None = None
    for question in session.scalars(_OPEN, mine):
        waiting = open_expectations(question)
        if waiting:
            found = question
            break
    overtaken = session.scalars(_OVERTAKEN, {**mine, "since": since}).first()
    if overtaken is not None and (found is None or overtaken.spoken_at > found.spoken_at):
        return items_of(session, _untold(session, overtaken)), overtaken
    if found is not None:
        return items_of(session, waiting), found
    last = session.scalars(_LAST, {**mine, "since": since}).first()
    if last is not None and last.state == "closed":
        missed = [item.expectation for item in last.items if item.expectation.state == "closed"]
        if missed:
            return items_of(session, missed), last
    return [], None


def close_answered(session: Session, expectation_id: int) -> None:
    """A question is answered when the last of its items is; what waits to be sent about it is taken back."""
    session.flush()
    for question in session.scalars(_UNANSWERED, {"expectation": expectation_id}).unique():
        if all(item.expectation.state in ("answered", "planned") for item in question.items):
            question.state, question.remind_at = "answered", None
            question.turn += 1
            _take_back(session, question.id)


def asked_of_others(session: Session, expectation_id: int, question_id: int) -> bool:
    """Whether another question about this expectation is still open."""
    session.flush()
    return (
        session.scalars(
            select(Question.id)
            .join(QuestionItem, QuestionItem.question_id == Question.id)
            .where(
                QuestionItem.expectation_id == expectation_id,
                Question.id != question_id,
                Question.state == "open",
            )
            .limit(1)
        ).first()
        is not None
    )


def question_about(session: Session, caregiver_id: int, expectation_id: int) -> Question | None:
    """The newest question to this caregiver about this expectation."""
    about = {"expectation": expectation_id, "caregiver": caregiver_id}
    return session.scalars(_ABOUT, about).first()


def _take_back(session: Session, question_id: int) -> None:
    """A text that waits for the morning about something that is answered by now would only annoy."""
    asked, reminded = (f"{kind}:{question_id}:" for kind in ("question", "reminder"))
    session.execute(_TAKE_BACK, {"asked": asked, "reminded": reminded})


def _untold(session: Session, question: Question) -> list[Expectation]:
    """Of a question that others answered: what this caregiver has said nothing about."""
    told = set(
        session.scalars(
            select(LogEntry.expectation_id).where(
                LogEntry.caregiver_id == question.caregiver_id,
                LogEntry.expectation_id.in_([item.expectation_id for item in question.items]),
            )
        )
    )
    return [item.expectation for item in question.items if item.expectation_id not in told]


def remind_at(caregiver: Caregiver, now: datetime, settings: Settings, *, by_text: bool) -> datetime | None:
    """When a question of now is spoken of again; None where that would come too late, or never does."""
    if not settings.asking.reminder:
        return None
    wanted = now + timedelta(hours=settings.asking.reminder_hours)
    at = hours_of(caregiver, settings).next_open(wanted) if by_text else wanted
    return at if at < now + timedelta(hours=settings.asking.close_hours) else None


def asked_enough(session: Session, caregiver_id: int, now: datetime, settings: Settings) -> bool:
    """Whether the caregiver had as many questions in seven days as the opt-in text promised at most."""
    recent = session.scalars(
        select(func.count())
        .select_from(OutgoingMessage)
        .where(
            OutgoingMessage.caregiver_id == caregiver_id,
            OutgoingMessage.kind.in_(("question", "reminder", "nudge")),
            OutgoingMessage.created_at > now - timedelta(days=7),
        )
    ).one()
    return recent >= settings.asking.max_questions_a_week
