"""A registration as it was posted, made into a family and kept: of the one page and of the question pages."""

from __future__ import annotations

from datetime import datetime, timedelta

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from flask import g, request, url_for
from itsdangerous import URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families.calendars import offered_calendars
from assistant.families.register import RegistrationError, register, takes_a_phone_twice
from assistant.families.sign_up import Refused, may_sign_up
from assistant.families.types import NewCaregiver, NewFamily
from assistant.schedule.dayoff import DEFAULT_WORDS, DayOffWords, with_words
from assistant.schedule.file import Schedule
from assistant.schedule.jsonable import calendar_from_json
from assistant.schedule.types import SchoolCalendar
from assistant.store import Caregiver, Child, Guardianship, Invitation
from assistant.web.consent_pages import masked
from assistant.web.house import House
from assistant.web.register_fields import US_STATES, ZONES, RegistrationForm, Trouble
from assistant.web.register_schedule import schedule_of
from assistant.web.speech import Speech, as_language, speech

SALT = "every-session-registered"
OWN = "own"  # the calendar that is not picked but given
_LONGEST = {"nickname": 40, "your_name": 80, "calendar_name": 80}
_TWICE = timedelta(minutes=5)
_FIELDS = {"services": "services-0-alias", "consent": "texts", "caregivers": "name"}


def keep_family(house: House, family: NewFamily, trouble: Trouble) -> int | Refused:
    """Keep the family; the child's number, or why it is refused. "" with the trouble that was found.

    A form that was sent twice within minutes is kept once.
    """
    try:
        return _keep(house, family, trouble)
    except IntegrityError as error:
        if not takes_a_phone_twice(error):
            raise
    return _keep(house, family, trouble)  # somebody else took the number at that moment: now it is known


def _keep(house: House, family: NewFamily, trouble: Trouble) -> int | Refused:
    try:
        with house.store.write() as session:
            now = house.clock.now()
            child_id = _just_registered(session, family, now)  # the button was pressed twice
            if child_id is not None:
                return child_id
            person = family.caregivers[0]
            texted = person.phone if person.texts else None
            refused = may_sign_up(session, house.settings, texted, request.remote_addr or "", now)
            if not refused:
                return register(session, family, now, house.settings).id
    except RegistrationError as error:
        trouble.add(_FIELDS.get(error.field, error.field), error.message_key)
        return ""
    if refused == "country":
        trouble.add("phone", "phone_country")
    return refused


def registered_page(house: House, child_id: int, person: NewCaregiver) -> str:
    """The address of the page that says what comes next.

    It says what was typed, not what is known: the page must not tell that somebody is registered already. And
    no more of it than the page shows: addresses are kept in histories and logs.
    """
    seen = {
        "child": child_id,
        "digits": (person.phone or "")[-4:] if person.texts else "",
        "email": masked(person.email) if person.mails and person.email else "",
        "zone": person.zone,
    }
    token = URLSafeSerializer(house.settings.server.secret_key, salt=SALT).dumps(seen)
    return url_for("register.registered", token=token)


def family_of(house: House, posted: RegistrationForm, trouble: Trouble) -> NewFamily | None:
    """The family that the form describes; None when something is the matter."""
    picked = _picked(house, posted, trouble)
    for key, text in (("nickname", posted.nickname), ("your_name", posted.name)):
        if not text or len(text) > _LONGEST[key] or not text.isprintable():
            trouble.add({"your_name": "name"}.get(key, key), key)
    if len(posted.calendar_name) > _LONGEST["calendar_name"] or not posted.calendar_name.isprintable():
        trouble.add("calendar_name", "calendar_name")
    schedule = schedule_of(posted, picked[1] if picked else None, trouble, _words(house.settings))
    caregiver = caregiver_of(posted, trouble)
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
        consent_wording=wording_of(posted, house.settings),
    )


def _words(settings: Settings) -> DayOffWords:
    return with_words(DEFAULT_WORDS, settings.calendar.off_words, settings.calendar.school_words)


def _picked(house: House, posted: RegistrationForm, trouble: Trouble) -> tuple[str, SchoolCalendar] | None:
    """Name and days of the calendar that was picked from the list; None for the form's own days."""
    if posted.calendar in ("", OWN):
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


def caregiver_of(posted: RegistrationForm, trouble: Trouble) -> NewCaregiver | None:
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


def consent_texts(said: Speech, settings: Settings) -> str:
    per_week = settings.asking.max_questions_a_week
    return said.say("register.consent_texts", program=settings.program.name, per_week=per_week)


def consent_mails(said: Speech, settings: Settings) -> str:
    return said.say("register.consent_mails", program=settings.program.name)


def wording_of(posted: RegistrationForm, settings: Settings) -> str:
    """What was agreed to, exactly as this page showed it."""
    said = speech(g.language)
    agreed = []
    if posted.texts:
        agreed.append(consent_texts(said, settings))
    if posted.mails:
        agreed.append(consent_mails(said, settings))
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
