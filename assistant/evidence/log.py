"""Writing to the log. One way in: `record`. Nothing here changes or removes an entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from assistant.evidence import chain
from assistant.store import Child, Expectation, Guardianship, LogEntry, ServiceLine
from assistant.words import Cause, Knows, Outcome

Kind = Literal["answer", "progress", "make_up", "second"]
NoteKind = Literal["contact", "step", "passed", "school_log", "plan"]


@dataclass(frozen=True, slots=True)
class Said:
    """What was said about one expectation, by whom and in which words. Moments are UTC."""

    outcome: Outcome
    cause: Cause | None = None
    minutes: int | None = None
    sessions: int | None = None
    knows: Knows = Knows.NOT_SAID
    words: str = ""
    caregiver_id: int | None = None
    inbound_id: int | None = None
    question_id: int | None = None
    asked_at: datetime | None = None
    answered_at: datetime | None = None
    chances: int | None = None
    kind: Kind = "answer"
    day: date | None = None  # the day spoken of, where it is not the one the expectation falls due on
    about: dict[str, Any] | None = None  # of a make-up: what was said, and which misses it is for
    clarified: dict[str, Any] | None = None  # the question that staff put about the words, and the yes to it


# Built once: each entry needs them.
_NEWEST = (
    select(LogEntry).where(LogEntry.child_id == bindparam("child")).order_by(LogEntry.number.desc()).limit(1)
)
_HELD = select(Child.id).where(Child.id == bindparam("child")).with_for_update()
_IN_FORCE = (
    select(LogEntry)
    .where(LogEntry.expectation_id == bindparam("expectation"), LogEntry.kind == bindparam("kind"))
    .order_by(LogEntry.number.desc())
    .limit(1)
)
_IN_FORCE_OF = _IN_FORCE.where(LogEntry.caregiver_id == bindparam("by"))


def record(session: Session, expectation: Expectation, said: Said, now: datetime) -> LogEntry:
    """Append an entry about `expectation` to its child's chain; it corrects the one in force, if any.

    The child's log is held, so two replies at the same moment get two numbers, in one order.
    """
    last = _last(session, expectation.child_id)
    in_force = None
    if said.kind != "make_up":
        # A second answer corrects only what the same person said; the first one stays in force beside it.
        by = said.caregiver_id if said.kind == "second" else None
        in_force = current_entry(session, expectation.id, said.kind, by)
    number = last.number + 1 if last else 1
    previous = last.hash if last else chain.START
    content = _content(expectation, said, number, in_force.number if in_force else None, now)
    entry = LogEntry(
        child_id=expectation.child_id,
        number=number,
        service_line_id=expectation.service_line_id,
        expectation_id=expectation.id,
        question_id=said.question_id,
        caregiver_id=said.caregiver_id,
        inbound_id=said.inbound_id,
        kind=said.kind,
        day=said.day or expectation.day,
        outcome=said.outcome.value,
        cause=said.cause.value if said.cause else None,
        minutes=said.minutes,
        sessions=said.sessions,
        chances=said.chances,
        knows=said.knows.value,
        words=said.words,
        asked_at=said.asked_at,
        answered_at=said.answered_at,
        recorded_at=now,
        supersedes=content["supersedes"],
        content=content,
        previous_hash=previous,
        hash=chain.link(previous, content),
    )
    session.add(entry)
    session.flush()
    return entry


def note(
    session: Session,
    child_id: int,
    kind: NoteKind,
    day: date,
    about: dict[str, Any],
    now: datetime,
    *,
    line: ServiceLine | None = None,
    words: str = "",
    knows: Knows = Knows.NOT_SAID,
    caregiver_id: int | None = None,
    inbound_id: int | None = None,
) -> LogEntry:
    """Append an entry about no session: a contact, a letter sent, a date that passed, a log of the school's.

    `day` is the school-local day that it is about. `about` is what the kind needs, in plain JSON, and stands
    in the hashed content under the kind's name; `words` are the parent's own.
    """
    last = _last(session, child_id)
    number = last.number + 1 if last else 1
    previous = last.hash if last else chain.START
    content = {
        "number": number,
        "kind": kind,
        "service": line.name if line else None,
        "day": day.isoformat(),
        "knows": knows.value,
        "words": words,
        "caregiver": caregiver_id,
        "recorded_at": _stamp(now),
        kind: about,
    }
    entry = LogEntry(
        child_id=child_id,
        number=number,
        service_line_id=line.id if line else None,
        caregiver_id=caregiver_id,
        inbound_id=inbound_id,
        kind=kind,
        day=day,
        outcome="",
        knows=knows.value,
        words=words,
        recorded_at=now,
        content=content,
        previous_hash=previous,
        hash=chain.link(previous, content),
    )
    session.add(entry)
    session.flush()
    return entry


def _last(session: Session, child_id: int) -> LogEntry | None:
    """The newest entry of the child's chain, with the chain held until the transaction ends."""
    hold(session, child_id)
    return session.scalars(_NEWEST, {"child": child_id}).first()


