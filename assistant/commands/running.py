"""Processes: `run` is all in one; `web`, `worker` and `clock` are many."""

from __future__ import annotations

import click

from assistant.commands.common import fail, or_fail, settings_or_fail


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="instead of [server] port")
def run(port: int | None) -> None:
    """Web pages and scheduled jobs. Without config.toml: a sandbox, nothing leaves the machine."""
    from assistant import processes

    or_fail(lambda: processes.run(settings_or_fail(), port))


@click.command()
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="processes")
@click.option("--port", type=click.IntRange(1, 65535), help="instead of [server] port")
def web(workers: int, port: int | None) -> None:
    """The pages alone, in processes that share one port. The jobs are done by `worker` and `clock`."""
    from assistant import processes

    or_fail(lambda: processes.web(settings_or_fail(), workers, port))


@click.command()
@click.option("--threads", type=click.IntRange(1, 64), default=4, show_default=True, help="jobs at a time")
def worker(threads: int) -> None:
    """Does what is due, as one of several. PostgreSQL only: on SQLite the clock does it itself."""
    from assistant import processes

    settings = settings_or_fail()
    if settings.database.url.startswith("sqlite"):
        fail(["worker: SQLite needs none; start one clock, which does the jobs itself"])
    or_fail(lambda: processes.worker(settings, threads))


@click.command()
def clock() -> None:
    """Tells the workers what is due; on SQLite does it itself. A second clock stands by for the first."""
    from assistant import processes

    or_fail(lambda: processes.clock(settings_or_fail()))


COMMANDS = (run, web, worker, clock)
