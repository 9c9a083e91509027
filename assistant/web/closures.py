"""A school that is closed today: marked for every child of a calendar, seen first, taken back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from assistant.conversation.closures import Closing, close_school, closing, closures, reopen_school
from assistant.families.calendar_desk import used
from assistant.families.calendars import OPEN_AGAIN, CalendarError
from assistant.store import Calendar, Closure
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.staff_pages import staff_who_may

blueprint = Blueprint("closures", __name__, url_prefix="/admin/closures")

# As the log keeps them, whatever language staff use; shown by closures.name_KEY in strings/.
NAMES = {
    "snow": "snow",
    "smoke": "fire or smoke",
    "strike": "strike",
    "power": "no power or water",
    "other": "",
}
_LONGEST = 60


@dataclass(slots=True)
class Form:
    """The form as it was typed; `errors` by field."""

    calendar: int = 0
    day: str = ""
    name: str = "snow"
    own: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def wanted(self) -> date | None:
        """The day, where it is one."""
        try:
            return date.fromisoformat(self.day)
        except ValueError:
            return None

    @property
    def called(self) -> str:
        """The closure's name as it is kept."""
        return NAMES[self.name] or self.own


@blueprint.get("/")
def page() -> ResponseReturnValue:
    """The form, for today, and the closures that were made."""
    asked = request.args.get("calendar", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0
    with the_house().store.read() as session:
        staff_who_may(session, "closures")
        return _page(session, Form(number, _today().isoformat()))


@blueprint.post("/")
def close() -> ResponseReturnValue:
    """[Show] says what a closure would do and keeps nothing; [Close] does it."""
    house = the_house()
    form = _typed()
    now, settings = house.clock.now(), house.settings
    if request.form.get("do") != "close":
        with house.store.read() as session:
            staff_who_may(session, "closures")
            row, would = _checked(session, form)
            return _page(session, form, row, would), 400 if form.errors else 200
    with house.store.write() as session:
        staff = staff_who_may(session, "closures")
        row, would = _checked(session, form)
        if row is None or would is None or form.wanted is None:
            return _page(session, form), 400
        answered = close_school(session, row, form.wanted, form.called, now, settings, f"staff {staff.id}")
        done = words().say(
            "closures.done",
            day=words().day(form.wanted),
            calendar=row.name,
            children=would.children,
            answered=answered,
        )
    flash(done)
    if settings.sandbox:
        house.run_pass()
    return redirect(url_for("closures.page"), 303)


@blueprint.post("/<int(max=2147483647):number>/undo")
def undo(number: int) -> ResponseReturnValue:
    """Take a closure back, as far as that can be."""
    house = the_house()
    now = house.clock.now()
    try:
        with house.store.write() as session:
            staff = staff_who_may(session, "closures")
            made = session.get(Closure, number)
            if made is None:
                abort(404)
            again = reopen_school(session, made, now, house.settings, f"staff {staff.id}")
            day = made.day
    except CalendarError:
        with house.store.read() as session:
            form = Form(0, _today().isoformat())
            form.errors["undo"] = words().say("closures.cannot_undo")
            return _page(session, form), 409
    flash(words().say("closures.undone", day=words().day(day), count=again or "0"))
    if house.settings.sandbox:
        house.run_pass()
    return redirect(url_for("closures.page"), 303)


def _typed() -> Form:
    number = request.form.get("calendar", "")
    name = request.form.get("name", "")
    return Form(
        calendar=int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0,
        day=request.form.get("day", "").strip()[:20],
        name=name if name in NAMES else "other",
        own=" ".join(request.form.get("own", "").split()),
    )


def _checked(session: Session, form: Form) -> tuple[Calendar | None, Closing | None]:
    """The calendar and what closing it would do; None with the reason in the form's errors."""
    say, day = words().say, form.wanted
    row = session.get(Calendar, form.calendar) if 0 < form.calendar < 2**31 else None
    if row is None:
        form.errors["calendar"] = say("closures.wrong_calendar")
    if day is None:
        form.errors["day"] = say("closures.wrong_day")
    if form.name == "other" and not (0 < len(form.own) <= _LONGEST and form.own.isprintable()):
        form.errors["own"] = say("closures.wrong_name", most=_LONGEST)
    if form.errors or row is None or day is None:
        return row, None
    try:
        return row, closing(session, row, day)
    except CalendarError:
        form.errors["day"] = say("closures.no_school_day", day=words().day_and_year(day))
        return row, None


def _page(session: Session, form: Form, row: Calendar | None = None, would: Closing | None = None) -> str:
    house = the_house()
    return render_template(
        "admin/closures.html",
        form=form,
        row=row,
        would=would,
        calendars=[
            (str(one.id), words().say("closures.choice", calendar=_called(one), children=children))
            for one, children in used(session)
        ],
        called=_called,
        names=list(NAMES),
        named=_named,
        made=closures(session),
        undoable=lambda one: (
            one.undone_at is None
            and one.day + OPEN_AGAIN >= house.clock.now().astimezone(ZoneInfo(one.calendar.zone)).date()
        ),
        zone=_zone(),
        longest=_LONGEST,
    )


def _called(row: Calendar) -> str:
    return row.name or words().say("calendars.nameless", number=row.id)


def _named(kept: str) -> str:
    """A closure's name in the reader's language, where it is one of ours."""
    key = next((key for key, name in NAMES.items() if name == kept and name), "")
    return words().say(f"closures.name_{key}") if key else kept


def _zone() -> ZoneInfo:
    return ZoneInfo(the_house().settings.program.zone)


def _today() -> date:
    return the_house().clock.now().astimezone(_zone()).date()
