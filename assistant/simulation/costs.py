"""What a family's texts cost, month by month, beside one text a session: the same words, asked one by one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from assistant.schedule.expand import expand
from assistant.schedule.types import Expected, ServiceLine
from assistant.simulation.events import Event
from assistant.simulation.scenario import Family
from assistant.words import Asks
from messages.segments import count
from messages.templates import catalogue, fill, when

MONTH = "%Y-%m"


def costs(family: Family, events: Iterable[Event], first: date, last: date) -> list[dict[str, Any]]:
    """One entry a month in which a session fell due: texts and segments, ours and one text a session.

    `asking` are questions, reminders and nudges; `sms_out` all texts to the family.
    """
    ours, each = _ours(family.id, events), _one_by_one(family, first, last)
    return [
        {
            "month": month,
            "sms_out": {"texts": ours[month]["texts"], "segments": ours[month]["segments"]},
            "asking": {"texts": ours[month]["asking"], "segments": ours[month]["asking_segments"]},
            "one_text_a_session": {"texts": each[month]["texts"], "segments": each[month]["segments"]},
        }
        for month in sorted(each)
    ]


def _ours(family: str, events: Iterable[Event]) -> Mapping[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for event in events:
        if event["family"] != family or event["type"] != "sms_out":
            continue
        month = found[datetime.fromisoformat(event["at"]).strftime(MONTH)]
        month.update(texts=1, segments=event["segments"])
        if event["kind"] in ("question", "reminder", "nudge"):
            month.update(asking=1, asking_segments=event["segments"])
    return found


def _one_by_one(family: Family, first: date, last: date) -> Mapping[str, Counter[str]]:
    """A question a session, and a day for what is there all the time; no reminders, no answers."""
    language = family.caregivers[0].language
    body = catalogue(language)["texts.question_one"]
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for line in family.schedule.services:
        for one in expand(line, family.schedule.calendar, first, last + timedelta(days=1)):
            day = one.due_at.date()
            values = {"child": family.nickname, "alias": line.alias, "when": when(day, day, language)}
            sessions = _sessions(one, line)
            segments = count(fill(body, values, "question_one")).segments
            found[day.strftime(MONTH)].update(texts=sessions, segments=sessions * segments)
    return found


def _sessions(one: Expected, line: ServiceLine) -> int:
    if one.asks is Asks.MINUTES and line.minutes:
        return -(-one.due_minutes // line.minutes)
    return one.due_sessions
