"""The fake Twilio's sockets: the server that the program calls, and the posts that go to the program."""

from __future__ import annotations

import base64
import binascii
import json
import os
import socket
import struct
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit

from twilio.request_validator import RequestValidator

from tests.support.fake_twilio_media import Pictures
from tests.support.fake_twilio_rules import Account, Message, error_json, http_status, resource
from tests.support.fake_twilio_setup import Setup

Mode = Literal[
    "ok",
    "429",  # with Retry-After: `retry_after`
    "500-before",  # nothing kept
    "500-after",  # kept, and then the error
    "503-before",
    "hang-before",  # no answer until the fake closes
    "hang-after",
    "drip-before",  # an answer that never ends: its head comes, a byte at a time
    "drip-after",  # likewise, of its body
    "reset-before",  # the connection is torn down (RST)
    "reset-after",
    "empty-200",  # kept, and an answer without a body
    "html-502",  # a gateway's page; nothing kept
    "html-200",  # kept, and a page where JSON is due
    "null-200",  # kept, and JSON that is no message
    "302",
]


# What Twilio's retry policies call it: no connection, no answer in time (or torn), an answer that says no.
Failure = Literal["", "ct", "rt", "4xx", "5xx"]


@dataclass(frozen=True)
class Answer:
    """What the program answered to a webhook. Status 0: no answer came."""

    status: int
    body: str = ""
    content_type: str = ""
    failure: Failure = ""


class Desk(Protocol):
    """What the server asks: the books behind it."""

    account: Account
    retry_after: str
    pictures: Pictures
    released: threading.Event
    setup: Setup

    def take(self, form: dict[str, str]) -> tuple[Mode, Message | int]: ...
    def list_mode(self) -> Mode: ...
    def message(self, sid: str) -> Message: ...
    def page(self, query: dict[str, str]) -> dict[str, object]: ...


def sign(auth_token: str, url: str, form: Sequence[tuple[str, str]]) -> str:
    """The X-Twilio-Signature for a post, made by Twilio's own code."""
    return str(RequestValidator(auth_token).compute_signature(url, dict(form)))


