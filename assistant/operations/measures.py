"""A month of the centre in figures that tell nothing about few families.

Only months that are over and settled: the running one, looked at today and tomorrow, would tell what one
family did today. What may be shown of each figure is decided in `suppression`, and nothing else leaves here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families.guide_versions import guide_now
from assistant.families.jurisdictions import of_centre
from assistant.guide.checked import KEYS
from assistant.operations import measure_acts, measure_rows
from assistant.operations.measure_rows import ALL, Cell, Cells, Span
from assistant.operations.suppression import Coarse, amount, hidden, may_tell_total, rate
from assistant.store import Child
from assistant.words import LANGUAGES
from messages.templates import catalogue

SETTLED = timedelta(days=8)  # an answer may be put right for a week
MOST_MONTHS = 24
_BY_WAY = ("known", "complete", "given", "made_up", "still_open", "verified")
Unit = Literal["percent", "count", "minutes", "days", "school_days"]
By = Literal["language", "kind", "way", "answer_way", "step", "outcome", "template", ""]


@dataclass(frozen=True, slots=True)
class Shown:
    """A number as it is shown, or why it is not: "few" families, or "none" to count."""

    state: Literal["told", "few", "none"]
    number: Coarse | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: of all families (None where there is no such number), and by group."""

    key: str
    unit: Unit
    by: By
    whole: Shown | None
    parts: tuple[tuple[str, Shown], ...]


@dataclass(frozen=True, slots=True)
class Content:
    """Where the centre's own words stand today; about no family. Texts missing, by language."""

    past_review: int
    pending: int
    missing: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Month:
    """A month's figures. `first` is its first day."""

    first: date
    figures: tuple[Figure, ...]


def months(session: Session, now: datetime, settings: Settings) -> list[date]:
    """The first days of the months that may be shown, the newest first."""
    zone = ZoneInfo(settings.program.zone)
    joined = session.scalar(select(func.min(Child.created_at)))
    if joined is None:
        return []
    begun = joined.astimezone(zone).date().replace(day=1)
    newest = ((now - SETTLED).astimezone(zone).date().replace(day=1) - timedelta(days=1)).replace(day=1)
    found: list[date] = []
    while newest >= begun and len(found) < MOST_MONTHS:
        found.append(newest)
        newest = (newest - timedelta(days=1)).replace(day=1)
    return found


def measures_of(session: Session, first: date, now: datetime, settings: Settings) -> Month:
    """The figures of the month that begins on `first`. Raises ValueError for one that may not be shown."""
    if first not in months(session, now, settings):
        raise ValueError(f"{first}: no month that is over and settled")
    span, fewest = span_of(first, settings), settings.measures.fewest_families
    sent, by_staff = (measure_rows.delivery(session, span, by_staff=one) for one in (False, True))
    ways = measure_rows.ways_of(session, span)
    replies = measure_rows.replies(session, span, ways)
    figures = [
        _figure("sent", "count", "language", _wholes(sent), fewest),
        _figure("by_staff", "count", "language", _wholes(by_staff), fewest),
        _figure("delivered", "percent", "language", sent, fewest),
        _figure("replied", "percent", "language", replies.answered, fewest),
        _figure("replied", "percent", "way", replies.answered_by_way, fewest),
        _figure("reply_minutes", "minutes", "language", replies.minutes, fewest),
        _figure("soon", "percent", "language", replies.soon, fewest),
        _figure("soon", "percent", "way", replies.soon_by_way, fewest),
        _figure("answered_on", "percent", "answer_way", measure_rows.answered_on(session, span), fewest,
                whole=False),
    ]  # fmt: skip
    for key, (by_language, by_kind, by_way) in measure_rows.sessions(session, span, ways).items():
        figures.append(_figure(key, "percent", "language", by_language, fewest))
        if key in ("known", "given"):
            figures.append(_figure(key, "percent", "kind", by_kind, fewest))
        if key in _BY_WAY:
            figures.append(_figure(key, "percent", "way", by_way, fewest))
    ages = measure_acts.open_ages(session, span)
    figures.append(_figure("open_age", "school_days", "kind", ages, fewest))
    for key, found in measure_acts.steps(session, span, ways).items():
        unit: Unit = "count" if key == "reached" else "percent"
        # By language there is a total, so by step there has to be one as well: what is hidden must not be
        # what is left of it.
        figures.append(_figure(key, unit, "step", found.by_step, fewest))
        named = "sent_step" if key == "sent" else key  # "sent" by language is of texts
        figures.append(_figure(named, unit, "language", found.by_language, fewest))
        figures.append(_figure(named, unit, "way", found.by_way, fewest))
    figures.append(
        _figure("outcomes", "count", "outcome", measure_acts.outcomes(session, span), fewest, whole=False)
    )
    gaps = measure_acts.first_gap(session, span)
    figures.append(_figure("first_gap", "days", "language", gaps, fewest))
    stopped, after = measure_acts.opt_outs(session, span, sent)
    figures.append(_figure("stopped", "percent", "language", stopped, fewest))
    figures.append(_figure("stopped_after", "count", "template", after, fewest, whole=False))
    for key, cells in measure_acts.reading(session, span).items():
        figures.append(_figure(key, "percent", "language", cells, fewest))
    return Month(first, tuple(figures))


