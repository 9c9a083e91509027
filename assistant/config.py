"""config.toml + environment -> typed settings, or every problem by name.

Precedence: environment (`ASSISTANT_<SECTION>_<KEY>`), then the file (`ASSISTANT_CONFIG`, else `config.toml`
where the program is started), then the defaults, which make a sandbox: nothing leaves the machine.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from assistant.words import LANGUAGES, Language

MIN_SECRET = 16
MIN_DATA_KEY = 32
MOST_DATA_KEYS = 3  # the one in use, and those that older values may still be sealed under
# Keys whose environment variable is a list with commas.
_LISTS = ("languages", "countries", "off_words", "school_words", "data_key")
_SECRET = ("secret", "token", "password", "_key")  # in a setting's name: what was found is not shown
_E164 = re.compile(r"^\+[1-9]\d{6,14}$")


class ConfigError(Exception):
    """The configuration cannot be used. `problems` holds one line each: `FILE: key.path: what is wrong`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Whatever is shown of the settings shows no secret, in whatever section it stands."""
        for name, value in super().__repr_args__():
            secret = name is not None and value and any(word in name for word in _SECRET)
            yield name, ("(set)" if secret else value)


class Program(_Section):
    name: str = Field("Every Session", min_length=1, max_length=40)
    languages: tuple[Language, ...] = LANGUAGES
    jurisdiction: str = "us-ca"
    zone: str = "America/Los_Angeles"
    centre: str = Field("", max_length=80)  # who runs this, for the public pages
    contact: str = Field("", max_length=200)  # how people reach them

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError('expected a time zone like "America/Los_Angeles"')
        return value

    @field_validator("languages")
    @classmethod
    def _some(cls, value: tuple[Language, ...]) -> tuple[Language, ...]:
        if not value:
            raise ValueError("name at least one language")
        return value


class Server(_Section):
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    public_url: str = ""
    secret_key: str = Field("", repr=False)
    data_key: tuple[str, ...] = Field((), repr=False, max_length=MOST_DATA_KEYS)
    proxies: int = Field(0, ge=0, le=5)
    sign_ups_a_day: int = Field(100, ge=1)

    @field_validator("data_key")
    @classmethod
    def _long_and_different(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        keys = tuple(one.strip() for one in value if one.strip())
        if any(len(one) < MIN_DATA_KEY for one in keys) or len(set(keys)) < len(keys):
            raise ValueError(
                f"expected different keys of at least {MIN_DATA_KEY} random characters (app.py new-key)"
            )
        return keys

    @field_validator("public_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query):
            raise ValueError(
                'expected the address people reach the program at, like "https://iep.example.org"'
            )
        return value.rstrip("/")


class Database(_Section):
    url: str = Field("sqlite:///var/every-session.db", repr=False)  # may have a password in it

    @field_validator("url")
    @classmethod
    def _known_engine(cls, value: str) -> str:
        if not re.match(r"^(sqlite|postgresql(\+psycopg)?)://", value):
            raise ValueError('expected "sqlite:///FILE" or "postgresql+psycopg://USER@HOST/NAME"')
        return re.sub(r"^postgresql://", "postgresql+psycopg://", value)


class Sms(_Section):
    channel: Literal["sandbox", "twilio"] = "sandbox"
    keyword_replies: Literal["provider", "self"] = "provider"
    plain_accents: bool = True
    segments_per_second: float = Field(1.0, gt=0, le=1000)
    daily_limit: int = Field(1000, ge=1)
    replies_an_hour: int = Field(3, ge=1, le=60)
    countries: tuple[str, ...] = ("US", "CA")

    @field_validator("countries")
    @classmethod
    def _two_letters(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or any(not re.fullmatch(r"[A-Z]{2}", one) for one in value):
            raise ValueError('expected countries by two letters, like ["US", "CA"]')
        return value


class Twilio(_Section):
    account_sid: str = ""
    auth_token: str = Field("", repr=False)
    next_auth_token: str = Field("", repr=False)
    messaging_service_sid: str = ""
    from_number: str = ""
    api_base: str = ""
    timeout_seconds: float = Field(20.0, gt=0, le=20)
    sweep_minutes: int = Field(10, ge=1, le=120)
    sweep_patience_hours: int = Field(12, ge=1, le=72)
    delete_media: bool = True

    @field_validator("from_number")
    @classmethod
    def _e164(cls, value: str) -> str:
        if value and not _E164.match(value):
            raise ValueError('expected a number in E.164 form, like "+14155550100"')
        return value


class Email(_Section):
    channel: Literal["sandbox", "smtp"] = "sandbox"
    sender: str = Field("Every Session <assistant@localhost>", alias="from")
    bounce_token: str = ""


class Smtp(_Section):
    host: str = ""
    port: int = Field(587, ge=1, le=65535)
    username: str = ""
    password: str = Field("", repr=False)
    tls: Literal["starttls", "tls", "none"] = "starttls"
    timeout_seconds: float = Field(30.0, gt=0, le=300)


class Mailbox(_Section):
    """Where answers and bounces come back: read by IMAP. Off while `host` is empty.

    `address` gets "+" and a tag of at most 43 characters behind its name, and a name has 64 (RFC 5321).
    """

    host: str = ""
    port: int = Field(993, ge=1, le=65535)
    username: str = ""
    password: str = ""
    tls: Literal["tls", "starttls", "none"] = "tls"
    folder: str = Field("INBOX", min_length=1, max_length=100)
    address: str = ""
    every_minutes: int = Field(2, ge=1, le=1440)
    after_reading: Literal["keep", "delete"] = "keep"
    max_kilobytes: int = Field(256, ge=16, le=10_240)
    timeout_seconds: float = Field(30.0, gt=0, le=300)

    @field_validator("address")
    @classmethod
    def _can_be_tagged(cls, value: str) -> str:
        if value and not re.fullmatch(r"[A-Za-z0-9._-]{1,20}@[A-Za-z0-9.-]{1,200}", value):
            raise ValueError(
                'expected an address with at most 20 letters before the @ and no "+", '
                'like "answers@iep.example.org"'
            )
        return value

    @field_validator("folder")
    @classmethod
    def _plain(cls, value: str) -> str:
        if not value.isascii() or not value.isprintable():
            raise ValueError('expected a folder as the mail server names it, like "INBOX"')
        return value


class Asking(_Section):
    delay_minutes: int = Field(45, ge=0, le=600)
    quiet_start: time = time(20, 0)
    quiet_end: time = time(9, 0)
    sundays: bool = False
    answer_at_night: bool = False
    reminder: bool = True
    reminder_hours: int = Field(20, ge=1, le=72)
    close_hours: int = Field(48, ge=2, le=240)
    late_answer_days: int = Field(7, ge=0, le=30)
    stale_hours: int = Field(24, ge=1, le=168)
    horizon_days: int = Field(28, ge=1, le=120)
    max_questions_a_week: int = Field(10, ge=1, le=50)
    reconfirm_days: int = Field(60, ge=0, le=365)

    @model_validator(mode="after")
    def _window(self) -> Self:
        if not self.quiet_end < self.quiet_start:
            raise ValueError("quiet_end must come before quiet_start: texts go out between them")
        if self.reminder and self.reminder_hours >= self.close_hours:
            raise ValueError("reminder_hours must be less than close_hours")
        return self


Window = tuple[time, time]  # from the first until just before the second, local time
Week = tuple[Window | None, ...]  # Monday to Sunday; None: closed all day


class StateHours(_Section):
    """When texts may go out in a state: "08:00-20:00" or "none". An empty day is as the one before it."""

    weekdays: str
    saturday: str = ""
    sunday: str = ""

    @field_validator("weekdays", "saturday", "sunday")
    @classmethod
    def _window(cls, value: str) -> str:
        if value not in ("", "none"):
            window_of(value)
        return value

    @property
    def week(self) -> Week:
        """The windows of Monday to Sunday."""
        saturday = self.saturday or self.weekdays
        days = [*[self.weekdays] * 5, saturday, self.sunday or saturday]
        return tuple(None if day == "none" else window_of(day) for day in days)


def window_of(text: str) -> Window:
    """The window of "08:00-20:00". Raises ValueError."""
    try:
        opens, closes = (time.fromisoformat(part.strip()) for part in text.split("-"))
    except ValueError:
        raise ValueError('expected hours like "09:00-20:00", or "none"') from None
    if not opens < closes:
        raise ValueError("closes before it opens")
    return opens, closes


class Quiet(_Section):
    """Quiet hours by the state people live in. `state` is for those of whom none is known."""

    state: str = Field("", pattern=r"^([A-Z]{2})?$")
    by_state: bool = True
    spread_minutes: int = Field(15, ge=0, le=120)
    states: dict[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], StateHours] = {}


class GuidePages(_Section):
    """A centre's own pages to read on, in place of the guide's; empty means the guide's."""

    iep_basics: str = ""
    dispute_resolution: str = ""
    disagreeing: str = ""

    @field_validator("iep_basics", "dispute_resolution", "disagreeing")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError('expected a web address, like "https://iep.example.org/basics"')
        return value


