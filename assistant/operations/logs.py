"""The program's log: a line an event on standard error, plain or JSON, with the request it belongs to.

A line names rows by their numbers, never what people are called or wrote. The last defence is here: errors
are written as their kind and where they happened, without their text (a database quotes the row that it
refuses); then `redact` goes over the whole line. Libraries that log addresses or statements are kept to
warnings whatever the level.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any, TextIO

import structlog

from assistant.config import Settings
from assistant.operations.redact import redacted

# Their INFO and DEBUG lines hold addresses, statements with values, or three lines for every job.
LOUD = (
    *("sqlalchemy", "twilio", "urllib3", "werkzeug", "apscheduler", "procrastinate", "granian", "_granian"),
    *(
        "asyncio",
        "alembic",
        "psycopg",
        "requests",
        "PIL",
        "fontTools",
        "tzlocal",
        "flask_limiter",
        "mail.log",
    ),
)
_SHOWN = ("timestamp", "level", "logger", "event", "request")

Event = MutableMapping[str, Any]


def set_up(settings: Settings, stream: TextIO | None = None) -> None:
    """From now on, all of this process logs like this."""
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler(settings, stream))
    root.setLevel(settings.ops.log_level.upper())
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)


def handler(settings: Settings, stream: TextIO | None = None) -> logging.Handler:
    """A handler that writes as set."""
    render = structlog.processors.JSONRenderer(ensure_ascii=False) if settings.ops.log == "json" else _plain
    secrets = secrets_of(settings)
    made = logging.StreamHandler(stream or sys.stderr)
    made.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.contextvars.merge_contextvars],
            processors=[
                _stamp,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                render,
                _last(secrets),
            ],
        )
    )
    return made


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """What of the settings may stand in no line."""
    url = settings.database.url
    password = url.split("@")[0].rpartition(":")[2] if "@" in url else ""
    return tuple(
        secret
        for secret in (
            settings.server.secret_key,
            settings.twilio.auth_token,
            settings.smtp.password,
            settings.ops.metrics_token,
            settings.ops.ping_url,
            password,
        )
        if secret
    )


def _stamp(_logger: object, _method: str, event: Event) -> Event:
    """When, how grave, from where, and of an error only its kind and its place."""
    record: logging.LogRecord = event["_record"]
    event["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    event["level"], event["logger"] = record.levelname.lower(), record.name
    error = event.pop("exc_info", None)
    if error and error[0] is not None:
        kind, _, place = error
        event["error"] = kind.__name__
        event["where"] = [
            f"{f.filename.rpartition('/')[2]}:{f.lineno} {f.name}" for f in traceback.extract_tb(place)
        ]
    return event


def _plain(_logger: object, _method: str, event: Event) -> str:
    said = {key: value for key, value in event.items() if key not in _SHOWN}
    more = "".join(f" {key}={value}" for key, value in said.items())
    request = f" [{event['request']}]" if "request" in event else ""
    line = f"{event['timestamp']} {event['level']:<7} {event['logger']}{request}: {event['event']}{more}"
    return line.replace("\n", "\n    ")


def _last(secrets: tuple[str, ...]) -> Callable[[object, str, Any], str]:
    def redact(_logger: object, _method: str, line: Any) -> str:
        return redacted(str(line), secrets)

    return redact
