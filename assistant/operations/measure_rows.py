"""The figures of a month as counts, by sets: a fixed number of queries, however many families there are.

A family is a household: the first who cares for a child, and all children and adults with them. Children
whose parents want them in no total are left out, and adults who care for such a child with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, Subquery, and_, case, cast, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from assistant.families.kinds import kind_of
from assistant.store import (
    Caregiver,
    Child,
    Expectation,
    Guardianship,
    InboundText,
    LogEntry,
    MakeUp,
    OutgoingMessage,
    Question,
    Repaid,
    ServiceLine,
)
from assistant.words import Bucket, Cause, Outcome, bucket_of

REPLY = timedelta(hours=48)
SOON = timedelta(hours=2)
BUCKET = 5  # minutes
ALL = ""  # the group of everybody, where it is not the sum of the others
BY_STAFF = ("clarify",)  # kinds of texts that somebody of the centre had sent; all others are automatic
LEFT = ("sent", "delivered", "failed", "unsure")
UNASKED = "unasked"  # of a household that was asked nothing in the month
SESSIONS = ("known", "complete", "given", "given_known", "made_up", "explained", "still_open", "verified")
_KNOWN = ("held", "partial", "other", "missed")


@dataclass(slots=True)
class Cell:
    """`part` of `whole`, over the households `homes`; for a median `part` is the middle, rounded."""

    part: int = 0
    whole: int = 0
    homes: set[int] = field(default_factory=set)
    families: int = 0  # where the households were only counted

    def add(self, part: int, whole: int, home: int) -> None:
        """Count another row's."""
        self.part, self.whole = self.part + part, self.whole + whole
        self.homes.add(home)
        self.families = len(self.homes)


Cells = dict[str, Cell]  # by group: a language, a kind of service, a step


@dataclass(frozen=True, slots=True)
class Span:
    """A month: its days, and its first moment and the next one's (UTC) where the program is."""

    first: date
    last: date
    begins: datetime
    ends: datetime


def homes() -> Subquery:
    """Every child that counts, with its household (`home`, a caregiver's number) and its language."""
    place = func.row_number().over(
        partition_by=Guardianship.child_id, order_by=(Guardianship.position, Guardianship.id)
    )
    ranked = select(Guardianship.child_id, Guardianship.caregiver_id, place.label("place")).subquery()
    return (
        select(Child.id.label("child"), Caregiver.id.label("home"), Caregiver.language.label("language"))
        .join(ranked, and_(ranked.c.child_id == Child.id, ranked.c.place == 1))
        .join(Caregiver, Caregiver.id == ranked.c.caregiver_id)
        .where(Child.in_totals, Child.erased_at.is_(None))
        .subquery()
    )


def homes_of(session: Session) -> dict[int, tuple[int, str]]:
    """The household and its language of every child that counts, by the child's number."""
    home = homes()
    return {child: (place, language) for child, place, language in session.execute(select(home))}


def count_in(cells: Cells, group: str, part: int, whole: int, home: tuple[int, str] | None) -> None:
    """Count a child's row in a group's cell; not one of a child that is in no total."""
    if home is not None:
        cells.setdefault(group, Cell()).add(part, whole, home[0])


def adults() -> Subquery:
    """Every adult that counts, with a household and its language."""
    of_child = homes()
    left_out = (
        select(Guardianship.caregiver_id)
        .join(Child, Child.id == Guardianship.child_id)
        .where(Child.in_totals.is_(False))
    )
    first = (
        select(Guardianship.caregiver_id.label("adult"), func.min(of_child.c.home).label("home"))
        .join(of_child, of_child.c.child == Guardianship.child_id)
        .where(Guardianship.caregiver_id.not_in(left_out))
        .group_by(Guardianship.caregiver_id)
        .subquery()
    )
    return (
        select(first.c.adult, first.c.home, Caregiver.language.label("language"))
        .join(Caregiver, Caregiver.id == first.c.home)
        .subquery()
    )


def delivery(session: Session, span: Span, *, by_staff: bool) -> Cells:
    """Texts that the carrier reports delivered, of those sent, by language."""
    who = adults()
    of_staff = OutgoingMessage.kind.in_(BY_STAFF)
    return _counted(
        session,
        select(
            who.c.language,
            total(OutgoingMessage.state == "delivered"),
            func.count(),
            func.count(who.c.home.distinct()),
        )
        .select_from(OutgoingMessage)
        .join(who, who.c.adult == OutgoingMessage.caregiver_id)
        .where(
            OutgoingMessage.channel == "sms",
            OutgoingMessage.state.in_(LEFT),
            OutgoingMessage.sent_at >= span.begins,
            OutgoingMessage.sent_at < span.ends,
            of_staff if by_staff else ~of_staff,
        )
        .group_by(who.c.language),
    )