class Calendar(_Section):
    """A centre's own words about events of a district's calendar file; each settles the matter alone."""

    off_words: tuple[str, ...] = ()
    school_words: tuple[str, ...] = ()

    @field_validator("off_words", "school_words")
    @classmethod
    def _some_letters(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not any(letter.isalnum() for letter in word) for word in value):
            raise ValueError("expected words or phrases as an event's title has them")
        return value


Percent = Annotated[int, Field(ge=1, le=100)]
Count = Annotated[int, Field(ge=1, le=400)]


class Escalation(_Section):
    """Field for field the escalation room's Policy; its docstrings say what each one means."""

    misses_for_document: int = Field(2, ge=2, le=400)
    document_window_school_days: Count = 20
    unknowns_in_a_row: Count = 4
    misses_for_notice: Count = 3
    notice_window_school_days: Count = 60
    short_percent: Percent = 20
    short_weeks: Count = 4
    none_held_school_days: Count = 10
    notice_reply_school_days: Count = 10
    weeks_after_notice: Count = 4
    oldest_miss_months: int = Field(9, ge=1, le=11)
    held_in_a_row_to_resolve: Count = 3
    min_days_between_steps: Count = 7
    remind_after_days: Count = 7
    offer_again_days: Count = 28
    grey_counts: bool = False
    minimum_days_to_count: int = Field(2, ge=0, le=400)
    minimum_day_weeks: Count = 6
    catch_up_percent: Count = 150

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.misses_for_notice < self.misses_for_document:
            raise ValueError("misses_for_notice must not be less than misses_for_document")
        return self


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Summaries(_Section):
    """The e-mail of the week, and with the first one of a month the minutes of the month before."""

    weekly: bool = True
    monthly: bool = True
    weekday: Weekday = "mon"
    at: time = time(10, 0)


