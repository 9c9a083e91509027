"""Every Session: the command line, and the entry for a WSGI server (`app:wsgi`). No logic lives here.

Exit status: 0 done; 1 the thing checked does not hold; 2 bad usage, configuration or input file, with one
line per problem on standard error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assistant.commands import data, families, measuring, running, setting_up, trying

if TYPE_CHECKING:
    from flask import Flask


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """A self-hosted assistant that asks parents whether their child's IEP sessions happened."""


for room in (running, setting_up, data, trying, families, measuring):
    for command in room.COMMANDS:
        cli.add_command(command)


def wsgi() -> Flask:
    """The pages and the jobs, for a WSGI server that calls factories."""
    from assistant import processes

    return processes.wsgi()


def web_wsgi() -> Flask:
    """The pages alone, for a WSGI server that calls factories."""
    from assistant import processes

    return processes.web_wsgi()


if __name__ == "__main__":
    cli()
