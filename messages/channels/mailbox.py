"""A mailbox read by IMAP (RFC 9051 and 3501): the standard library's client, since five commands are all.

An e-mail is named by its UID within one UIDVALIDITY. Sizes are asked first: of what is too large only the
head comes. Reading marks nothing (PEEK); that is a step of its own, for after it is stored.
"""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from assistant.config import Mailbox
from messages.channels.time_limit import TimeLimit

HEAD_BYTES = 64 * 1024
_SIZE = re.compile(rb"\bUID (\d+)\b.*\bRFC822\.SIZE (\d+)|\bRFC822\.SIZE (\d+)\b.*\bUID (\d+)")
_UNTIL_GOODBYE_SECONDS = 5.0
LONGEST_SECONDS = (
    120.0  # of one look into the mailbox, whatever the server does; what is left is read by the next
)


class MailboxError(Exception):
    """The mailbox could not be read. `code`: "refused" (name, password or folder), "certificate", "letters"
    (a name or password that IMAP cannot carry), "unreachable", "lost" or "answer" (one that makes no sense).
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Fetched:
    """One e-mail of the folder. `whole=False`: `data` is its head, because the rest is too large."""

    uid: int
    data: bytes
    whole: bool


class ImapMailbox:
    """The mailbox of the settings. `trust`: how its certificate is checked; by the system's when None."""

    def __init__(self, settings: Mailbox, trust: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._trust = trust

    @contextmanager
    def open(self) -> Iterator[Folder]:
        """Sign in and look into the folder. Raises MailboxError; so does all that is done with the folder."""
        client: imaplib.IMAP4 | None = None
        with TimeLimit(LONGEST_SECONDS) as limit:
            try:
                with _as_mailbox_error():
                    client = self._connect(limit)
                    self._sign_in(client)
                    folder = Folder(client, self._select(client), _can_expunge_one(client))
                yield folder
            finally:
                _goodbye(client)

    def _connect(self, limit: TimeLimit) -> imaplib.IMAP4:
        s = self._settings
        context = self._trust or ssl.create_default_context()
        client = _Watched(s, limit, context if s.tls == "tls" else None)
        if s.tls == "starttls":
            try:
                client.starttls(context)
            except BaseException:
                _goodbye(client)
                raise
        return client

    def _sign_in(self, client: imaplib.IMAP4) -> None:
        try:
            client.login(_quoted(self._settings.username), self._settings.password)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            raise MailboxError("refused") from None
        except UnicodeError:
            raise MailboxError("letters") from None

    def _select(self, client: imaplib.IMAP4) -> int:
        status, _ = client.select(_quoted(self._settings.folder))
        if status != "OK":
            raise MailboxError("refused")
        _, found = client.response("UIDVALIDITY")
        first = found[0] if found else None
        if not isinstance(first, bytes) or not first.isdigit():
            raise MailboxError("answer")
        return int(first)


class _Watched(imaplib.IMAP4):
    """A connection that ends with the limit; encrypted from its first byte on where `tls` is given."""

    def __init__(self, settings: Mailbox, limit: TimeLimit, tls: ssl.SSLContext | None) -> None:
        self._limit, self._tls = limit, tls
        super().__init__(settings.host, settings.port, settings.timeout_seconds)

    def _create_socket(self, timeout: float) -> socket.socket:
        made = self._limit.connect(self.host, self.port, timeout)
        try:
            return self._tls.wrap_socket(made, server_hostname=self.host) if self._tls else made
        except BaseException:
            made.close()
            raise


class Folder:
    """The open folder."""

    def __init__(self, client: imaplib.IMAP4, validity: int, can_expunge_one: bool) -> None:
        self._client = client
        self._can_expunge_one = can_expunge_one
        self.validity = validity

    def uids_after(self, uid: int) -> list[int]:
        """The UIDs above this one, in their order. ("N:*" also names the last e-mail, whatever its UID.)"""
        (found,) = self._uid("SEARCH", None, f"UID {uid + 1}:*")[:1] or (b"",)
        words = found.split() if isinstance(found, bytes) else []
        return sorted(number for number in map(_number, words) if number > uid)

    def fetch(self, uids: Sequence[int], most_bytes: int) -> Iterator[Fetched]:
        """These e-mails, one by one; what is gone meanwhile is left out."""
        sizes = self._sizes(uids)
        for uid in uids:
            if uid not in sizes:
                continue
            whole = sizes[uid] <= most_bytes
            part = "BODY.PEEK[]" if whole else f"BODY.PEEK[HEADER]<0.{HEAD_BYTES}>"
            data = self._literal(self._uid("FETCH", str(uid), f"(UID {part})"))
            if data is not None:
                yield Fetched(uid, data, whole)

    def done_with(self, uid: int, *, delete: bool) -> None:
        """Mark it as seen, or delete it; where the server cannot delete one alone, it is only marked so."""
        flags = r"(\Seen \Deleted)" if delete else r"(\Seen)"
        self._uid("STORE", str(uid), "+FLAGS.SILENT", flags)
        if delete and self._can_expunge_one:
            self._uid("EXPUNGE", str(uid))

    def _sizes(self, uids: Sequence[int]) -> dict[int, int]:
        if not uids:
            return {}
        found: dict[int, int] = {}
        for line in self._uid("FETCH", ",".join(map(str, uids)), "(UID RFC822.SIZE)"):
            said = _SIZE.search(line) if isinstance(line, bytes) else None
            if said:
                uid, size = (said[1], said[2]) if said[1] else (said[4], said[3])
                found[int(uid)] = int(size)
        return found

    def _uid(self, command: str, *arguments: Any) -> list[Any]:
        with _as_mailbox_error():
            status, found = self._client.uid(command, *arguments)
        if status != "OK":
            raise MailboxError("answer")
        return [one for one in found if one is not None]

    @staticmethod
    def _literal(found: list[Any]) -> bytes | None:
        """The e-mail in a FETCH answer: what stands beside its line, as a pair."""
        return next((one[1] for one in found if isinstance(one, tuple) and isinstance(one[1], bytes)), None)


@contextmanager
def _as_mailbox_error() -> Iterator[None]:
    """The many errors of the way as ours; abort and SSL errors first, they are kinds of the others."""
    try:
        yield
    except ssl.SSLCertVerificationError:
        raise MailboxError("certificate") from None
    except imaplib.IMAP4.abort:
        raise MailboxError("lost") from None
    except imaplib.IMAP4.error:
        raise MailboxError("answer") from None
    except OSError as error:
        raise MailboxError("lost" if isinstance(error, TimeoutError) else "unreachable") from None
    except UnicodeError:
        raise MailboxError("letters") from None


def _goodbye(client: imaplib.IMAP4 | None) -> None:
    """Leave without waiting long: what the server says now changes nothing."""
    if client is None:
        return
    with suppress(OSError, imaplib.IMAP4.error, ValueError):
        client.sock.settimeout(_UNTIL_GOODBYE_SECONDS)
        client.logout()
    with suppress(OSError, AttributeError):
        client.shutdown()


def _can_expunge_one(client: imaplib.IMAP4) -> bool:
    """RFC 4315. Asked anew: what a server can do it often tells only who has signed in."""
    _, found = client.capability()
    return any(isinstance(one, bytes) and b"UIDPLUS" in one.upper().split() for one in found)


def _quoted(value: str) -> str:
    """As an IMAP quoted string; imaplib quotes passwords only."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _number(word: bytes) -> int:
    return int(word) if word.isdigit() else 0