@dataclass(frozen=True, slots=True)
class Replies:
    """Of the questions asked: answered within two days, and of those within two hours; by language and by
    way of asking. `minutes`: the middle time until an answer.
    """

    answered: Cells
    minutes: Cells
    soon: Cells
    answered_by_way: Cells
    soon_by_way: Cells


def replies(session: Session, span: Span, ways: Mapping[int, str]) -> Replies:
    """How the questions of the month were answered. `ways`: as of `ways_of`."""
    who, first = adults(), _first_answers(span)
    took = _seconds(session, Question.asked_at, first.c.at)
    soon = and_(first.c.at.is_not(None), took <= REPLY.total_seconds())
    at_once = and_(first.c.at.is_not(None), took <= SOON.total_seconds())
    asked = (
        select(who.c.language)
        .select_from(Question)
        .join(who, who.c.adult == Question.caregiver_id)
        .outerjoin(first, first.c.question_id == Question.id)
        .where(Question.asked_at >= span.begins, Question.asked_at < span.ends)
    )
    found = Replies({}, {}, {}, {}, {})
    homes_asked = asked.add_columns(who.c.home, func.count(), total(soon), total(at_once))
    for language, home, whole, part, quick in session.execute(
        homes_asked.group_by(who.c.language, who.c.home)
    ):
        for group, answered, quickly in (
            (language, found.answered, found.soon),
            (ways.get(home, UNASKED), found.answered_by_way, found.soon_by_way),
        ):
            count_in(answered, group, int(part), whole, (home, language))
            if part:
                count_in(quickly, group, int(quick), int(part), (home, language))
    bucket = cast(took / (60 * BUCKET), Integer)
    rows = session.execute(
        asked.add_columns(bucket, func.count()).where(soon).group_by(who.c.language, bucket)
    ).all()
    return replace(found, minutes=_middles(rows, found.answered))


def ways_of(session: Session, span: Span) -> Mapping[int, str]:
    """How each household was asked in the month: by "text", by "email", or by "both"."""
    who = adults()
    rows = session.execute(
        select(who.c.home, func.min(Question.channel), func.max(Question.channel))
        .select_from(Question)
        .join(who, who.c.adult == Question.caregiver_id)
        .where(Question.asked_at >= span.begins, Question.asked_at < span.ends)
        .group_by(who.c.home)
    )
    named = {"sms": "text", "email": "email"}
    return {home: named.get(first, UNASKED) if first == last else "both" for home, first, last in rows}


def answered_on(session: Session, span: Span) -> Cells:
    """Of the answers of the month, those that came by text, by e-mail and on a page."""
    who = adults()
    channel = func.coalesce(InboundText.channel, "page")
    rows = session.execute(
        select(who.c.home, who.c.language, channel, func.count())
        .select_from(LogEntry)
        .join(Question, Question.id == LogEntry.question_id)
        .join(who, who.c.adult == Question.caregiver_id)
        .outerjoin(InboundText, InboundText.id == LogEntry.inbound_id)
        .where(
            LogEntry.kind == "answer",
            LogEntry.answered_at >= span.begins,
            LogEntry.answered_at < span.ends,
        )
        .group_by(who.c.home, who.c.language, channel)
    ).all()
    every = sum(row[3] for row in rows)
    found: Cells = {}
    for home, language, way, count in rows:
        count_in(found, {"sms": "text", "email": "email"}.get(way, "page"), count, 0, (home, language))
    for cell in found.values():
        cell.whole = every
    return found


def sessions(
    session: Session, span: Span, ways: Mapping[int, str]
) -> Mapping[str, tuple[Cells, Cells, Cells]]:
    """Of the sessions that fell due: by figure, the cells by language, by kind and by way of asking."""
    found: dict[str, tuple[Cells, Cells, Cells]] = {key: ({}, {}, {}) for key in SESSIONS}
    home = homes_of(session)
    for row in session.execute(_of_lines(span)):
        if row.child_id not in home:
            continue
        language = home[row.child_id][1]
        kind = kind_of(row.name, row.alias, row.frequency)
        pairs = {
            "known": (row.known, row.due),
            "complete": (row.answered, row.due),
            "given": (row.given, row.due_minutes),
            "given_known": (row.given, row.known_minutes),
            "made_up": (row.made_up, row.missed),
            "explained": (row.explained, row.missed),
            "still_open": (row.missed - row.made_up - row.explained, row.missed),
            "verified": (row.verified, row.unsure),
        }
        for key, (part, whole) in pairs.items():
            if whole:
                groups = (language, kind, ways.get(home[row.child_id][0], UNASKED))
                for cells, group in zip(found[key], groups, strict=True):
                    count_in(cells, group, part, whole, home[row.child_id])
    return found


