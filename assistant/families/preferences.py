"""What a caregiver chooses about how we write to them, each kept with an audit event that holds no words.

Nothing here tells anybody anything: whoever changes it has the page before them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.families.tell import audited
from assistant.schedule.zones import moment
from assistant.schedule.zones import zone as known_zone
from assistant.store import Caregiver, Child, Guardianship
from assistant.words import Language

GATHER = ("each", "evening", "week")
LONGEST_PAUSE = timedelta(days=120)
LONGEST_NAME = 80
LEAST_HOURS = 2  # of a day in which texts may come


class PreferenceError(ValueError):
    """A wish that cannot be kept; the text is the key of our sentence about it."""


@dataclass(frozen=True, slots=True)
class Times:
    """From when until when texts may come (local, of the caregiver), in which zone, and gathered how."""

    opens: time
    closes: time
    zone: str
    gather: str


def set_times(session: Session, person: Caregiver, wanted: Times, now: datetime, settings: Settings) -> None:
    """Keep when they want to be asked. The program's own hours and the state's can only be narrowed.

    Raises PreferenceError.
    """
    asking = settings.asking
    opens, closes = max(wanted.opens, asking.quiet_end), min(wanted.closes, asking.quiet_start)
    if (closes.hour * 60 + closes.minute) - (opens.hour * 60 + opens.minute) < LEAST_HOURS * 60:
        raise PreferenceError("hours")
    if wanted.gather not in GATHER:
        raise PreferenceError("gather")
    try:
        zone = known_zone(wanted.zone).key
    except ValueError as error:
        raise PreferenceError("zone") from error
    if zone != person.zone and person.summary_at is not None:
        person.summary_at = now  # the job finds its moment on the new clock
    person.quiet_end = None if opens == asking.quiet_end else opens
    person.quiet_start = None if closes == asking.quiet_start else closes
    person.zone, person.gather = zone, wanted.gather
    _noted(
        session, person, now, "times_set", gather=wanted.gather, zone=zone,
        opens=opens.isoformat("minutes"), closes=closes.isoformat("minutes"),
    )  # fmt: skip


def pause_until(session: Session, person: Caregiver, day: date, now: datetime) -> None:
    """No questions until the morning of that day (their own zone). Raises PreferenceError."""
    zone = ZoneInfo(person.zone)
    today = now.astimezone(zone).date()
    if not today < day <= today + LONGEST_PAUSE:
        raise PreferenceError("pause")
    person.paused_until = moment(day, time(0), zone).astimezone(UTC)
    _noted(session, person, now, "paused", until=day.isoformat())


def resume(session: Session, person: Caregiver, now: datetime) -> None:
    """Questions again, from the next session on."""
    if person.paused_until is not None:
        person.paused_until = None
        _noted(session, person, now, "resumed")


def set_name(session: Session, person: Caregiver, name: str, now: datetime) -> None:
    """What they are called in e-mails and to others who care for the child. Raises PreferenceError."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise PreferenceError("name")
    if name != person.name:
        person.name = name
        _noted(session, person, now, "name_set")


def set_language(session: Session, person: Caregiver, language: Language, now: datetime) -> None:
    """The language that texts and e-mails are in from now on."""
    if language != person.language:
        person.language = language
        _noted(session, person, now, "language_set", language=language)


def set_weekly(session: Session, person: Caregiver, wanted: bool, now: datetime) -> None:
    """Whether the weekly e-mail comes. Raises PreferenceError where they take no e-mail."""
    if wanted and person.mails != "in":
        raise PreferenceError("weekly")
    if wanted != (person.summary_at is not None):
        person.summary_at = now if wanted else None
        _noted(session, person, now, "weekly_set", wanted=wanted)


def set_in_totals(session: Session, person: Caregiver, child: Child, wanted: bool, now: datetime) -> None:
    """Whether the child counts in numbers over all families; no name was ever in them."""
    if wanted != child.in_totals:
        child.in_totals = wanted
        audited(session, now, f"caregiver {person.id}", "in_totals_set", f"child {child.id}", wanted=wanted)


def order_of(session: Session, child: Child) -> list[Caregiver]:
    """Those who care for the child, who is asked first first."""
    return list(
        session.scalars(
            select(Caregiver)
            .join(Guardianship, Guardianship.caregiver_id == Caregiver.id)
            .where(Guardianship.child_id == child.id)
            .order_by(Guardianship.position, Guardianship.id)
        )
    )


def _noted(session: Session, person: Caregiver, now: datetime, kind: str, **detail: object) -> None:
    audited(session, now, f"caregiver {person.id}", kind, f"caregiver {person.id}", **detail)