def hold(session: Session, child_id: int) -> None:
    """Nobody else writes to this log until the transaction ends. Hold it before deciding by what it says."""
    session.scalars(_HELD, {"child": child_id}).one()


def current_entry(
    session: Session, expectation_id: int, kind: Kind = "answer", by: int | None = None
) -> LogEntry | None:
    """The entry of that kind in force about an expectation: the newest, of caregiver `by` where given.

    All others stay in the record.
    """
    wanted = {"expectation": expectation_id, "kind": kind}
    if by is None:
        return session.scalars(_IN_FORCE, wanted).first()
    return session.scalars(_IN_FORCE_OF, {**wanted, "by": by}).first()


def answered_first(session: Session, expectation_id: int, caregiver_id: int | None) -> LogEntry | None:
    """The answer of another caregiver that counts before anything this one says; None where theirs counts.

    "Not sure" and silence are no answer to be first with.
    """
    entry = current_entry(session, expectation_id)
    if entry is None or entry.caregiver_id in (None, caregiver_id):
        return None
    return None if entry.outcome in (Outcome.UNKNOWN, Outcome.UNANSWERED) else entry


def newest_answers(session: Session, caregiver_id: int) -> list[tuple[str, str, str]]:
    """Nickname, alias and outcome of each answer in force about a caregiver's children, in their order."""
    newest = (
        select(func.max(LogEntry.number).label("number"), LogEntry.expectation_id)
        .where(LogEntry.kind == "answer")
        .group_by(LogEntry.expectation_id)
        .subquery()
    )
    rows = session.execute(
        select(Child.nickname, ServiceLine.alias, LogEntry.outcome)
        .join(
            newest,
            (newest.c.expectation_id == LogEntry.expectation_id) & (newest.c.number == LogEntry.number),
        )
        .join(Expectation, Expectation.id == LogEntry.expectation_id)
        .join(ServiceLine, ServiceLine.id == LogEntry.service_line_id)
        .join(Child, Child.id == LogEntry.child_id)
        .join(Guardianship, Guardianship.child_id == LogEntry.child_id)
        .where(Guardianship.caregiver_id == caregiver_id)
        .order_by(Child.id, ServiceLine.id, LogEntry.day, LogEntry.id)
    )
    return [(nickname, alias, outcome) for nickname, alias, outcome in rows]


def _content(
    expectation: Expectation, said: Said, number: int, supersedes: int | None, now: datetime
) -> dict[str, Any]:
    """What is hashed: everything the entry says, in words that need no database to be read."""
    line = expectation.line
    delay = None
    if said.asked_at and said.answered_at:
        delay = int((said.answered_at - said.asked_at).total_seconds())
    content: dict[str, Any] = {
        "number": number,
        "kind": said.kind,
        "service": line.name,
        "day": (said.day or expectation.day).isoformat(),
        "period_from": expectation.period_from.isoformat() if expectation.period_from else None,
        "period_to": expectation.period_to.isoformat() if expectation.period_to else None,
        "starts": _stamp(expectation.start_at),
        "due_minutes": expectation.due_minutes,
        "due_sessions": expectation.due_sessions,
        "outcome": said.outcome.value,
        "cause": said.cause.value if said.cause else None,
        "minutes": said.minutes,
        "sessions": said.sessions,
        "chances": said.chances,
        "knows": said.knows.value,
        "words": said.words,
        "caregiver": said.caregiver_id,
        "asked_at": _stamp(said.asked_at),
        "answered_at": _stamp(said.answered_at),
        "delay_seconds": delay,
        "recorded_at": _stamp(now),
        "supersedes": supersedes,
    }
    if said.clarified is not None:
        content["clarified"] = said.clarified
    return content if said.about is None else {**content, "make_up": said.about}


def _stamp(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
