"""A server on loopback that says what a script tells it to, and can break off anywhere."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Self

from tests.support.fake_twilio_wire import drip


class Scripted:
    """Listens, to one caller at a time; what it says is the business of `talk`."""

    def __init__(self) -> None:
        self._closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                self.talk(connection)

    def talk(self, connection: socket.socket) -> None:
        raise NotImplementedError

    def say(self, connection: socket.socket, reply: str | None) -> bool:
        """A line; False where that was the end. None closes the connection at once, "hang" says nothing until
        the server is closed, "drip" a byte now and then.
        """
        if reply == "hang":
            self._closing.wait()
        elif reply == "drip":
            drip(connection, b"", self._closing)
        elif reply is not None:
            connection.sendall(reply.encode("latin-1") + b"\r\n")
            return True
        return False


class Dripping(Scripted):
    """Begins to say something and never ends: `start`, and then a byte now and then."""

    def __init__(self, start: bytes) -> None:
        super().__init__()
        self._start = start

    def talk(self, connection: socket.socket) -> None:
        drip(connection, self._start, self._closing)
