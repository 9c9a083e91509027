"""Registering: one page from nothing to a first question, and the page that says what comes next."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, g, redirect, render_template, request
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from assistant.families.calendars import label_of, offered_calendars
from assistant.families.register import first_question_at
from assistant.schedule.file_services import DELIVERIES, MODES
from assistant.schedule.forms import PERS
from assistant.schedule.jsonable import calendar_from_json
from assistant.schedule.types import SchoolCalendar
from assistant.store import Calendar, Child, Invitation, ServiceLine
from assistant.web.current import the_house
from assistant.web.house import House
from assistant.web.language import words
from assistant.web.packed import packed
from assistant.web.register_fields import (
    AT_FIRST,
    DAYS,
    SERVICES,
    TOTAL_PERS,
    US_STATES,
    WAYS,
    ZONES,
    RegistrationForm,
    Trouble,
    empty_form,
    read_form,
)
from assistant.web.register_schedule import WITHOUT_MINUTES
from assistant.web.registering import (
    OWN,
    SALT,
    consent_mails,
    consent_texts,
    family_of,
    keep_family,
    registered_page,
)
from assistant.web.speech import speech
from assistant.web.start_here import set_up_became
from messages.hours import Hours

blueprint = Blueprint("register", __name__)


@blueprint.get("/register")
def form() -> Response:
    """The empty page."""
    return page_of(the_house(), empty_form(g.language), Trouble())


@blueprint.post("/register")
def send() -> tuple[Response | str, int] | Response:
    """Keep the family, or show the page again as it was filled in, with a sentence beside each problem."""
    house = the_house()
    posted, trouble = read_form(request.form, request.files), Trouble()
    if "add" in request.form:
        return page_of(house, posted, trouble, more=1), 200
    family = family_of(house, posted, trouble)
    if family is None:
        return page_of(house, posted, trouble), 400
    kept = keep_family(house, family, trouble)
    if trouble:
        return page_of(house, posted, trouble), 400
    if isinstance(kept, str):
        return render_template("error.html", key=kept), 429
    comes = registered_page(house, kept, family.caregivers[0])
    if posted.begun:
        set_up_became(house, kept, comes)
    if house.settings.sandbox:
        house.run_pass()
    return redirect(comes, 303)


@blueprint.get("/registered/<token>")
def registered(token: str) -> str:
    """What happens next, and when the first question comes."""
    house = the_house()
    try:
        seen = URLSafeSerializer(house.settings.server.secret_key, salt=SALT).loads(token)
    except BadSignature:
        abort(404)
    with house.store.read() as session:
        child = session.get(Child, seen["child"])
        if child is None:
            abort(404)
        zone, asking = ZoneInfo(seen["zone"]), house.settings.asking
        hours = Hours(zone, asking.quiet_end, asking.quiet_start, asking.sundays)
        first = first_question_at(session, child.id)
        calendar = calendar_from_json(session.get_one(Calendar, child.calendar_id).definition)
        days_off = _days_off(calendar)
        return render_template(
            "registered.html",
            child=child,
            phone=seen["digits"],
            email=seen["email"],
            opens=words().clock(hours.opens),
            closes=words().clock(hours.closes),
            first=hours.next_open(first) if first else None,
            zone=zone,
            never=not first and not _asked_about(session, child.id),
            days_off=len(days_off),
            spans=_spans(days_off),
            sandbox_phone=_sandbox_phone(session, child) if house.settings.sandbox else None,
        )


def _sandbox_phone(session: Session, child: Child) -> int | None:
    """Whose phone the sandbox shows for that child: who cares for it, or was asked whether they do."""
    asked = select(Invitation.caregiver_id).where(Invitation.child_id == child.id)
    tied = next((one.id for one in child.caregivers if one.phone and one.texts != "none"), None)
    return tied or session.scalars(asked).first()


def _asked_about(session: Session, child_id: int) -> bool:
    """Whether any service of the child is one that we ask about, now or later."""
    lines = session.scalars(select(ServiceLine).where(ServiceLine.child_id == child_id))
    return any(line.consented and line.frequency["form"] != "as_needed" for line in lines)


def _days_off(calendar: SchoolCalendar) -> list[date]:
    """The days off on which there would be school, in order: a break's weekends say nothing."""
    return sorted(
        day for day in calendar.off if calendar.first_day <= day <= calendar.last_day and day.weekday() < 5
    )


def _spans(days: list[date]) -> list[tuple[date, date]]:
    """The days as first and last of each run; a weekend between two does not end one."""
    spans: list[tuple[date, date]] = []
    for day in days:
        before = day - timedelta(days=3 if day.weekday() == 0 else 1)
        if spans and spans[-1][1] == before:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return spans


def page_of(house: House, posted: RegistrationForm, trouble: Trouble, *, more: int = 0) -> Response:
    """The page as it was filled in, with a sentence beside each problem, and so many empty blocks more."""
    say = words().say
    filled = posted.filled + more
    blocks = min(SERVICES, max(AT_FIRST, filled))
    with house.store.read() as session:
        offered = [(str(row.id), label_of(row)) for row in offered_calendars(session, house.settings)]
    page = render_template(
        "register.html",
        form=replace(posted, services=posted.services[:blocks]),
        opened=min(filled, blocks),
        can_add=blocks < SERVICES,
        again=bool(trouble) or more > 0,
        errors={where: say(f"problem.{key}", **values) for where, (key, values) in trouble.in_order()},
        calendars=offered,
        own=OWN,
        days=DAYS,
        ways=WAYS,
        without_minutes=WITHOUT_MINUTES,
        pers=PERS,
        total_pers=TOTAL_PERS,
        deliveries=DELIVERIES,
        modes=MODES,
        names_of_languages=[
            (code, speech(code).say("layout.name_of_language")) for code in house.settings.program.languages
        ],
        zones=[(name, say(f"zone.{key}")) for name, key in ZONES],
        us_states=[("", say("register.us_state_same")), *((code, code) for code in US_STATES)],
        consent_texts=consent_texts(words(), house.settings),
        consent_mails=consent_mails(words(), house.settings),
    )
    return packed(page)
