"""New databases at the newest schema, without living through every migration each time.

The migrations run once a process, into a database that is then copied; tests/store runs them for real.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from assistant.store import Store, open_store
from assistant.store.migrate import upgrade


def new_sqlite(file: Path, *, durable: bool = False) -> Store:
    """A SQLite store in `file`, at the newest schema, empty."""
    file.write_bytes(_migrated())
    return open_store(f"sqlite:///{file}", durable=durable)


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "migrated.db"
        store = open_store(f"sqlite:///{file}", durable=False)
        upgrade(store)
        store.close()  # the last connection takes the write-ahead log in
        return file.read_bytes()
