"""The e-mail of the week, with a month's first one the minutes of the month before: when, whom, about what.

It counts what was held, too, asks for nothing where nothing is asked, and is one e-mail a caregiver for all
their children. After an outage only the newest is sent; the older ones are recorded as skipped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.conversation.facts import policy_of
from assistant.conversation.signals import signal_sections
from assistant.conversation.summary_text import OfChild, Service, Summary, write
from assistant.conversation.unknowns import offered, still_open, to_ask
from assistant.conversation.wording import items_of
from assistant.escalation.types import Occasion
from assistant.evidence.occasions import occasions_of
from assistant.evidence.weeks import Kind, first_miss, tally, unknown_run, within
from assistant.schedule.weekly import Span, Weekly, is_first_of_month, month_before, week_before
from assistant.store import AuditEvent, Caregiver, Child, Expectation, LogEntry, MakeUp, ServiceLine
from assistant.store.one_by_one import one_by_one
from assistant.words import Asks, Cause, Outcome
from messages.outbox import enqueue_mail, language_of

LATE = timedelta(days=5)  # a summary that is later than this is not sent any more
SEAL = 16  # hex digits of the chain's head: too many to be met by chance, few enough to compare
ASK_BACK = timedelta(days=28)  # older unknown sessions are on the page only
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def summarise_due(session: Session, now: datetime, settings: Settings) -> int:
    """Write every summary whose moment has come. Returns how many caregivers were looked at."""
    people = session.scalars(
        select(Caregiver)
        .where(Caregiver.summary_at <= now)
        .order_by(Caregiver.summary_at, Caregiver.id)
        .limit(settings.jobs.batch)
        .with_for_update(skip_locked=True)
    ).all()
    one_by_one(
        session,
        people,
        lambda person: _one(session, person, now, settings),
        lambda person, later: setattr(person, "summary_at", later),
        "caregiver",
        "summarise",
        now,
    )
    return len(people)


def _one(session: Session, person: Caregiver, now: datetime, settings: Settings) -> None:
    """Move on to the next moment first; then say what the moments that have come have to say, in one e-mail.

    A `summary_at` that is none of this caregiver's moments (they just agreed, or live by another clock now)
    says nothing.
    """
    due = person.summary_at
    if person.mails != "in" or due is None:
        person.summary_at = None
        return
    wanted = settings.summaries
    weekly = Weekly(_WEEKDAYS.index(wanted.weekday), wanted.at, ZoneInfo(person.zone))
    person.summary_at = weekly.after(now)
    come = list(weekly.between(due, now))
    if not come:
        return
    newest = come[-1]
    skipped = come if now - newest >= LATE else come[:-1]
    firsts = [one for one in come if is_first_of_month(weekly.day_of(one))]
    paused = person.paused_until is not None and person.paused_until > now
    week = week_before(weekly.day_of(newest)) if wanted.weekly and not paused else None
    month = month_before(weekly.day_of(firsts[-1])) if wanted.monthly and firsts else None
    if skipped and wanted.weekly:
        days = [weekly.day_of(one).isoformat() for one in skipped]
        session.add(
            AuditEvent(
                at=now,
                actor="summarise",
                kind="summary_skipped",
                subject=f"caregiver {person.id}",
                detail={"why": "late", "days": days},
            )
        )
    if newest in skipped:
        week = None
    key = f"summary:{person.id}:{weekly.day_of(newest).isoformat()}"
    _write(session, person, week, month, key, now, settings)


def _write(
    session: Session,
    person: Caregiver,
    week: Span | None,
    month: Span | None,
    key: str,
    now: datetime,
    settings: Settings,
) -> None:
    children = list(person.children)
    before = offered(session, person.id, now) if week else Counter()
    zone = ZoneInfo(person.zone)
    found = [_of_child(session, child, week, month, before, zone, now, settings) for child in children]
    told = [one for one in found if one.services]
    has_week = any(service.week or service.make_ups for one in told for service in one.services)
    has_month = any(service.month for one in told for service in one.services)
    if not has_week and not has_month:
        return
    summary = Summary(
        name=person.name or told[0].nickname,
        language=language_of(person),
        children=tuple(told),
        week=week if has_week else None,
        month=month if has_month else None,
        page=f"{settings.base_url()}/family/",
        by_text=person.texts == "in",
        extra=signal_sections(session, person, children, now, settings),
    )
    rendered, html = write(session, summary)
    about = [item.expectation.id for one in told for service in one.services for item in service.asked]
    enqueue_mail(
        session,
        person,
        "summary",
        rendered,
        key,
        now,
        html=html,
        thread=f"summary{person.id}",
        about=about,
        not_after=now + LATE,
    )


def _of_child(
    session: Session,
    child: Child,
    week: Span | None,
    month: Span | None,
    before: Counter[int],
    zone: ZoneInfo,
    now: datetime,
    settings: Settings,
) -> OfChild:
    lines = _lines_due(session, child.id, [one for one in (week, month) if one])
    aliases = Counter(line.alias for line, _ in lines)
    since = (now - ASK_BACK).date()
    unknown = still_open(session, [child.id], since, [Outcome.UNKNOWN]) if week and lines else []
    by_line = {line.id: [one for one in unknown if one.service_line_id == line.id] for line, _ in lines}
    services = []
    for line, asks in lines:
        every = occasions_of(session, line.id, now)
        mine = within(every, *week) if week else ()
        months = within(every, *month) if month else ()
        of_week = tally(mine) if mine else None
        enough = policy_of(session, line, settings).unknowns_in_a_row
        ask = of_week is not None and (of_week.count(Kind.UNKNOWN) > 0 or unknown_run(every) >= enough)
        service = Service(
            name=line.alias if aliases[line.alias] == 1 else f"{line.alias} ({line.name})",
            asks=asks,
            week=of_week,
            month=tally(months) if months else None,
            make_ups=_make_ups(session, line.id, week, zone) if week else (),
            first_miss=week is not None and _may_be_scheduling(line, asks, first_miss(every, *week)),
            asked=to_ask(items_of(session, by_line[line.id]), before) if ask else (),
        )
        if service.week or service.month or service.make_ups:
            services.append(service)
    return OfChild(child.id, child.nickname, tuple(services), _seal(session, child.id) if month else None)


def _may_be_scheduling(line: ServiceLine, asks: Asks, miss: Occasion | None) -> bool:
    """Whether a line's one miss so far is of the kind that a summary may be calm about."""
    if miss is None or line.frequency.get("urgent") or miss.cause in (Cause.SENT_HOME, Cause.NO_PROVIDER):
        return False
    return asks in (Asks.HAPPENED, Asks.COUNT)


