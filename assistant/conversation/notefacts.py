"""What the record holds beside sessions, for letters: talks, letters sent, dates that passed, make-ups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from assistant.conversation.contacts import contacts_of
from assistant.guide.facts import Contact, MadeUp, Passed, SchoolRecord, StepDone
from assistant.store import Case, LogEntry, ServiceLine, Step

# What came of a step by the parent's word: no letter rests on it.
TOLD_ONLY = frozenset({"met", "found", "found_part", "found_not"})


def notes_of(
    session: Session, child_id: int, lines: Sequence[ServiceLine], as_of: datetime, own: Step
) -> dict[str, Any]:
    """The notes about these lines, or about none in particular, recorded by `as_of`; fields of StepFacts.

    The letter of step `own` does not name its own sending.
    """
    rows = session.scalars(
        select(LogEntry)
        .where(
            LogEntry.child_id == child_id,
            LogEntry.kind.in_(("step", "passed", "school_log", "make_up")),
            LogEntry.recorded_at <= as_of,
            or_(
                LogEntry.service_line_id.is_(None),
                LogEntry.service_line_id.in_([line.id for line in lines]),
            ),
        )
        .order_by(LogEntry.day, LogEntry.number)
    ).all()
    by_kind: defaultdict[str, list[LogEntry]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    return {
        "contacts": _contacts(session, child_id, lines, as_of),
        "steps": tuple(_step(row) for row in _marks(session, by_kind["step"], own)),
        "passed": tuple(_passed(row) for row in by_kind["passed"]),
        "school_log": tuple(_school_log(row) for row in by_kind["school_log"]),
        "make_ups": _make_ups(by_kind["make_up"]),
    }


def contact_of(session: Session, child_id: int, number: int) -> Contact | None:
    """One talk, by its entry's number; None for what is no talk, or was put right by a later entry."""
    found = (one for one in contacts_of(session, child_id, in_force=True) if one.number == number)
    one = next(found, None)
    return _contact(one) if one else None


def _contacts(
    session: Session, child_id: int, lines: Sequence[ServiceLine], as_of: datetime
) -> tuple[Contact, ...]:
    """Talks that stand (a correction takes the place of what it corrects), oldest first."""
    names = {None, *(line.name for line in lines)}
    found = contacts_of(session, child_id, in_force=True)
    return tuple(
        _contact(one) for one in reversed(found) if one.service in names and one.recorded_at <= as_of
    )


def _contact(one: Any) -> Contact:
    return Contact(
        day=one.day,
        person=one.who,
        how=one.how,
        said=one.said,
        promised=one.promised,
        entry=one.number,
        title=one.title,
        at=one.at,
        promised_by=one.promised_by,
    )


def _marks(session: Session, rows: Sequence[LogEntry], own: Step) -> list[LogEntry]:
    """The marks that stand: a later day puts the earlier one right, "not sent" takes it back."""
    steps = session.execute(
        select(Case.service_line_id, Step.key, Step.suggested_at, Step.id)
        .join(Case, Step.case_id == Case.id)
        .where(Case.service_line_id.in_({row.service_line_id for row in rows}))
        .order_by(Step.suggested_at, Step.id)
    ).all()
    standing: dict[tuple[int, str], LogEntry] = {}
    for row in sorted(rows, key=lambda one: one.number):
        about = row.content["step"]
        which = [
            number
            for line, key, at, number in steps
            if (line, key) == (row.service_line_id, about["step"]) and at <= row.recorded_at
        ]
        number = which[-1] if which else 0
        if number == own.id or about["did"] in TOLD_ONLY:
            continue
        if about["did"] == "not_sent":
            standing.pop((number, "sent"), None)
            continue
        standing[number, about["did"]] = row
    return sorted(standing.values(), key=lambda one: (one.day, one.number))


def _step(row: LogEntry) -> StepDone:
    about = row.content["step"]
    return StepDone(row.day, about["step"], about["did"], row.words, row.number)


def _passed(row: LogEntry) -> Passed:
    about = row.content["passed"]
    return Passed(
        clock=about["clock"],
        step=about["step"],
        asked_on=date.fromisoformat(about["asked_on"]),
        due=date.fromisoformat(about["due"]),
        latest=date.fromisoformat(about["latest"]),
        citation=about.get("citation", ""),
        entry=row.number,
    )


def _school_log(row: LogEntry) -> SchoolRecord:
    about = row.content["school_log"]
    first, last = date.fromisoformat(about["from"]), date.fromisoformat(about["to"])
    return SchoolRecord(row.day, int(about["rows"]), first, last, row.number)


def _make_ups(rows: Sequence[LogEntry]) -> tuple[MadeUp, ...]:
    """One make-up may be for several misses, each with an entry; told at one moment, it is one thing."""
    found: dict[tuple[Any, ...], list[LogEntry]] = {}
    for row in rows:
        about = row.content["make_up"]
        key = (row.recorded_at, about["act"], about["minutes"], about["day"])
        found.setdefault(key, []).append(row)
    return tuple(
        MadeUp(
            told_on=rows[0].recorded_at.date(),
            act=act,
            minutes=int(minutes),
            day=date.fromisoformat(day) if day else None,
            entries=tuple(row.number for row in rows),
        )
        for (_, act, minutes, day), rows in found.items()
    )
