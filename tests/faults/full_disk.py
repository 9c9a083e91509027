"""A full disk where none can be mounted: PostgreSQL says so of every row that is added (SQLSTATE 53100)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import text

from tests.faults.world import Machine, again

# What the send and receive paths add rows to.
FILLED = ("outgoing_messages", "inbound_texts", "log_entries", "consents", "status_events")


@contextmanager
def refusing_rows(machine: Machine, tables: Sequence[str] = FILLED) -> Iterator[None]:
    """Meanwhile no row gets into these tables; a statement that adds none goes on, as on a real disk."""
    _execute(
        machine,
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$",
        *(
            f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION full_disk()"
            for table in tables
        ),
    )
    try:
        yield
    finally:
        _execute(machine, "DROP FUNCTION full_disk() CASCADE")


def _execute(machine: Machine, *statements: str) -> None:
    def execute() -> None:
        with machine.store.engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))

    again(execute)
    machine.rest()
