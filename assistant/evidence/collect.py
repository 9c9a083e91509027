"""Gathering everything an evidence file says about a child, from the tables, at one moment."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assistant.escalation.types import Occasion
from assistant.evidence import chain
from assistant.evidence.collected import (
    Asked,
    Entry,
    Evidence,
    GuideNote,
    MadeUp,
    Mark,
    MarkKind,
    Replies,
    Section,
    Service,
    Timing,
    Wanted,
)
from assistant.evidence.file import ExportError
from assistant.evidence.ledger import fold, occasions_of
from assistant.evidence.sections import sections_of
from assistant.guide.render import whole_review
from assistant.guide.types import Guide
from assistant.schedule.jsonable import frequency_from_json
from assistant.schedule.types import ServiceLine as Line
from assistant.store import (
    NOTES,
    Calendar,
    Child,
    Expectation,
    LogEntry,
    MakeUp,
    OutgoingMessage,
    Question,
    QuestionItem,
    ServiceLine,
    Template,
)
from assistant.words import Bucket, Language, Outcome
from messages.frequency import plain_frequency

_ASKING = ("question", "reminder", "nudge")
_MARKS: Mapping[Outcome, MarkKind] = {
    Outcome.HELD: "held",
    Outcome.PARTIAL: "part",
    Outcome.OTHER: "other",
    Outcome.UNKNOWN: "unknown",
    Outcome.UNANSWERED: "unanswered",
    Outcome.NO_SCHOOL: "no_school",
}


def evidence_of(session: Session, child_id: int, wanted: Wanted, now: datetime, guide: Guide) -> Evidence:
    """What an export at `now` (UTC) says of a child, with every further section. Raises as `collect` does."""
    as_of = latest(session, child_id, now)
    more = sections_of(session, child_id, wanted, as_of)
    return collect(session, child_id, wanted, as_of, guide, more)


def collect(
    session: Session,
    child_id: int,
    wanted: Wanted,
    as_of: datetime,
    guide: Guide,
    sections: Sequence[Section] = (),
) -> Evidence:
    """What is to be said of a child's record as it stood at `as_of` (UTC).

    `guide`: as it stands, with its reviews. Raises ExportError for an unknown child and for a range that ends
    before it begins.
    """
    if wanted.first and wanted.last and wanted.first > wanted.last:
        raise ExportError(f"the range ends before it begins: {wanted.first} to {wanted.last}")
    child = session.get(Child, child_id)
    if child is None:
        raise ExportError(f"no child has the number {child_id}")
    if child.erased_at is not None:
        raise ExportError(f"child {child_id} was erased on its family's wish; nothing is left to export")
    zone = session.get_one(Calendar, child.calendar_id).zone
    rows = session.scalars(
        select(LogEntry)
        .where(LogEntry.child_id == child_id, LogEntry.recorded_at <= as_of)
        .order_by(LogEntry.number)
    ).all()
    lines = session.scalars(
        select(ServiceLine).where(ServiceLine.child_id == child_id).order_by(ServiceLine.id)
    ).all()
    make_ups = _make_ups(session, lines, as_of)
    services = (_service(session, line, rows, make_ups[line.id], wanted, as_of) for line in lines)
    return Evidence(
        wanted=wanted,
        child=(child.full_name if wanted.full_name else "") or child.nickname,
        as_of=as_of,
        zone=zone,
        zones=tuple(sorted({one.zone for one in child.caregivers})),
        head=rows[-1].hash if rows else chain.START,
        guide=_guide_note(guide, wanted.language, as_of.astimezone(ZoneInfo(zone)).date()),
        services=tuple(services),
        entries=tuple(_entries(rows, {line.id: line.name for line in lines}, wanted, ZoneInfo(zone))),
        make_ups=tuple(one for line in lines for one in _made_up(session, make_ups[line.id], line, wanted)),
        asked=_asked(session, child_id, wanted, as_of),
        sections=tuple(sections),
    )


def latest(session: Session, child_id: int, now: datetime) -> datetime:
    """The moment to collect at: `now`, or the newest entry's where the log was lived ahead of the clock."""
    newest = session.scalar(select(func.max(LogEntry.recorded_at)).where(LogEntry.child_id == child_id))
    return max(now, newest) if newest else now