def post(
    url: str,
    form: Sequence[tuple[str, str]],
    auth_token: str,
    signed_as: str | None = None,
    *,
    connect: float = 15.0,
    read: float = 15.0,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Post a signed webhook once. Status 0: no answer came. `connect` and `read` in seconds."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=connect)
    sent = {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "User-Agent": "TwilioProxy/1.1",
        "X-Twilio-Signature": sign(auth_token, signed_as or url, form),
        **(headers or {}),
    }
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    failure: Failure = "ct"
    try:
        connection.connect()
        failure = "rt"
        connection.sock.settimeout(read)
        connection.request("POST", target or "/", urlencode(list(form)).encode(), sent)
        response = connection.getresponse()
        body = response.read().decode("utf-8", "replace")
    except (OSError, HTTPException):
        return Answer(0, failure=failure)
    finally:
        connection.close()
    failure = "" if response.status < 400 else "4xx" if response.status < 500 else "5xx"
    return Answer(response.status, body, response.getheader("Content-Type", ""), failure)


def drip(connection: socket.socket, start: bytes, enough: threading.Event) -> None:
    """Say `start`, and then a byte every 20 ms for as long as somebody listens: no wait for one is long."""
    with suppress(OSError):
        connection.sendall(start)
        while not enough.wait(0.02):
            connection.sendall(b"x")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    fake: Desk
    connections: int  # that were ever made to it

    def __init__(self, fake: Desk) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fake = fake
        self.connections = 0

    def get_request(self) -> tuple[socket.socket, Any]:
        self.connections += 1
        return super().get_request()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed in the middle is part of the tests, not worth a traceback."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        form = dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
        if not self._admitted(form):
            return
        if self._rest() != "Messages.json":
            self._error(20404, form)
            return
        mode, outcome = self.server.fake.take(form)
        if not self._went_wrong(mode):
            if isinstance(outcome, int):
                self._error(outcome, form)
            else:
                self._json(201, resource(self.server.fake.account, outcome))

    def do_DELETE(self) -> None:
        if not self._admitted({}):
            return
        number = urlsplit(self.path).path.rpartition("/")[2].removesuffix(".json")
        if self.server.fake.pictures.data.pop(number, None) is None:
            self._error(20404, {})
        else:
            self._answer(204, b"")

    def _picture(self, path: str) -> bool:
        """Serve what is a picture's address, or the list of a text's; False for anything else."""
        pictures, parts = self.server.fake.pictures, path.split("/")
        if parts[1] == "media-store":
            data = pictures.data.get(parts[-1], b"")
            pictures.asked_with_secret.append("Authorization" in self.headers)
            self._answer(200 if data else 404, data, "application/octet-stream")
        elif parts[-1] == "Media.json":
            self._json(200, pictures.listed(self.server.fake.account.sid, parts[-2]))
        elif parts[-2] == "Media":
            if parts[-1] in pictures.data:
                self._answer(307, b"", "text/html", ("Location", pictures.goes_to.format(number=parts[-1])))
            else:
                self._error(20404, {})
        else:
            return False
        return True

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/media-store/"):
            self._picture(path)
            return
        if not self._admitted({}):
            return
        if self._went_wrong(self.server.fake.list_mode()):
            return
        parts = urlsplit(self.path)
        told = self.server.fake.setup.answer(
            self.server.fake.account, parts.path, dict(parse_qsl(parts.query))
        )
        if told is not None:
            self._json(200, told)
            return
        rest = self._rest()
        if self._picture(path):
            return
        if rest == "Messages.json":
            self._json(200, self.server.fake.page(dict(parse_qsl(urlsplit(self.path).query))))
            return
        try:
            found = self.server.fake.message(rest.removeprefix("Messages/").removesuffix(".json"))
        except KeyError:
            self._error(20404, {})
        else:
            self._json(200, resource(self.server.fake.account, found))

    def _rest(self) -> str:
        """The path after the account, or nothing where it is not our account's."""
        start = f"/2010-04-01/Accounts/{self.server.fake.account.sid}/"
        path = urlsplit(self.path).path
        return path.removeprefix(start) if path.startswith(start) else ""

    def _admitted(self, form: dict[str, str]) -> bool:
        account = self.server.fake.account
        try:
            given = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic "))
        except binascii.Error:
            given = b""
        if given == f"{account.sid}:{account.auth_token}".encode():
            return True
        self._error(20003, form)
        return False

    def _went_wrong(self, mode: Mode) -> bool:
        """Do what the mode asks; False where the true answer should go out."""
        if mode == "ok":
            return False
        if mode.startswith("hang"):
            self.server.fake.released.wait()
            self.close_connection = True
        elif mode.startswith("drip"):
            self._drip(head=mode == "drip-before")
        elif mode.startswith("reset"):
            self._reset()
        elif mode == "429":
            self._error(20429, {}, ("Retry-After", self.server.fake.retry_after))
        elif mode.startswith("500"):
            self._error(20500, {})
        elif mode == "503-before":
            self._answer(503, b'{"code": 20503, "message": "Service Unavailable", "status": 503}')
        elif mode == "302":
            self._answer(302, b"", "text/html", ("Location", "http://127.0.0.1:9/login"))
        else:
            status = 502 if mode == "html-502" else 200
            body = {"empty-200": b"", "null-200": b"null"}.get(mode, b"<html><body>gateway</body></html>")
            self._answer(status, body, "text/html")
        return True

    def _drip(self, *, head: bool) -> None:
        self.close_connection = True
        start = b"HTTP/1.1 201 Created\r\nX-Slow: " if head else b"HTTP/1.1 201 Created\r\n\r\n"
        drip(self.connection, start, self.server.fake.released)

    def _reset(self) -> None:
        """Tear the connection down at once: with no linger time, closing sends a reset."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def _error(self, code: int, form: dict[str, str], *headers: tuple[str, str]) -> None:
        self._json(http_status(code), error_json(code, form), *headers)

    def _json(self, status: int, value: object, *headers: tuple[str, str]) -> None:
        self._answer(status, json.dumps(value).encode(), "application/json", *headers)

    def _answer(
        self, status: int, body: bytes, content_type: str = "application/json", *headers: tuple[str, str]
    ) -> None:
        self.send_response(status)
        for name, value in (("Content-Type", content_type), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the name is the base class's
        """Quiet."""
