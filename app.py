"""Every Session: the command line, and the entry for a WSGI server (`app:wsgi`). No logic lives here.

Exit status: 0 done; 1 the thing checked does not hold; 2 bad usage, configuration or input file, with one
line per problem on standard error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    from flask import Flask

T = TypeVar("T")
DAY = click.DateTime(["%Y-%m-%d"])


def fail(problems: list[str], status: int = 2) -> NoReturn:
    """Say what is wrong, one line each, and end."""
    for line in problems:
        click.echo(line, err=True)
    sys.exit(status)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """A self-hosted assistant that asks parents whether their child's IEP sessions happened."""


@cli.command()
@click.option("--port", type=click.IntRange(1, 65535), help="instead of [server] port")
def run(port: int | None) -> None:
    """Web pages and scheduled jobs. Without config.toml: a sandbox, nothing leaves the machine."""
    from assistant import processes

    _or_fail(lambda: processes.run(_settings_or_fail(), port))


@cli.command()
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="processes")
@click.option("--port", type=click.IntRange(1, 65535), help="instead of [server] port")
def web(workers: int, port: int | None) -> None:
    """The pages alone, in processes that share one port. The jobs are done by `worker` and `clock`."""
    from assistant import processes

    _or_fail(lambda: processes.web(_settings_or_fail(), workers, port))


@cli.command()
@click.option("--threads", type=click.IntRange(1, 64), default=4, show_default=True, help="jobs at a time")
def worker(threads: int) -> None:
    """Does what is due, as one of several. PostgreSQL only: on SQLite the clock does it itself."""
    from assistant import processes

    settings = _settings_or_fail()
    if settings.database.url.startswith("sqlite"):
        fail(["worker: SQLite needs none; start one clock, which does the jobs itself"])
    _or_fail(lambda: processes.worker(settings, threads))


@cli.command()
def clock() -> None:
    """Tells the workers what is due; on SQLite does it itself. A second clock stands by for the first."""
    from assistant import processes

    _or_fail(lambda: processes.clock(_settings_or_fail()))


@cli.command("check-config")
@click.argument("file", type=click.Path(path_type=Path), required=False)
def check_config(file: Path | None) -> None:
    """Check a configuration file, or the one in force, and its guide; every problem on a line of its own."""
    from assistant.config import load
    from assistant.guide.loader import guide_of

    settings = _or_fail(lambda: load(file))
    _or_fail(lambda: guide_of(settings))
    if not settings.server.data_key:
        click.echo("note: server.data_key: not set; numbers and names are stored in clear", err=True)
    click.echo("ok")


@cli.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from assistant import serve

    _or_fail(lambda: serve.open_migrated(_settings_or_fail()).close())
    click.echo("the database is at the newest schema")


@cli.command("new-key")
def new_key() -> None:
    """A new random key for ASSISTANT_SERVER_DATA_KEY. Keep a copy apart from the database and its backups."""
    import secrets

    click.echo(secrets.token_urlsafe(32))


@cli.command()
def seal() -> None:
    """Write all numbers, addresses and names anew under the first data key, while the program runs."""
    from assistant.store.sealing import reseal

    store, _, _ = _desk()

    def work() -> None:
        for table, rows in reseal(store):
            click.echo(f"{table}: {rows} rows")

    _or_fail(work)
    click.echo("everything is sealed under the first key; older ones are no longer needed")


