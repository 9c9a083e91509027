"""The registration form as it came, so that it can be shown again, and what is the matter with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from werkzeug.datastructures import FileStorage, MultiDict

DAYS = ("mon", "tue", "wed", "thu", "fri")
SERVICES = 4  # blocks on the page
# Time zones offered: (IANA name, key of its label).
ZONES = (
    ("America/Los_Angeles", "los_angeles"),
    ("America/Denver", "denver"),
    ("America/Phoenix", "phoenix"),
    ("America/Chicago", "chicago"),
    ("America/New_York", "new_york"),
    ("America/Anchorage", "anchorage"),
    ("Pacific/Honolulu", "honolulu"),
    ("America/Puerto_Rico", "puerto_rico"),
)
_ORDER = (
    "nickname",
    "services",
    "calendar",
    "calendar_name",
    "first_day",
    "last_day",
    "days_off",
    "ics",
    "zone",
    "name",
    "phone",
    "email",
    "language",
    "texts",
)
_LONGEST = 300  # characters kept of a line
_LONGEST_TEXT = 8_000  # characters kept of the days off


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One service block. `times` holds a day's own time, where it differs from `time`."""

    number: int
    alias: str = ""
    name: str = ""
    minutes: str = ""
    time: str = ""
    days: frozenset[str] = frozenset()
    times: dict[str, str] = field(default_factory=lambda: dict.fromkeys(DAYS, ""))

    @property
    def filled(self) -> bool:
        """Whether anything was entered."""
        return bool(
            self.alias or self.name or self.minutes or self.time or self.days or any(self.times.values())
        )

    def on(self, day: str) -> bool:
        """Whether there is a session on that day: its box is ticked or it has its own time."""
        return day in self.days or bool(self.times[day])


@dataclass(frozen=True, slots=True)
class RegistrationForm:
    """Every field as text, exactly as it was typed but for blanks around it."""

    services: tuple[ServiceRow, ...]
    nickname: str = ""
    calendar: str = ""
    calendar_name: str = ""
    first_day: str = ""
    last_day: str = ""
    days_off: str = ""
    ics: bytes = b""
    zone: str = ZONES[0][0]
    name: str = ""
    phone: str = ""
    email: str = ""
    language: str = "en"
    texts: bool = False
    mails: bool = False


@dataclass(slots=True)
class Trouble:
    """What is the matter, by field: a key in [problem] and its values. The first one found stays."""

    by_field: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)

    def add(self, where: str, key: str, **values: str) -> None:
        self.by_field.setdefault(where, (key, values))

    def in_order(self) -> list[tuple[str, tuple[str, dict[str, str]]]]:
        """As they follow each other on the page, for the list at its top."""
        return sorted(self.by_field.items(), key=lambda one: _place(one[0]))

    def __bool__(self) -> bool:
        return bool(self.by_field)


def empty_form(language: str) -> RegistrationForm:
    """The page as it is first shown."""
    return RegistrationForm(services=tuple(ServiceRow(n) for n in range(SERVICES)), language=language)


def read_form(form: MultiDict[str, str], files: MultiDict[str, FileStorage]) -> RegistrationForm:
    """The posted fields. Whatever is missing is empty; nothing is judged here."""

    def line(key: str) -> str:
        return form.get(key, "").strip()[:_LONGEST]

    upload = files.get("ics")
    return RegistrationForm(
        services=tuple(_row(form, number) for number in range(SERVICES)),
        nickname=line("nickname"),
        calendar=line("calendar"),
        calendar_name=line("calendar_name"),
        first_day=line("first_day"),
        last_day=line("last_day"),
        days_off=form.get("days_off", "").strip()[:_LONGEST_TEXT],
        ics=upload.read() if upload else b"",
        zone=line("zone"),
        name=line("name"),
        phone=line("phone"),
        email=line("email"),
        language=line("language"),
        texts="texts" in form,
        mails="mails" in form,
    )


def _place(where: str) -> tuple[int, str]:
    return (_ORDER.index(where), "") if where in _ORDER else (_ORDER.index("services"), where)


def _row(form: MultiDict[str, str], number: int) -> ServiceRow:
    def line(key: str) -> str:
        return form.get(f"services-{number}-{key}", "").strip()[:_LONGEST]

    return ServiceRow(
        number=number,
        alias=line("alias"),
        name=line("name"),
        minutes=line("minutes"),
        time=line("time"),
        days=frozenset(form.getlist(f"services-{number}-day")) & frozenset(DAYS),
        times={day: line(f"time-{day}") for day in DAYS},
    )
