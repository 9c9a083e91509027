"""One service line's numbers for its letters, each with the log entries that it rests on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.escalation.policy import Policy
from assistant.escalation.reading import counts, with_repeats
from assistant.escalation.shortfall import shortfall
from assistant.escalation.types import Occasion
from assistant.families.plan import as_line
from assistant.guide.facts import LeftOut, LetterRow, LogLine, OpenDay
from assistant.schedule.types import MinutesPerPeriod
from assistant.store import Case, LogEntry
from assistant.words import LANGUAGES, Bucket, Cause, Knows, Outcome
from messages.frequency import plain_frequency

_NOT_COUNTED = (Bucket.FAMILY, Bucket.REFUSED, Bucket.CLOSURE, Bucket.GREY, Bucket.UNKNOWN)
_UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Told:
    """The log entries that letters name, by number, as far as letters need them."""

    rows: Mapping[int, LogEntry]
    zone: ZoneInfo

    def lines(self) -> dict[int, LogLine]:
        """The entries as an annex lists them."""
        return {number: self._line(row) for number, row in self.rows.items()}

    def _line(self, row: LogEntry) -> LogLine:
        return LogLine(
            number=row.number,
            day=row.day,
            recorded_at=row.recorded_at.astimezone(self.zone),
            kind=row.kind,
            outcome=Outcome(row.outcome) if row.outcome else None,
            cause=Cause(row.cause) if row.cause else None,
            minutes=row.minutes,
            sessions=row.sessions,
            due_sessions=row.content.get("due_sessions"),
            supersedes=row.supersedes,
        )


def entries_of(session: Session, child_id: int, numbers: Iterable[int], zone: ZoneInfo) -> Told:
    """The child's log entries of these numbers."""
    rows = session.scalars(
        select(LogEntry).where(LogEntry.child_id == child_id, LogEntry.number.in_(sorted(set(numbers))))
    )
    return Told({row.number: row for row in rows}, zone)


def line_facts(
    session: Session, case: Case, occasions: Sequence[Occasion], policy: Policy, today: date, zone: ZoneInfo
) -> dict[str, Any]:
    """What letters state of the case's line, as fields of StepFacts. `occasions`: those within reach."""
    line, version = case.line, case.line.iep_version
    every = with_repeats(occasions, policy)
    total = shortfall(every, policy.grey_counts)
    missed = [one for one in every if counts(one, policy)]
    told = entries_of(session, case.child_id, (one.entry for one in every if one.entry is not None), zone)
    held = [one for one in every if one.outcome is Outcome.HELD and one.entry is not None]
    if isinstance(as_line(line).frequency, MinutesPerPeriod):
        held = []  # counted in minutes: there are no sessions to count
    other = [one for one in every if one.other and one.entry is not None]
    unlogged = [one for one in every if one.entry is None]
    return {
        "service": line.name,
        "alias": line.alias,
        "iep_dated": version.dated,
        "iep_wording": line.wording or plain_frequency(as_line(line)),
        "quoted": bool(line.wording),
        "frequency": {language: plain_frequency(as_line(line), language) for language in LANGUAGES},
        "minutes": line.minutes,
        "since": min(line.starts, today),
        "first": total.first or today,
        "last": total.last or today,
        "rows": _rows(missed, told),
        "misses": sum(one.given + one.other == 0 for one in missed),
        "partials": sum(one.given + one.other > 0 for one in missed),
        "minutes_expected": total.expected,
        "minutes_received": total.given
        + sum(min(one.made_up, one.due - one.given - one.other) for one in every),
        "minutes_short": total.short,
        "minutes_other": total.other,
        "other": _numbers(other),
        "unlogged": (len(unlogged), sum(one.short for one in unlogged)),
        "not_counted": _not_counted(every, policy),
        "percent_of_all": total.of_all_percent,
        "percent_of_attended": total.of_attended_percent,
        "every": _numbers(every),
        "held": _numbers(held),
        "sessions_held": len(held),
        "unknown": tuple(
            OpenDay(one.date, one.entry, period=_period(one.date, told.rows.get(one.entry)))
            for one in every
            if one.bucket is Bucket.UNKNOWN and one.entry is not None
        ),
        "log": told.lines(),
    }


def urgent_days(case: Case, occasions: Iterable[Occasion]) -> tuple[OpenDay, ...]:
    """Days that may ask for a fast answer: sent home, or without a support that is marked urgent."""
    urgent = bool(case.line.frequency.get("urgent"))
    return tuple(
        OpenDay(one.date, one.entry, one.outcome, one.cause, case.line.name)
        for one in occasions
        if one.entry is not None
        and (one.cause is Cause.SENT_HOME or (urgent and one.outcome is Outcome.MISSED and _by_school(one)))
    )


def _by_school(one: Occasion) -> bool:
    return one.bucket is Bucket.SCHOOL


def _rows(missed: Sequence[Occasion], told: Told) -> tuple[LetterRow, ...]:
    """A row a miss, with the parent's own words from the entry it rests on."""
    found = []
    for one in missed:
        if one.entry is None:
            continue
        row = told.rows.get(one.entry)
        found.append(
            LetterRow(
                day=one.date,
                expected=one.due,
                received=one.given + one.other + one.made_up,
                outcome=one.outcome,
                cause=one.cause,
                words=row.words if row else "",
                entry=one.entry,
                knows=Knows(row.knows) if row else Knows.NOT_SAID,
                period=_period(one.date, row),
            )
        )
    return tuple(found)


def _period(day: date, row: LogEntry | None) -> tuple[date, date] | None:
    """The period an answer is about; None where it tells of a day of its own."""
    if row is None or row.kind != "answer" or row.day != day:
        return None
    first, last = row.content.get("period_from"), row.content.get("period_to")
    return (date.fromisoformat(first), date.fromisoformat(last)) if first and last else None


def _not_counted(occasions: Sequence[Occasion], policy: Policy) -> tuple[LeftOut, ...]:
    """How often and how many minutes are left out, by reason; a letter names them beside what it counts.

    What has no entry at all is not here: nothing in the log says anything of it.
    """
    times: Counter[str] = Counter()
    minutes: Counter[str] = Counter()
    entries: defaultdict[str, set[int]] = defaultdict(set)
    for one in occasions:
        if one.entry is None:
            continue
        if one.bucket in _NOT_COUNTED and not counts(one, policy):
            reason = one.bucket.value
        elif one.bucket is None and one.outcome is not Outcome.HELD:
            reason = _UNANSWERED
        else:
            continue
        times[reason] += 1
        minutes[reason] += one.short
        entries[reason].add(one.entry)
    order = [*(bucket.value for bucket in _NOT_COUNTED), _UNANSWERED]
    return tuple(
        LeftOut(reason, times[reason], minutes[reason], tuple(sorted(entries[reason])))
        for reason in order
        if times[reason]
    )


def _numbers(occasions: Iterable[Occasion]) -> tuple[int, ...]:
    return tuple(sorted({one.entry for one in occasions if one.entry is not None}))