def _lines_due(session: Session, child_id: int, spans: Sequence[Span]) -> list[tuple[ServiceLine, Asks]]:
    """The child's lines with something due within these days, or a make-up told of them; in their order.

    A period counts where it touches them: a day without what should be there is told before its end.
    """
    if not spans:
        return []
    first, last = min(one[0] for one in spans), max(one[1] for one in spans)
    rows = session.execute(
        select(ServiceLine, func.min(Expectation.asks))
        .join(Expectation, Expectation.service_line_id == ServiceLine.id)
        .where(
            ServiceLine.child_id == child_id,
            Expectation.day >= first,
            func.coalesce(Expectation.period_from, Expectation.day) <= last,
            Expectation.state != "withdrawn",
        )
        .group_by(ServiceLine.id)
        .order_by(ServiceLine.id)
    )
    return [(line, Asks(asks)) for line, asks in rows]


def _make_ups(session: Session, service_line_id: int, week: Span, zone: ZoneInfo) -> tuple[MakeUp, ...]:
    """Make-ups that were spoken of, or that something came of, in the week."""
    rows = session.scalars(
        select(MakeUp).where(MakeUp.service_line_id == service_line_id).order_by(MakeUp.id)
    )
    return tuple(row for row in rows if any(week[0] <= day <= week[1] for day in _days(row, zone)))


def _days(row: MakeUp, zone: ZoneInfo) -> list[date]:
    moments = [one.astimezone(zone).date() for one in (row.created_at, row.settled_at) if one]
    return [*moments, row.day] if row.day else moments


def _seal(session: Session, child_id: int) -> tuple[str, int] | None:
    head = session.execute(
        select(LogEntry.hash, LogEntry.number)
        .where(LogEntry.child_id == child_id)
        .order_by(LogEntry.number.desc())
        .limit(1)
    ).first()
    return (head.hash[:SEAL], head.number) if head else None
