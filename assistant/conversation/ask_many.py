"""Many questions in one go: decided for the whole batch, then written with one statement a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Table, func, insert, select, update
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.questions import asked_event, mail_of, remind_at
from assistant.conversation.wording import Item, question_text
from assistant.store import AuditEvent, Caregiver, Expectation, OutgoingMessage, Question, QuestionItem
from messages.hours import Hours
from messages.outbox import hours_of, language_of, mail_row, text_row
from messages.templates import Rendered, Shelf


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to one caregiver, with what it is about in the order asked."""

    caregiver: Caregiver
    items: Sequence[Item]


@dataclass(frozen=True, slots=True)
class Evening:
    """What the clock says for everybody of the same zone and hours. Moments are UTC."""

    hours: Hours
    opens: datetime  # now, or when a text may go out next
    closes: datetime  # the end of the window that `opens` lies in
    today: date
    remind_texted_at: datetime | None


class Evenings:
    """The evenings of a batch, each worked out once: most of it shares a few zones and hours."""

    def __init__(self, now: datetime, settings: Settings) -> None:
        self._now, self._settings = now, settings
        self._known: dict[object, Evening | None] = {}
        self._of: dict[int, Evening] = {}  # by caregiver

    def of(self, caregiver: Caregiver) -> Evening:
        """Raises ZoneInfoNotFoundError for a zone that does not exist."""
        mine = self._of.get(caregiver.id)
        if mine is None:
            mine = self._of[caregiver.id] = self._alike(caregiver) or self._own(caregiver)
        return mine

    def _alike(self, caregiver: Caregiver) -> Evening | None:
        """The evening of all with these hours; None where some of it waits for an opening."""
        state = caregiver.us_state or caregiver.guide_state
        key = (caregiver.zone, state, caregiver.quiet_start, caregiver.quiet_end)
        if key not in self._known:
            evening = self._own(caregiver)
            remind = self._settings.asking.reminder_hours
            moments = (self._now, self._now + timedelta(hours=remind))
            shared = all(evening.hours.allows(moment) for moment in moments)
            self._known[key] = (
                replace(evening, hours=replace(evening.hours, late=timedelta(0))) if shared else None
            )
        return self._known[key]

    def _own(self, caregiver: Caregiver) -> Evening:
        hours = hours_of(caregiver, self._settings)
        opens = hours.next_open(self._now)
        return Evening(
            hours,
            opens,
            hours.closing(opens),
            self._now.astimezone(hours.zone).date(),
            remind_at(caregiver, self._now, self._settings, by_text=True),
        )


def ask_many(
    session: Session, asks: Sequence[Ask], now: datetime, settings: Settings, evenings: Evenings
) -> None:
    """Open these questions and say them, as `open_question` and `say` do for one. Of what they are about
    nothing is planned any more.
    """
    if not asks:
        return
    close_at = now + timedelta(hours=settings.asking.close_hours)
    numbers = _opened(session, [_question(one, now, close_at, settings, evenings) for one in asks])
    shelf = Shelf(session)
    items: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for number, one in zip(numbers, asks, strict=True):
        items += [
            {"question_id": number, "expectation_id": item.expectation.id, "position": place}
            for place, item in enumerate(one.items)
        ]
        message = _message(shelf, number, one, now, close_at, settings, evenings.of(one.caregiver))
        if message is not None:
            messages.append(message)
        events.append(asked_event(number, one.caregiver, len(one.items), now))
    for table, rows in ((QuestionItem, items), (OutgoingMessage, messages), (AuditEvent, events)):
        if rows:
            session.execute(insert(table_of(table)), rows)
    asked = sorted({item.expectation.id for one in asks for item in one.items})
    session.execute(
        update(table_of(Expectation)).where(Expectation.id.in_(asked)).values(state="asked", ask_at=None)
    )


def _opened(session: Session, rows: list[dict[str, Any]]) -> Sequence[int]:
    """The questions written; their numbers, in the same order."""
    table = table_of(Question)
    numbers: Sequence[int]
    if session.get_bind().dialect.name == "sqlite":  # it has one writer, who may number them itself
        last = session.scalars(select(func.max(table.c.id))).one() or 0
        numbers = range(last + 1, last + 1 + len(rows))
    else:
        following = func.nextval(func.pg_get_serial_sequence(table.name, "id"))
        numbers = session.scalars(select(following).select_from(func.generate_series(1, len(rows)))).all()
    session.execute(insert(table), [{"id": number, **row} for number, row in zip(numbers, rows, strict=True)])
    return numbers


def _question(
    one: Ask, now: datetime, close_at: datetime, settings: Settings, evenings: Evenings
) -> dict[str, Any]:
    by_text = one.caregiver.texts == "in"
    return {
        "caregiver_id": one.caregiver.id,
        "channel": "sms" if by_text else "email",
        "asked_at": now,
        "spoken_at": now,
        "remind_at": evenings.of(one.caregiver).remind_texted_at
        if by_text
        else remind_at(one.caregiver, now, settings, by_text=False),
        "close_at": close_at,
    }


def _message(
    shelf: Shelf,
    number: int,
    one: Ask,
    now: datetime,
    close_at: datetime,
    settings: Settings,
    evening: Evening,
) -> dict[str, Any] | None:
    caregiver, about = one.caregiver, [item.expectation.id for item in one.items]
    key = f"question:{number}:0"
    if caregiver.texts == "in":
        rendered: Rendered = question_text(
            shelf, one.items, "question", evening.today, language_of(caregiver)
        )
        until = min(evening.closes, close_at)
        row = text_row(caregiver, "question", rendered, key, now, evening.opens, settings, about, until)
        return row and {"html": "", "thread": "", **row}
    rendered = mail_of(shelf, number, caregiver, one.items, "question", evening.today, settings)
    return mail_row(caregiver, "question", rendered, key, now, about, f"q{number}", close_at)


def table_of(model: type[Any]) -> Table:
    """The table of a model, to be written without the model: many rows in one statement."""
    table: Table = model.__table__
    return table
