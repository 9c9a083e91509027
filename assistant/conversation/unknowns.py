"""What is not known yet, folded into one short, friendly question that a parent can send.

Source: parents' own advice to offer staff a message that takes a yes or a no. Nothing here is sent to anyone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assistant.conversation.wording import Item
from assistant.store import Expectation, LogEntry, OutgoingMessage
from assistant.words import Asks, Language, Outcome
from messages import templates
from messages.periods import period
from messages.templates import Shelf, short_day, word

LOOK_BACK_DAYS = 60
OFFERS = 2  # times that one session is put into a question to copy: a third one would nag
MOST_DAYS = 6  # in one question; the newest, the others wait on the page


def still_open(
    session: Session, child_ids: Sequence[int], since: date, outcomes: Iterable[Outcome]
) -> list[Expectation]:
    """What was due from `since` (school-local) on whose answer in force is one of these, in date order."""
    newest = (
        select(LogEntry.expectation_id, func.max(LogEntry.number).label("number"))
        .join(Expectation, Expectation.id == LogEntry.expectation_id)
        .where(LogEntry.child_id.in_(child_ids), LogEntry.kind == "answer", Expectation.day >= since)
        .group_by(LogEntry.expectation_id)
        .subquery()
    )
    return list(
        session.scalars(
            select(Expectation)
            .join(newest, newest.c.expectation_id == Expectation.id)
            .join(
                LogEntry,
                (LogEntry.expectation_id == Expectation.id) & (LogEntry.number == newest.c.number),
            )
            .where(LogEntry.outcome.in_([one.value for one in outcomes]))
            .order_by(Expectation.day, Expectation.due_at, Expectation.id)
        )
    )


def offered(session: Session, caregiver_id: int, now: datetime) -> Counter[int]:
    """How often each expectation was put into a question to copy, by its number."""
    sent = session.scalars(
        select(OutgoingMessage.about).where(
            OutgoingMessage.caregiver_id == caregiver_id,
            OutgoingMessage.kind == "summary",
            OutgoingMessage.state.not_in(("dropped", "failed")),
            OutgoingMessage.created_at > now - timedelta(days=2 * LOOK_BACK_DAYS),
        )
    )
    return Counter(number for about in sent for number in about)


def to_ask(unknown: Iterable[Item], before: Counter[int]) -> tuple[Item, ...]:
    """Of one service's unknown sessions those that a question may still name: the newest few."""
    fresh = [item for item in unknown if before[item.expectation.id] < OFFERS and not item.make_up]
    return tuple(fresh[-MOST_DAYS:])


def question_for(source: Session | Shelf, asked: Sequence[Item], language: Language) -> str:
    """The question about these sessions of one child and service, all of one kind, in that language."""
    first = asked[0]
    many = "_many" if first.asks is Asks.HAPPENED and len(asked) > 1 else ""
    values = {"child": first.child, "alias": first.alias, "when": fold_days(asked, language)}
    return templates.part(source, f"summary.ask_{first.asks}{many}", language, values).body


def fold_days(asked: Sequence[Item], language: Language) -> str:
    """When these were due, as one phrase: "on Tue 9/8 and Thu 9/10", "in the week of Mon 9/7"."""
    days: list[str] = []
    for item in asked:
        if item.span:
            phrase = period(*item.span, language)
        else:
            phrase = word("on_more" if days else "on", language, day=short_day(item.day, language))
        if phrase not in days:
            days.append(phrase)
    if len(days) == 1:
        return days[0]
    return f"{', '.join(days[:-1])} {word('and', language)} {days[-1]}"
