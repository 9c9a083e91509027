"""School calendars for staff: the list, one as months, its days typed or read from the district's file."""

from __future__ import annotations

from calendar import Calendar as Weeks
from dataclasses import dataclass
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.families.calendar_desk import (
    PAGE,
    Effect,
    Listed,
    MovedOnError,
    history,
    listed,
    make,
    one,
    put,
    trial,
)
from assistant.schedule.calendar import is_instructional
from assistant.schedule.dayoff import DEFAULT_WORDS, with_words
from assistant.schedule.types import SchoolCalendar
from assistant.store import AuditEvent, Staff
from assistant.web.calendar_fields import LONGEST_NAME, LONGEST_TEXT, CalendarForm, filled, typed
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.register_fields import ZONES
from assistant.web.staff_pages import staff_who_may

blueprint = Blueprint("calendars", __name__, url_prefix="/admin/calendars")

_MONDAY = date(2026, 8, 31)
_SHOWN = 12  # days of a list that are named one by one


@dataclass(frozen=True, slots=True)
class Cell:
    """A weekday of a month. `kind`: "school", "off", "minimum", "closed" (outside the year), "" (no day)."""

    day: date | None = None
    kind: str = ""
    name: str = ""
    ends: time | None = None


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the school year: its weeks from Monday to Friday, and how many school days it has."""

    first: date
    weeks: tuple[tuple[Cell, ...], ...]
    school_days: int


@blueprint.get("/")
def page() -> ResponseReturnValue:
    """All calendars, those of most children first."""
    house = the_house()
    asked = request.args.get("page", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0
    with house.store.read() as session:
        staff_who_may(session, "calendars")
        rows, whole = listed(session, house.clock.now(), number)
        return render_template(
            "admin/calendars.html", rows=rows, whole=whole, page=number, more=(number + 1) * PAGE < whole
        )


@blueprint.get("/new")
def new() -> ResponseReturnValue:
    """The form for a calendar that families may pick when they register."""
    house = the_house()
    with house.store.read() as session:
        staff_who_may(session, "calendars")
    return _new_page(CalendarForm(zone=house.settings.program.zone))


@blueprint.post("/new")
def add() -> ResponseReturnValue:
    """[Look at it] shows the days as they are read; [Save] keeps them."""
    house = the_house()
    with house.store.write() as session:
        staff = staff_who_may(session, "calendars")
        form = _typed()
        if form.calendar is None or request.form.get("do") != "save" or form.read is not None:
            return _new_page(form), 400 if form.errors else 200
        now = house.clock.now()
        row = make(session, form.name, form.calendar, now, f"staff {staff.id}", offered=form.offered)
        number = row.id
    flash(words().say("calendars.made"))
    return redirect(url_for("calendars.calendar", number=number), 303)


@blueprint.get("/<int(max=2147483647):number>")
def calendar(number: int) -> ResponseReturnValue:
    """One calendar as months, who changed it when, and the form to change it."""
    with the_house().store.read() as session:
        staff_who_may(session, "calendars")
        found = _found(session, number)
        form = filled(found.row.name, found.calendar, found.row.revision, offered=found.row.offered)
        return _page(session, found, form)


@blueprint.post("/<int(max=2147483647):number>")
def change(number: int) -> ResponseReturnValue:
    """[Show what would change] tries it and keeps nothing; [Save] does it, and tells the families."""
    house = the_house()
    now, settings = house.clock.now(), house.settings
    with house.store.read() as session:
        staff = staff_who_may(session, "calendars")
        found = _found(session, number)
        by, form = f"staff {staff.id}", _typed(found.calendar)
        if form.calendar is None:
            return _page(session, found, form), 400
    try:
        if request.form.get("do") != "save" or form.read is not None:
            effect = trial(house.store, number, form.base, form.name, form.calendar, now, settings)
            with house.store.read() as session:
                return _page(session, _found(session, number), form, effect)
        with house.store.write() as session:
            effect = put(
                session, number, form.base, form.name, form.calendar, now, settings, by, offered=form.offered
            )
    except MovedOnError:
        with house.store.read() as session:
            found = _found(session, number)
            form.errors["days_off"] = words().say("calendars.meanwhile")
            form.base = found.row.revision
            return _page(session, found, form), 409
    flash(words().say("calendars.saved", told=effect.told))
    if settings.sandbox:
        house.run_pass()
    return redirect(url_for("calendars.calendar", number=number), 303)


def _typed(kept: SchoolCalendar | None = None) -> CalendarForm:
    own = the_house().settings.calendar
    off_words = with_words(DEFAULT_WORDS, own.off_words, own.school_words)
    return typed(request.form, request.files.get("ics"), off_words, words(), kept)


def _found(session: Session, number: int) -> Listed:
    found = one(session, number, the_house().clock.now())
    if found is None:
        abort(404)
    return found


def _new_page(form: CalendarForm) -> str:
    return render_template(
        "admin/calendar_new.html",
        form=form,
        months=months_of(form.calendar) if form.calendar else (),
        weekdays=_weekdays(),
        **_limits(form),
    )


def _page(session: Session, found: Listed, form: CalendarForm, effect: Effect | None = None) -> str:
    zone = ZoneInfo(the_house().settings.program.zone)
    people = {f"staff {one.id}": one.email for one in session.scalars(select(Staff).limit(500))}
    return render_template(
        "admin/calendar.html",
        found=found,
        form=form,
        effect=effect,
        days=_days,
        months=months_of(form.calendar if effect and form.calendar else found.calendar),
        weekdays=_weekdays(),
        history=[(event, people.get(event.actor, event.actor)) for event in history(session, found.row)],
        said=_said,
        zone=zone,
        **_limits(form),
    )


def _limits(form: CalendarForm) -> dict[str, object]:
    zones = [(zone, words().say(f"zone.{key}")) for zone, key in ZONES]
    if form.zone not in dict(zones):
        zones.append((form.zone, form.zone))
    return {"longest_name": LONGEST_NAME, "longest": LONGEST_TEXT, "zones": zones}


def _days(some: tuple[date, ...]) -> str:
    """Days by name; of many the first ones, and how many more there are."""
    named = [words().day_and_year(day) for day in some[:_SHOWN]]
    more = len(some) - len(named)
    return "; ".join(named) + (f"; {words().say('calendars.more', count=more)}" if more else "")


def _said(event: AuditEvent) -> str:
    """What was done, as the history shows it."""
    day = event.detail.get("day")
    if event.kind in ("closure", "closure_undone") and isinstance(day, str):
        shown = words().day_and_year(date.fromisoformat(day))
        return words().say(f"calendars.did_{event.kind}", day=shown)
    return words().say(f"calendars.did_{event.kind}")


def _weekdays() -> list[str]:
    return [words().short_weekday(_MONDAY + timedelta(days=place)) for place in range(5)]


def months_of(calendar: SchoolCalendar) -> tuple[Month, ...]:
    """The school year month by month, Monday to Friday."""
    names = {}
    for pause in calendar.breaks:
        for place in range((min(pause.last, calendar.last_day) - pause.first).days + 1):
            names[pause.first + timedelta(days=place)] = pause.name
    made, first = [], calendar.first_day.replace(day=1)
    while first <= calendar.last_day:
        weeks = tuple(
            tuple(_cell(calendar, names, day, first.month) for day in week[:5])
            for week in Weeks().monthdatescalendar(first.year, first.month)
            if any(day.month == first.month for day in week[:5])
        )
        school = sum(cell.kind in ("school", "minimum") for week in weeks for cell in week)
        made.append(Month(first, weeks, school))
        first = (first + timedelta(days=32)).replace(day=1)
    return tuple(made)


def _cell(calendar: SchoolCalendar, names: dict[date, str], day: date, month: int) -> Cell:
    if day.month != month:
        return Cell()
    if not calendar.first_day <= day <= calendar.last_day:
        return Cell(day, "closed")
    if not is_instructional(calendar, day):
        return Cell(day, "off", names.get(day, ""))
    ends = calendar.minimum_days.get(day)
    return Cell(day, "minimum" if ends else "school", "", ends)
