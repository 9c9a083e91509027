"""Registering: one page from nothing to a first question, and the page that says what comes next."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from assistant.config import Settings
from assistant.families.calendars import label_of, offered_calendars
from assistant.families.register import (
    RegistrationError,
    first_question_at,
    register,
)
from assistant.families.sign_up import may_sign_up
from assistant.families.types import NewCaregiver, NewFamily
from assistant.schedule.dayoff import DEFAULT_WORDS, DayOffWords, with_words
from assistant.schedule.file import Schedule
from assistant.schedule.file_services import DELIVERIES, MODES
from assistant.schedule.forms import PERS
from assistant.schedule.jsonable import calendar_from_json
from assistant.schedule.types import SchoolCalendar
from assistant.store import Calendar, Caregiver, Child, Guardianship, Invitation, ServiceLine
from assistant.web.consent_pages import masked
from assistant.web.current import the_house
from assistant.web.house import House
from assistant.web.language import words
from assistant.web.register_fields import (
    DAYS,
    TOTAL_PERS,
    US_STATES,
    WAYS,
    ZONES,
    RegistrationForm,
    Trouble,
    empty_form,
    read_form,
)
from assistant.web.register_schedule import WITHOUT_MINUTES, schedule_of
from assistant.web.speech import Speech, as_language, speech
from messages.hours import Hours

blueprint = Blueprint("register", __name__)

_SALT = "every-session-registered"
_LONGEST = {"nickname": 40, "your_name": 80, "calendar_name": 80}
_OWN = "own"
_TWICE = timedelta(minutes=5)


@blueprint.get("/register")
def form() -> str:
    """The empty page."""
    return _page(the_house(), empty_form(g.language), Trouble())


@blueprint.post("/register")
def send() -> tuple[str, int] | Response:
    """Keep the family, or show the page again as it was filled in, with a sentence beside each problem."""
    house = the_house()
    posted, trouble = read_form(request.form, request.files), Trouble()
    family = _family(house, posted, trouble)
    if family is None:
        return _page(house, posted, trouble), 400
    try:
        with house.store.write() as session:
            now = house.clock.now()
            child_id = _just_registered(session, family, now)  # the button was pressed twice
            if child_id is None:
                person = family.caregivers[0]
                texted = person.phone if person.texts else None
                refused = may_sign_up(session, house.settings, texted, request.remote_addr or "", now)
                if not refused:
                    child_id = register(session, family, now, house.settings).id
    except RegistrationError as error:
        trouble.add(_FIELDS.get(error.field, error.field), error.message_key)
        return _page(house, posted, trouble), 400
    if child_id is None:
        if refused == "country":
            trouble.add("phone", "phone_country")
            return _page(house, posted, trouble), 400
        return render_template("error.html", key=refused), 429
    if house.settings.sandbox:
        house.run_pass()
    person = family.caregivers[0]
    # What was typed, not what is known: the page must not tell that somebody is registered already. And no
    # more of it than the page shows: addresses are kept in histories and logs.
    seen = {
        "child": child_id,
        "digits": (person.phone or "")[-4:] if person.texts else "",
        "email": masked(person.email) if person.mails and person.email else "",
        "zone": person.zone,
    }
    token = URLSafeSerializer(house.settings.server.secret_key, salt=_SALT).dumps(seen)
    return redirect(url_for("register.registered", token=token), 303)


@blueprint.get("/registered/<token>")
def registered(token: str) -> str:
    """What happens next, and when the first question comes."""
    house = the_house()
    try:
        seen = URLSafeSerializer(house.settings.server.secret_key, salt=_SALT).loads(token)
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


_FIELDS = {"services": "services-0-alias", "consent": "texts", "caregivers": "name"}


def _page(house: House, posted: RegistrationForm, trouble: Trouble) -> str:
    say = words().say
    with house.store.read() as session:
        offered = [(str(row.id), label_of(row)) for row in offered_calendars(session, house.settings)]
    return render_template(
        "register.html",
        form=posted,
        errors={where: say(f"problem.{key}", **values) for where, (key, values) in trouble.in_order()},
        calendars=offered,
        own=_OWN,
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
        consent_texts=_consent_texts(words(), house.settings),
        consent_mails=_consent_mails(words(), house.settings),
    )


def _family(house: House, posted: RegistrationForm, trouble: Trouble) -> NewFamily | None:
    """The family that the form describes; None when something is the matter."""
    picked = _picked(house, posted, trouble)
    for key, text in (("nickname", posted.nickname), ("your_name", posted.name)):
        if not text or len(text) > _LONGEST[key] or not text.isprintable():
            trouble.add({"your_name": "name"}.get(key, key), key)
    if len(posted.calendar_name) > _LONGEST["calendar_name"] or not posted.calendar_name.isprintable():
        trouble.add("calendar_name", "calendar_name")
    schedule = schedule_of(posted, picked[1] if picked else None, trouble, _words(house.settings))
    caregiver = _caregiver(posted, trouble)
    if trouble or schedule is None or caregiver is None:
        return None
    return NewFamily(
        nickname=posted.nickname,
        caregivers=(caregiver,),
        calendar=schedule.calendar,
        services=schedule.services,
        iep_dated=schedule.dated,
        calendar_name=picked[0] if picked else posted.calendar_name or _span(schedule),
        consent_method="web form",
        consent_wording=_wording(posted, house.settings),
    )


def _words(settings: Settings) -> DayOffWords:
    return with_words(DEFAULT_WORDS, settings.calendar.off_words, settings.calendar.school_words)


def _picked(house: House, posted: RegistrationForm, trouble: Trouble) -> tuple[str, SchoolCalendar] | None:
    """Name and days of the calendar that was picked from the list; None for the form's own days."""
    if posted.calendar in ("", _OWN):
        return None
    with house.store.read() as session:
        for row in offered_calendars(session, house.settings):
            if str(row.id) == posted.calendar:
                return row.name, calendar_from_json(row.definition)
    trouble.add("calendar", "calendar")
    return None


