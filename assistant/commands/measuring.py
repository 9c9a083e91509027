"""The benchmarks."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import click

from assistant.commands.common import fail, or_fail


@click.command()
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
            figures = or_fail(lambda: list(replies(samples)))
        if one == "inbound" and url:
            figures = inbound(url)
        if one == "deliver" and url:
            figures = deliver(url)
        for figure in figures:
            click.echo(json.dumps(figure))


COMMANDS = (bench,)