@cli.command()
@click.option("--to", "url", required=True, help="an empty database: postgresql://USER@HOST/NAME")
def move(url: str) -> None:
    """Copy the SQLite database, as it stands now, to PostgreSQL; check every row and chain there."""
    from assistant.move import move_to

    settings = _settings_or_fail()
    with click.progressbar(length=1, label="copying", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def progress(_table: str, done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        moved = _or_fail(lambda: move_to(settings, url, progress))
    click.echo(
        f"moved: {moved.rows} rows of {moved.tables} tables; the logs of {moved.children} children hold"
    )
    click.echo("Set [database] url to the new address. What was written to the old one since is not in it.")


@cli.command()
@click.argument("schedule", type=click.Path(path_type=Path))
@click.option("--from", "first", type=DAY, required=True, help="first day, YYYY-MM-DD")
@click.option("--to", "last", type=DAY, required=True, help="last day, inclusive")
def expect(schedule: Path, first: Any, last: Any) -> None:
    """The expectations that a schedule file gives, as JSON Lines."""
    from assistant.schedule.file import read_schedule
    from assistant.schedule.report import expect as expectations
    from assistant.schedule.report import expected_to_json

    read = _or_fail(lambda: read_schedule(schedule))
    for warning in read.warnings:
        click.echo(warning, err=True)
    for one in _or_fail(lambda: expectations(read, first.date(), last.date())):
        click.echo(json.dumps(expected_to_json(one), ensure_ascii=False))


@cli.command()
def interpret() -> None:
    """Reads replies as JSON Lines on standard input; writes what each means."""
    from assistant.replies.interpret import interpret as read
    from assistant.replies.jsonl import incoming_from_json, meaning_to_json

    _json_lines(lambda data: meaning_to_json(read(incoming_from_json(data))))


@cli.command()
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

    _json_lines(one)


@cli.command()
@click.argument("scenario", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="one event a line")
@click.option("--until", type=DAY, help="stop after this day")
@click.option("--db", "url", help="live it in this (empty) database instead of a throw-away one")
def simulate(scenario: Path, as_json: bool, until: Any, url: str | None) -> None:
    """Live through a scripted term in virtual time: every text, e-mail, log entry and step."""
    from assistant.simulation import read_scenario, simulate, transcript

    script = _or_fail(lambda: read_scenario(scenario))
    last: date | None = until.date() if until else None
    events = _or_fail(lambda: list(simulate(script, until=last, database_url=url)))
    lines = (json.dumps(event, ensure_ascii=False) for event in events) if as_json else transcript(events)
    for line in lines:
        click.echo(line)


@cli.command()
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
    store, clock, settings = _desk()
    _or_fail(lambda: desk.export(store, clock, settings, child_id, kind, out, wanted))


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
def verify(file: Path) -> None:
    """Re-check an exported JSON evidence file, without a database: its hash chain, and every byte."""
    from assistant.evidence.file import ExportError
    from assistant.evidence.file import verify as check

    raw = _or_fail(lambda: file.read_bytes())
    try:
        found = check(raw)
    except ExportError as error:
        fail([f"{file}: {error}"])
    if not found.intact:
        fail([f"{file}: {found.problem}"], status=1)
    sealed = f", {found.sealed} of them sealed" if found.sealed else ""
    click.echo(f"intact: {found.entries} entries{sealed}")


@cli.command()
@click.argument("child_id", type=int)
@click.argument("changes", type=click.Path(path_type=Path))
@click.option("--trial", is_flag=True, help="say what the parents would be told, and change nothing")
def change(child_id: int, changes: Path, trial: bool) -> None:
    """Change a child's plan: a new IEP, a line put right, a move, a make-up. Prints what parents are told."""
    from assistant import desk

    store, clock, settings = _desk()
    for line in _or_fail(lambda: desk.change(store, clock, settings, child_id, changes, trial=trial)):
        click.echo(line)


@cli.group()
def calendar() -> None:
    """School calendars: what a district's file says, closures, other days."""


@calendar.command("list")
def calendar_list() -> None:
    """Every calendar, as JSON Lines."""
    from assistant import desk

    store, _, _ = _desk()
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

    where, words = _or_fail(lambda: known(zone)), desk.words_of(_settings_or_fail())
    for row in _or_fail(lambda: list(desk.preview_calendar(file, first.date(), last.date(), where, words))):
        click.echo(json.dumps(row, ensure_ascii=False))


@calendar.command("close")
@click.argument("name")
@click.argument("day", type=DAY)
@click.option("--why", required=True, help="in a word or two, such as smoke or snow")
def calendar_close(name: str, day: Any, why: str) -> None:
    """An unplanned closure, for every child of the calendar NAME (or its number)."""
    from assistant import desk

    store, clock, settings = _desk()
    click.echo(_or_fail(lambda: desk.close(store, clock, settings, name, day.date(), why)))


@calendar.command("replace")
@click.argument("name")
@click.argument("schedule", type=click.Path(path_type=Path))
def calendar_replace(name: str, schedule: Path) -> None:
    """Put the calendar of a schedule file in the place of NAME, for every child that shares it."""
    from assistant import desk

    store, clock, settings = _desk()
    click.echo(_or_fail(lambda: desk.swap(store, clock, settings, name, schedule)))


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """A consistent copy of everything in one file, while the program runs."""
    from assistant import desk

    made = _or_fail(lambda: desk.make_backup(_settings_or_fail(), file))
    click.echo(f"{file}: {made.rows} rows of {made.tables} tables, {made.children} children's logs")


@cli.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="also in the place of a database that is in use")
def restore(file: Path, force: bool) -> None:
    """Put a backup in the place of the database, SQLite or PostgreSQL. Stop the program first."""
    from assistant import desk

    made = _or_fail(lambda: desk.restore_backup(_settings_or_fail(), file, force=force))
    click.echo(f"restored: {made.rows} rows as of {made.made_at}; {made.children} children's logs hold")


@cli.command()
@click.argument("what", type=click.Choice(["child", "caregiver"]))
@click.argument("number", type=int)
@click.option("--yes", is_flag=True, help="do it; without this it only says what would go")
def erase(what: Any, number: int, yes: bool) -> None:
    """Forget a child or a caregiver on their wish, with all that hangs on them. There is no way back."""
    from assistant import desk, serve

    settings = serve.with_secret(_settings_or_fail())
    store, clock, _ = _desk()
    for line in _or_fail(lambda: desk.forget_family(store, clock, settings, what, number, really=yes)):
        click.echo(line)
    if not yes:
        fail(["nothing was erased; say --yes to do it"], status=1)


@cli.group()
def thresholds() -> None:
    """When steps are suggested: this tool's settings, never the law. Set them at /admin/thresholds."""


@thresholds.command("show")
def thresholds_show() -> None:
    """The thresholds in force, for all services and for each kind, as JSON Lines."""
    from assistant import desk

    store, _, settings = _desk()
    for row in desk.show_thresholds(store, settings):
        click.echo(json.dumps(row, ensure_ascii=False))


@thresholds.command("preview")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--service", default="all", show_default=True, help="a kind of service, as `show` names them")
@click.option("--window", type=click.Choice(["month", "quarter"]), default="month", show_default=True)
def thresholds_preview(file: Path, service: str, window: Any) -> None:
    """How many families would have had each step with the thresholds of FILE; changes nothing."""
    from assistant import desk, serve

    program = _or_fail(lambda: serve.build(_settings_or_fail()))  # its clock is the one the pages go by
    store, clock, settings = program.store, program.clock, program.settings
    found = _or_fail(lambda: list(desk.preview_thresholds(store, clock, settings, file, service, window)))
    for row in found:
        click.echo(json.dumps(row, ensure_ascii=False))


@cli.group()
def admin() -> None:
    """The staff of the parent centre."""


@admin.command("create")
@click.argument("email")
@click.option(
    "--reset", is_flag=True, help="take password and second factor away; ends every session of theirs"
)
@click.option(
    "--role",
    type=click.Choice(["owner", "editor", "reviewer", "helper"]),
    default=None,
    help="what they may do; without it, who is new becomes an owner and others stay what they are",
)
def admin_create(email: str, reset: bool, role: str | None) -> None:
    """A member of staff; prints a link that works once, within an hour, to choose a password and a phone."""
    from assistant import desk, serve

    program = _or_fail(lambda: serve.build(_settings_or_fail()))  # its clock is the one the pages go by
    click.echo(
        _or_fail(
            lambda: desk.new_staff(
                program.store, program.clock, program.settings, email, anew=reset, role=role or ""
            )
        )
    )


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="JSON Lines instead of text")
def doctor(as_json: bool) -> None:
    """Look at everything this installation rests on; says what to do. Exit status 1 where something fails."""
    from dataclasses import asdict

    from assistant import serve
    from assistant.clock import SystemClock
    from assistant.config import load
    from assistant.doctor import examine

    settings = serve.with_secret(_or_fail(load))  # a guide that cannot be read is one of the findings
    failed = False
    for line in examine(settings, SystemClock()):
        failed |= line.state == "fail"
        click.echo(json.dumps(asdict(line), ensure_ascii=False) if as_json else str(line))
    if failed:
        sys.exit(1)


