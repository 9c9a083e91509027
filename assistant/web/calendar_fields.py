"""The form of a calendar: what was typed, the district's file put into lines, and the calendar they make."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from werkzeug.datastructures import FileStorage, MultiDict

from assistant.schedule.dayoff import DayOffWords
from assistant.schedule.ics import IcsError, days_off_from_ics
from assistant.schedule.typed_days import (
    MOST,
    date_of,
    days_off_of,
    minimum_as_text,
    minimum_days_of,
    off_as_text,
    read_as_text,
)
from assistant.schedule.types import SchoolCalendar
from assistant.web.register_fields import ZONES
from assistant.web.speech import Speech

LONGEST_NAME = 80
LONGEST_TEXT = 12_000
MAX_ICS = 1_000_000  # bytes
_LONGEST_YEAR = timedelta(days=500)
_NOTES = 12  # doubtful or unreadable events of a file that are shown


@dataclass(slots=True)
class CalendarForm:
    """The fields as they were typed, what is the matter by field, and the calendar where nothing is.

    `base`: the revision the form was filled from. `read`: how many days were taken from an uploaded file;
    `notes`: its events that a person should look at.
    """

    name: str = ""
    first_day: str = ""
    last_day: str = ""
    zone: str = ZONES[0][0]
    days_off: str = ""
    minimum_days: str = ""
    offered: bool = True
    base: int = 0
    errors: dict[str, str] = field(default_factory=dict)
    read: int | None = None
    notes: tuple[str, ...] = ()
    calendar: SchoolCalendar | None = None


def filled(name: str, calendar: SchoolCalendar, revision: int, *, offered: bool) -> CalendarForm:
    """The form as the stored calendar fills it."""
    return CalendarForm(
        name=name,
        first_day=calendar.first_day.isoformat(),
        last_day=calendar.last_day.isoformat(),
        zone=calendar.zone.key,
        days_off=off_as_text(calendar),
        minimum_days=minimum_as_text(calendar),
        offered=offered,
        base=revision,
    )


def typed(
    form: MultiDict[str, str],
    file: FileStorage | None,
    words: DayOffWords,
    say: Speech,
    kept: SchoolCalendar | None = None,
) -> CalendarForm:
    """The form as it came. `kept`: the stored calendar, for what the form does not show (its semesters)."""
    base = form.get("base", "")
    made = CalendarForm(
        name=" ".join(form.get("name", "").split()),
        first_day=form.get("first_day", "").strip()[:20],
        last_day=form.get("last_day", "").strip()[:20],
        zone=form.get("zone", ""),
        days_off=form.get("days_off", "").replace("\r\n", "\n")[:LONGEST_TEXT],
        minimum_days=form.get("minimum_days", "").replace("\r\n", "\n")[:LONGEST_TEXT],
        offered=form.get("offered") == "1",
        base=int(base) if base.isascii() and base.isdigit() and len(base) < 9 else 0,
    )
    if not made.name or len(made.name) > LONGEST_NAME or not made.name.isprintable():
        made.errors["name"] = say.say("calendars.wrong_name", most=LONGEST_NAME)
    zones = {zone for zone, _ in ZONES} | ({kept.zone.key} if kept else set())
    if made.zone not in zones:
        made.errors["zone"] = say.say("calendars.wrong_zone")
    made.calendar = _calendar(made, say, kept)
    if file is not None and file.filename and made.calendar is not None:
        _read_file(made, file, words, say, kept)
    if made.errors:
        made.calendar = None
    return made


def _calendar(made: CalendarForm, say: Speech, kept: SchoolCalendar | None) -> SchoolCalendar | None:
    first, last = date_of(made.first_day), date_of(made.last_day)
    if first is None or not 2000 <= first.year <= 2100:
        made.errors["first_day"] = say.say("calendars.wrong_first_day")
    if last is None or (first is not None and not first < last <= first + _LONGEST_YEAR):
        made.errors["last_day"] = say.say("calendars.wrong_last_day")
    off, (minimum, wrong) = days_off_of(made.days_off), minimum_days_of(made.minimum_days)
    if off.wrong:
        made.errors["days_off"] = say.say("calendars.wrong_line", line=off.wrong[0][:60])
    elif off.overlapping:
        made.errors["days_off"] = say.say("calendars.wrong_overlap", day=say.day_and_year(off.overlapping))
    elif len(off.days_off) + len(off.breaks) > MOST:
        made.errors["days_off"] = say.say("calendars.wrong_many", most=MOST)
    if wrong:
        made.errors["minimum_days"] = say.say("calendars.wrong_minimum", line=wrong[0][:60])
    elif len(minimum) > MOST:
        made.errors["minimum_days"] = say.say("calendars.wrong_many", most=MOST)
    if made.errors.keys() - {"name"} or first is None or last is None:
        return None
    semesters = kept.semesters if kept and kept.first_day == first else ()
    semesters = tuple(day for day in semesters if day <= last)
    breaks = tuple(sorted(off.breaks, key=lambda one: one.first))
    calendar = SchoolCalendar(
        ZoneInfo(made.zone), first, last, frozenset(off.days_off), breaks, minimum, semesters
    )
    if not calendar.school_days:
        made.errors["last_day"] = say.say("calendars.wrong_none_left")
    lost = next((day for day in sorted(minimum) if day in calendar.off), None)
    if lost:
        made.errors["minimum_days"] = say.say("calendars.wrong_minimum_off", day=say.day_and_year(lost))
    return calendar


def _read_file(
    made: CalendarForm, file: FileStorage, words: DayOffWords, say: Speech, kept: SchoolCalendar | None
) -> None:
    """Put the days of the file into the lines, so that they can be looked at and changed before saving."""
    calendar = made.calendar
    assert calendar is not None
    data = file.read(MAX_ICS + 1)
    if len(data) > MAX_ICS:
        made.errors["ics"] = say.say("calendars.wrong_file_large")
        return
    try:
        found = days_off_from_ics(data, calendar.zone, calendar.first_day, calendar.last_day, words)
    except IcsError:
        made.errors["ics"] = say.say("calendars.wrong_file")
        return
    new = {day: name for day, name in found.days_off.items() if day not in calendar.off}
    made.read = len(new)
    made.notes = (*found.doubtful, *found.warnings)[:_NOTES]
    if new:
        made.days_off = "\n".join(filter(None, (made.days_off.strip("\n"), read_as_text(new))))
        # A minimum day that the file calls a day off is none.
        made.minimum_days = minimum_as_text(
            replace(
                calendar,
                minimum_days={day: at for day, at in calendar.minimum_days.items() if day not in new},
            )
        )
        made.calendar = _calendar(made, say, kept)
