"""Setting up: the configuration, keys, staff, and what to look at when something is wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from assistant.commands.common import installation, or_fail, settings_or_fail


@click.command("check-config")
@click.argument("file", type=click.Path(path_type=Path), required=False)
def check_config(file: Path | None) -> None:
    """Check a configuration file, or the one in force, and its guide; every problem on a line of its own."""
    from assistant.config import load
    from assistant.guide.loader import guide_of

    settings = or_fail(lambda: load(file))
    or_fail(lambda: guide_of(settings))
    if not settings.server.data_key:
        click.echo("note: server.data_key: not set; numbers and names are stored in clear", err=True)
    click.echo("ok")


@click.command("new-key")
def new_key() -> None:
    """A new random key for ASSISTANT_SERVER_DATA_KEY. Keep a copy apart from the database and its backups."""
    import secrets

    click.echo(secrets.token_urlsafe(32))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="JSON Lines instead of text")
def doctor(as_json: bool) -> None:
    """Look at everything this installation rests on; says what to do. Exit status 1 where something fails."""
    from dataclasses import asdict

    from assistant import serve
    from assistant.clock import SystemClock
    from assistant.config import load
    from assistant.doctor import examine

    settings = serve.with_secret(or_fail(load))  # a guide that cannot be read is one of the findings
    failed = False
    for line in examine(settings, SystemClock()):
        failed |= line.state == "fail"
        click.echo(json.dumps(asdict(line), ensure_ascii=False) if as_json else str(line))
    if failed:
        sys.exit(1)


@click.group()
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

    program = or_fail(lambda: serve.build(settings_or_fail()))  # its clock is the one the pages go by
    click.echo(
        or_fail(
            lambda: desk.new_staff(
                program.store, program.clock, program.settings, email, anew=reset, role=role or ""
            )
        )
    )


@admin.command("end")
@click.argument("email")
def admin_end(email: str) -> None:
    """A member of staff has left: ends their sessions, and every way in."""
    from assistant import desk

    store, clock, _ = installation()
    click.echo(or_fail(lambda: desk.end_staff(store, clock, email)))


COMMANDS = (check_config, new_key, doctor, admin)