@admin.command("end")
@click.argument("email")
def admin_end(email: str) -> None:
    """A member of staff has left: ends their sessions, and every way in."""
    from assistant import desk

    store, clock, _ = _desk()
    click.echo(_or_fail(lambda: desk.end_staff(store, clock, email)))


@cli.command()
@click.argument("name", required=False)
@click.option(
    "--samples", multiple=True, type=click.Path(path_type=Path), help="for replies: other JSON Lines"
)
@click.option("--db", "url", help="for inbound, deliver: the PostgreSQL server, not TEST_POSTGRESQL_URL")
def bench(name: str | None, samples: tuple[Path, ...], url: str | None) -> None:
    """The benchmarks; JSON Lines of figures, each with what it was measured against in the same run."""
    from jobs.bench import BENCHMARKS, Figure
    from jobs.bench_deliver import deliver
    from jobs.bench_inbound import inbound
    from jobs.bench_replies import replies

    chosen = [name] if name else list(BENCHMARKS)
    for one in chosen:
        if one not in BENCHMARKS:
            fail([f"bench: there is no benchmark {one!r}; there are: {', '.join(BENCHMARKS)}"])
        figures: Iterable[Figure] = BENCHMARKS[one]()
        if one == "replies" and samples:
            figures = _or_fail(lambda: list(replies(samples)))
        if one == "inbound" and url:
            figures = inbound(url)
        if one == "deliver" and url:
            figures = deliver(url)
        for figure in figures:
            click.echo(json.dumps(figure))


def wsgi() -> Flask:
    """The pages and the jobs, for a WSGI server that calls factories."""
    from assistant import processes

    return processes.wsgi()


def web_wsgi() -> Flask:
    """The pages alone, for a WSGI server that calls factories."""
    from assistant import processes

    return processes.web_wsgi()


def _desk() -> tuple[Any, Any, Any]:
    """The store, the clock and the settings of this installation."""
    from assistant import serve
    from assistant.clock import SystemClock

    settings = _settings_or_fail()
    return _or_fail(lambda: serve.open_migrated(settings)), SystemClock(), settings


def _settings_or_fail() -> Any:
    from assistant.config import load
    from assistant.guide.loader import guide_of

    settings = _or_fail(load)
    _or_fail(lambda: guide_of(settings))  # a guide that cannot be read is found now, not by a job at night
    return settings


def _or_fail(work: Callable[[], T]) -> T:
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


def _json_lines(work: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
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


if __name__ == "__main__":
    cli()