class Retention(_Section):
    """How long is kept what need not be. Days; 0: for ever. The log, consents and the audit always are."""

    words_days: int = Field(1095, ge=0, le=36_500)
    pictures_days: int = Field(1095, ge=0, le=36_500)
    rows_days: int = Field(180, ge=0, le=36_500)

    @field_validator("words_days", "pictures_days", "rows_days")
    @classmethod
    def _not_too_soon(cls, value: int) -> int:
        # A late answer still finds its question, and a session lasts a month.
        if 0 < value < 90:
            raise ValueError("expected 0 (for ever) or at least 90 days")
        return value


class Ops(_Section):
    """Watching the program itself."""

    behind_minutes: int = Field(15, ge=2, le=1440)
    delivery_percent: int = Field(80, ge=1, le=100)
    filtered_percent: float = Field(2.0, ge=0, le=100)
    silent_hours: int = Field(48, ge=12, le=336)
    ping_url: str = ""
    ping_minutes: int = Field(5, ge=1, le=1440)
    metrics_token: str = ""
    log: Literal["plain", "json"] = "plain"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("ping_url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError('expected a web address, like "https://hc-ping.com/..."')
        return value

    @field_validator("metrics_token")
    @classmethod
    def _hard_to_guess(cls, value: str) -> str:
        if 0 < len(value) < MIN_SECRET:
            raise ValueError(f"too short, expected at least {MIN_SECRET} random characters")
        return value


class Rehearsals(_Section):
    """A year in a minute: where a centre's own scenarios are, how long one may take, what a segment costs."""

    folder: str = ""
    seconds: int = Field(120, ge=10, le=1800)
    price_per_segment: Decimal = Field(Decimal("0.0083"), ge=0, le=10, allow_inf_nan=False)
    currency: str = Field("USD", pattern=r"^[A-Z]{3}$")


class Measures(_Section):
    """Totals over families: how many there must be before a figure is shown."""

    fewest_families: int = Field(15, ge=5, le=1000)


class Jobs(_Section):
    tick_seconds: int = Field(5, ge=1, le=600)
    batch: int = Field(200, ge=1, le=5000)
    slots: int = Field(4, ge=1, le=64)
    stop_seconds: int = Field(30, ge=1, le=600)
    connections: int = Field(4, ge=1, le=16)


class Settings(_Section):
    """Everything that can be set. Immutable; made by `load`."""

    program: Program = Program()
    server: Server = Server()
    database: Database = Database()
    sms: Sms = Sms()
    twilio: Twilio = Twilio()
    email: Email = Email()
    smtp: Smtp = Smtp()
    mailbox: Mailbox = Mailbox()
    asking: Asking = Asking()
    quiet: Quiet = Quiet()
    guide: GuidePages = GuidePages()
    calendar: Calendar = Calendar()
    escalation: Escalation = Escalation()
    summaries: Summaries = Summaries()
    jobs: Jobs = Jobs()
    ops: Ops = Ops()
    retention: Retention = Retention()
    rehearsals: Rehearsals = Rehearsals()
    measures: Measures = Measures()

    @property
    def sandbox(self) -> bool:
        """True while neither texts nor e-mails leave the machine."""
        return self.sms.channel == "sandbox" and self.email.channel == "sandbox"

    @property
    def reads_mail(self) -> bool:
        """True where e-mails are sent and a mailbox takes what comes back; never in the sandbox."""
        return self.email.channel == "smtp" and bool(self.mailbox.host)

    def home_state(self) -> str:
        """The state of caregivers of whom none is known: the one set, else the guide's ("us-ca": CA)."""
        country, _, state = self.program.jurisdiction.partition("-")
        return self.quiet.state or (state.upper() if country == "us" else "")

    def base_url(self) -> str:
        """The address people reach the pages at, without a slash at the end."""
        return self.server.public_url or f"http://{self.server.host}:{self.server.port}"


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from `path` (or ASSISTANT_CONFIG, or ./config.toml if there is one) and the environment.

    Raises ConfigError with every problem found.
    """
    env = os.environ if environ is None else environ
    explicit = path or (Path(env["ASSISTANT_CONFIG"]) if env.get("ASSISTANT_CONFIG") else None)
    file = explicit or Path("config.toml")
    data: dict[str, Any] = {}
    if explicit is not None or file.exists():
        data = _read(file)
    name = file.name if data else "environment"
    problems = [f"{name}: {line}" for line in _kept_beside_the_data(data)] + _overlay(data, env)
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        raise ConfigError(problems + [_line(name, item) for item in error.errors()]) from None
    problems += [f"{name}: {line}" for line in _half_set(settings)]
    if problems:
        raise ConfigError(problems)
    return settings


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError([f"{file}: no such file; copy config.example.toml to begin"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{file}: cannot be read: {error}"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{file.name}: not TOML: {error}"]) from None


def _overlay(data: dict[str, Any], env: Mapping[str, str]) -> list[str]:
    """Put ASSISTANT_<SECTION>_<KEY> over the file's values; return what could not be placed."""
    problems = []
    for variable, value in sorted(env.items()):
        found = re.match(r"^ASSISTANT_([A-Z]+)_([A-Z0-9_]+)$", variable)
        if not found:
            continue
        section, key = found[1].lower(), found[2].lower()
        field = Settings.model_fields.get(section)
        known = field.annotation if field else None
        if not (isinstance(known, type) and issubclass(known, _Section)) or key not in _keys(known):
            problems.append(f"environment: {variable}: no setting has this name")
            continue
        table = data.setdefault(section, {})
        if isinstance(table, dict):
            table[key] = value.split(",") if key in _LISTS else value
    return problems


def _keys(section: type[_Section]) -> list[str]:
    return [field.alias or name for name, field in section.model_fields.items()]


def _line(file: str, error: Any) -> str:
    path = [str(part) for part in error["loc"]]
    where = ".".join(path) or "file"
    kind = error["type"]
    if kind == "extra_forbidden":
        field = Settings.model_fields.get(path[0])
        known = (
            _keys(field.annotation)
            if len(path) > 1 and field and isinstance(field.annotation, type)
            else list(Settings.model_fields)
        )
        near = difflib.get_close_matches(path[-1], known, 1)
        return f"{file}: {where}: unknown key" + (f'; did you mean "{near[0]}"?' if near else "")
    message = str(error["msg"]).removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    if any(word in where for word in _SECRET) or kind == "value_error":
        return f"{file}: {where}: {message}"
    return f"{file}: {where}: {message} (found {error['input']!r})"


def _kept_beside_the_data(data: dict[str, Any]) -> list[str]:
    server = data.get("server")
    if isinstance(server, dict) and server.get("data_key"):
        return ["server.data_key: only in the environment (ASSISTANT_SERVER_DATA_KEY); not beside the data"]
    return []


def _half_set(settings: Settings) -> list[str]:
    """Sections that were begun and not finished: silence there would look like a working channel."""
    lines: list[str] = []
    twilio, smtp = settings.twilio, settings.smtp
    wanted = {"account_sid": twilio.account_sid, "auth_token": twilio.auth_token}
    sender = bool(twilio.messaging_service_sid or twilio.from_number)
    begun = any(wanted.values()) or sender
    if settings.sms.channel == "twilio" or begun:
        lines += [f"twilio.{key}: missing, and texts need it" for key, value in wanted.items() if not value]
        if not sender:
            lines.append("twilio.messaging_service_sid: missing; set it or twilio.from_number")
    if settings.sms.channel == "twilio" and not settings.server.public_url:
        lines.append("server.public_url: missing; replies are checked against it (https://...)")
    if settings.email.channel == "smtp" and not smtp.host:
        lines.append("smtp.host: missing, and e-mail needs it")
    if bool(smtp.username) != bool(smtp.password):
        lines.append(f"smtp.{'password' if smtp.username else 'username'}: missing; set both or neither")
    lines += _half_set_mailbox(settings.mailbox)
    if 0 < len(settings.email.bounce_token) < MIN_SECRET:
        lines.append(f"email.bounce_token: too short, expected at least {MIN_SECRET} random characters")
    asking = settings.asking
    for state, hours in settings.quiet.states.items():
        open_days = [
            day
            for day in hours.week[:6]
            if day and max(day[0], asking.quiet_end) < min(day[1], asking.quiet_start)
        ]
        if not open_days:
            lines.append(f"quiet.states.{state}: no hour is left between asking.quiet_end and quiet_start")
    if 0 < len(settings.server.secret_key) < MIN_SECRET:
        lines.append(f"server.secret_key: too short, expected at least {MIN_SECRET} random characters")
    return lines


def _half_set_mailbox(mailbox: Mailbox) -> list[str]:
    wanted = {
        "host": mailbox.host,
        "address": mailbox.address,
        "username": mailbox.username,
        "password": mailbox.password,
    }
    if not any(wanted.values()):
        return []
    return [
        f"mailbox.{key}: missing, and reading mail needs it" for key, value in wanted.items() if not value
    ]
