"""A text about making up a missed session: which miss it is for, and what is kept of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import select

from assistant.conversation.answers import Context, log_one, wake_case
from assistant.conversation.wording import Item, items_of
from assistant.evidence.make_ups import MakeUpError, Source, make_up, short_of
from assistant.replies.make_ups import MakeUpSaid, read_make_up
from assistant.replies.normalise import fold
from assistant.replies.reading import knows_of, read
from assistant.replies.types import Answer
from assistant.store import Expectation, Guardianship, ServiceLine
from assistant.words import Outcome
from messages.templates import short_day, word

BACK = timedelta(days=60)


def about_make_up(context: Context) -> bool:
    """Keep what the text says of a make-up and say so; False where it says nothing, or not for which miss.

    A "no" to what is open, in the same text, is logged first: "no, but they will make it up friday".
    """
    folded = fold(context.inbound.body)
    said = read_make_up(folded, context.today, context.language)
    if said is None:
        return False
    if len(context.items) == 1 and said.missed in (None, context.items[0].day):
        _answer_first(context, said)
    misses = _misses(context, folded, said)
    if len(misses) != 1:
        return False
    item, now = misses[0], context.now
    source = Source(
        knows_of(folded),
        context.inbound.body,
        context.caregiver.id,
        context.inbound.id,
        context.inbound.received_at,
    )
    delay = timedelta(minutes=context.settings.asking.delay_minutes)
    try:
        with context.session.begin_nested():
            make_up(
                context.session, said.act, [item.expectation], now, on=said.on, source=source, ask_after=delay
            )
    except MakeUpError:
        return False
    wake_case(context.session, item.expectation.service_line_id, now)
    values = {
        "alias": item.alias,
        "day": item.when_short(context.language),
        "said": word(f"make_up_{said.act}", context.language, on=_on(context, said.on)),
    }
    context.reply("make_up", "make_up_logged", values, [item.expectation.id])
    return True


def _on(context: Context, day: date | None) -> str:
    return short_day(day, context.language) if day else "-"


def _answer_first(context: Context, said: MakeUpSaid) -> None:
    """Log the answer to the one open question that stands beside the make-up, if it is a plain miss."""
    item = context.items[0]
    rest = read(said.rest, item.expectation.due_minutes)
    if rest.outcome is not Outcome.MISSED:
        return
    answer = Answer(str(item.expectation.id), item.service, item.day, rest.outcome, rest.cause)
    log_one(context, item.expectation, answer)


def _misses(context: Context, folded: str, said: MakeUpSaid) -> Sequence[Item]:
    """The misses that the text can be about: of the service and day it names, else the latest one."""
    rows = context.session.scalars(
        select(Expectation)
        .join(Guardianship, Guardianship.child_id == Expectation.child_id)
        .where(
            Guardianship.caregiver_id == context.caregiver.id,
            Expectation.state == "answered",
            Expectation.form != "make_up",
            Expectation.day > context.today - BACK,
        )
        .order_by(Expectation.day.desc(), Expectation.id.desc())
    ).all()
    short = items_of(context.session, [one for one in rows if short_of(context.session, one)])
    named = _services_named(context, folded)
    found = [one for one in short if one.service in named] if named else short
    if said.missed is not None:
        return [one for one in found if _covers(one, said.missed)]
    if len({one.expectation.service_line_id for one in found}) != 1:
        return []
    return found[:1]


def _services_named(context: Context, folded: str) -> set[str]:
    """The services of the caregiver's children that the text names, missed or not."""
    lines = context.session.execute(
        select(ServiceLine.name, ServiceLine.alias)
        .join(Guardianship, Guardianship.child_id == ServiceLine.child_id)
        .where(Guardianship.caregiver_id == context.caregiver.id)
    )
    words = f" {re.sub(r'[^a-z0-9 ]+', ' ', folded)} "
    return {name for name, alias in lines if any(f" {fold(one)} " in words for one in (name, alias))}


def _covers(item: Item, day: date) -> bool:
    return item.span[0] <= day <= item.span[1] if item.span else item.day == day
