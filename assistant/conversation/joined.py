"""What was told by text, as service lines, and the family that is made of it in the end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from assistant.conversation.answers import Context
from assistant.families.household import tie
from assistant.families.register import first_question_at, keep_child
from assistant.families.types import NewFamily
from assistant.schedule.jsonable import calendar_from_json
from assistant.schedule.line_by_text import Draft, read_line
from assistant.schedule.types import AsNeeded, SchoolCalendar, ServiceLine
from assistant.store import Calendar
from assistant.words import Language
from messages.frequency import plain_frequency
from messages.outbox import hours_of
from messages.templates import short_day, word


def read_service(kept: Mapping[str, Any]) -> Draft:
    """A service line as it was told, text by text; what was told later completes what was told before."""
    draft = Draft()
    for text in kept["texts"]:
        more = read_line(text)
        draft = draft.merged(more) if more is not None else draft
    return draft


def lines_of(draft: Mapping[str, Any]) -> tuple[ServiceLine, ...]:
    """The service lines of an enrolment's draft that are complete.

    Where they do not know how often, nothing can be expected: what they tell about it is kept all the same.
    """
    lines = []
    for kept in draft["services"]:
        read = read_service(kept)
        wording = "; ".join(kept["texts"])
        if "how_often" in kept.get("unknown", []):
            lines.append(ServiceLine(read.service.capitalize(), read.service, 0, AsNeeded(), wording=wording))
            continue
        line = read.line()
        lines.append(ServiceLine(line.name, line.alias, line.minutes, line.frequency, wording=wording))
    return tuple(lines)


def plain_line(line: ServiceLine, language: Language) -> str:
    """A service line in a few words of a text."""
    return f"{line.alias}, {plain_frequency(line, language)}"


def usual_calendar(zone: ZoneInfo, today: date) -> SchoolCalendar:
    """A school year of which nobody told us anything: from today to 10 June, every weekday."""
    end = date(today.year, 6, 10)
    return SchoolCalendar(zone, today, end if today < end else date(today.year + 1, 6, 10))


def finish(context: Context, draft: Mapping[str, Any]) -> None:
    """Keep the child with its plan, tie this caregiver to it, and say when the first question comes."""
    session, caregiver = context.session, context.caregiver
    zone = ZoneInfo(caregiver.zone)
    picked = session.get(Calendar, draft["calendar"]) if draft.get("calendar") else None
    calendar = calendar_from_json(picked.definition) if picked else usual_calendar(zone, context.today)
    # A calendar of nobody else's: a closure of one school must never reach another that looks the same.
    name = picked.name if picked else f"{word('own_calendar', context.language)} {context.inbound.id}"
    family = NewFamily(
        nickname=draft["nickname"],
        caregivers=(),
        calendar=calendar,
        services=lines_of(draft),
        calendar_name=name,
    )
    child = keep_child(session, family, context.now, context.settings)
    tie(session, caregiver, child)
    first = first_question_at(session, child.id)
    values = {"program": context.settings.program.name, "child": child.nickname}
    if first is None:
        context.reply("join", "join_done_none", values)
        return
    asked = hours_of(caregiver, context.settings).next_open(first).astimezone(zone).date()
    context.reply("join", "join_done", {**values, "day": short_day(asked, context.language)})
