"""What `bench inbound` runs in processes of their own: signed posts over kept connections, and bare commits.

    python -m jobs.bench_load < JSON > JSON

One thread, no client library: requests are made and signed before the clock starts, so that on two cores the
one who asks costs little beside the one who answers.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import selectors
import socket
import sys
import threading
from collections import Counter, deque
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from assistant.clock import SystemClock, monotonic

GIVE_UP_SECONDS = 60.0
BODIES = ("1", "2", "yes", "No, the therapist was out sick today", "3 no idea, ask me later", "si tuvo")


def form_of(number: int, task: dict[str, Any]) -> list[tuple[str, str]]:
    """A webhook's fields, as Twilio sends them; every text is another one, from one of many parents."""
    sid = f"SM{number:032x}"
    return [
        ("ToCountry", "US"), ("ToState", "CA"), ("SmsMessageSid", sid), ("NumMedia", "0"), ("ToCity", ""),
        ("FromZip", "94601"), ("SmsSid", sid), ("FromState", "CA"), ("SmsStatus", "received"),
        ("FromCity", "OAKLAND"), ("Body", BODIES[number % len(BODIES)]), ("FromCountry", "US"),
        ("To", task["to"]), ("ToZip", ""), ("NumSegments", "1"), ("MessageSid", sid),
        ("AccountSid", task["account"]), ("From", sender(number, task["parents"])),
        ("ApiVersion", "2010-04-01"),
    ]  # fmt: skip


def sender(number: int, parents: int) -> str:
    return f"+1415{number * 7919 % parents + 2_000_000:07d}"


def signature(token: str, url: str, form: list[tuple[str, str]]) -> str:
    """As Twilio's documentation has it; the program checks it with Twilio's own code."""
    glued = url + "".join(name + value for name, value in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), glued.encode(), hashlib.sha1).digest()).decode()


def request_of(number: int, task: dict[str, Any]) -> bytes:
    form = form_of(number, task)
    body = urlencode(form).encode()
    head = (
        f"POST {task['path']} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: TwilioProxy/1.1\r\n"
        "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
        f"X-Twilio-Signature: {signature(task['token'], task['url'], form)}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Load:
    """Posts every request once, over so many connections; each has one request under way at a time.

    With a `rate` the n-th request is due at n / rate seconds, whether or not others are answered by then, and
    is timed from that moment on; without, as soon as a connection is free.
    """

    def __init__(self, task: dict[str, Any]) -> None:
        numbers = range(task["first"], task["first"] + task["count"])
        self._requests = deque(request_of(number, task) for number in numbers)
        self._total, self._rate, self._port = task["count"], task["rate"], task["port"]
        self._answers: Counter[str] = Counter()
        self._seconds: list[float] = []
        self._under_way: dict[socket.socket, tuple[float, bytearray]] = {}
        self._free = deque(self._connect() for _ in range(task["connections"]))
        self._selector = selectors.DefaultSelector()

    def run(self) -> dict[str, Any]:
        start = monotonic()
        sent = 0
        while sum(self._answers.values()) < self._total and monotonic() - start < GIVE_UP_SECONDS:
            now = monotonic()
            while self._requests and self._free and self._due(sent, start) <= now:
                self._send(self._free.popleft(), max(self._due(sent, start), start) if self._rate else now)
                sent += 1
            wait = (
                self._due(sent, start) - monotonic() if self._rate and self._requests and self._free else 0.2
            )
            for key, _ in self._selector.select(max(0.0, min(wait, 0.2))):
                self._read(key.fileobj)  # type: ignore[arg-type]  # sockets are all it was given
        taken = monotonic() - start
        return {"seconds": taken, "answers": dict(self._answers), "latencies": sorted(self._seconds)}

    def _due(self, number: int, start: float) -> float:
        return start + number / self._rate if self._rate else start

    def _connect(self) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self._port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def _send(self, connection: socket.socket, since: float) -> None:
        connection.sendall(self._requests.popleft())
        self._under_way[connection] = (since, bytearray())
        self._selector.register(connection, selectors.EVENT_READ)

    def _read(self, connection: socket.socket) -> None:
        since, answer = self._under_way[connection]
        try:
            piece = connection.recv(65536)
        except ConnectionError:
            piece = b""
        answer += piece
        head, found, body = bytes(answer).partition(b"\r\n\r\n")
        if piece and not (found and len(body) >= _length(head)):
            return
        self._selector.unregister(connection)
        del self._under_way[connection]
        self._seconds.append(monotonic() - since)
        self._answers[head[9:12].decode() if piece else "none"] += 1
        if not piece or b"connection: close" in head.lower():
            connection.close()
            connection = self._connect()
        self._free.append(connection)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


def bare(task: dict[str, Any]) -> dict[str, Any]:
    """The same rows, one commit each, by Core alone: what the database gives to so many threads."""
    from sqlalchemy import insert

    from assistant.store import InboundText, open_store
    from assistant.store.engine import Use

    store, clock = open_store(task["database"], use=Use("bench bare", task["threads"])), SystemClock()
    numbers = iter(range(task["first"], task["first"] + task["count"]))
    lock = threading.Lock()
    seconds: list[list[float]] = [[] for _ in range(task["threads"])]

    def rows() -> Iterator[dict[str, Any]]:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            now = clock.now()
            yield {
                "provider_id": f"SM{number:032x}", "signature_hash": f"{number:064x}", "channel": "sms",
                "from_address": sender(number, task["parents"]), "to_address": task["to"],
                "body": BODIES[number % len(BODIES)], "received_at": now, "read_from": now,
            }  # fmt: skip

    def work(mine: list[float]) -> None:
        for row in rows():
            began = monotonic()
            with store.brief(30.0, single=True) as connection:
                connection.execute(insert(InboundText), row)
            mine.append(monotonic() - began)

    start = monotonic()
    threads = [threading.Thread(target=work, args=(mine,)) for mine in seconds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = monotonic() - start
    store.close()
    return {"seconds": taken, "answers": {}, "latencies": sorted(one for mine in seconds for one in mine)}


def main() -> None:
    task = json.load(sys.stdin)
    work = bare if task["kind"] == "bare" else lambda task: Load(task).run()
    json.dump(work(task), sys.stdout)


if __name__ == "__main__":
    main()
