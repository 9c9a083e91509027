"""From a file and the environment to settings, or every problem by name."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from assistant.config.channels import Mailbox
from assistant.config.section import MIN_SECRET, SECRET, Section
from assistant.config.settings import Settings

# Keys whose environment variable is a list with commas.
_LISTS = ("languages", "countries", "off_words", "school_words", "data_key")


class ConfigError(Exception):
    """The configuration cannot be used. `problems` holds one line each: `FILE: key.path: what is wrong`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


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
        if not (isinstance(known, type) and issubclass(known, Section)) or key not in _keys(known):
            problems.append(f"environment: {variable}: no setting has this name")
            continue
        table = data.setdefault(section, {})
        if isinstance(table, dict):
            table[key] = value.split(",") if key in _LISTS else value
    return problems


def _keys(section: type[Section]) -> list[str]:
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
    if any(word in where for word in SECRET) or kind == "value_error":
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
