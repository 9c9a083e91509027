"""The engine's own tables on PostgreSQL: laid down once, brought forward when its package is newer.

They hold what waits for a worker and nothing that could not be asked of our tables again, so a backup or a
move to another server may leave them out. Their version stands in the comment of `procrastinate_jobs`.
"""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, text

from assistant.store import Store, StoreError
from assistant.store.migrate import LOCK

_NOTE = "tables of procrastinate "
_STEP = re.compile(r"^(\d+)\.(\d+)\.(\d+)_(\d+)_\w+\.sql$")


def upgrade_engine(store: Store) -> None:
    """Bring the engine's tables to the installed package's version; nothing on SQLite, or when they are
    there.

    Raises StoreError when there are such tables that we did not make: their version is not known.
    """
    if store.sqlite:
        return
    with store.engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        there, found = _found(connection)
        if there and found is None:
            raise StoreError("the database has tables of procrastinate that this program did not make")
        steps = _steps_after(found) if found else [SchemaManager.get_schema()]
        if found == _numbers(version("procrastinate")):
            return
        for sql in steps:
            connection.connection.cursor().execute(sql)
        connection.execute(
            text(f"COMMENT ON TABLE procrastinate_jobs IS '{_NOTE}{version('procrastinate')}'")
        )


def engine_is_current(store: Store) -> bool:
    """Whether the engine's tables are there, at the installed version or a newer one."""
    with store.engine.connect() as connection:
        found = _found(connection)[1]
    return found is not None and found >= _numbers(version("procrastinate"))


def _found(connection: Connection) -> tuple[bool, tuple[int, ...] | None]:
    """Whether there are tables, and at which version, where we noted one."""
    note = connection.execute(
        text(
            "SELECT obj_description(to_regclass('procrastinate_jobs'), 'pg_class')"
            " WHERE to_regclass('procrastinate_jobs') IS NOT NULL"
        )
    ).one_or_none()
    if note is None:
        return False, None
    known = str(note[0] or "")
    return True, _numbers(known.removeprefix(_NOTE)) if known.startswith(_NOTE) else None


def _steps_after(found: tuple[int, ...]) -> list[str]:
    """The package's own migrations (pre- and post- alike: no worker of the old version runs meanwhile, or it
    only waits) that are newer than the version found, in their order.
    """
    steps = []
    for file in Path(SchemaManager.get_migrations_path()).glob("*.sql"):
        name = _STEP.match(file.name)
        if name and tuple(int(part) for part in name.groups()[:3]) > found:
            steps.append((tuple(int(part) for part in name.groups()), file))
    return [file.read_text(encoding="utf-8") for _, file in sorted(steps)]


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", release)[:3])
