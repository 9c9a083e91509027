"""The school's logs of a child, kept as they came, and the comparison with the parent's, service by service.

A newer log stands beside the older ones. Of a day that several cover, the newest speaks.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.evidence.log import note
from assistant.evidence.occasions import NOBODY, Due, Told, progress_of, split, told_by
from assistant.evidence.school_text import Reading, Row
from assistant.evidence.school_words import status_of
from assistant.evidence.side_by_side import Comparison, Parent, ParentSays, Plan, School, compare
from assistant.schedule.calendar import is_instructional
from assistant.schedule.jsonable import calendar_from_json
from assistant.schedule.types import SchoolCalendar
from assistant.store import (
    Calendar,
    Child,
    Expectation,
    LogEntry,
    MakeUp,
    SchoolLog,
    SchoolLogRow,
    ServiceLine,
)
from assistant.words import Asks, Cause, Knows, Outcome

Source = Literal["typed", "pasted", "csv"]
_SAYS: Mapping[Outcome, ParentSays] = {
    Outcome.HELD: "held",
    Outcome.PARTIAL: "part",
    Outcome.OTHER: "other",
    Outcome.MISSED: "not_held",
    Outcome.NO_SCHOOL: "no_school",
    Outcome.UNKNOWN: "unknown",
    Outcome.UNANSWERED: "unanswered",
}


@dataclass(frozen=True, slots=True)
class NewLog:
    """A school's log that the parent has looked over. `rows` each with the service line they are about.

    `first` and `last`: the days it covers, where the parent said so. `choices`: how the parent read it, in
    plain JSON, for the record.
    """

    source: Source
    raw: str
    rows: Sequence[tuple[Row, ServiceLine]]
    unread: int = 0
    first: date | None = None
    last: date | None = None
    choices: Mapping[str, Any] | None = None


def digest_of(raw: str) -> str:
    """The SHA-256 of a log's text, as it stands in the record."""
    return hashlib.sha256(raw.encode("utf-8")).hexdigest()


def keep(
    session: Session, child: Child, new: NewLog, today: date, now: datetime, caregiver_id: int | None = None
) -> SchoolLog:
    """Keep a school's log with all its rows, and one entry in the child's record.

    The very same log read the same way, sent twice in a row, is kept once. Raises ValueError without a row.
    """
    if not new.rows:
        raise ValueError("a school's log without a row is none")
    digest = digest_of(new.raw)
    rows = [
        SchoolLogRow(
            service_line_id=line.id,
            place=row.place,
            day=row.day,
            said=row.said,
            minutes=row.minutes,
            note=row.note,
        )
        for row, line in new.rows
    ]
    newest = session.scalars(
        select(SchoolLog).where(SchoolLog.child_id == child.id).order_by(SchoolLog.id.desc()).limit(1)
    ).first()
    if newest and newest.digest == digest and _same(newest.rows, rows):
        return newest
    log = SchoolLog(
        child_id=child.id,
        caregiver_id=caregiver_id,
        source=new.source,
        raw=new.raw,
        digest=digest,
        imported_at=now,
        rows=rows,
    )
    session.add(log)
    session.flush()
    lines = list(dict.fromkeys(line for _, line in new.rows))
    days = [row.day for row, _ in new.rows]
    about = {
        "source": new.source,
        "rows": len(rows),
        "from": (new.first or min(days)).isoformat(),
        "to": (new.last or max(days)).isoformat(),
        "sha256": digest,
        "log": log.id,
        "covers_told": bool(new.first and new.last),
        "services": [line.name for line in lines],
        "unread": new.unread,
        **(new.choices or {}),
    }
    note(
        session,
        child.id,
        "school_log",
        today,
        about,
        now,
        line=lines[0] if len(lines) == 1 else None,
        knows=Knows.SCHOOL_LOG,
        caregiver_id=caregiver_id,
    )
    return log


def _same(kept: Sequence[SchoolLogRow], new: Sequence[SchoolLogRow]) -> bool:
    return [(r.service_line_id, r.place, r.day, r.said, r.minutes) for r in kept] == [
        (r.service_line_id, r.place, r.day, r.said, r.minutes) for r in new
    ]


