"""A limit for all that is done over a connection, however it goes.

A socket's time-out bounds one wait. A server that says one byte at a time never lets it run out, and could
hold a worker for ever; after the limit the connection is shut down under whoever reads from it.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from threading import Lock, Timer
from types import TracebackType

from assistant.clock import monotonic
from messages.channels.look_up import LOOK_UP_SECONDS, addresses_of


class TimeLimit:
    """Around all that is done with a connection. Once `seconds` are over, every socket it watches is shut
    down, and whoever waits there gets an OSError or an end of the stream. It never raises itself.
    """

    def __init__(self, seconds: float) -> None:
        self._ends = monotonic() + seconds
        self._seconds = seconds
        self._lock = Lock()
        self._watched: list[socket.socket] = []
        self.over = False  # whether the time is up, or nobody is inside any more

    def __enter__(self) -> TimeLimit:
        self._timer = Timer(self._seconds, self._shut_down)
        self._timer.daemon = True
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self.over = True
            for mine in self._watched:
                mine.close()
            self._watched.clear()

    def watch(self, connection: socket.socket) -> None:
        """From now on this connection, too, ends with the limit."""
        with self._lock:
            # A copy: TLS takes the first one over, and a number that was closed may be another's by then.
            mine = socket.socket(fileno=os.dup(connection.fileno()))
            self._watched.append(mine)
            if self.over:
                _end(mine)

    def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        """A watched connection to the first address of `host` that takes one. Raises OSError.

        `timeout`: the longest wait, in seconds, for each of the addresses, and later for each answer. The
        look-up of the name has a limit of its own (`look_up`).
        """
        refused: OSError | None = None
        look_up = min(LOOK_UP_SECONDS, self._ends - monotonic())
        for family, kind, protocol, address in addresses_of(host, port, look_up):
            left = self._ends - monotonic()
            if left <= 0:
                break
            found = socket.socket(family, kind, protocol)
            try:
                found.settimeout(min(timeout, left))
                found.connect(address)
                found.settimeout(timeout)
            except OSError as error:
                found.close()
                refused = error
                continue
            self.watch(found)
            return found
        raise refused or TimeoutError("no address answered in time")

    def _shut_down(self) -> None:
        with self._lock:
            self.over = True
            for mine in self._watched:
                _end(mine)


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
