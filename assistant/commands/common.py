"""What commands share: bad input ends with one line a problem on standard error, never with a traceback."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import click

T = TypeVar("T")
DAY = click.DateTime(["%Y-%m-%d"])


def fail(problems: list[str], status: int = 2) -> NoReturn:
    """Say what is wrong, one line each, and end."""
    for line in problems:
        click.echo(line, err=True)
    sys.exit(status)


def or_fail(work: Callable[[], T]) -> T:
    """Do `work`; bad input ends the program with its lines and status 2, never with a traceback."""
    from assistant.evidence.file import ExportError
    from assistant.operations.backup import BackupError
    from assistant.store import StoreError

    try:
        return work()
    except (StoreError, ExportError, BackupError, ValueError) as error:
        fail([str(error)])
    except OSError as error:
        fail([f"{error.filename}: {error.strerror}"])
    except Exception as error:  # whatever names its problems line by line is bad input; the rest is a fault
        problems = getattr(error, "problems", None)
        if not isinstance(problems, list):
            raise
        fail(problems)


def settings_or_fail() -> Any:
    """The settings in force, with a guide that can be read."""
    from assistant.config import load
    from assistant.guide.loader import guide_of

    settings = or_fail(load)
    or_fail(lambda: guide_of(settings))  # a guide that cannot be read is found now, not by a job at night
    return settings


def installation() -> tuple[Any, Any, Any]:
    """The store, the clock and the settings of this installation."""
    from assistant import serve
    from assistant.clock import SystemClock

    settings = settings_or_fail()
    return or_fail(lambda: serve.open_migrated(settings)), SystemClock(), settings


def json_lines(work: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """One JSON object a line on standard input; what `work` makes of each on standard output."""
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            if not isinstance(data, dict):
                raise ValueError("expected one JSON object a line")
            click.echo(json.dumps(work(data), ensure_ascii=False))
        except ValueError as error:
            fail([f"standard input: line {number}: {error}"])
