"""The school and its days: what we know, another calendar or school, a day off that we do not know of."""

from __future__ import annotations

from datetime import date, timedelta

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from assistant.families.calendars import CalendarError, label_of, offered_calendars
from assistant.families.changes import move_school
from assistant.families.lines import calendar_of_child
from assistant.families.school_days import day_off
from assistant.schedule.types import SchoolCalendar
from assistant.store import Calendar, Caregiver, Child
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.mine import mine
from assistant.web.settings.room import blueprint, day_of, saved, typed

_LONGEST = 80
_MOST_DAYS = 30


@blueprint.get("/school")
def school(number: int) -> str:
    """The school, its calendar, the days off to come."""
    with the_house().store.read() as session:
        _, child = mine(session, number)
        return _page(session, child, {})


@blueprint.post("/school/day")
def school_day(number: int) -> ResponseReturnValue:
    """A day without school: noted where the calendar is this child's alone, else a person looks at it."""
    house, errors = the_house(), {}
    with house.store.write() as session:
        person, child = mine(session, number)
        day, why = day_of(typed("day")), " ".join(typed("why").split())
        if day is None:
            errors["day"] = words().say("settings.wrong_day")
        elif len(why) > _LONGEST or not why.isprintable():
            errors["why"] = words().say("settings.wrong_why")
        else:
            try:
                done = day_off(session, person, child, day, why, house.clock.now(), house.settings)
            except CalendarError:
                session.rollback()
                errors["day"] = words().say("settings.wrong_day")
        if errors:
            return _page(session, child, errors), 400
    key = "settings.day_noted" if done else "settings.day_passed_on"
    return saved(number, key, "settings.school", day=words().day(day) if day else "")


@blueprint.route("/school/move", methods=["GET", "POST"])
def school_move(number: int) -> ResponseReturnValue:
    """Another calendar, or another school, from today on."""
    house = the_house()
    if request.method == "GET":
        with house.store.read() as session:
            _, child = mine(session, number)
            return _move_page(session, child, {})
    errors = {}
    with house.store.write() as session:
        person, child = mine(session, number)
        name = " ".join(typed("school").split())
        offered = {str(row.id): row for row in offered_calendars(session, house.settings)}
        offered.setdefault(str(child.calendar_id), session.get_one(Calendar, child.calendar_id))
        picked = offered.get(typed("calendar"))
        if len(name) > _LONGEST or not name.isprintable():
            errors["school"] = words().say("settings.wrong_school")
        if picked is None:
            errors["calendar"] = words().say("problem.calendar")
        if errors or picked is None:
            return _move_page(session, child, errors), 400
        _move(session, person, child, picked, name)
    return saved(number, endpoint="settings.school")


def _move(session: Session, person: Caregiver, child: Child, picked: Calendar, name: str) -> None:
    house = the_house()
    if picked.id == child.calendar_id and name == child.school:
        return
    move_school(
        session, child.id, picked, house.clock.now(), house.settings, f"caregiver {person.id}",
        school=name, district=child.district if picked.id == child.calendar_id else picked.name,
    )  # fmt: skip


def _page(session: Session, child: Child, errors: dict[str, str]) -> str:
    calendar = calendar_of_child(session, child)
    return render_template(
        "settings/school.html",
        child=child,
        label=label_of(session.get_one(Calendar, child.calendar_id)),
        calendar=calendar,
        spans=_spans(calendar, the_house().clock.now().astimezone(calendar.zone).date()),
        given={"day": typed("day"), "why": typed("why")},
        errors=errors,
    )


def _move_page(session: Session, child: Child, errors: dict[str, str]) -> str:
    offered = {str(row.id): label_of(row) for row in offered_calendars(session, the_house().settings)}
    mine_now = session.get_one(Calendar, child.calendar_id)
    offered.setdefault(str(mine_now.id), label_of(mine_now))
    return render_template(
        "settings/school_move.html",
        child=child,
        school=typed("school") if errors else child.school,
        picked=typed("calendar") if errors else str(mine_now.id),
        calendars=sorted(offered.items(), key=lambda one: one[1]),
        errors=errors,
    )


def _spans(calendar: SchoolCalendar, today: date) -> list[tuple[date, date]]:
    """The days off from today on, on which there would be school, as the first and last of each run."""
    days = [day for day in sorted(calendar.off) if today <= day <= calendar.last_day and day.weekday() < 5]
    spans: list[tuple[date, date]] = []
    for day in days:
        before = day - timedelta(days=3 if day.weekday() == 0 else 1)
        if spans and spans[-1][1] == before:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return spans[:_MOST_DAYS]
