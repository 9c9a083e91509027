"""The services of the plan: changed, added, ended. What a change means is shown before it is made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from assistant.families.lines import (
    Ahead,
    Why,
    add_service,
    ahead,
    calendar_of_child,
    change_line,
    current_lines,
)
from assistant.families.plan import as_line, last_day
from assistant.families.versions import PlanError
from assistant.schedule.types import CountPerPeriod, KnownSlots, MinutesPerPeriod, SchoolCalendar
from assistant.schedule.types import ServiceLine as Line
from assistant.store import Caregiver, Child, ServiceLine
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.mine import mine
from assistant.web.register_fields import (
    DAYS,
    TOTAL_PERS,
    WAYS,
    RegistrationForm,
    ServiceRow,
    Trouble,
    read_form,
)
from assistant.web.register_schedule import schedule_of
from assistant.web.settings.room import blueprint, day_of, typed
from messages.frequency import plain_frequency

_SAME = "same"  # how often stays as it is
_PERS = ("week", "month", "semester", "year")
_LONGEST_AHEAD = timedelta(days=400)
_NOT_KEPT = ("csrf_token", "sure")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the form asks for: the line, from which day, and why."""

    line: Line
    starts: date
    why: Why


@blueprint.get("/services")
def services(number: int) -> str:
    """The lines of the IEP in force, in plain words."""
    with the_house().store.read() as session:
        _, child = mine(session, number)
        calendar = calendar_of_child(session, child)
        today = today_of(calendar)
        rows = [
            (line, plain_frequency(as_line(line), words().language), line.starts > today, last_day(line))
            for line in current_lines(session, child, today)
        ]
        return render_template("settings/services.html", child=child, rows=rows, year_ends=calendar.last_day)


@blueprint.route("/services/add", methods=["GET", "POST"])
def service_add(number: int) -> ResponseReturnValue:
    """One more service."""
    return _changed(number, None)


@blueprint.route("/services/<int(max=2147483647):line>", methods=["GET", "POST"])
def service(number: int, line: int) -> ResponseReturnValue:
    """A change of one service: put right, or another from a day on."""
    return _changed(number, line)


def _changed(number: int, line: int | None) -> ResponseReturnValue:
    house = the_house()
    with house.store.read() as session:
        person, child = mine(session, number)
        row = line_here(session, child, line) if line is not None else None
        calendar = calendar_of_child(session, child)
        if request.method == "GET":
            return _form(child, row, _row_of(row, calendar), calendar, Trouble())
        posted, trouble = read_form(request.form, request.files), Trouble()
        wish = _wish(session, child, row, posted, calendar, trouble)
        if wish is None:
            return _form(child, row, posted.services[0], calendar, trouble), 400
        if not typed("sure"):
            return _check(child, row, wish, ahead(wish.line, calendar, wish.starts))
    try:
        with house.store.write() as session:
            person, child = mine(session, number)
            _make(session, person, child, line, wish)
    except PlanError:
        trouble.add("starts", "starts")
        return _form(child, row, posted.services[0], calendar, trouble), 400
    flash(words().say("settings.service_saved", alias=wish.line.alias))
    return redirect(url_for("settings.services", number=number), 303)


def _make(session: Session, person: Caregiver, child: Child, line: int | None, wish: Wish) -> None:
    house = the_house()
    now, settings, by = house.clock.now(), house.settings, f"caregiver {person.id}"
    if line is None:
        add_service(session, child, wish.line, wish.starts, now, settings, by)
    else:
        change_line(
            session, line_here(session, child, line), wish.line, wish.why, wish.starts, now, settings, by
        )


