"""Registering a family: everything in one transaction, and the first message into the outbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families import consent
from assistant.families.calendars import keep_calendar
from assistant.families.feed_key import new_key
from assistant.families.household import invite, tie
from assistant.families.types import NewCaregiver, NewFamily
from assistant.families.versions import add_line, set_renewal
from assistant.store import (
    Caregiver,
    Child,
    Consent,
    Expectation,
    Guardianship,
    IepVersion,
)
from messages import templates
from messages.links import confirm_token
from messages.outbox import enqueue_mail, enqueue_text, language_of


class RegistrationError(Exception):
    """A registration that cannot be kept. `field` names what to mend, `message_key` the sentence for it."""

    def __init__(self, field: str, message_key: str) -> None:
        super().__init__(f"{field}: {message_key}")
        self.field = field
        self.message_key = message_key


def register(session: Session, family: NewFamily, now: datetime, settings: Settings) -> Child:
    """Keep the family, plan its first weeks, and queue one message: an invitation, or a welcome.

    A phone that is known already belongs to one person, who may care for several children: on record
    (`confirmed`) they are tied to this child too, else they are asked, and their own yes ties them.
    Raises RegistrationError, before anything is written, when there is nobody to ask or nothing to ask about.
    """
    _check(family)
    child = keep_child(session, family, now, settings)
    for position, person in enumerate(family.caregivers):
        _join(session, person, child, position, family, now, settings)
    return child


def keep_child(session: Session, family: NewFamily, now: datetime, settings: Settings) -> Child:
    """The child with its plan, before anybody is tied to it."""
    name = family.calendar_name or family.district or family.school or family.nickname
    calendar = keep_calendar(session, name, family.calendar, now)
    child = Child(
        nickname=family.nickname,
        full_name=family.full_name,
        school=family.school,
        district=family.district,
        calendar_id=calendar.id,
        created_at=now,
    )
    session.add(child)
    session.flush()
    version = IepVersion(
        child_id=child.id,
        dated=family.iep_dated,
        starts=family.calendar.first_day,
        ends=None,
        consented_on=None,
        created_at=now,
    )
    set_renewal(version, family.iep_renews, now, family.calendar.zone)
    session.add(version)
    session.flush()
    for line in family.services:
        wording = line.wording or family.wordings.get(line.name, "")
        add_line(session, child, version, replace(line, wording=wording), family.calendar, now, settings)
    return child


def _join(
    session: Session,
    person: NewCaregiver,
    child: Child,
    position: int,
    family: NewFamily,
    now: datetime,
    settings: Settings,
) -> None:
    known = caregiver_with(session, person.phone)
    if known is not None and person.confirmed:
        tie(session, known, child, position)
        return
    if known is not None:
        invite(session, known, child, position, now, settings)
        if not (person.email and person.mails):
            return
        # What was typed beside a known number is not that person's word: the address is a person of its own.
        person = replace(person, phone=None, texts=False)
    caregiver = _caregiver(session, person, now)
    tie(session, caregiver, child, position)
    _agree(session, caregiver, person, family, now, settings)


def add_caregiver(
    session: Session, child: Child, person: NewCaregiver, now: datetime, settings: Settings
) -> None:
    """Somebody else who cares for the child, named by one who does: invited, asked only after their yes."""
    position = len(child.caregivers)
    known = caregiver_with(session, person.phone)
    if known is not None:
        invite(session, known, child, position, now, settings)
        return
    caregiver = _caregiver(session, person, now)
    tie(session, caregiver, child, position)
    consent.request(session, caregiver, "sms", "named by another caregiver", "", now)
    session.flush()
    greet(session, caregiver, "sms", now, settings)


def caregiver_with(session: Session, phone: str | None) -> Caregiver | None:
    """Who has that phone (E.164)."""
    if phone is None:
        return None
    return session.scalars(select(Caregiver).where(Caregiver.phone == phone)).first()


def takes_a_phone_twice(error: IntegrityError) -> bool:
    """Whether a write was refused because another one took its phone number at the same moment."""
    told = str(error.orig)
    return "uq_caregivers_phone" in told or "caregivers.phone" in told  # PostgreSQL; SQLite


def first_question_at(session: Session, child_id: int) -> datetime | None:
    """When the first question of a child is due (UTC), if nothing moves it; None when nothing is planned."""
    return session.scalars(
        select(func.min(Expectation.ask_at)).where(
            Expectation.child_id == child_id, Expectation.state == "planned"
        )
    ).one()


def greet(
    session: Session,
    caregiver: Caregiver,
    channel: consent.Channel,
    now: datetime,
    settings: Settings,
    *,
    just_joined: bool = False,
) -> None:
    """Queue the invitation or the welcome that fits the caregiver's consent. One a consent, never two.

    `just_joined`: they have this moment texted that they want to; the answer leaves at any hour.
    """
    state = caregiver.texts if channel == "sms" else caregiver.mails
    child = names_of_children(session, caregiver.id)
    if not child:
        return  # they left, or the family was forgotten: there is nobody to be asked about
    kind = "welcome" if state == "in" else "invite"
    language = language_of(caregiver)
    given = consent_number(session, caregiver.id)
    values = {
        "program": settings.program.name,
        "child": child,
        "name": caregiver.name or settings.program.name,
        "per_week": str(settings.asking.max_questions_a_week),
    }
    key = f"{kind}:{channel}:{caregiver.id}:{given}"
    if channel == "sms":
        enqueue_text(
            session,
            caregiver,
            "joined" if just_joined and kind == "welcome" else kind,
            templates.text(session, kind, language, values),
            key,
            now,
            settings,
            not_after=now + consent.REQUEST_HOLDS if kind == "invite" else None,
        )
        return
    caregiver.feed_key = caregiver.feed_key or new_key()
    values["feed"] = f"{settings.base_url()}/calendar/{caregiver.feed_key}"
    values["link"] = (
        f"{settings.base_url()}/confirm/{confirm_token(settings.server.secret_key, caregiver.id)}"
    )
    enqueue_mail(session, caregiver, kind, templates.mail(session, kind, language, values), key, now)


def consent_number(session: Session, caregiver_id: int) -> int:
    """How many acts of consent there have been; makes each greeting's key its own."""
    return session.scalars(
        select(func.count()).select_from(Consent).where(Consent.caregiver_id == caregiver_id)
    ).one()