def line_on(lines: Sequence[ServiceLine], chosen: ServiceLine, day: date) -> ServiceLine:
    """The line in force on that day of the service that `chosen` is one of; `chosen` itself where none is.

    The same service under an earlier or later IEP is another line.
    """
    alike = [line for line in lines if line.name.casefold() == chosen.name.casefold()]
    fits = [line for line in alike if line.starts <= day <= ends_of(line)]
    return chosen if chosen in fits or not fits else fits[0]


def ends_of(line: ServiceLine) -> date:
    """The last date the line is in force: its own, or that of its IEP where a newer one followed."""
    return min(line.ends, line.iep_version.ends or line.ends)


@dataclass(frozen=True, slots=True)
class Covers:
    """The days a log speaks of; `told` where the parent said so, else those of its rows."""

    first: date
    last: date
    told: bool


def logs_of(session: Session, child_id: int) -> list[tuple[SchoolLog, LogEntry | None]]:
    """The child's school logs, newest first, each with its entry in the record."""
    entries = session.scalars(
        select(LogEntry).where(LogEntry.child_id == child_id, LogEntry.kind == "school_log")
    )
    by_log = {entry.content["school_log"].get("log"): entry for entry in entries}
    logs = session.scalars(
        select(SchoolLog).where(SchoolLog.child_id == child_id).order_by(SchoolLog.id.desc())
    )
    return [(log, by_log.get(log.id)) for log in logs]


def compare_line(session: Session, line: ServiceLine, now: datetime) -> Comparison | None:
    """The parent's log of a service beside the school's, as both stood at `now`.

    None where no log of the school's has a row of it.
    """
    rows: list[School] = []
    spans: list[Covers] = []
    for log, entry in logs_of(session, line.child_id):
        mine = [row for row in log.rows if row.service_line_id == line.id]
        if not mine or log.imported_at > now:
            continue
        covers = _covers(mine, entry, line)
        rows += [_school(row) for row in mine if not any(one.first <= row.day <= one.last for one in spans)]
        spans.append(covers)
    if not spans:
        return None
    first, last = min(one.first for one in spans), max(one.last for one in spans)
    parents = [
        one
        for one in parents_of(session, line, now)
        if any(span.first <= one.last and one.first <= span.last for span in spans)
    ]
    calendar = _calendar(session, line)
    plan = Plan(
        starts=line.starts,
        ends=ends_of(line),
        log_begins=line.created_at.astimezone(calendar.zone).date(),
        is_school_day=lambda day: line.esy or is_instructional(calendar, day),
    )
    return compare(parents, rows, plan, first, last, told=all(one.told for one in spans))


def differs(session: Session, service_line_id: int, now: datetime) -> tuple[tuple[date, int | None], ...]:
    """The days on which the two logs of a service do not fit, each with the number of the parent's entry.

    Days that the parent does not know, and days that only the school's log has, are none of them.
    """
    line = session.get_one(ServiceLine, service_line_id)
    found = compare_line(session, line, now)
    return tuple(
        (pair.first, pair.parent.entry if pair.parent else None)
        for pair in (found.pairs if found else ())
        if pair.state in ("differ", "only_parent")
    )


def parents_of(session: Session, line: ServiceLine, as_of: datetime) -> list[Parent]:
    """What the parent's log says of each thing that fell due by `as_of`, and of make-ups, in date order."""
    newest: dict[int, LogEntry] = {}
    for entry in session.scalars(
        select(LogEntry)
        .where(LogEntry.service_line_id == line.id, LogEntry.kind == "answer", LogEntry.recorded_at <= as_of)
        .order_by(LogEntry.number)
    ):
        newest[entry.expectation_id or 0] = entry
    progress = progress_of(session, line.id, as_of)
    due = session.scalars(
        select(Expectation)
        .where(
            Expectation.service_line_id == line.id,
            Expectation.due_at <= as_of,
            Expectation.state != "withdrawn",
        )
        .order_by(Expectation.due_at, Expectation.id)
    )
    found = [_parent(one, newest.get(one.id), progress) for one in due]
    for made in session.scalars(
        select(MakeUp).where(
            MakeUp.service_line_id == line.id,
            MakeUp.state == "given",
            MakeUp.expectation_id.is_(None),
            MakeUp.settled_at <= as_of,
        )
    ):
        if made.day is not None:
            found.append(Parent(made.day, made.day, 0, "held", made.minutes, make_up=True))
    return sorted(found, key=lambda one: (one.first, one.last))