def content(session: Session, settings: Settings, today: date) -> Content:
    """The guide's reviews and the catalogue's languages."""
    guide = guide_now(session, of_centre(session, settings))
    states = [guide.review_of(key, today) for key in KEYS]
    keys = {one: {key for key in catalogue(one) if key.startswith(("texts.", "mails."))} for one in LANGUAGES}
    every = set().union(*keys.values())
    return Content(
        states.count("expired"), states.count("pending"), {one: len(every - keys[one]) for one in LANGUAGES}
    )


def span_of(first: date, settings: Settings) -> Span:
    """The month that begins on `first`, where the program is."""
    zone, after = ZoneInfo(settings.program.zone), (first + timedelta(days=32)).replace(day=1)
    begins, ends = (datetime.combine(day, time(0), zone).astimezone(UTC) for day in (first, after))
    return Span(first, after - timedelta(days=1), begins, ends)


def _figure(key: str, unit: Unit, by: By, cells: Cells, fewest: int, *, whole: bool = True) -> Figure:
    """The cells as they may be shown; the total only where the groups make one up."""
    parts = {group: cell for group, cell in sorted(cells.items()) if group != ALL}
    total = cells.get(ALL) or _together(list(parts.values()))
    families = {group: cell.families for group, cell in parts.items()}
    out = hidden(families, fewest) if whole else frozenset()  # without a total nothing can be taken from it
    shown = [
        (group, Shown("few") if group in out or total.families < fewest else _told(unit, cell, fewest))
        for group, cell in parts.items()
    ]
    return Figure(key, unit, by, _told(unit, total, fewest) if whole else None, tuple(shown))


def _together(cells: list[Cell]) -> Cell:
    """All of them; families that were only counted are apart from one another."""
    named = set().union(*(cell.homes for cell in cells)) if cells else set()
    families = len(named) if named else sum(cell.families for cell in cells)
    return Cell(sum(cell.part for cell in cells), sum(cell.whole for cell in cells), named, families)


def _told(unit: Unit, cell: Cell, fewest: int) -> Shown:
    if cell.families == 0:
        return Shown("none")
    if not may_tell_total(cell.families, fewest):
        return Shown("few")
    number = rate(cell.part, cell.whole) if unit == "percent" else amount(cell.part)
    return Shown("told", number) if number is not None else Shown("none")


def _wholes(cells: Cells) -> Cells:
    return {group: Cell(cell.whole, 0, cell.homes, cell.families) for group, cell in cells.items()}
