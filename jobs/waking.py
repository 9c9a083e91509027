"""How pages wake the clock where both run on one machine with SQLite: a datagram beside the database.

Each clock listens at `DATABASE.wake.PID`; a page sends an empty datagram to all of them. It says only "look
now", may be lost, and never makes a page wait: the clock comes by every few seconds all the same.
"""

from __future__ import annotations

import contextlib
import glob
import logging
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)


class Ear:
    """Calls `wake` whenever somebody calls. Where no socket can be made there, as with a very long path, it
    says so in the log and hears nothing.
    """

    def __init__(self, database: Path, wake: Callable[[], object]) -> None:
        self._path = Path(f"{database.absolute()}.wake.{os.getpid()}")
        self._wake, self._ending = wake, False
        self._socket: socket.socket | None = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._path.unlink(missing_ok=True)
            self._socket.bind(str(self._path))
            self._path.chmod(0o600)
        except OSError as error:
            log.warning(
                "pages cannot wake this clock (%s); it looks every few seconds", error.strerror or error
            )
            self._socket.close()
            self._socket = None
            return
        self._thread = threading.Thread(target=self._listen, name="ear", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hear no more."""
        if self._socket is None:
            return
        self._ending = True
        _send(str(self._path))
        self._thread.join(5)
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _listen(self) -> None:
        assert self._socket is not None
        while True:
            self._socket.recv(16)
            if self._ending:
                return
            self._wake()


def call(database: Path) -> None:
    """Wake every clock that listens beside this database. Returns at once; nobody there is no fault."""
    for path in glob.glob(f"{glob.escape(str(database.absolute()))}.wake.*"):
        _send(path)


def _send(path: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as caller:
        caller.setblocking(False)
        try:
            caller.sendto(b"", path)
        except ConnectionRefusedError:  # its clock was killed
            with contextlib.suppress(OSError):
                os.unlink(path)
        except OSError:
            return  # a full queue wakes as well, and what is gone cannot be woken
