"""A family's calendar out: expected sessions, promised make-ups, clocks and the yearly date, as iCalendar.

The address holds a secret of the caregiver's own and nothing else; what it shows are nickname and alias, as
in texts, because phones show calendars to whoever looks at them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.families.plan import as_line, calendar_of
from assistant.schedule.expand import asked, in_force
from assistant.store import (
    Caregiver,
    Case,
    Child,
    Expectation,
    Guardianship,
    IepVersion,
    ServiceLine,
    Step,
)
from assistant.words import Asks, Language
from messages.outbox import language_of
from messages.periods import period_short
from messages.templates import counted, word

if TYPE_CHECKING:
    from icalendar import Event

BACK = timedelta(days=28)  # sessions that lie further back are history; the log has them
AHEAD = timedelta(days=370)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the feed. `start` and `end` are moments; without them it lasts all of `day`."""

    uid: str
    summary: str
    day: date
    start: datetime | None = None
    end: datetime | None = None
    note: str = ""


def owner_of(session: Session, key: str) -> Caregiver | None:
    """The caregiver whose feed this is, or None."""
    return session.scalars(select(Caregiver).where(Caregiver.feed_key == key)).first()


def feed(session: Session, caregiver: Caregiver, now: datetime) -> bytes:
    """The caregiver's feed as an iCalendar file (RFC 5545), from four weeks ago to a year ahead."""
    import icalendar  # on use: it takes a quarter of a second, and few commands need it

    language = language_of(caregiver)
    entries = sorted(entries_of(session, caregiver, now), key=lambda one: (one.day, one.uid))
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Every Session//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", word("feed_name", language))
    calendar.add("refresh-interval", timedelta(hours=12), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT12H")
    for one in entries:
        calendar.add_component(_event(one, now))
    return bytes(calendar.to_ical())


def entries_of(session: Session, caregiver: Caregiver, now: datetime) -> Iterator[Entry]:
    """What the feed of a caregiver holds, in no order."""
    language = language_of(caregiver)
    children = session.scalars(
        select(Child)
        .join(Guardianship, Guardianship.child_id == Child.id)
        .where(Guardianship.caregiver_id == caregiver.id)
        .order_by(Child.id)
    ).all()
    for child in children:
        lines = session.scalars(
            select(ServiceLine).where(ServiceLine.child_id == child.id).order_by(ServiceLine.id)
        ).all()
        for line in lines:
            yield from _sessions(session, child, line, now, language)
        yield from _make_ups(session, child, now, language)
        yield from _clocks(session, child, language)
        yield from _renewal(session, child, language)


def _sessions(
    session: Session, child: Child, line: ServiceLine, now: datetime, language: Language
) -> Iterator[Entry]:
    """Each slot at its time; a period on the day it falls due."""
    calendar, plain = calendar_of(session, line), as_line(line)
    today = now.astimezone(calendar.zone).date()
    first, last = in_force(plain, calendar)
    for one in asked(plain, calendar, max(first, today - BACK), min(last, today + AHEAD) + _DAY):
        uid = f"line{line.id}-{(one.date or one.due_at.date()).isoformat()}"
        name = f"{child.nickname}: {line.alias}"
        if one.start and one.end:
            uid = f"{uid}-{one.start.astimezone(UTC):%H%M}"
            yield Entry(uid, name, one.start.date(), one.start.astimezone(UTC), one.end.astimezone(UTC))
        elif one.period_from and one.period_to:
            much = (
                word("feed_minutes", language, due=one.due_minutes)
                if one.asks is Asks.MINUTES
                else counted("feed_count", language, one.due_sessions, due=one.due_sessions)
            )
            span = period_short(one.period_from, one.period_to, language)
            is_counted = one.asks in (Asks.COUNT, Asks.MINUTES)
            summary = f"{name}, {much}, {span}" if is_counted else f"{name}, {span}"
            yield Entry(uid, summary, one.due_at.date())
        else:
            yield Entry(uid, name, one.due_at.date())


def _make_ups(session: Session, child: Child, now: datetime, language: Language) -> Iterator[Entry]:
    rows = session.execute(
        select(Expectation, ServiceLine.alias)
        .join(ServiceLine, Expectation.service_line_id == ServiceLine.id)
        .where(
            Expectation.child_id == child.id, Expectation.form == "make_up", Expectation.due_at > now - BACK
        )
    )
    for one, alias in rows:
        summary = f"{child.nickname}: {alias} {word('make_up', language)}"
        yield Entry(f"make-up{one.id}", summary, one.day)


def _clocks(session: Session, child: Child, language: Language) -> Iterator[Entry]:
    """The dates of steps that were sent; a range ends on its later day, and says so."""
    rows = session.execute(
        select(Step, ServiceLine.alias)
        .join(Case, Step.case_id == Case.id)
        .join(ServiceLine, Case.service_line_id == ServiceLine.id)
        .where(Case.child_id == child.id, Step.state == "done")
        .order_by(Step.id)
    )
    for step, alias in rows:
        for clock in step.dates:
            yield _clock(step.id, f"{child.nickname}: {alias}", clock, language)


def _clock(step_id: int, whose: str, clock: dict[str, Any], language: Language) -> Entry:
    latest = date.fromisoformat(clock["latest"])
    note = word(f"clock_{clock['kind']}", language)
    if clock["due"] != clock["latest"]:
        note = f"{note} {clock['due']} - {clock['latest']}."
    if clock["citation"]:
        note = f"{note} {clock['citation']}"
    summary = f"{whose}, {word('clock_' + clock['name'], language)}"
    return Entry(f"step{step_id}-{clock['name']}", summary, latest, note=note)


def _renewal(session: Session, child: Child, language: Language) -> Iterator[Entry]:
    rows = session.scalars(
        select(IepVersion).where(IepVersion.child_id == child.id, IepVersion.ends.is_(None))
    )
    for version in rows:
        if version.renews_on:
            summary = f"{child.nickname}: {word('feed_renewal', language)}"
            yield Entry(f"iep{version.id}-renewal", summary, version.renews_on)


def _event(one: Entry, now: datetime) -> Event:
    import icalendar

    event = icalendar.Event()
    event.add("uid", f"{one.uid}@every-session")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("summary", one.summary)
    if one.start and one.end:
        event.add("dtstart", one.start)
        event.add("dtend", one.end)
    else:
        event.add("dtstart", one.day)
        event.add("dtend", one.day + _DAY)
        event.add("transp", "TRANSPARENT")
    if one.note:
        event.add("description", one.note)
    return event
