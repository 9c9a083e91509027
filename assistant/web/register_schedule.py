"""The schedule part of a registration, put into the words of a schedule file and read by the schedule room.

So the page has no rules of its own: what a schedule file may say, a form may say. The problems that the room
finds come back as (field of the form, key of our sentence about it).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from assistant.schedule.calendar import instructional_days
from assistant.schedule.file import Schedule, ScheduleError, parse_schedule
from assistant.schedule.ics import IcsError, days_off_from_ics
from assistant.schedule.types import SchoolCalendar
from assistant.web.register_fields import DAYS, RegistrationForm, ServiceRow, Trouble

_NAME = "form"
_PROBLEM = re.compile(rf"{_NAME}: (?P<path>[^:]+): (?P<text>.*)", re.DOTALL)
_SERVICE = re.compile(r"services\[(\d+)\]\.?(\w*)")
_DATE = r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}/\d{1,2}/\d{4}"
_DAY_OFF = re.compile(
    rf"(?P<first>{_DATE})(?:\s*(?:to|a|al|hasta|-|–|—)\s*(?P<last>{_DATE}))?(?:[\s:,]+(?P<name>.*))?"
)
MAX_ICS = 1_000_000  # bytes

Value = str | int | bool | date | time | list["Value"] | dict[str, "Value"]


def schedule_of(form: RegistrationForm, picked: SchoolCalendar | None, trouble: Trouble) -> Schedule | None:
    """The schedule that the form describes, on the calendar that was picked or on its own; None with trouble.

    `picked`: the stored calendar that the parent chose.
    """
    rows = [row for row in form.services if row.filled]
    if not rows:
        trouble.add("services-0-alias", "services")
    zone = picked.zone.key if picked else form.zone
    calendar = _picked(picked) if picked else _own_calendar(form, trouble)
    table: dict[str, Value] = {
        "timezone": zone,
        "calendar": calendar,
        "services": [_service(row) for row in rows],
    }
    try:
        schedule = parse_schedule(_toml(table), _NAME)
    except ScheduleError as error:
        for line in error.problems:
            trouble.add(*_placed(line, rows))
        return None
    return schedule if picked else _with_ics(schedule, form, trouble)


def _service(row: ServiceRow) -> dict[str, Value]:
    times: list[Value] = [f"{day} {row.times[day] or row.time or '-'}" for day in DAYS if row.on(day)]
    table: dict[str, Value] = {"alias": row.alias, "name": row.name or row.alias, "times": times}
    table["minutes"] = int(row.minutes) if re.fullmatch(r"\d{1,6}", row.minutes, re.ASCII) else row.minutes
    return table


def _own_calendar(form: RegistrationForm, trouble: Trouble) -> dict[str, Value]:
    days: list[Value] = []
    breaks: list[Value] = []
    for line in filter(None, map(str.strip, form.days_off.splitlines())):
        found = _DAY_OFF.fullmatch(line)
        first = _date(found["first"]) if found else None
        last = _date(found["last"]) if found and found["last"] else first
        if found is None or not isinstance(first, date) or not isinstance(last, date) or last < first:
            trouble.add("days_off", "days_off", line=line[:60])
        elif found["last"]:
            named: dict[str, Value] = {"name": found["name"].strip()[:100]} if found["name"] else {}
            breaks.append({"from": first, "to": last, **named})
        else:
            days.append(first)
    return {
        "first_day": _date(form.first_day),
        "last_day": _date(form.last_day),
        "days_off": days,
        "breaks": breaks,
    }


def _picked(calendar: SchoolCalendar) -> dict[str, Value]:
    """A stored calendar as a schedule file has it."""
    return {
        "first_day": calendar.first_day,
        "last_day": calendar.last_day,
        "days_off": [*sorted(calendar.days_off)],
        "breaks": [
            {"from": one.first, "to": one.last, **({"name": one.name} if one.name else {})}
            for one in calendar.breaks
        ],
        "minimum_days": [{"date": day, "ends": ends} for day, ends in sorted(calendar.minimum_days.items())],
    }


def _with_ics(schedule: Schedule, form: RegistrationForm, trouble: Trouble) -> Schedule | None:
    """The schedule with the days off of the uploaded file, if there is one."""
    if not form.ics:
        return schedule
    if len(form.ics) > MAX_ICS:
        trouble.add("ics", "ics_large")
        return None
    calendar = schedule.calendar
    where: ZoneInfo = calendar.zone
    try:
        found = days_off_from_ics(form.ics, where, calendar.first_day, calendar.last_day)
    except IcsError:
        trouble.add("ics", "ics")
        return None
    whole = replace(calendar, days_off=calendar.days_off | frozenset(found.days_off))
    if not instructional_days(whole, whole.first_day, whole.last_day):
        trouble.add("ics", "no_school_days")
        return None
    return replace(schedule, calendar=whole, ics_days=found.days_off)


def _placed(line: str, rows: list[ServiceRow]) -> tuple[str, str]:
    """Where on the form a problem of the schedule room belongs, and the sentence for it."""
    found = _PROBLEM.fullmatch(line)
    path = found["path"] if found else ""
    service = _SERVICE.match(path)
    if service:
        row = rows[int(service[1])]
        key = service[2] if service[2] in ("alias", "name", "minutes") else "times"
        # An IEP name that was left empty is the alias, so trouble with it is trouble with the alias.
        key = "alias" if key == "name" and not row.name else key
        return f"services-{row.number}-{'time' if key == 'times' else key}", key
    if path.startswith("services"):
        return "services-0-alias", "services"
    field = path.removeprefix("calendar").removeprefix(".").partition("[")[0]
    if field == "breaks":
        return "days_off", "days_off_overlap"
    if field == "timezone":
        return "zone", "timezone"
    if field in ("first_day", "last_day"):
        return field, field
    return "last_day", "no_school_days" if path == "calendar" else "other"


def _date(text: str) -> Value:
    """A date as browsers send it or as people in the United States type it; anything else as it is."""
    for form in ("%Y-%m-%d", "%m/%d/%Y"):
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007  a date has no zone
        except ValueError:
            continue
    return text


def _toml(table: Mapping[str, Value]) -> str:
    """The table as TOML text. Control characters go: no text of a form needs one."""
    return "\n".join(f"{key} = {_value(value)}" for key, value in table.items())


def _value(value: Value) -> str:
    if isinstance(value, bool | int):
        return str(value).lower()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_value(one)}" for key, one in value.items()) + "}"
    # A JSON text is a TOML text, once what TOML does not take is gone.
    clean = "".join(letter for letter in value if letter.isprintable() or letter == " ")
    return json.dumps(clean.encode("utf-8", "ignore").decode("utf-8"), ensure_ascii=False)
