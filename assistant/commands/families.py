"""What staff do for families: evidence, changes of a plan, calendars, thresholds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from assistant.commands.common import DAY, fail, installation, or_fail, settings_or_fail


@click.command()
@click.argument("child_id", type=int)
@click.option("--format", "kind", type=click.Choice(["pdf", "csv", "json"]), required=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
@click.option("--from", "first", type=DAY, help="first day; without it, from the beginning")
@click.option("--to", "last", type=DAY, help="last day, inclusive; without it, to the end")
@click.option("--full-name", is_flag=True, help="the child's full name instead of the nickname")
@click.option("--language", type=click.Choice(["en", "es"]), default="en", show_default=True)
def export(
    child_id: int, kind: Any, out: Path, first: Any, last: Any, full_name: bool, language: Any
) -> None:
    """The evidence of one child: PDF to print, CSV for a spreadsheet, JSON with the hash chain."""
    from assistant import desk
    from assistant.evidence.collected import Wanted

    wanted = Wanted(first and first.date(), last and last.date(), full_name, language)
    store, clock, settings = installation()
    or_fail(lambda: desk.export(store, clock, settings, child_id, kind, out, wanted))


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def verify(file: Path) -> None:
    """Re-check an exported JSON evidence file, without a database: its hash chain, and every byte."""
    from assistant.evidence.file import ExportError
    from assistant.evidence.file import verify as check

    raw = or_fail(lambda: file.read_bytes())
    try:
        found = check(raw)
    except ExportError as error:
        fail([f"{file}: {error}"])
    if not found.intact:
        fail([f"{file}: {found.problem}"], status=1)
    sealed = f", {found.sealed} of them sealed" if found.sealed else ""
    click.echo(f"intact: {found.entries} entries{sealed}")


@click.command()
@click.argument("child_id", type=int)
@click.argument("changes", type=click.Path(path_type=Path))
@click.option("--trial", is_flag=True, help="say what the parents would be told, and change nothing")
def change(child_id: int, changes: Path, trial: bool) -> None:
    """Change a child's plan: a new IEP, a line put right, a move, a make-up. Prints what parents are told."""
    from assistant import desk

    store, clock, settings = installation()
    for line in or_fail(lambda: desk.change(store, clock, settings, child_id, changes, trial=trial)):
        click.echo(line)


@click.group()
def calendar() -> None:
    """School calendars: what a district's file says, closures, other days."""


@calendar.command("list")
def calendar_list() -> None:
    """Every calendar, as JSON Lines."""
    from assistant import desk

    store, _, _ = installation()
    for row in desk.list_calendars(store):
        click.echo(json.dumps(row, ensure_ascii=False))


@calendar.command("preview")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--from", "first", type=DAY, required=True, help="first day of school, YYYY-MM-DD")
@click.option("--to", "last", type=DAY, required=True, help="last day of school")
@click.option("--zone", default="America/Los_Angeles", show_default=True, help="the school's time zone")
def calendar_preview(file: Path, first: Any, last: Any, zone: str) -> None:
    """What an .ics file would be read as: days off, what is doubtful, what is left out."""
    from assistant import desk
    from assistant.schedule.zones import zone as known

    where, words = or_fail(lambda: known(zone)), desk.words_of(settings_or_fail())
    for row in or_fail(lambda: list(desk.preview_calendar(file, first.date(), last.date(), where, words))):
        click.echo(json.dumps(row, ensure_ascii=False))


@calendar.command("close")
@click.argument("name")
@click.argument("day", type=DAY)
@click.option("--why", required=True, help="in a word or two, such as smoke or snow")
def calendar_close(name: str, day: Any, why: str) -> None:
    """An unplanned closure, for every child of the calendar NAME (or its number)."""
    from assistant import desk

    store, clock, settings = installation()
    click.echo(or_fail(lambda: desk.close(store, clock, settings, name, day.date(), why)))


@calendar.command("replace")
@click.argument("name")
@click.argument("schedule", type=click.Path(path_type=Path))
def calendar_replace(name: str, schedule: Path) -> None:
    """Put the calendar of a schedule file in the place of NAME, for every child that shares it."""
    from assistant import desk

    store, clock, settings = installation()
    click.echo(or_fail(lambda: desk.swap(store, clock, settings, name, schedule)))


@click.group()
def thresholds() -> None:
    """When steps are suggested: this tool's settings, never the law. Set them at /admin/thresholds."""


@thresholds.command("show")
def thresholds_show() -> None:
    """The thresholds in force, for all services and for each kind, as JSON Lines."""
    from assistant import desk

    store, _, settings = installation()
    for row in desk.show_thresholds(store, settings):
        click.echo(json.dumps(row, ensure_ascii=False))


@thresholds.command("preview")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--service", default="all", show_default=True, help="a kind of service, as `show` names them")
@click.option("--window", type=click.Choice(["month", "quarter"]), default="month", show_default=True)
def thresholds_preview(file: Path, service: str, window: Any) -> None:
    """How many families would have had each step with the thresholds of FILE; changes nothing."""
    from assistant import desk, serve

    program = or_fail(lambda: serve.build(settings_or_fail()))  # its clock is the one the pages go by
    store, clock, settings = program.store, program.clock, program.settings
    found = or_fail(lambda: list(desk.preview_thresholds(store, clock, settings, file, service, window)))
    for row in found:
        click.echo(json.dumps(row, ensure_ascii=False))


COMMANDS = (export, verify, change, calendar, thresholds)
