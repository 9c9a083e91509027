"""Twilio's own client, made once a process, with what it leaves open made safe.

Its defaults are not ours: it waits for ever, reads TWILIO_* from the environment, and logs numbers. Whatever
speaks with Twilio's API goes through here: sending, asking what it has, media, the doctor.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assistant.config import Twilio
from messages.channels.time_limit import TimeLimit
from messages.channels.types import CannotAskError

if TYPE_CHECKING:
    from socket import socket

    from requests import Response, Session
    from twilio.rest import Client


CONNECT_SECONDS = 5.0


class TwilioClient:
    """Makes the client on first use. One serves many threads; a forked process makes its own connections."""

    def __init__(self, settings: Twilio) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._made: tuple[int, Client] | None = None
        self._seen = threading.local()

    def get(self) -> Client:
        """The client of this process. No call of it takes longer than a connection and
        `twilio.timeout_seconds`, however slowly the answer comes.
        """
        with self._lock:
            # Connections that were open before a fork would be shared, and answers would cross.
            if self._made is None or self._made[0] != os.getpid():
                self._made = os.getpid(), self._connect()
            return self._made[1]

    def forget_wait(self) -> None:
        """Before a call whose Retry-After matters."""
        self._seen.retry_after = None

    def asked_wait(self) -> str | None:
        """The Retry-After header of this thread's last answer, as it came."""
        found: str | None = getattr(self._seen, "retry_after", None)
        return found

    def _connect(self) -> Client:
        from twilio.http.http_client import TwilioHttpClient
        from twilio.rest import Client

        keep_numbers_out_of_logs()
        http = TwilioHttpClient(
            timeout=self._settings.timeout_seconds, request_hooks={"response": [self._note]}
        )
        client = Client(
            self._settings.account_sid,
            self._settings.auth_token,
            http_client=http,
            environment={"TWILIO_EDGE": ""},  # an empty mapping would make the client read the real one
        )
        if self._settings.api_base:
            client.api.base_url = self._settings.api_base.rstrip("/")
            if http.session is not None:
                trust_no_proxy_on_loopback(http.session, self._settings.api_base)
        if http.session is not None:
            bound(http.session)
        return client

    def _note(self, response: Response, *_: object, **__: object) -> None:
        # The client's exceptions carry no headers.
        self._seen.retry_after = response.headers.get("Retry-After")


@contextmanager
def asking() -> Iterator[None]:
    """Around a question to Twilio: whatever goes wrong on the way comes out as CannotAskError, one sentence.

    Twilio's own sentences stay out of it: they quote numbers.
    """
    from requests.exceptions import RequestException
    from twilio.base.exceptions import TwilioException

    try:
        yield
    except TwilioException as error:
        status = getattr(error, "status", None)
        raise CannotAskError(
            f"Twilio answered {status or 'nothing usable'} when asked for its texts"
        ) from None
    except RequestException as error:
        raise CannotAskError(
            f"Twilio could not be reached to ask for its texts ({type(error).__name__})"
        ) from None
    except (ValueError, TypeError, AttributeError, KeyError):
        raise CannotAskError("Twilio's list of texts could not be read") from None


def bound(session: Session, whole: TimeLimit | None = None) -> None:
    """Wait for a connection a few seconds at most, whatever the time-out for an answer is, and for the whole
    answer no longer than both: a time-out alone bounds each of its bytes, and none the look-up of the name.
    `whole`: one limit for all calls.
    """
    from socket import gaierror

    from requests.adapters import HTTPAdapter
    from requests.exceptions import ReadTimeout
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.exceptions import (
        ConnectTimeoutError,
        LocationParseError,
        NameResolutionError,
        NewConnectionError,
    )

    now = threading.local()  # `limit`: of what this thread is doing

    class Http(HTTPConnection):
        def request(self, *args: Any, **more: Any) -> None:
            if self.sock is not None:  # kept from the request before
                now.limit.watch(self.sock)
            super().request(*args, **more)

        def _new_conn(self) -> socket:
            # As urllib3's own, whose look-up of the name would have no end.
            try:
                made: socket = now.limit.connect(self._dns_host, self.port, self.timeout)
            except UnicodeError:
                raise LocationParseError(f"'{self.host}', label empty or too long") from None
            except gaierror as error:
                raise NameResolutionError(self.host, self, error) from error
            except TimeoutError as error:
                raise ConnectTimeoutError(self, f"no connection to {self.host} in time") from error
            except OSError as error:
                raise NewConnectionError(self, f"no connection: {error}") from error
            for option in self.socket_options or ():
                made.setsockopt(*option)
            return made

    class Https(Http, HTTPSConnection):
        pass

    class HttpPool(HTTPConnectionPool):
        ConnectionCls = Http

    class HttpsPool(HTTPSConnectionPool):
        ConnectionCls = Https

    class Bounded(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **more: Any) -> None:
            super().init_poolmanager(*args, **more)
            self.poolmanager.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}

        def proxy_manager_for(self, *args: Any, **more: Any) -> Any:
            manager = super().proxy_manager_for(*args, **more)
            manager.pool_classes_by_scheme = self.poolmanager.pool_classes_by_scheme
            return manager

        def send(
            self, request: Any, stream: bool = False, timeout: Any = None, *args: Any, **more: Any
        ) -> Any:
            quick = min(CONNECT_SECONDS, timeout)
            with nullcontext(whole) if whole else TimeLimit(quick + timeout) as limit:
                now.limit = limit
                answer = super().send(request, stream, (quick, timeout), *args, **more)
                if not stream:
                    answer.content  # noqa: B018  read here, while the limit holds
                if limit.over:  # what was cut off can look whole
                    raise ReadTimeout(request=request)
            return answer

    session.mount("https://", Bounded())
    session.mount("http://", Bounded())


def trust_no_proxy_on_loopback(session: Session, url: str) -> None:
    """A proxy of the environment cannot reach this machine's loopback, where tests keep their Twilio."""
    if is_loopback(url):
        session.trust_env = False


def is_loopback(url: str) -> bool:
    """Whether the address names this machine itself."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def keep_numbers_out_of_logs() -> None:
    """Both loggers write request addresses, and those of a list hold the phone number."""
    for name in ("twilio.http_client", "urllib3.connectionpool"):
        logger = logging.getLogger(name)
        if logger.level < logging.WARNING:
            logger.setLevel(logging.WARNING)
