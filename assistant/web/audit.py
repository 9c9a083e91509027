"""The audit log for an owner: filtered, by pages, as a file. And a family's own part of it, for them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from assistant.families.tell import audited
from assistant.operations.trail import MOST, PAGE, Asked, as_csv, events, looks_of
from assistant.schedule.zones import moment
from assistant.store import Staff
from assistant.web.current import the_house
from assistant.web.language import prefer, words
from assistant.web.signed_in import caregiver_here
from assistant.web.staff_pages import staff_who_may
from assistant.web.trail_words import kinds, told

blueprint = Blueprint("audit", __name__)

_LONGEST = 40
_FIELDS = ("actor", "kind", "family", "first", "last")


@blueprint.get("/admin/audit/")
def page() -> ResponseReturnValue:
    """A page of events, the newest first."""
    with the_house().store.read() as session:
        staff_who_may(session, "audit")
        before = _number(request.args.get("before", ""))
        found = events(session, _asked(), before)
        return render_template(
            "admin/audit.html",
            found=[told(one) for one in found],
            kinds=kinds(),
            typed={name: _typed(name) for name in _FIELDS},
            kept={name: _typed(name) for name in _FIELDS if _typed(name)},
            more=found[-1].id if len(found) == PAGE else None,
            before=before,
            most=MOST,
            zone=_zone(),
        )


@blueprint.post("/admin/audit/file")
def file() -> ResponseReturnValue:
    """The same as a CSV file. That it was taken is an event as well."""
    house = the_house()
    with house.store.write() as session:
        staff = staff_who_may(session, "audit")
        found = events(session, _asked(), most=MOST)
        audited(
            session, house.clock.now(), f"staff {staff.id}", "audit_exported", f"staff {staff.id}",
            events=len(found),
        )  # fmt: skip
        text = as_csv(found)
    answer = Response("\ufeff" + text, mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=audit.csv"
    return answer


@blueprint.get("/family/access")
def access() -> ResponseReturnValue:
    """Who of the centre looked at this family, when and what for; of themselves and their children only."""
    with the_house().store.read() as session:
        person = caregiver_here(session)
        if person is None:
            return redirect(url_for("enter.ask"), 303)
        prefer(person.language)
        found = looks_of(session, person, person.children)
        numbers = {int(one.actor.split()[1]) for one in found if one.actor.split()[1:2]}
        roles = {number: staff.role for number in numbers if (staff := session.get(Staff, number))}
        return render_template(
            "family/access.html",
            found=[(one, _who(one.actor, roles), words().say(f"access.did_{one.kind}")) for one in found],
            zone=ZoneInfo(person.zone),
        )


def _who(actor: str, roles: dict[int, str]) -> str:
    """Which member of staff, by number and role: no names, on either side."""
    number = int(actor.split()[1]) if actor.split()[1:2] else 0
    if number not in roles:
        return words().say("access.operator")
    return words().say("access.staff", number=number, role=words().say(f"role.{roles[number]}").lower())


def _asked() -> Asked:
    first, last = _day(_typed("first")), _day(_typed("last"))
    return Asked(
        actor=_typed("actor"),
        kind=_typed("kind"),
        family=_number(_typed("family").lstrip("#")),
        first=_midnight(first) if first else None,
        last=_midnight(last + timedelta(days=1)) if last else None,
    )


def _typed(name: str) -> str:
    return " ".join(request.values.get(name, "").replace("\x00", "").split())[:_LONGEST]


def _number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 9 else None


def _day(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if 1990 <= day.year <= 2100 else None


def _midnight(day: date) -> datetime:
    return moment(day, time(0), _zone())


def _zone() -> ZoneInfo:
    return ZoneInfo(the_house().settings.program.zone)
