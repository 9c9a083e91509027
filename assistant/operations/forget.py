"""Retention: what need not be kept is forgotten, in two stages. First the words go, of texts, mails and
pictures; the row stays, with when, what kind and what became of it. Rows go only where nothing rests on them:
delivery reports, sign-ins, alerts that are closed, set-ups that nobody finished.

Evidence is never thinned by time: neither the log with the parents' own words, nor the rows that tell when
and by which wording they were asked. Those end only by a family's own wish (erase.py). Consents and audit
events are kept; neither holds what anybody wrote.

A batch a run, each in a short transaction. Rows are taken in the order they were made, and how far each rule
has come is kept in a fact, so a night costs what has become old since the last.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from assistant.config import Retention, Settings
from assistant.families.setting_up import KEPT_DAYS
from assistant.schedule.zones import moment
from assistant.store import (
    Alert,
    Attachment,
    Fact,
    InboundText,
    LinkAsk,
    Media,
    OutgoingMessage,
    SetUp,
    SignIn,
    StatusEvent,
)
from assistant.store.facts import keep_fact

KEY = "forget"  # of the fact: when it looks next, and how far each rule has come
AT = time(4, 10)  # local
ROWS = 500  # of a rule a run


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of `table` whose `made` is older than `days(settings)` are given to `forget`; 0 days: never."""

    name: str
    table: Any
    made: InstrumentedAttribute[Any]
    days: Callable[[Retention], int]
    forget: Callable[[Session, Sequence[int]], None]


def forget_due(session: Session, now: datetime, settings: Settings) -> int:
    """One batch of every rule that has old rows. Returns 1: there may be more at once."""
    come = _come(session)
    more = False
    for rule in RULES:
        days = rule.days(settings.retention)
        if days:
            more |= _apply(session, rule, now - timedelta(days=days), come)
    zone = ZoneInfo(settings.program.zone)
    today = now.astimezone(zone).date()
    nights = (moment(day, AT, zone) for day in (today, today + timedelta(days=1)))
    keep_fact(session, KEY, json.dumps(come), now if more else next(one for one in nights if one > now))
    return 1


def _apply(session: Session, rule: Rule, before: datetime, come: dict[str, int]) -> bool:
    """Forget what is old enough among the next rows. Whether there may be more."""
    rows = session.execute(
        select(rule.table.id, rule.made)
        .where(rule.table.id > come.get(rule.name, 0))
        .order_by(rule.table.id)
        .limit(ROWS)
    ).all()
    old = [number for number, made in rows if made < before]
    young = [number for number, made in rows if made >= before]
    # Numbers follow the time of making but for a few that overtook each other; none of those is passed by.
    if young:
        old = [number for number in old if number < young[0]]
    if old:
        rule.forget(session, old)
        come[rule.name] = old[-1]
    return len(old) == ROWS


def _come(session: Session) -> dict[str, int]:
    fact = session.get(Fact, KEY)
    try:
        come = json.loads(fact.value) if fact else {}
    except ValueError:
        come = {}
    return {str(name): int(number) for name, number in come.items()} if isinstance(come, dict) else {}


def _sent_words(session: Session, numbers: Sequence[int]) -> None:
    session.execute(delete(Attachment).where(Attachment.message_id.in_(numbers)))
    empty = {"subject": "", "body": "", "html": "", "thread_subject": "", "error": "", "to_address": ""}
    _set(session, OutgoingMessage, numbers, **empty)


def _received_words(session: Session, numbers: Sequence[int]) -> None:
    """What they were taken to mean goes as well: it quotes them. The log has the words that count."""
    _set(session, InboundText, numbers, from_address="", body="", raw=None, meaning=None)


def _pictures(session: Session, numbers: Sequence[int]) -> None:
    session.execute(
        update(Media)
        .where(Media.inbound_id.in_(numbers))
        .values(data=None)
        .execution_options(synchronize_session=False)
    )


def _sign_ins(session: Session, numbers: Sequence[int]) -> None:
    session.execute(delete(LinkAsk).where(LinkAsk.sign_in_id.in_(numbers)))
    session.execute(delete(SignIn).where(SignIn.id.in_(numbers)))


def _rows(table: Any) -> Callable[[Session, Sequence[int]], None]:
    def drop(session: Session, numbers: Sequence[int]) -> None:
        session.execute(delete(table).where(table.id.in_(numbers)))

    return drop


def _closed_alerts(session: Session, numbers: Sequence[int]) -> None:
    session.execute(delete(Alert).where(Alert.id.in_(numbers), Alert.closed_at.is_not(None)))


def _set(session: Session, table: Any, numbers: Sequence[int], **values: Any) -> None:
    session.execute(
        update(table)
        .where(table.id.in_(numbers))
        .values(**values)
        .execution_options(synchronize_session=False)
    )


RULES: tuple[Rule, ...] = (
    Rule("sent", OutgoingMessage, OutgoingMessage.created_at, lambda days: days.words_days, _sent_words),
    Rule("received", InboundText, InboundText.received_at, lambda days: days.words_days, _received_words),
    Rule("pictures", InboundText, InboundText.received_at, lambda days: days.pictures_days, _pictures),
    Rule("reports", StatusEvent, StatusEvent.at, lambda days: days.rows_days, _rows(StatusEvent)),
    Rule("sign_ins", SignIn, SignIn.created_at, lambda days: days.rows_days, _sign_ins),
    Rule("alerts", Alert, Alert.first_at, lambda days: days.rows_days, _closed_alerts),
    Rule("set_ups", SetUp, SetUp.created_at, lambda _days: KEPT_DAYS, _rows(SetUp)),
)
