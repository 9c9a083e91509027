"""A Messages API on loopback that takes every text and counts them by number: as little work as can be."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from urllib.parse import parse_qs


class CountingProvider:
    """Answers 201 to every create and an empty list to every question, from a thread of its own. `taken`
    counts the creates for each number.
    """

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self._number = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None

    def __enter__(self) -> CountingProvider:
        self._thread.start()
        starting = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                if head.startswith("post"):
                    length = int(head.split("content-length:", 1)[1].split("\r\n", 1)[0])
                    self.taken[parse_qs((await reader.readexactly(length)).decode())["To"][0]] += 1
                    self._number += 1
                    status, made = "201 Created", {"sid": f"SM{self._number:032x}", "status": "accepted"}
                    body = json.dumps(made).encode()
                else:
                    status, body = "200 OK", b'{"messages": [], "next_page_uri": null}'
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n".encode()
                    + body
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()
