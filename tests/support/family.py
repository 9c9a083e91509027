"""A family to test with: Leo Rivera, speech on Tuesday and Thursday, OT on Wednesday."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from assistant.config import Quiet, Server, Settings
from assistant.families.register import register
from assistant.families.types import NewCaregiver, NewFamily
from assistant.schedule.types import Break, KnownSlots, SchoolCalendar, ServiceLine, WeeklySlot
from assistant.store import Child
from assistant.words import Language
from messages.templates import sync

LA = ZoneInfo("America/Los_Angeles")
PHONE = "+14155550101"
SETTINGS = Settings(
    server=Server(secret_key="a key for tests that nobody uses"),
    quiet=Quiet(spread_minutes=0),  # what waited for nine o'clock comes at nine
)
CALENDAR = SchoolCalendar(
    zone=LA,
    first_day=date(2026, 8, 12),
    last_day=date(2027, 6, 3),
    days_off=frozenset({date(2026, 9, 7), date(2026, 11, 11)}),
    breaks=(Break(date(2026, 11, 23), date(2026, 11, 27), "Thanksgiving"),),
)


def slots(*wanted: tuple[int, int, int]) -> KnownSlots:
    """Weekday, hour, minute of each slot."""
    return KnownSlots(tuple(WeeklySlot(day, time(hour, minute)) for day, hour, minute in wanted))


SPEECH = ServiceLine("Speech-language therapy", "speech", 30, slots((1, 14, 0), (3, 14, 0)))
OT = ServiceLine("Occupational therapy", "OT", 30, slots((2, 10, 30)))
TUESDAY_OT = ServiceLine("Occupational therapy", "OT", 30, slots((1, 10, 30)))


def caregiver(
    language: Language = "en",
    *,
    phone: str | None = PHONE,
    email: str | None = "ana@example.org",
    confirmed: bool = True,
    zone: str = "America/Los_Angeles",
    mails: bool = True,
) -> NewCaregiver:
    """Ana, who agreed to texts and e-mails."""
    return NewCaregiver(
        name="Ana Rivera",
        language=language,
        zone=zone,
        phone=phone,
        email=email,
        texts=phone is not None,
        mails=mails and email is not None,
        confirmed=confirmed,
    )


def family(
    *people: NewCaregiver, services: tuple[ServiceLine, ...] = (SPEECH, OT), nickname: str = "Leo"
) -> NewFamily:
    """Leo and those who care for him."""
    return NewFamily(
        nickname=nickname,
        full_name="Leonardo Rivera",
        school="Alder Elementary",
        district="Alder Unified",
        caregivers=people or (caregiver(),),
        calendar=CALENDAR,
        services=services,
        iep_dated=date(2026, 5, 14),
        consent_method="test",
        consent_wording="I agree.",
    )


def registered(session: Session, new: NewFamily, now: datetime, settings: Settings = SETTINGS) -> Child:
    """Register with the catalogue's texts in place."""
    sync(session, now)
    session.flush()
    return register(session, new, now, settings)
