"""What a registration brings: a family with its schedule, checked at the edge, trusted inside."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time

from assistant.schedule.types import SchoolCalendar, ServiceLine
from assistant.words import Language


@dataclass(frozen=True, slots=True)
class NewCaregiver:
    """A caregiver as registered. `phone` is E.164 or None; `zone` an IANA name.

    `texts` and `mails`: whether they agreed to be written to on that channel when they registered.
    `confirmed`: the agreement needs no further yes (it was given in their own text, or is on record);
    otherwise one invitation goes out and only JOIN starts anything else.
    """

    name: str
    language: Language
    zone: str
    phone: str | None = None
    email: str | None = None
    texts: bool = False
    mails: bool = False
    confirmed: bool = False
    us_state: str | None = None  # where they live, like "CA"; None: as the program
    quiet_start: time | None = None
    quiet_end: time | None = None


@dataclass(frozen=True, slots=True)
class NewFamily:
    """A child, those who care for it (the first is asked first), and the schedule of its IEP."""

    nickname: str
    caregivers: tuple[NewCaregiver, ...]
    calendar: SchoolCalendar
    services: tuple[ServiceLine, ...]
    full_name: str = ""
    school: str = ""
    district: str = ""
    calendar_name: str = ""
    iep_dated: date | None = None
    iep_renews: date | None = None  # the yearly date; a year after `iep_dated` unless given
    wordings: dict[str, str] = field(default_factory=dict)  # service name -> the IEP's own words
    consent_method: str = "web form"
    consent_wording: str = ""