def timing(day: date, answered: datetime, zone: ZoneInfo) -> Timing:
    """How soon after the day it is about something was told, by the days of the school's zone."""
    days = (answered.astimezone(zone).date() - day).days
    if days <= 0:
        return "same_day"
    return "within_3_days" if days <= 3 else "later"


def mark_of(occasion: Occasion) -> MarkKind:
    """How a session stands on the calendar: the child's absence never looks like the school's miss."""
    plain = _MARKS.get(occasion.outcome)
    if plain is not None:
        return plain
    match occasion.bucket:
        case Bucket.FAMILY | Bucket.REFUSED:
            return "away"
        case Bucket.GREY:
            return "event"
        case Bucket.CLOSURE:
            return "no_school"
    return "missed"


def _entries(
    rows: Sequence[LogEntry], names: Mapping[int, str], wanted: Wanted, zone: ZoneInfo
) -> Iterable[Entry]:
    corrected: dict[int, list[int]] = defaultdict(list)
    newest: dict[int, int] = {}
    for row in rows:
        of = _corrects(row)
        if of is not None:
            corrected[of].append(row.number)
        if row.kind == "answer" and row.expectation_id is not None:
            newest[row.expectation_id] = row.number
    in_force = set(newest.values())
    for row in rows:
        told = row.answered_at if row.kind != "make_up" else None
        yield Entry(
            number=row.number,
            previous_hash=row.previous_hash,
            hash=row.hash,
            content=row.content,
            day=row.day,
            kind=row.kind,
            sealed=not wanted.holds(row.day),
            timing=timing(row.day, told, zone) if told else None,
            in_force=row.number in in_force,
            corrects=_corrects(row),
            corrected_by=tuple(corrected[row.number]),
            service=names.get(row.service_line_id or 0, ""),
        )


def _corrects(row: LogEntry) -> int | None:
    """The number of the entry that one corrects; a note says it in what it is about."""
    about = row.content.get(row.kind) if row.kind in NOTES else None
    of = about.get("corrects") if isinstance(about, Mapping) else row.supersedes
    return of if isinstance(of, int) else None


def _service(
    session: Session,
    line: ServiceLine,
    rows: Sequence[LogEntry],
    make_ups: Sequence[MakeUp],
    wanted: Wanted,
    as_of: datetime,
) -> Service:
    occasions = [one for one in occasions_of(session, line.id, as_of) if wanted.holds(one.date)]
    replies, waiting = _replies(session, line.id, rows, wanted, as_of)
    marks = Counter((one.date, mark_of(one)) for one in occasions)
    for one in make_ups:
        if one.state == "given" and one.day is not None and wanted.holds(one.day):
            marks[one.day, "make_up"] += 1
    return Service(
        name=line.name,
        minutes=line.minutes,
        often=_often(line, wanted.language),
        wording=line.wording,
        starts=line.starts,
        ends=line.ends,
        iep_dated=line.iep_version.dated,
        ledger=fold(occasions),
        replies=replies,
        marks=tuple(Mark(day, kind, count) for (day, kind), count in sorted(marks.items())),
        waiting=waiting,
    )


def _often(line: ServiceLine, language: Language) -> str:
    frequency = frequency_from_json(line.frequency)
    return plain_frequency(
        Line(line.name, line.alias, line.minutes, frequency, starts=line.starts, ends=line.ends), language
    )