def names_of_children(session: Session, caregiver_id: int) -> str:
    """The nicknames of a caregiver's children, as one phrase for a text."""
    names = session.scalars(
        select(Child.nickname)
        .join(Guardianship, Guardianship.child_id == Child.id)
        .where(Guardianship.caregiver_id == caregiver_id)
        .order_by(Child.id)
    ).all()
    return ", ".join(names)


def _check(family: NewFamily) -> None:
    if not family.services:
        raise RegistrationError("services", "no_service")
    if not family.caregivers:
        raise RegistrationError("caregivers", "no_caregiver")
    for person in family.caregivers:
        if not (person.phone and person.texts) and not (person.email and person.mails):
            raise RegistrationError("consent", "no_way_to_ask")


def _caregiver(session: Session, person: NewCaregiver, now: datetime) -> Caregiver:
    caregiver = Caregiver(
        name=person.name,
        phone=person.phone,
        email=person.email.lower() if person.email else None,  # as it is looked up
        language=person.language,
        zone=person.zone,
        us_state=person.us_state,
        quiet_start=person.quiet_start,
        quiet_end=person.quiet_end,
        feed_key=new_key(),
        heard_at=now,  # the registration itself is a word from them
        created_at=now,
    )
    session.add(caregiver)
    session.flush()
    return caregiver


def _agree(
    session: Session,
    caregiver: Caregiver,
    person: NewCaregiver,
    family: NewFamily,
    now: datetime,
    settings: Settings,
) -> None:
    wanted: list[consent.Channel] = []
    if person.texts and person.phone:
        wanted.append("sms")
    if person.mails and person.email:
        wanted.append("email")
    act = consent.opt_in if person.confirmed else consent.request
    for channel in wanted:
        act(session, caregiver, channel, family.consent_method, family.consent_wording, now)
    if wanted:
        session.flush()
        # The channel they are asked on is greeted; a second channel is confirmed on its own.
        for channel in wanted if not person.confirmed else wanted[:1]:
            greet(session, caregiver, channel, now, settings)
