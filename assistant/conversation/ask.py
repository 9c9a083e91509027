"""Asking: one text after the session ends, one for several sessions of a day.

A batch of families is decided on and written whole, with a few statements however many they are. A session
that cannot be asked about (a zone that does not exist, a name that is missing) never blocks or repeats the
others: then the families are taken one by one, and what fails waits, longer each time.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.ask_many import Ask, Evenings, ask_many, table_of
from assistant.conversation.claim import Family, all_carers, families_due
from assistant.conversation.gather import gathered
from assistant.conversation.wording import NAMED, Item, read_items
from assistant.evidence.log import Said, record
from assistant.families.household import can_be_asked, choose
from assistant.families.reconfirm import silent_too_long, still_you
from assistant.store import AuditEvent, Caregiver, Child, Expectation, Guardianship
from assistant.store.one_by_one import row_failed
from assistant.words import Outcome

_NOBODY_YET = timedelta(hours=6)
_LONG_ENOUGH = timedelta(hours=12)
# What could not be asked about is tried again after as long as it is late by then: an hour, two, four, a day.
_SHORTEST_WAIT, _LONGEST_WAIT = timedelta(hours=1), timedelta(days=1)
log = logging.getLogger(__name__)


def ask_due(session: Session, now: datetime, settings: Settings) -> int:
    """Ask about what has ended. Returns how many expectations were asked about, put off or closed."""
    families = families_due(session, now, settings.jobs.batch)
    if not families:
        return 0
    try:
        with session.begin_nested():
            return _ask(session, families, now, settings)
    except OperationalError:
        raise  # the database's own trouble is no family's fault
    except Exception as error:  # noqa: BLE001  whatever it is, the others are asked
        log.warning("a batch could not be asked (%s); it is done one by one", type(error).__name__)
    return sum(_ask_apart(session, family, now, settings) for family in families)


def _ask_apart(session: Session, family: Family, now: datetime, settings: Settings) -> int:
    """One family by itself. Where that fails: each of its sessions by itself, and what fails then waits."""
    whole = _tried(session, family, now, settings)
    if isinstance(whole, int):
        return whole
    due = select(Expectation.id).where(*_due(family.children, now))
    numbers = session.scalars(due.order_by(Expectation.ask_at, Expectation.id)).all()
    for number in numbers:
        done = _tried(session, family, now, settings, only=number)
        if isinstance(done, Exception):
            one = session.get_one(Expectation, number)
            one.ask_at = now + min(max(now - one.due_at, _SHORTEST_WAIT), _LONGEST_WAIT)
            row_failed(session, "expectation", number, "ask", done, now)
            session.flush()
    return len(numbers)


def _tried(
    session: Session, family: Family, now: datetime, settings: Settings, only: int | None = None
) -> int | Exception:
    """Ask this family, or about one session of it: how many, or what went wrong, all of it undone."""
    try:
        with session.begin_nested():
            return _ask(session, [family], now, settings, only)
    except OperationalError:
        raise
    except Exception as error:  # noqa: BLE001  one session that cannot be asked about waits alone
        return error


def _ask(
    session: Session, families: Sequence[Family], now: datetime, settings: Settings, only: int | None = None
) -> int:
    """Decide about everything that these families have due, or about `only` one of it, and write it."""
    children = [child for family in families for child in family.children]
    wanted = NAMED.where(*_due(children, now)).order_by(Expectation.ask_at, Expectation.id)
    if only is not None:
        wanted = wanted.where(Expectation.id == only)
    due = read_items(session, wanted.with_for_update(of=Expectation, key_share=True, skip_locked=True))
    whom = _whom(session, families, {item.expectation.child_id for item in due}, now)
    evenings = Evenings(now, settings)
    leading: dict[int, list[Item]] = defaultdict(list)  # by who comes first of those who are asked
    people: dict[int, Caregiver] = {}
    put_off: dict[int, datetime] = {}
    for item in due:
        one = item.expectation
        asked = _still_reachable(session, whom.get(one.child_id, []), now, settings)
        if asked and not _too_late(one, asked[0], now, settings, evenings):
            leading[asked[0].id].append(item)
            people.update({person.id: person for person in asked})
        elif not asked and now < one.due_at + timedelta(hours=settings.asking.stale_hours):
            put_off[one.id] = now + _NOBODY_YET  # nobody has said yes so far; they may before it is too late
        else:
            _close_unasked(session, one, now, "too late" if asked else "nobody to ask: opted out or on pause")
    waits = _waits(session, leading, people, now, evenings)
    put_off.update({item.expectation.id: at for number, at in waits.items() for item in leading[number]})
    ready: dict[int, list[Item]] = defaultdict(list)
    for number, group in leading.items():
        if number not in waits:
            for item in group:
                for person in whom[item.expectation.child_id]:
                    ready[person.id].append(item)
    asks = [Ask(person, _in_order(ready[number])) for number, person in people.items() if number in ready]
    ask_many(session, asks, now, settings, evenings)
    _put_off(session, put_off)
    return len(due)


def _due(children: Iterable[int], now: datetime) -> tuple[Any, ...]:
    return (Expectation.child_id.in_(children), Expectation.state == "planned", Expectation.ask_at <= now)


def _in_order(items: Iterable[Item]) -> list[Item]:
    return sorted(items, key=lambda item: (item.expectation.due_at, item.expectation.id))


def _whom(
    session: Session, families: Sequence[Family], children: set[int], now: datetime
) -> dict[int, list[Caregiver]]:
    """For each of these children those to ask now."""
    rows = session.scalars(select(Caregiver).where(Caregiver.id.in_(all_carers(families))))
    people = {person.id: person for person in rows}
    ways = {child: way for family in families for child, way in family.whom.items() if child in children}
    carers = {
        child: [people[one] for one in family.carers[child]]
        for family in families
        for child in family.children
        if child in children
    }
    return choose(session, carers, ways, now)


def _waits(
    session: Session,
    leading: Mapping[int, Sequence[Item]],
    people: Mapping[int, Caregiver],
    now: datetime,
    evenings: Evenings,
) -> dict[int, datetime]:
    """Whose questions have to wait, and until when: for their hours, or for what else is due that day."""
    starts = {
        number: evenings.of(people[number]).opens if people[number].texts == "in" else now
        for number in leading
    }
    later = _later_that_day(session, leading, people, starts, evenings)
    found = {number: later.get(number, start) for number, start in starts.items()}
    for number, items in leading.items():
        way, hours = people[number].gather, evenings.of(people[number]).hours
        if way != "each":
            found[number] = min(gathered(way, item.expectation.due_at, hours) for item in items)
    return {number: at for number, at in found.items() if at > now}


def _later_that_day(
    session: Session,
    leading: Mapping[int, Sequence[Item]],
    people: Mapping[int, Caregiver],
    starts: Mapping[int, datetime],
    evenings: Evenings,
) -> dict[int, datetime]:
    """By caregiver, when the last question of the local day is due, if that is to come and inside the hours.

    Then one text will do for all of them. What has waited long enough waits no longer.
    """
    asked = [
        number
        for number, items in leading.items()
        if not any(_waited(item.expectation, starts[number]) for item in items)
    ]
    closes = {number: evenings.of(people[number]).hours.closing(starts[number]) for number in asked}
    if not asked:
        return {}
    rows = session.execute(
        select(Guardianship.caregiver_id, Expectation.ask_at)
        .join(Child, Child.id == Guardianship.child_id)
        .join(Expectation, Expectation.child_id == Child.id)
        .where(
            Guardianship.caregiver_id.in_(asked),
            or_(Guardianship.position == 0, Child.whom != "first"),
            Expectation.state == "planned",
            Expectation.ask_at > min(starts[number] for number in asked),
            Expectation.ask_at < max(closes.values()),
        )
    )
    latest: dict[int, datetime] = {}
    for number, at in rows:
        if at is not None and starts[number] < at < closes[number]:
            latest[number] = max(at, latest.get(number, at))
    zones = {number: evenings.of(people[number]).hours.zone for number in latest}
    return {
        number: at
        for number, at in latest.items()
        if at.astimezone(zones[number]).date() == starts[number].astimezone(zones[number]).date()
    }


def _waited(one: Expectation, start: datetime) -> bool:
    return one.ask_at is not None and one.ask_at < start - _LONG_ENOUGH


def _put_off(session: Session, until: Mapping[int, datetime]) -> None:
    if until:
        table = table_of(Expectation)
        session.execute(
            update(table).where(table.c.id == bindparam("number")).values(ask_at=bindparam("at")),
            [{"number": number, "at": at} for number, at in until.items()],
        )


def _still_reachable(
    session: Session, people: list[Caregiver], now: datetime, settings: Settings
) -> list[Caregiver]:
    """Those of whom something was heard not too long ago; the others are asked whether it is still them."""
    for person in people:
        if silent_too_long(person, now, settings):
            still_you(session, person, now, settings)
    return [person for person in people if can_be_asked(person, now)]


def _too_late(
    one: Expectation, caregiver: Caregiver, now: datetime, settings: Settings, evenings: Evenings
) -> bool:
    """Whether a question would come so long after the session that it had better not be sent.

    The nights and Sundays that we keep ourselves do not count against it.
    """
    wanted = one.due_at + timedelta(minutes=settings.asking.delay_minutes)
    if caregiver.gather != "each":
        wanted = gathered(caregiver.gather, wanted, evenings.of(caregiver).hours)
    stale = timedelta(hours=settings.asking.stale_hours)
    return now > wanted + stale and now > evenings.of(caregiver).hours.next_open(wanted) + stale


def _close_unasked(session: Session, one: Expectation, now: datetime, why: str) -> None:
    one.state, one.ask_at = "closed", None
    record(session, one, Said(Outcome.UNANSWERED), now)
    session.add(
        AuditEvent(
            at=now, actor="ask", kind="not_asked", subject=f"expectation {one.id}", detail={"why": why}
        )
    )