def _span(schedule: Schedule) -> str:
    """A name for a calendar that was given none; never the child's, as others may get to see it."""
    return f"{schedule.calendar.first_day}–{schedule.calendar.last_day}"


def _caregiver(posted: RegistrationForm, trouble: Trouble) -> NewCaregiver | None:
    phone, email = _phone(posted, trouble), _email(posted, trouble)
    language = as_language(posted.language)
    if not posted.texts and not posted.mails:
        trouble.add("texts", "no_way_to_ask")
    if posted.zone not in {name for name, _ in ZONES}:
        trouble.add("zone", "timezone")
    if posted.us_state not in ("", *US_STATES):
        trouble.add("us_state", "other")
    if language is None:
        trouble.add("language", "other")
    if trouble or language is None:
        return None
    return NewCaregiver(
        name=posted.name,
        language=language,
        zone=posted.zone,
        us_state=posted.us_state or None,
        phone=phone,
        email=email,
        texts=posted.texts,
        mails=posted.mails,
    )


def _phone(posted: RegistrationForm, trouble: Trouble) -> str | None:
    """The number in E.164 form; one without a country code is a United States number."""
    if not posted.phone:
        if posted.texts:
            trouble.add("phone", "phone_missing")
        return None
    try:
        number = phonenumbers.parse(posted.phone, "US")
    except phonenumbers.NumberParseException:
        trouble.add("phone", "phone")
        return None
    if not phonenumbers.is_valid_number(number):
        trouble.add("phone", "phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _email(posted: RegistrationForm, trouble: Trouble) -> str | None:
    if not posted.email:
        if posted.mails:
            trouble.add("email", "email_missing")
        return None
    try:
        found = validate_email(posted.email, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        trouble.add("email", "email")
        return None
    return found.normalized.lower()


def _consent_texts(said: Speech, settings: Settings) -> str:
    per_week = settings.asking.max_questions_a_week
    return said.say("register.consent_texts", program=settings.program.name, per_week=per_week)


def _consent_mails(said: Speech, settings: Settings) -> str:
    return said.say("register.consent_mails", program=settings.program.name)


def _wording(posted: RegistrationForm, settings: Settings) -> str:
    """What was agreed to, exactly as this page showed it."""
    said = speech(g.language)
    agreed = []
    if posted.texts:
        agreed.append(_consent_texts(said, settings))
    if posted.mails:
        agreed.append(_consent_mails(said, settings))
    return "\n".join(agreed)


def _just_registered(session: Session, family: NewFamily, now: datetime) -> int | None:
    """The child of this very form, if it was kept a few minutes ago: a slow line makes people press twice."""
    person = family.caregivers[0]
    same = select(Child.id).where(Child.nickname == family.nickname, Child.created_at > now - _TWICE)
    tied = (
        same.join(Guardianship, Guardianship.child_id == Child.id)
        .join(Caregiver, Guardianship.caregiver_id == Caregiver.id)
        .where(
            Caregiver.name == person.name,
            Caregiver.phone == person.phone,
            Caregiver.email == person.email,
        )
    )
    invited = (
        same.join(Invitation, Invitation.child_id == Child.id)
        .join(Caregiver, Invitation.caregiver_id == Caregiver.id)
        .where(Caregiver.phone == person.phone, Caregiver.phone.is_not(None))
    )
    return session.scalars(tied).first() or session.scalars(invited).first()
