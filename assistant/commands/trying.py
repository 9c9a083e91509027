"""Parts that can be tried by themselves: a schedule, a reply, a text, a whole term."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import click

from assistant.commands.common import DAY, json_lines, or_fail


@click.command()
@click.argument("schedule", type=click.Path(path_type=Path))
@click.option("--from", "first", type=DAY, required=True, help="first day, YYYY-MM-DD")
@click.option("--to", "last", type=DAY, required=True, help="last day, inclusive")
def expect(schedule: Path, first: Any, last: Any) -> None:
    """The expectations that a schedule file gives, as JSON Lines."""
    from assistant.schedule.file import read_schedule
    from assistant.schedule.report import expect as expectations
    from assistant.schedule.report import expected_to_json

    read = or_fail(lambda: read_schedule(schedule))
    for warning in read.warnings:
        click.echo(warning, err=True)
    for one in or_fail(lambda: expectations(read, first.date(), last.date())):
        click.echo(json.dumps(expected_to_json(one), ensure_ascii=False))


@click.command()
def interpret() -> None:
    """Reads replies as JSON Lines on standard input; writes what each means."""
    from assistant.replies.interpret import interpret as read
    from assistant.replies.jsonl import incoming_from_json, meaning_to_json

    json_lines(lambda data: meaning_to_json(read(incoming_from_json(data))))


@click.command()
def segments() -> None:
    """Reads {"text": ...} lines; writes encoding, units and segments of each as an SMS."""
    from messages.segments import count

    def one(data: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(data.get("text"), str):
            raise ValueError('expected {"text": "..."}')
        found = count(data["text"])
        return {
            "encoding": found.encoding,
            "units": found.units,
            "segments": found.segments,
            "unicode_chars": list(found.unicode_chars),
        }

    json_lines(one)


@click.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="one event a line")
@click.option("--until", type=DAY, help="stop after this day")
@click.option("--db", "url", help="live it in this (empty) database instead of a throw-away one")
def simulate(scenario: Path, as_json: bool, until: Any, url: str | None) -> None:
    """Live through a scripted term in virtual time: every text, e-mail, log entry and step."""
    from assistant.simulation import read_scenario, simulate, transcript

    script = or_fail(lambda: read_scenario(scenario))
    last: date | None = until.date() if until else None
    events = or_fail(lambda: list(simulate(script, until=last, database_url=url)))
    lines = (json.dumps(event, ensure_ascii=False) for event in events) if as_json else transcript(events)
    for line in lines:
        click.echo(line)


COMMANDS = (expect, interpret, segments, simulate)
