"""Measures that are kept: a month is counted once, when it is over and settled, and never again.

Answers that are put right later, an erasure or a family that leaves the totals change no number that was
shown: yesterday's report and today's can be laid beside each other, and nothing can be taken from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.operations.measures import Figure, Month, Shown, measures_of, months
from assistant.operations.suppression import Coarse
from assistant.schedule.zones import moment
from assistant.store import MeasuredMonth
from assistant.store.facts import keep_fact

KEY = "measures"  # of the fact: when it is looked again
AT = time(4, 15)  # local, when nobody is asked
SOON = timedelta(minutes=1)  # to the next of several: replies come in between


def keep_due(session: Session, now: datetime, settings: Settings) -> int:
    """Count the newest month that was not yet, and say when to look again. Returns how many (0 or 1)."""
    waiting = _not_kept(session, now, settings)
    if waiting:
        first, fewest = waiting[0], settings.measures.fewest_families
        figures = [_as_json(one) for one in measures_of(session, first, now, settings).figures]
        session.add(MeasuredMonth(first=first, fewest=fewest, figures=figures, made_at=now))
        session.flush()
    zone = ZoneInfo(settings.program.zone)
    tomorrow = moment(now.astimezone(zone).date() + timedelta(days=1), AT, zone)
    keep_fact(session, KEY, "", now + SOON if len(waiting) > 1 else tomorrow)
    return min(1, len(waiting))


def kept_months(session: Session, settings: Settings) -> list[date]:
    """The months that may be shown, the newest first.

    Not one from when fewer families were enough: raising that number takes back what was shown below it.
    """
    wanted = select(MeasuredMonth.first).where(MeasuredMonth.fewest >= settings.measures.fewest_families)
    return list(session.scalars(wanted.order_by(MeasuredMonth.first.desc())))


def kept(session: Session, first: date) -> Month | None:
    """The figures of the month that begins on `first`, as they were made."""
    row = session.scalars(select(MeasuredMonth).where(MeasuredMonth.first == first)).first()
    return Month(first, tuple(_figure(one) for one in row.figures)) if row else None


def _not_kept(session: Session, now: datetime, settings: Settings) -> Sequence[date]:
    there = set(session.scalars(select(MeasuredMonth.first)))
    return [one for one in months(session, now, settings) if one not in there]


def _as_json(figure: Figure) -> dict[str, Any]:
    return {
        "key": figure.key,
        "unit": figure.unit,
        "by": figure.by,
        "whole": _shown_json(figure.whole) if figure.whole else None,
        "parts": [[group, _shown_json(shown)] for group, shown in figure.parts],
    }


def _shown_json(shown: Shown) -> list[Any]:
    return [shown.state, *([shown.number.number, shown.number.shade] if shown.number else [])]


def _figure(kept: Mapping[str, Any]) -> Figure:
    whole = _shown(kept["whole"]) if kept["whole"] else None
    parts = tuple((group, _shown(shown)) for group, shown in kept["parts"])
    return Figure(kept["key"], kept["unit"], kept["by"], whole, parts)


def _shown(kept: Sequence[Any]) -> Shown:
    return Shown(kept[0], Coarse(kept[1], kept[2]) if len(kept) > 1 else None)
