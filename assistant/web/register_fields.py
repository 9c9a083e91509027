"""The registration form as it came, so that it can be shown again, and what is the matter with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from werkzeug.datastructures import FileStorage, MultiDict

DAYS = ("mon", "tue", "wed", "thu", "fri")
SERVICES = 10  # blocks that a form can have
AT_FIRST = 2  # blocks on the page that nobody filled in; a button adds more
# The ways an IEP says how often, as the page offers them: the common ones first.
WAYS = ("times", "count", "total", "daily", "weeks", "cycle", "exception", "accommodation", "as_needed")
TOTAL_PERS = ("week", "month", "year")  # what a total of minutes is said for
_USUAL_WAY = "times"  # of a block that names none
# The fields of a service block, as they follow each other on the page.
_LINES = (
    "alias",
    "name",
    "form",
    "time",
    "anchor",
    "count",
    "per",
    "total",
    "total_per",
    "daily_at",
    "weeks_count",
    "weeks",
    "weeks_anchor",
    "cycle_days",
    "cycle_on",
    "cycle_at",
    "cycle_anchor",
    "minutes",
    "delivery",
    "mode",
    "starts",
    "ends",
    "wording",
)
_MORE = ("starts", "ends", "wording")
_FIRST_CHOICES = (("", ""), ("direct", "individual"))  # of delivery and mode
_TICKS = ("every", "urgent", "esy", "not_agreed")
# A list or radio button always has a value, so these do not tell that anybody was here.
_NEVER_EMPTY = ("form", "per", "total_per", "delivery", "mode")
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
# Where a caregiver may live: the postal codes of the states, and of those that are counted with them.
US_STATES = (
    *(
        "AL",
        "AK",
        "AZ",
        "AR",
        "CA",
        "CO",
        "CT",
        "DC",
        "DE",
        "FL",
        "GA",
        "HI",
        "IA",
        "ID",
        "IL",
        "IN",
        "KS",
        "KY",
    ),
    *(
        "LA",
        "MA",
        "MD",
        "ME",
        "MI",
        "MN",
        "MO",
        "MS",
        "MT",
        "NC",
        "ND",
        "NE",
        "NH",
        "NJ",
        "NM",
        "NV",
        "NY",
        "OH",
    ),
    *("OK", "OR", "PA", "PR", "RI", "SC", "SD", "TN", "TX", "UT", "VA", "VT", "WA", "WI", "WV", "WY"),
)
_ORDER = (
    "nickname",
    "iep_dated",
    "services",
    "calendar",
    "calendar_name",
    "first_day",
    "last_day",
    "days_off",
    "ics",
    "zone",
    "us_state",
    "name",
    "phone",
    "email",
    "language",
    "texts",
)
_LONGEST = 1_000  # characters kept of a line
_LONGEST_TEXT = 8_000  # characters kept of the days off


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One service block: its lines of text and the boxes that are ticked, by the names the page gives them.

    `times` holds a day's own time, where it differs from the line `time`.
    """

    number: int
    lines: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(_LINES, ""))
    ticks: frozenset[str] = frozenset()
    days: frozenset[str] = frozenset()
    times: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(DAYS, ""))

    @property
    def way(self) -> str:
        """How the IEP says how often: one of WAYS, unless somebody made the request by hand."""
        return self.lines["form"] or _USUAL_WAY

    @property
    def filled(self) -> bool:
        """Whether anything was entered."""
        written = any(text for key, text in self.lines.items() if key not in _NEVER_EMPTY)
        own_times = any(self.times.values())
        return bool(written or self.ticks or self.days or own_times or self.way != _USUAL_WAY)

    @property
    def says_more(self) -> bool:
        """Whether the part that is closed at first has something in it, beyond what its lists begin with."""
        chosen = (self.lines["delivery"], self.lines["mode"]) not in _FIRST_CHOICES
        return chosen or bool(self.ticks & {"esy", "not_agreed"} or any(self.lines[key] for key in _MORE))

    def on(self, day: str) -> bool:
        """Whether there is a session on that day: its box is ticked or it has its own time."""
        return day in self.days or bool(self.times[day])


@dataclass(frozen=True, slots=True)
class RegistrationForm:
    """Every field as text, exactly as it was typed but for blanks around it."""

    services: tuple[ServiceRow, ...]
    nickname: str = ""
    iep_dated: str = ""
    calendar: str = ""
    calendar_name: str = ""
    first_day: str = ""
    last_day: str = ""
    days_off: str = ""
    ics: bytes = b""
    zone: str = ZONES[0][0]
    us_state: str = ""  # the school's
    name: str = ""
    phone: str = ""
    email: str = ""
    language: str = "en"
    texts: bool = False
    mails: bool = False
    begun: bool = False  # on the question pages; it was fed from there

    @property
    def filled(self) -> int:
        """How many blocks there are up to the last one in which something was entered."""
        return max((row.number + 1 for row in self.services if row.filled), default=0)


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
        iep_dated=line("iep_dated"),
        calendar=line("calendar"),
        calendar_name=line("calendar_name"),
        first_day=line("first_day"),
        last_day=line("last_day"),
        days_off=form.get("days_off", "").strip()[:_LONGEST_TEXT],
        ics=upload.read() if upload else b"",
        zone=line("zone"),
        us_state=line("us_state"),
        name=line("name"),
        phone=line("phone"),
        email=line("email"),
        language=line("language"),
        texts="texts" in form,
        mails="mails" in form,
        begun="begun" in form,
    )


def _place(where: str) -> tuple[int, int, int]:
    """Where on the page a field stands: the part, and in a service the block and the field."""
    if where in _ORDER:
        return _ORDER.index(where), 0, 0
    _, number, key = where.split("-", 2)
    known = _LINES.index(key) if key in _LINES else len(_LINES)
    return _ORDER.index("services"), int(number), known


def _row(form: MultiDict[str, str], number: int) -> ServiceRow:
    def line(key: str) -> str:
        return form.get(f"services-{number}-{key}", "").strip()[:_LONGEST]

    return ServiceRow(
        number=number,
        lines={key: line(key) for key in _LINES},
        ticks=frozenset(key for key in _TICKS if f"services-{number}-{key}" in form),
        days=frozenset(form.getlist(f"services-{number}-day")) & frozenset(DAYS),
        times={day: line(f"time-{day}") for day in DAYS},
    )
