"""A host's addresses, within a time.

The system's resolver waits as long as its own settings say (`resolv.conf`: with two servers that are silent
twenty seconds and more), whatever time-outs a connection has. So it is asked in a thread of its own.
"""

from __future__ import annotations

import os
import socket
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLateError
from contextlib import suppress
from threading import Lock, Thread
from typing import Any

# Longer than the resolver's five seconds for a first server that is down: the second still gets its turn.
LOOK_UP_SECONDS = 12.0

Address = tuple[int, int, int, Any]  # family, kind, protocol, the address itself
_asked: dict[tuple[int, str, int], Future[list[Address]]] = {}
_lock = Lock()


def addresses_of(host: str, port: int, seconds: float = LOOK_UP_SECONDS) -> list[Address]:
    """The addresses for a stream, the resolver's first choice first.

    Waits `seconds` at most. Raises OSError: gaierror where the name has none, TimeoutError where nobody said;
    UnicodeError where it can be no name.
    """
    # A forked process has the table, but not the threads.
    key = os.getpid(), host, port
    with _lock:
        answer = _asked.get(key)
        if answer is None:
            # One thread a name: while the resolver hangs, whoever comes next waits for the same answer.
            answer = _asked[key] = Future()
            Thread(target=_ask, args=(key, answer), name="look-up", daemon=True).start()
    try:
        return answer.result(max(seconds, 0.0))
    except TooLateError:
        raise TimeoutError("the name was not resolved in time") from None


def _ask(key: tuple[int, str, int], answer: Future[list[Address]]) -> None:
    _, host, port = key
    found: list[Address] = []
    failed: OSError | UnicodeError | None = None
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            found.append((family, kind, protocol, address))
    except (OSError, UnicodeError) as error:
        failed = error
    with _lock, suppress(KeyError):
        del _asked[key]  # the next one asks anew: names move
    if failed is not None:
        answer.set_exception(failed)
    else:
        answer.set_result(found)
