"""An IMAP server on loopback (pymap, in memory), and a scripted one that can break off anywhere."""

from __future__ import annotations

import asyncio
import imaplib
import socket
import ssl
import threading
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass

from pymap.backend.dict import DictBackend
from pymap.imap import IMAPService
from pysasl.hashing import BuiltinHash

from tests.support.scripted import Scripted

USER, PASSWORD = "answers", "pass word"


@dataclass
class MailServer:
    """A running server with one account. `reset` makes its folder anew, with another UIDVALIDITY."""

    port: int
    backend: DictBackend

    def put(self, *mails: bytes) -> None:
        """Deliver e-mails into the folder."""
        with self.client() as client:
            for mail in mails:
                status, _ = client.append("INBOX", "", None, mail)
                assert status == "OK"

    def flags(self) -> dict[int, str]:
        """The flags of every e-mail that is there, by UID."""
        with self.client() as client:
            client.select("INBOX", readonly=True)
            _, found = client.uid("FETCH", "1:*", "(UID FLAGS)")
        lines = [one.decode() for one in found if isinstance(one, bytes)]
        return {int(one.partition("UID ")[2].split()[0].rstrip(")")): one for one in lines if "UID " in one}

    def reset(self) -> None:
        """As when a mailbox is restored on another machine: the same place, new UIDs."""
        self.backend.config.set_cache.clear()

    @contextmanager
    def client(self) -> Iterator[imaplib.IMAP4]:
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        client.login(USER, PASSWORD)
        yield client
        client.logout()


@contextmanager
def imap_server(*, starttls: ssl.SSLContext | None = None) -> Iterator[MailServer]:
    """Starts it in a thread of its own; gives it once it listens."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = int(listener.getsockname()[1])
    listener.close()
    ready, found = threading.Event(), []
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        arguments = Namespace(
            host=["127.0.0.1"],
            port=str(port),
            debug=False,
            cert=None,
            key=None,
            tls=starttls is not None,
            proxy_protocol=None,
            passlib_cfg=None,
            inherited_sockets=None,
            demo_data=False,
            demo_user=USER,
            demo_password=PASSWORD,
        )
        more = {"ssl_context": starttls} if starttls else {}
        cheap = BuiltinHash(rounds=1)  # of the password; its own takes a third of a second
        backend, config = await DictBackend.init(arguments, hash_context=cheap, **more)
        config.apply_context()
        async with AsyncExitStack() as stack:
            await backend.start(stack)
            await IMAPService(backend, config).start(stack)
            found.append(backend)
            ready.set()
            await stop.wait()

    def run() -> None:
        asyncio.set_event_loop(loop)
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(serve())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield MailServer(port, found[0])
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


class ScriptedImap(Scripted):
    """Answers each command by its word from `replies`, as `Scripted.say`.

    A reply's lines come before the tagged line; "NO" and "BAD" are tagged answers themselves.
    """

    def __init__(self, replies: Mapping[str, str | None]) -> None:
        super().__init__()
        self.replies: dict[str, str | None] = {
            "greeting": "* OK ready",
            "CAPABILITY": "* CAPABILITY IMAP4rev1",
        }
        self.replies.update(replies)
        self.commands: list[str] = []

    def talk(self, connection: socket.socket) -> None:
        if not self.say(connection, self.replies["greeting"]):
            return
        with connection.makefile("rb") as lines:
            for line in lines:
                words = line.decode("latin-1").split()
                tag, word = words[0], words[1].upper()
                if word == "UID":
                    word = f"UID {words[2].upper()}"
                self.commands.append(word)
                reply = self.replies.get(word, "")
                tagged = f"{tag} {reply} no" if reply in ("NO", "BAD") else f"{tag} OK done"
                if reply and reply not in ("NO", "BAD") and not self.say(connection, reply):
                    return
                if reply is None or not self.say(connection, tagged) or word == "LOGOUT":
                    return