def _of_lines(span: Span) -> Select[Any]:
    """A row a service line with what fell due in the month."""
    newest = in_force(span)
    closed = or_(LogEntry.outcome == "no_school", LogEntry.cause == "closure")
    due = or_(LogEntry.id.is_(None), ~func.coalesce(closed, False))
    known = and_(due, LogEntry.outcome.in_(_KNOWN))
    missed = and_(due, LogEntry.outcome == "missed")
    repaid = (
        select(Repaid.id)
        .join(MakeUp, MakeUp.id == Repaid.make_up_id)
        .where(Repaid.expectation_id == Expectation.id, MakeUp.state == "given")
        .exists()
    )
    first = aliased(LogEntry)
    unsure = and_(
        due,
        exists().where(
            first.expectation_id == Expectation.id,
            first.kind == "answer",
            first.outcome.in_(("unknown", "unanswered")),
        ),
    )
    minutes = case(
        (LogEntry.outcome == "held", func.coalesce(LogEntry.minutes, Expectation.due_minutes)),
        (LogEntry.outcome.in_(("partial", "other")), func.coalesce(LogEntry.minutes, 0)),
        else_=0,
    )
    given = case((minutes > Expectation.due_minutes, Expectation.due_minutes), else_=minutes)
    return (
        select(
            ServiceLine.name, ServiceLine.alias, ServiceLine.frequency, ServiceLine.child_id,
            total(due).label("due"),
            total(known).label("known"),
            total(and_(due, LogEntry.outcome != "unanswered")).label("answered"),
            total(missed).label("missed"),
            total(and_(missed, repaid)).label("made_up"),
            total(and_(missed, ~repaid, explained())).label("explained"),
            total(unsure).label("unsure"),
            total(and_(unsure, known)).label("verified"),
            func.sum(case((due, Expectation.due_minutes), else_=0)).label("due_minutes"),
            func.sum(case((known, Expectation.due_minutes), else_=0)).label("known_minutes"),
            func.sum(case((known, given), else_=0)).label("given"),
        )
        .select_from(ServiceLine)
        .join(Expectation, Expectation.service_line_id == ServiceLine.id)
        .outerjoin(newest, newest.c.expectation_id == Expectation.id)
        .outerjoin(LogEntry, LogEntry.id == newest.c.entry)
        .where(
            Expectation.day.between(span.first, span.last),
            Expectation.state != "withdrawn",
            Expectation.form != "make_up",
        )
        .group_by(ServiceLine.id)
    )  # fmt: skip


def explained() -> ColumnElement[bool]:
    """Whether an entry of a session not held names a reason that is not on the school's side."""
    reasons = [one.value for one in Cause if bucket_of(Outcome.MISSED, one) is not Bucket.SCHOOL]
    return func.coalesce(LogEntry.cause.in_(reasons), False)


def in_force(span: Span | None = None) -> Subquery:
    """The entry that counts for each expectation: the newest answer."""
    query = select(LogEntry.expectation_id, func.max(LogEntry.id).label("entry")).where(
        LogEntry.kind == "answer", LogEntry.erased_at.is_(None), LogEntry.expectation_id.is_not(None)
    )
    if span is not None:
        query = query.join(Expectation, Expectation.id == LogEntry.expectation_id).where(
            Expectation.day.between(span.first, span.last)
        )
    return query.group_by(LogEntry.expectation_id).subquery()


def _first_answers(span: Span) -> Subquery:
    return (
        select(LogEntry.question_id, func.min(LogEntry.answered_at).label("at"))
        .join(Question, Question.id == LogEntry.question_id)
        .where(
            LogEntry.answered_at.is_not(None), Question.asked_at >= span.begins, Question.asked_at < span.ends
        )
        .group_by(LogEntry.question_id)
        .subquery()
    )


def _middles(rows: Iterable[Any], answered: Cells) -> Cells:
    """The middle bucket of each language, in minutes, over the families that were asked."""
    counts: dict[str, Counter[int]] = {}
    for row in rows:
        for group in (row[0], ALL):
            counts.setdefault(group, Counter())[int(row[1])] += row[2]
    families = {language: cell.families for language, cell in answered.items()}
    families[ALL] = sum(families.values())
    return {
        group: Cell(middle(buckets) * BUCKET, sum(buckets.values()), set(), families[group])
        for group, buckets in counts.items()
    }


def middle(buckets: Mapping[int, int]) -> int:
    """The bucket that the middle one of all lies in."""
    half, seen = (sum(buckets.values()) + 1) // 2, 0
    for bucket in sorted(buckets):
        seen += buckets[bucket]
        if seen >= half:
            return bucket
    return 0


def _counted(session: Session, query: Select[Any]) -> Cells:
    """Rows of (group, part, whole, families) as cells."""
    return {
        group: Cell(int(part or 0), whole, set(), families)
        for group, part, whole, families in session.execute(query)
    }


def total(what: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows of a group it holds for."""
    return func.coalesce(func.sum(case((what, 1), else_=0)), 0)


def _seconds(session: Session, since: Any, until: Any) -> ColumnElement[Any]:
    if session.get_bind().dialect.name == "sqlite":
        return (func.julianday(until) - func.julianday(since)) * 86_400
    return func.extract("epoch", until - since)