def _wish(
    session: Session,
    child: Child,
    row: ServiceLine | None,
    posted: RegistrationForm,
    calendar: SchoolCalendar,
    trouble: Trouble,
) -> Wish | None:
    """The change that the form describes; None with trouble. How often may stay as it is."""
    today, given = today_of(calendar), posted.services[0]
    starts = day_of(typed("starts"))
    why: Why = "iep" if typed("why") == "iep" and row is not None else "right"
    if starts is None or starts > today + _LONGEST_AHEAD or (why == "right" and starts < today):
        trouble.add("starts", "starts")
    old = as_line(row) if row is not None else None
    same = old is not None and typed("services-0-form") == _SAME
    read = given if not same else replace(given, lines={**given.lines, "form": "as_needed"})
    if not given.filled and not same:
        trouble.add("services-0-alias", "alias")
    schedule = schedule_of(replace(posted, services=(read,), iep_dated=""), calendar, trouble)
    others = {
        one.alias.casefold()
        for one in current_lines(session, child, today)
        if row is None or one.id != row.id
    }
    if given.lines["alias"].casefold() in others and (old is None or given.lines["alias"] != old.alias):
        trouble.add("services-0-alias", "alias")
    minutes = given.lines["minutes"]
    if same and minutes and not (minutes.isascii() and minutes.isdigit() and 1 <= int(minutes[:6]) <= 720):
        trouble.add("services-0-minutes", "minutes")
    if trouble or schedule is None or starts is None:
        return None
    [new] = schedule.services
    if old is not None:
        kept = replace(
            new, name=old.name, mode=old.mode, delivery=old.delivery, esy=old.esy, wording="",
            minimum_day_minutes=old.minimum_day_minutes, starts=None, ends=old.ends,
        )  # fmt: skip
        new = replace(kept, frequency=old.frequency, minutes=int(minutes or old.minutes)) if same else kept
    return Wish(new, starts, why)


def _form(
    child: Child, row: ServiceLine | None, given: ServiceRow, calendar: SchoolCalendar, trouble: Trouble
) -> str:
    say, posted = words().say, request.method == "POST"
    often = plain_frequency(as_line(row), words().language) if row is not None else ""
    way = typed("services-0-form") if posted else (_SAME if row is not None else "times")
    return render_template(
        "settings/service.html",
        child=child,
        line=row,
        row=given,
        way=way,
        often=often,
        starts=typed("starts") if posted else today_of(calendar).isoformat(),
        why=typed("why") or "right",
        errors={where: say(f"problem.{key}" if key != "starts" else "settings.wrong_starts", **values)
                for where, (key, values) in _in_order(trouble)},
        ways=WAYS,
        days=DAYS,
        pers=_PERS,
        total_pers=TOTAL_PERS,
    )  # fmt: skip


def _in_order(trouble: Trouble) -> list[tuple[str, tuple[str, dict[str, str]]]]:
    return list(trouble.by_field.items())


def _check(child: Child, row: ServiceLine | None, wish: Wish, coming: Ahead) -> str:
    """What the change means, in plain words, with everything that was typed kept for the press."""
    return render_template(
        "settings/service_check.html",
        child=child,
        line=row,
        before=plain_frequency(as_line(row), words().language) if row is not None else "",
        wish=wish,
        often=plain_frequency(wish.line, words().language),
        coming=coming.days,
        kept=[(key, value[:1_000]) for key, value in request.form.items(multi=True) if key not in _NOT_KEPT],
    )


def _row_of(row: ServiceLine | None, calendar: SchoolCalendar) -> ServiceRow:
    """The form as it is first shown: filled with what is known, so that one thing can be changed."""
    empty = ServiceRow(0)
    if row is None:
        return empty
    line = as_line(row)
    lines = {**empty.lines, "alias": line.alias, "minutes": str(line.minutes or "")}
    days: frozenset[str] = frozenset()
    times = dict(empty.times)
    match line.frequency:
        case KnownSlots(slots, _, _):
            known = [one for one in slots if one.weekday < len(DAYS)]
            days = frozenset(DAYS[one.weekday] for one in known)
            hours = {f"{one.at:%H:%M}" for one in known}
            if len(hours) == 1:
                lines["time"] = hours.pop()
            else:
                times.update({DAYS[one.weekday]: f"{one.at:%H:%M}" for one in known})
        case CountPerPeriod(count, per):
            lines |= {"count": str(count), "per": per}
        case MinutesPerPeriod(total, per):
            lines |= {"total": str(total), "total_per": per}
        case _:
            pass
    return ServiceRow(0, lines, frozenset(), days, times)


def line_here(session: Session, child: Child, number: int) -> ServiceLine:
    """A line of this child's IEP in force; 404 for any other."""
    today = today_of(calendar_of_child(session, child))
    found = next((one for one in current_lines(session, child, today) if one.id == number), None)
    if found is None:
        abort(404)
    return found


def today_of(calendar: SchoolCalendar) -> date:
    return the_house().clock.now().astimezone(calendar.zone).date()
