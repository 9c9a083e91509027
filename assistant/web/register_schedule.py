"""The schedule part of a registration, put into the words of a schedule file and read by the schedule room.

So the page has no rules of its own: what a schedule file may say, a form may say. The problems that the room
finds come back as (field of the form, key of our sentence about it).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, time
from zoneinfo import ZoneInfo

from assistant.schedule.calendar import instructional_days
from assistant.schedule.dayoff import DEFAULT_WORDS, DayOffWords
from assistant.schedule.file import Schedule, ScheduleError, parse_schedule
from assistant.schedule.ics import IcsError, days_off_from_ics
from assistant.schedule.typed_days import date_of, days_off_of
from assistant.schedule.types import Break, SchoolCalendar
from assistant.web.register_fields import DAYS, RegistrationForm, ServiceRow, Trouble

_NAME = "form"
_PROBLEM = re.compile(rf"{_NAME}: (?P<path>[^:]+): (?P<text>.*)", re.DOTALL)
_SERVICE = re.compile(r"services\[(\d+)\]\.?([\w.]*)")
MAX_ICS = 1_000_000  # bytes
WITHOUT_MINUTES = ("accommodation", "as_needed")  # ways of which the minutes of one session say nothing
_BETWEEN = ("", "and", "y", "day", "days", "día", "dia", "días", "dias")  # words between the days of a cycle
# Where the file's keys stand on the form, by the way that was chosen.
_FIELDS = {
    "times": {"times": "time", "anchor": "anchor"},
    "daily": {"at": "daily_at"},
    "count": {"count": "count", "per": "per"},
    "weeks": {"count": "weeks_count", "per": "weeks", "anchor": "weeks_anchor"},
    "total": {"total_minutes": "total", "per": "total_per"},
    "cycle": {
        "cycle.days": "cycle_days",
        "cycle.on": "cycle_on",
        "cycle.at": "cycle_at",
        "cycle.anchor": "cycle_anchor",
    },
}
_OF_EVERY_WAY = ("alias", "name", "minutes", "delivery", "mode", "starts", "ends", "wording")
# The sentence for a field, where it is not called like the field.
_SENTENCES = {
    "time": "times",
    "daily_at": "at",
    "cycle_at": "at_needed",
    "weeks_count": "count",
    "total_per": "per",
    "delivery": "other",
    "mode": "other",
}

Value = str | int | bool | date | time | list["Value"] | dict[str, "Value"]


def schedule_of(
    form: RegistrationForm,
    picked: SchoolCalendar | None,
    trouble: Trouble,
    words: DayOffWords = DEFAULT_WORDS,
) -> Schedule | None:
    """The schedule that the form describes, on the calendar that was picked or on its own; None with trouble.

    `picked`: the stored calendar that the parent chose. `words` decide what an `.ics` calls a day off.
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
    if form.iep_dated:
        table["iep"] = {"dated": _date(form.iep_dated)}
    try:
        schedule = parse_schedule(_toml(table), _NAME)
    except ScheduleError as error:
        for line in error.problems:
            trouble.add(*_placed(line, rows))
        return None
    return schedule if picked else _with_ics(schedule, form, trouble, words)


def _service(row: ServiceRow) -> dict[str, Value]:
    """The block as a table of the file. An empty line is left out, so that the room names what it misses."""
    line = row.lines
    table: dict[str, Value] = {"alias": line["alias"], "name": line["name"] or line["alias"]}
    if row.way not in WITHOUT_MINUTES and line["minutes"]:
        table["minutes"] = _number(line["minutes"])
    table.update(_frequency(row))
    for key in ("delivery", "mode"):
        if line[key]:
            table[key] = line[key]
    if line["wording"]:
        table["wording"] = " ".join(line["wording"].split())
    table.update(_dates(row, starts="starts", ends="ends"))
    if "esy" in row.ticks:
        table["esy"] = True
    if "not_agreed" in row.ticks:
        table["consented"] = False
    return table


