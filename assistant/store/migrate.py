"""Bringing the schema to the newest version, and telling whether it is there."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, text

from assistant.store.engine import Store, StoreError

# Any number, the same in every process: it keeps two programs from migrating one PostgreSQL database at once.
LOCK = 7_316_202


def upgrade(store: Store) -> str:
    """Bring the schema to head in one transaction and return the revision; does nothing when it is there."""
    with store.engine.connect().execution_options(every_session_write=True) as connection:
        with connection.begin():
            if not store.sqlite:
                connection.execute(text("SET LOCAL statement_timeout = 0"))
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            upgrade_on(connection, "head")
        return revision_of(connection)


def upgrade_on(connection: Connection, revision: str) -> None:
    """Bring the schema to a revision, in the transaction that is open. Raises StoreError for none of ours."""
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError:
        raise StoreError(f"schema {revision} is not known to this version of the program") from None


def revision_of(connection: Connection) -> str:
    """The schema's revision, "" before any."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def is_current(store: Store) -> bool:
    """Whether the schema is at the newest version."""
    with store.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    return found == ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