def _parent(one: Expectation, entry: LogEntry | None, progress: Mapping[int, Sequence[Told]]) -> Parent:
    first, last = one.period_from or one.day, one.period_to or one.day
    told = told_by(entry) if entry else NOBODY
    so_far = progress.get(one.id, ())
    parts = split(Due(one.day, one.due_minutes, one.due_sessions, Asks(one.asks)), told, so_far)
    given = sum(part.given + part.other + part.surplus for part in parts)
    says = _SAYS[told.outcome]
    if says == "unanswered" and given:  # told during the period, and not asked about at its end
        says = "held" if given >= one.due_minutes else "part"
    return Parent(
        first=first,
        last=last,
        due=0 if one.form == "make_up" else one.due_minutes,
        says=says,
        given=given,
        stated=told.minutes is not None or told.sessions is not None or bool(so_far),
        sessions=one.due_sessions,
        entry=entry.number if entry else None,
        cause=Cause(entry.cause) if entry and entry.cause else None,
        make_up=one.form == "make_up",
    )


def _school(row: SchoolLogRow) -> School:
    words = status_of(row.note)
    cause = words.cause if row.said == "not_given" else None
    return School(row.day, row.said, row.minutes, row.note, cause, words.make_up)  # type: ignore[arg-type]  # checked


def _covers(rows: Sequence[SchoolLogRow], entry: LogEntry | None, line: ServiceLine) -> Covers:
    about = entry.content["school_log"] if entry else {}
    days = [row.day for row in rows]
    if not about.get("covers_told"):
        return Covers(min(days), max(days), False)
    first, last = date.fromisoformat(about["from"]), date.fromisoformat(about["to"])
    # A log that goes over a change of the IEP speaks of each line only while that is in force.
    return Covers(min([max(first, line.starts), *days]), max([min(last, ends_of(line)), *days]), True)


def _calendar(session: Session, line: ServiceLine) -> SchoolCalendar:
    row = session.scalars(
        select(Calendar).join(Child, Child.calendar_id == Calendar.id).where(Child.id == line.child_id)
    ).one()
    return calendar_from_json(row.definition)


def zone_of(session: Session, child: Child) -> ZoneInfo:
    """The school's zone."""
    return ZoneInfo(session.get_one(Calendar, child.calendar_id).zone)


def by_service(
    reading: Reading, lines: Sequence[ServiceLine], chosen: ServiceLine | None
) -> tuple[list[tuple[Row, ServiceLine]], list[Row]]:
    """The rows with their service lines, and the rows whose service is not plain.

    `chosen`: the one service all rows are about; None where each row names its own.
    """
    found: list[tuple[Row, ServiceLine]] = []
    unclear: list[Row] = []
    for row in reading.rows:
        line = chosen or _named(row.service, lines)
        if line is None:
            unclear.append(row)
        else:
            found.append((row, line_on(lines, line, row.day)))
    return found, unclear


def _named(service: str, lines: Sequence[ServiceLine]) -> ServiceLine | None:
    """The one service that the row's own words name: by name or alias whole, else by a word they share."""
    said = _words(service)
    if not said:
        return None
    by_name: dict[str, list[ServiceLine]] = defaultdict(list)
    for line in lines:
        by_name[line.name.casefold()].append(line)
    groups = list(by_name.values())
    whole = [g for g in groups if any(said in (_words(line.name), _words(line.alias)) for line in g)]
    shared = [g for g in groups if any(said & (_words(line.name) | _words(line.alias)) for line in g)]
    fits = whole or shared
    return fits[0][0] if len(fits) == 1 else None


_COMMON = frozenset(
    [
        "therapy",
        "service",
        "services",
        "and",
        "the",
        "of",
        "related",
        "language",
        "individual",
        "group",
        "direct",
    ]
)


def _words(text: str) -> frozenset[str]:
    plain = "".join(one if one.isalnum() else " " for one in text.casefold()).split()
    return frozenset(word for word in plain if word not in _COMMON)
