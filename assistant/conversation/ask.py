"""Asking: one text after the session ends, one for several sessions of a day, one reminder, then unanswered.

Three use-cases, each reading only what is due by an indexed column, each one transaction a batch. A row that
cannot be asked about never blocks or repeats its neighbours: the schedule moves on before anything is sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.wording import Item, items_of, question_text, question_values
from assistant.evidence.log import Said, current_entry, record
from assistant.store import (
    AuditEvent,
    Caregiver,
    Expectation,
    Guardianship,
    OutgoingMessage,
    Question,
    QuestionItem,
)
from assistant.words import Outcome
from messages import templates
from messages.links import question_token
from messages.outbox import enqueue_mail, enqueue_text, hours_of, language_of

_NOBODY_YET = timedelta(hours=6)


def ask_due(session: Session, now: datetime, settings: Settings) -> int:
    """Ask about what has ended. Returns how many expectations were asked about, put off or closed."""
    due = session.scalars(
        select(Expectation)
        .where(Expectation.state == "planned", Expectation.ask_at <= now)
        .order_by(Expectation.ask_at, Expectation.id)
        .limit(settings.jobs.batch)
        .with_for_update(skip_locked=True)
    ).all()
    if not due:
        return 0
    askable: dict[int, list[Expectation]] = defaultdict(list)
    whom = whom_to_ask(session, {one.child_id for one in due}, now)
    stale = timedelta(hours=settings.asking.stale_hours)
    for one in due:
        caregiver = whom.get(one.child_id)
        if caregiver is not None and not _too_late(one, caregiver, now, stale, settings):
            askable[caregiver.id].append(one)
        elif caregiver is None and now < one.due_at + stale:
            one.ask_at = now + _NOBODY_YET  # nobody has said yes so far; they may before it is too late
        else:
            _close_unasked(
                session, one, now, "too late" if caregiver else "nobody to ask: opted out or on pause"
            )
    people = {person.id: person for person in whom.values()}
    for caregiver_id, expectations in askable.items():
        _ask_one(session, people[caregiver_id], expectations, now, settings)
    return len(due)


def remind_due(session: Session, now: datetime, settings: Settings) -> int:
    """Remind once about what is still open. Returns how many questions were looked at."""
    rows = session.scalars(
        select(Question)
        .where(Question.remind_at <= now)
        .order_by(Question.remind_at, Question.id)
        .limit(settings.jobs.batch)
        .with_for_update(skip_locked=True)
    ).all()
    for question in rows:
        question.remind_at = None
        if question.state != "open" or not can_be_asked(question.caregiver, now):
            continue
        waiting = open_expectations(question)
        if not waiting or _asked_enough(session, question.caregiver_id, now, settings):
            continue
        question.turn += 1
        question.spoken_at = now
        say(session, question, items_of(session, waiting), "reminder", now, settings)
    return len(rows)


def close_due(session: Session, now: datetime, settings: Settings) -> int:
    """Give up on questions whose time is over: `unanswered`, which is never a miss."""
    rows = session.scalars(
        select(Question)
        .where(Question.state == "open", Question.close_at <= now)
        .order_by(Question.close_at, Question.id)
        .limit(settings.jobs.batch)
        .with_for_update(skip_locked=True)
    ).all()
    for question in rows:
        for expectation in open_expectations(question):
            if expectation.ask_at is not None:
                expectation.state = "planned"  # a nudge in mid-period: its own question is still to come
                continue
            if current_entry(session, expectation.id) is not None:
                expectation.state = "answered"  # a FIX that nobody finished: the first answer stands
                continue
            expectation.state = "closed"
            said = Said(Outcome.UNANSWERED, question_id=question.id, asked_at=question.asked_at)
            record(session, expectation, said, now)
        question.state, question.remind_at = "closed", None
        question.turn += 1
    return len(rows)


def whom_to_ask(session: Session, child_ids: Iterable[int], now: datetime) -> dict[int, Caregiver]:
    """For each child the first caregiver, in the family's order, who agreed and is not on pause."""
    rows = session.execute(
        select(Guardianship.child_id, Caregiver)
        .join(Caregiver, Guardianship.caregiver_id == Caregiver.id)
        .where(Guardianship.child_id.in_(list(child_ids)))
        .order_by(Guardianship.child_id, Guardianship.position)
    )
    found: dict[int, Caregiver] = {}
    for child_id, caregiver in rows:
        if child_id not in found and can_be_asked(caregiver, now):
            found[child_id] = caregiver
    return found


def can_be_asked(caregiver: Caregiver, now: datetime) -> bool:
    """Whether consent and pauses allow a question.

    By e-mail only those are asked who have no texts: STOP is a no to being asked, not a change of channel.
    """
    paused = caregiver.paused_until is not None and caregiver.paused_until > now
    return not paused and (caregiver.texts == "in" or (caregiver.texts == "none" and caregiver.mails == "in"))


