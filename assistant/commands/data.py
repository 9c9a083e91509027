"""The database as a whole: its schema, its keys, copies of it, and what is forgotten."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from assistant.commands.common import fail, installation, or_fail, settings_or_fail


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from assistant import serve

    or_fail(lambda: serve.open_migrated(settings_or_fail()).close())
    click.echo("the database is at the newest schema")


@click.command()
def seal() -> None:
    """Write all numbers, addresses and names anew under the first data key, while the program runs."""
    from assistant.store.sealing import reseal

    store, _, _ = installation()

    def work() -> None:
        for table, rows in reseal(store):
            click.echo(f"{table}: {rows} rows")

    or_fail(work)
    click.echo("everything is sealed under the first key; older ones are no longer needed")


@click.command()
@click.option("--to", "url", required=True, help="an empty database: postgresql://USER@HOST/NAME")
def move(url: str) -> None:
    """Copy the SQLite database, as it stands now, to PostgreSQL; check every row and chain there."""
    from assistant.move import move_to

    settings = settings_or_fail()
    with click.progressbar(length=1, label="copying", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def progress(_table: str, done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        moved = or_fail(lambda: move_to(settings, url, progress))
    click.echo(
        f"moved: {moved.rows} rows of {moved.tables} tables; the logs of {moved.children} children hold"
    )
    click.echo("Set [database] url to the new address. What was written to the old one since is not in it.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """A consistent copy of everything in one file, while the program runs."""
    from assistant import desk

    made = or_fail(lambda: desk.make_backup(settings_or_fail(), file))
    click.echo(f"{file}: {made.rows} rows of {made.tables} tables, {made.children} children's logs")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="also in the place of a database that is in use")
def restore(file: Path, force: bool) -> None:
    """Put a backup in the place of the database, SQLite or PostgreSQL. Stop the program first."""
    from assistant import desk, serve

    settings = serve.with_secret(settings_or_fail())
    made = or_fail(lambda: desk.restore_backup(settings, file, force=force))
    click.echo(f"restored: {made.rows} rows as of {made.made_at}; {made.children} children's logs hold")
    if made.erased_again:
        click.echo(f"erased since the backup, and now again: {', '.join(made.erased_again)}")


@click.command()
@click.argument("what", type=click.Choice(["child", "caregiver"]))
@click.argument("number", type=int)
@click.option("--yes", is_flag=True, help="do it; without this it only says what would go")
def erase(what: Any, number: int, yes: bool) -> None:
    """Forget a child or a caregiver on their wish, with all that hangs on them. There is no way back."""
    from assistant import desk, serve

    settings = serve.with_secret(settings_or_fail())
    store, clock, _ = installation()
    for line in or_fail(lambda: desk.forget_family(store, clock, settings, what, number, really=yes)):
        click.echo(line)
    if not yes:
        fail(["nothing was erased; say --yes to do it"], status=1)


COMMANDS = (migrate, seal, move, backup, restore, erase)
