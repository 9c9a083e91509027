"""What Twilio has that came in: its list of texts, for those whose webhook was lost; and their pictures.

A picture is fetched by its number from the API's own host, never from an address that a form names. That host
sends on to where it keeps media: over https and to Twilio's or its storage's names only, without our secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urljoin, urlsplit

from assistant.config import Twilio
from messages.channels.time_limit import TimeLimit
from messages.channels.twilio_client import TwilioClient, asking, bound, trust_no_proxy_on_loopback
from messages.channels.types import CannotAskError
from messages.pictures import LARGEST

if TYPE_CHECKING:
    from requests import PreparedRequest, Response

_PAGE = 1000  # Twilio's limit
_MESSAGE, _PICTURE = re.compile(r"(SM|MM)[0-9a-f]{32}"), re.compile(r"ME[0-9a-f]{32}")
# Where Twilio keeps media: https://www.twilio.com/docs/messaging/guides/accepting-mms
_STORES = (".twilio.com", ".twiliocdn.com", ".amazonaws.com")
_HOPS = 4
_LONGEST_SECONDS = 60.0
_SLACK = timedelta(minutes=10)  # the list runs newest first, nearly


@dataclass(frozen=True, slots=True)
class Received:
    """A text that came in at the provider. `at`: when, aware, in UTC, whole seconds."""

    provider_id: str
    sender: str
    to: str
    body: str
    at: datetime
    media: int = 0
    error_code: str = ""


class RefusedError(Exception):
    """A picture is not to be had, or not to be kept: "size", "gone" or "host"."""


class InboundChannel(Protocol):
    """Something that can be asked what came in."""

    def received(self, since: datetime) -> list[Received]:
        """Every text that came in at `since` (aware) or later, oldest first. Raises CannotAskError."""
        ...

    def pictures(self, message: str) -> list[str]:
        """The numbers of what came with a text, in order. Raises CannotAskError."""
        ...

    def picture(self, message: str, number: str) -> bytes:
        """One of them. Raises RefusedError for what will never be had, CannotAskError for now."""
        ...

    def delete_picture(self, message: str, number: str) -> None:
        """Delete it at the provider; one that is gone is no fault. Raises CannotAskError."""
        ...


class TwilioInbound:
    """An InboundChannel over Twilio's list of messages."""

    def __init__(self, settings: Twilio) -> None:
        self._settings = settings
        self._client = TwilioClient(settings)

    def received(self, since: datetime) -> list[Received]:
        """As InboundChannel.received. Only our own number's where we have but one."""
        with asking():
            found = list(self._received(since.astimezone(UTC).replace(microsecond=0)))
        return sorted(found, key=lambda one: (one.at, one.provider_id))

    def _received(self, since: datetime) -> Iterator[Received]:
        service = bool(self._settings.messaging_service_sid)
        ours = {} if service or not self._settings.from_number else {"to": self._settings.from_number}
        # The client writes a moment as if it were in UTC, whatever its zone: so it has to be.
        items = self._client.get().messages.stream(date_sent_after=since, page_size=_PAGE, **ours)
        for item in items:
            at = item.date_sent or item.date_created
            if at is None or str(item.direction) != "inbound":
                continue
            at = at.astimezone(UTC)
            if at < since - _SLACK:
                return
            if at >= since:
                yield Received(
                    str(item.sid),
                    str(item.from_ or ""),
                    str(item.to or ""),
                    str(item.body or ""),
                    at,
                    int(item.num_media or 0),
                    str(item.error_code or ""),
                )

    def pictures(self, message: str) -> list[str]:
        """As InboundChannel.pictures."""
        with asking():
            return sorted(str(item.sid) for item in self._client.get().messages(message).media.list(limit=10))

    def delete_picture(self, message: str, number: str) -> None:
        """As InboundChannel.delete_picture."""
        from twilio.base.exceptions import TwilioRestException

        with asking():
            try:
                self._client.get().messages(message).media(number).delete()
            except TwilioRestException as error:
                if error.status != 404:
                    raise

    def picture(self, message: str, number: str) -> bytes:
        """As InboundChannel.picture: at most `LARGEST` bytes, within a minute."""
        from requests.exceptions import RequestException

        if not (_MESSAGE.fullmatch(message) and _PICTURE.fullmatch(number)):
            raise RefusedError("gone")
        account = self._settings.account_sid
        base = self._client.get().api.base_url
        url = f"{base}/2010-04-01/Accounts/{account}/Messages/{message}/Media/{number}"
        try:
            return self._fetch(base, url)
        except RequestException as error:
            raise CannotAskError(f"a picture could not be fetched ({type(error).__name__})") from None

    def _fetch(self, base: str, url: str) -> bytes:
        from requests import Session

        with Session() as session, TimeLimit(_LONGEST_SECONDS) as limit:
            bound(session, limit)
            trust_no_proxy_on_loopback(session, base)
            secret = (self._settings.account_sid, self._settings.auth_token)
            for _ in range(_HOPS):
                if not _may_be_asked(base, url):
                    raise RefusedError("host")
                auth = secret if _origin(url) == _origin(base) else _no_secret
                answer = session.get(
                    url, auth=auth, stream=True, allow_redirects=False, timeout=self._settings.timeout_seconds
                )
                with answer:
                    if answer.is_redirect:
                        url = urljoin(url, answer.headers["Location"])
                        continue
                    return _content(answer, limit)
        raise RefusedError("host")


def _no_secret(request: PreparedRequest) -> PreparedRequest:
    """Without an `auth` of its own the client would look for one in the machine's files."""
    return request


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _may_be_asked(base: str, url: str) -> bool:
    if _origin(url) == _origin(base):
        return True
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    return parts.scheme == "https" and parts.port in (None, 443) and host.endswith(_STORES)


def _content(answer: Response, limit: TimeLimit) -> bytes:
    if answer.status_code in (404, 410):
        raise RefusedError("gone")
    if answer.status_code != 200:
        raise CannotAskError(f"a picture could not be fetched (HTTP {answer.status_code})")
    said = answer.headers.get("Content-Length", "")
    if said.isdigit() and int(said) > LARGEST:
        raise RefusedError("size")
    data = bytearray()
    for piece in answer.iter_content(65_536):
        data += piece
        if len(data) > LARGEST:
            raise RefusedError("size")
    if limit.over:  # and what came looks like all of it
        raise CannotAskError("a picture came too slowly")
    return bytes(data)