def open_expectations(question: Question) -> list[Expectation]:
    """The expectations of a question that nobody has answered yet, in the order asked."""
    return [item.expectation for item in question.items if item.expectation.state == "asked"]


def _ask_one(
    session: Session, caregiver: Caregiver, due: list[Expectation], now: datetime, settings: Settings
) -> None:
    by_text = caregiver.texts == "in"
    hours = hours_of(caregiver, settings)
    start = hours.next_open(now) if by_text else now
    later = _later_today(session, caregiver, due, start, settings)
    if start > now or later is not None:
        for one in due:
            one.ask_at = later or start
        return
    question = Question(
        caregiver_id=caregiver.id,
        caregiver=caregiver,
        channel="sms" if by_text else "email",
        asked_at=now,
        spoken_at=now,
        remind_at=_remind_at(caregiver, now, settings, by_text),
        close_at=now + timedelta(hours=settings.asking.close_hours),
    )
    due.sort(key=lambda one: (one.due_at, one.id))
    question.items = [QuestionItem(expectation=one, position=place) for place, one in enumerate(due)]
    session.add(question)
    for one in due:
        one.state, one.ask_at = "asked", None
    session.flush()
    say(session, question, items_of(session, due), "question", now, settings)


def _asked_enough(session: Session, caregiver_id: int, now: datetime, settings: Settings) -> bool:
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


def _later_today(
    session: Session, caregiver: Caregiver, due: list[Expectation], start: datetime, settings: Settings
) -> datetime | None:
    """When the last question of this local day is due, if that is still to come and inside the hours.

    Then one text will do for all of them.
    """
    hours = hours_of(caregiver, settings)
    local_day = start.astimezone(hours.zone).date()
    if any(one.ask_at is not None and one.ask_at < start - timedelta(hours=12) for one in due):
        return None  # it has waited long enough
    latest = session.scalars(
        select(func.max(Expectation.ask_at))
        .join(Guardianship, Guardianship.child_id == Expectation.child_id)
        .where(
            Guardianship.caregiver_id == caregiver.id,
            Guardianship.position == 0,
            Expectation.state == "planned",
            Expectation.ask_at > start,
            Expectation.ask_at < hours.closing(start),
        )
    ).one()
    if latest is None or latest.astimezone(hours.zone).date() != local_day:
        return None
    return latest


def _remind_at(caregiver: Caregiver, now: datetime, settings: Settings, by_text: bool) -> datetime | None:
    if not settings.asking.reminder:
        return None
    wanted = now + timedelta(hours=settings.asking.reminder_hours)
    at = hours_of(caregiver, settings).next_open(wanted) if by_text else wanted
    return at if at < now + timedelta(hours=settings.asking.close_hours) else None


def say(
    session: Session, question: Question, items: list[Item], kind: str, now: datetime, settings: Settings
) -> None:
    """Send what a question is about, on its channel, in the words of a question, reminder or nudge."""
    caregiver = question.caregiver
    language = language_of(caregiver)
    today = now.astimezone(ZoneInfo(caregiver.zone)).date()
    key = f"{kind}:{question.id}:{question.turn}"
    about = [item.expectation.id for item in items]
    if question.channel == "sms":
        rendered = question_text(session, items, kind, today, language)
        until = min(hours_of(caregiver, settings).closing(now), question.close_at)
        enqueue_text(session, caregiver, kind, rendered, key, now, settings, about=about, not_after=until)
        return
    values = question_values(items, today, language)
    values["name"] = caregiver.name or values["child"]
    values["items"] = ", ".join(dict.fromkeys(item.alias for item in items))
    values["link"] = f"{settings.base_url()}/answer/{question_token(settings.server.secret_key, question.id)}"
    rendered = templates.mail(session, "question" if kind == "nudge" else kind, language, values)
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


def _too_late(
    one: Expectation, caregiver: Caregiver, now: datetime, stale: timedelta, settings: Settings
) -> bool:
    """Whether a question would come so long after the session that it had better not be sent.

    The nights and Sundays that we keep ourselves do not count against it.
    """
    wanted = one.due_at + timedelta(minutes=settings.asking.delay_minutes)
    return now > hours_of(caregiver, settings).next_open(wanted) + stale


def _close_unasked(session: Session, one: Expectation, now: datetime, why: str) -> None:
    one.state, one.ask_at = "closed", None
    record(session, one, Said(Outcome.UNANSWERED), now)
    session.add(
        AuditEvent(
            at=now, actor="ask", kind="not_asked", subject=f"expectation {one.id}", detail={"why": why}
        )
    )