def _replies(
    session: Session, line_id: int, rows: Sequence[LogEntry], wanted: Wanted, as_of: datetime
) -> tuple[Replies, tuple[date, ...]]:
    """What was asked and answered about a line, and the days that were due and have no entry."""
    due = session.execute(
        select(Expectation.id, Expectation.day)
        .where(
            Expectation.service_line_id == line_id,
            Expectation.due_at <= as_of,
            Expectation.state != "withdrawn",
            Expectation.form != "make_up",
        )
        .order_by(Expectation.day, Expectation.id)
    ).all()
    asked = set(
        session.scalars(
            select(QuestionItem.expectation_id)
            .join(Question, Question.id == QuestionItem.question_id)
            .join(Expectation, Expectation.id == QuestionItem.expectation_id)
            .where(Expectation.service_line_id == line_id, Question.asked_at <= as_of)
        )
    )
    said = {row.expectation_id: row for row in rows if row.kind == "answer"}
    count: Counter[str] = Counter()
    waiting = []
    for number, day in due:
        if not wanted.holds(day):
            continue
        entry = said.get(number)
        answered = entry is not None and entry.outcome != Outcome.UNANSWERED
        if entry is None:
            waiting.append(day)
        if number in asked:
            count["asked"] += 1
        if entry is not None and answered:
            by_parent = entry.caregiver_id is not None
            count[("answered" if number in asked else "unasked") if by_parent else "centre"] += 1
            count["unknown"] += number in asked and by_parent and entry.outcome == Outcome.UNKNOWN
    return Replies(**count, waiting=len(waiting)), tuple(waiting)


def _make_ups(session: Session, lines: Sequence[ServiceLine], as_of: datetime) -> dict[int, list[MakeUp]]:
    found: dict[int, list[MakeUp]] = {line.id: [] for line in lines}
    rows = session.scalars(
        select(MakeUp)
        .where(MakeUp.service_line_id.in_(list(found)), MakeUp.created_at <= as_of)
        .order_by(MakeUp.id)
    )
    for row in rows:
        found[row.service_line_id].append(row)
    return found


def _made_up(session: Session, rows: Iterable[MakeUp], line: ServiceLine, wanted: Wanted) -> Iterable[MadeUp]:
    """The make-ups of a line that touch the range: of a miss in it, or given in it."""
    for row in rows:
        misses = tuple(
            (session.get_one(Expectation, one.expectation_id).day, one.minutes) for one in row.repays
        )
        days = [day for day, _ in misses] + ([row.day] if row.day else [])
        if any(map(wanted.holds, days)):
            yield MadeUp(line.name, row.state, row.minutes, row.day, row.created_at, misses)


def _asked(session: Session, child_id: int, wanted: Wanted, as_of: datetime) -> tuple[Asked, ...]:
    """Every wording that questions about days of the range went out in, in the order first used."""
    rows = session.execute(
        select(QuestionItem.expectation_id, Question.caregiver_id, Expectation.day)
        .join(Question, Question.id == QuestionItem.question_id)
        .join(Expectation, Expectation.id == QuestionItem.expectation_id)
        .where(Expectation.child_id == child_id, Question.asked_at <= as_of)
    ).all()
    mine = [(number, person) for number, person, day in rows if wanted.holds(day)]
    about_child, people = {number for number, _ in mine}, {person for _, person in mine}
    sent = session.execute(
        select(
            OutgoingMessage.template_key,
            OutgoingMessage.template_version,
            OutgoingMessage.language,
            OutgoingMessage.channel,
            OutgoingMessage.sent_at,
            OutgoingMessage.about,
        )
        .where(
            OutgoingMessage.caregiver_id.in_(people),
            OutgoingMessage.kind.in_(_ASKING),
            OutgoingMessage.sent_at <= as_of,
        )
        .order_by(OutgoingMessage.sent_at, OutgoingMessage.id)
    )
    times: dict[tuple[str, int, str, str], list[datetime]] = defaultdict(list)
    for key, version, language, channel, at, about in sent:
        if about_child.intersection(about):
            times[key, version, language, channel].append(at)
    return tuple(
        Asked(*used, text=_wording(session, *used), first=every[0], last=every[-1])
        for used, every in times.items()
    )


def _wording(session: Session, key: str, version: int, language: str, channel: str) -> str:
    """The very version of a text that was sent, its blanks unfilled."""
    full = f"texts.{key}" if channel == "sms" else f"mails.{key}.body"
    return session.scalars(
        select(Template.body).where(
            Template.key == full, Template.version == version, Template.language == language
        )
    ).one()


def _guide_note(guide: Guide, language: Language, today: date) -> GuideNote:
    return GuideNote(
        jurisdiction=guide.jurisdiction[language],
        version=guide.version,
        review=whole_review(guide, language, today),
        not_advice=guide.not_advice[language],
    )