def _frequency(row: ServiceRow) -> dict[str, Value]:
    """What the chosen way says. The fields of the other ways are hidden: what they hold is not meant."""
    line = row.lines
    match row.way:
        case "times":
            times: list[Value] = [
                f"{day} {row.times[day] or line['time'] or '-'}" for day in DAYS if row.on(day)
            ]
            every = {"every": 2, **_dates(row, anchor="anchor")} if "every" in row.ticks else {}
            return {"times": times, **every}
        case "daily":
            return {"daily": True, **({"at": _time(line["daily_at"])} if line["daily_at"] else {})}
        case "count":
            return {"count": _number(line["count"]), "per": line["per"]}
        case "weeks":
            counted: dict[str, Value] = {
                "count": _number(line["weeks_count"]),
                "per": f"{line['weeks']} weeks",
            }
            # Without a number of weeks the room would take the anchor for the mistake.
            has_number = isinstance(_number(line["weeks"]), int)
            return counted | (_dates(row, anchor="weeks_anchor") if has_number else {})
        case "total":
            return {"total_minutes": _number(line["total"]), "per": line["total_per"]}
        case "cycle":
            cycle: dict[str, Value] = {
                "days": _number(line["cycle_days"]),
                "on": _cycle_days(line["cycle_on"]),
                "at": _time(line["cycle_at"]),
                **_dates(row, anchor="cycle_anchor"),
            }
            return {"cycle": cycle}
        case "exception" | "accommodation" as kind:
            return {
                "kind": kind,
                **({"urgent": True} if kind == "exception" and "urgent" in row.ticks else {}),
            }
        case "as_needed":
            return {"as_needed": True}
    return {}


def _dates(row: ServiceRow, **fields: str) -> dict[str, Value]:
    """The dates that were given, by the file's key: the file's key = the field."""
    return {key: _date(row.lines[field]) for key, field in fields.items() if row.lines[field]}


def _number(text: str) -> Value:
    return int(text) if re.fullmatch(r"\d{1,6}", text, re.ASCII) else text


def _time(text: str) -> Value:
    """A time as browsers send it; anything else as it is."""
    try:
        return time.fromisoformat(text) if re.fullmatch(r"\d\d:\d\d(:\d\d)?", text, re.ASCII) else text
    except ValueError:
        return text


def _cycle_days(text: str) -> list[Value]:
    """The days of a list as people write it: "1, 4", "1 and 4", "1 y 4", "A"."""
    words = [word for word in re.split(r"[\s,;.&+/]+", text.casefold()) if word not in _BETWEEN]
    return [ord(word) - ord("a") + 1 if re.fullmatch("[a-z]", word) else _number(word) for word in words]


def _own_calendar(form: RegistrationForm, trouble: Trouble) -> dict[str, Value]:
    typed = days_off_of(form.days_off)
    for line in typed.wrong:
        trouble.add("days_off", "days_off", line=line[:60])
    return {
        "first_day": _date(form.first_day),
        "last_day": _date(form.last_day),
        "days_off": [*sorted(typed.days_off)],
        "breaks": _breaks(typed.breaks),
    }


def _picked(calendar: SchoolCalendar) -> dict[str, Value]:
    """A stored calendar as a schedule file has it."""
    semesters: list[Value] = [*calendar.semesters]
    return {
        "first_day": calendar.first_day,
        "last_day": calendar.last_day,
        **({"semesters": semesters} if semesters else {}),
        "days_off": [*sorted(calendar.days_off)],
        "breaks": _breaks(calendar.breaks),
        "minimum_days": [{"date": day, "ends": ends} for day, ends in sorted(calendar.minimum_days.items())],
    }


def _breaks(breaks: Iterable[Break]) -> list[Value]:
    return [{"from": one.first, "to": one.last, **({"name": one.name} if one.name else {})} for one in breaks]


def _with_ics(
    schedule: Schedule, form: RegistrationForm, trouble: Trouble, words: DayOffWords
) -> Schedule | None:
    """The schedule with the days off of the uploaded file, if there is one."""
    if not form.ics:
        return schedule
    if len(form.ics) > MAX_ICS:
        trouble.add("ics", "ics_large")
        return None
    calendar = schedule.calendar
    where: ZoneInfo = calendar.zone
    try:
        found = days_off_from_ics(form.ics, where, calendar.first_day, calendar.last_day, words)
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
        return _placed_in(rows[int(service[1])], service[2])
    if path.startswith("services"):
        return "services-0-alias", "services"
    if path.startswith("iep"):
        return "iep_dated", "iep_dated"
    field = path.removeprefix("calendar").removeprefix(".").partition("[")[0]
    if field == "breaks":
        return "days_off", "days_off_overlap"
    if field == "timezone":
        return "zone", "timezone"
    if field in ("first_day", "last_day"):
        return field, field
    return "last_day", "no_school_days" if path == "calendar" else "other"


def _placed_in(row: ServiceRow, key: str) -> tuple[str, str]:
    """The field of a block that holds the file's `key`, and the sentence for it."""
    field = _FIELDS.get(row.way, {}).get(key) or (key if key in _OF_EVERY_WAY else "form")
    # An IEP name that was left empty is the alias, so trouble with it is trouble with the alias.
    field = "alias" if field == "name" and not row.lines["name"] else field
    return f"services-{row.number}-{field}", _SENTENCES.get(field, field)


def _date(text: str) -> Value:
    """A date as it is typed; anything else as it is."""
    return date_of(text) or text


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
