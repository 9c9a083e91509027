"""Texts through Twilio's own client.

A create has no idempotency key, so an answer that was lost is "unsure" and never sent again from here.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from assistant.clock import Clock, SystemClock
from assistant.config import Twilio
from messages.channels.twilio_client import TwilioClient, asking
from messages.channels.twilio_codes import create_meaning, late_meaning
from messages.channels.types import FoundMessage, Receipt, Text

if TYPE_CHECKING:
    from twilio.base.exceptions import TwilioException

MAX_VALIDITY_SECONDS = 36_000  # Twilio's limit and its default
_SID = re.compile(r"(SM|MM)[0-9a-f]{32}")
_TRIAL_PREFIX = "Sent from your Twilio trial account - "  # a trial account's texts are stored with it
_PAGE = 50
NOT_FOUND = 404
_RECENT = timedelta(minutes=10)


class TwilioSms:
    """A TextChannel over Twilio. One serves many threads; a forked process makes its own connections.

    `public_url`: where Twilio reaches us, without a slash at the end; "" asks for no delivery reports.
    """

    def __init__(self, settings: Twilio, public_url: str, clock: Clock | None = None) -> None:
        self._settings = settings
        self._public_url = public_url.rstrip("/")
        self._clock = clock or SystemClock()
        self._client = TwilioClient(settings)

    def send(self, text: Text) -> Receipt:
        """Create the message at Twilio, once. Takes at most about the time-out of the settings."""
        from requests.exceptions import RequestException
        from twilio.base.exceptions import TwilioException

        if text.valid_for_seconds is not None and text.valid_for_seconds < 1:
            return Receipt("failed", code="expired", detail="it had waited past its time before it was sent")
        if not _can_be_written(text.body):
            return Receipt("failed", code="letters", detail="the text has characters that cannot be sent")
        self._client.forget_wait()
        try:
            made = self._client.get().messages.create(**self._parameters(text))
        except TwilioException as error:
            return self._refused(error)
        except RequestException as error:
            return _cut_off(error)
        except (ValueError, TypeError, AttributeError):
            # A 2xx whose body the client cannot read: a page where JSON was due, a list, a bare null.
            return Receipt("unsure", code="unreadable", detail="Twilio's answer could not be read")
        return _accepted(made.sid, made.status, made.error_code)

    def find(self, text: Text, since: datetime) -> tuple[FoundMessage, ...]:
        """As TextChannel.find.

        No date goes out: Twilio's filter looks at the sending date, which a queued text lacks.
        """
        whole = since.astimezone(UTC).replace(microsecond=0)
        with asking():
            return tuple(self._matching(text, whole))

    def fetch(self, provider_id: str) -> FoundMessage | None:
        """As TextChannel.fetch."""
        from twilio.base.exceptions import TwilioException

        with asking():
            try:
                item = self._client.get().messages(provider_id).fetch()
            except TwilioException as error:
                if getattr(error, "status", None) == NOT_FOUND:
                    return None
                raise
            created = item.date_created.astimezone(UTC)
            code = None if item.error_code is None else str(item.error_code)
            return FoundMessage(str(item.sid), str(item.status), created, code)

    def _matching(self, text: Text, since: datetime) -> Iterator[FoundMessage]:
        bodies = (text.body, _TRIAL_PREFIX + text.body)
        for item in self._client.get().messages.stream(to=text.to, page_size=_PAGE):
            created = item.date_created
            if created is None:
                continue
            created = created.astimezone(UTC)
            if created < since - _RECENT:  # the list runs newest first; a little slack for its order
                return
            if created >= since and str(item.direction).startswith("outbound") and item.body in bodies:
                code = None if item.error_code is None else str(item.error_code)
                yield FoundMessage(str(item.sid), str(item.status), created, code)

    def _parameters(self, text: Text) -> dict[str, Any]:
        # Smart encoding off: the body at Twilio has to be the body that we hold, or `find` cannot match it.
        values: dict[str, Any] = {"to": text.to, "body": text.body, "smart_encoded": False}
        if self._settings.messaging_service_sid:
            values["messaging_service_sid"] = self._settings.messaging_service_sid
        else:
            values["from_"] = self._settings.from_number
        if self._public_url:
            values["status_callback"] = f"{self._public_url}/twilio/status?m={quote(text.reference, safe='')}"
        if text.valid_for_seconds is not None:
            values["validity_period"] = min(text.valid_for_seconds, MAX_VALIDITY_SECONDS)
        return values

    def _refused(self, error: TwilioException) -> Receipt:
        """From an error answer. Twilio's own sentence stays out of it: it quotes the number."""
        status, code = getattr(error, "status", None), getattr(error, "code", None)
        if not isinstance(status, int):
            return Receipt("unsure", code="unreadable", detail="Twilio's answer could not be read")
        number = code if isinstance(code, int) and code >= 1000 else None
        meaning = create_meaning(status, number)
        wait = meaning.wait_seconds
        if meaning.state == "retry":
            wait = self._asked_wait() or wait
        return Receipt(
            meaning.state,
            code=str(number or status),
            detail=f"{meaning.words} (HTTP {status})",
            effect=meaning.effect if meaning.strikes == 1 else None,
            retry_after_seconds=wait,
        )

    def _asked_wait(self) -> int | None:
        """The Retry-After of this thread's last answer, in seconds; it may be a number or a date."""
        asked = self._client.asked_wait()
        if not asked:
            return None
        if re.fullmatch(r"[0-9]{1,6}", asked):
            return int(asked)
        try:
            until = parsedate_to_datetime(asked)
        except ValueError:
            return None
        if until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
        return max(1, int((until - self._clock.now()).total_seconds()))


def _can_be_written(body: str) -> bool:
    try:
        body.encode("utf-8")
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


def _accepted(sid: str | None, status: str | None, error_code: int | None) -> Receipt:
    if not isinstance(sid, str) or not _SID.fullmatch(sid):
        return Receipt("unsure", code="no_sid", detail="Twilio answered yes without naming the message")
    if status in ("failed", "undelivered"):
        meaning = late_meaning(error_code)
        effect = meaning.effect if meaning.strikes == 1 else None
        code = str(error_code) if error_code else ""
        return Receipt(meaning.state, sid, code, meaning.words, effect, status=status)
    return Receipt("sent", sid, detail=status or "")


def _cut_off(error: Exception) -> Receipt:
    """No answer came. It is safe to try again only where no byte of the request can have left."""
    from requests.exceptions import ConnectTimeout, InvalidHeader, InvalidSchema, InvalidURL, MissingSchema

    name = type(error).__name__
    if isinstance(error, InvalidHeader | InvalidSchema | InvalidURL | MissingSchema):
        return Receipt("halt", code="api_base", detail="the address set for Twilio's API cannot be used")
    if isinstance(error, ConnectTimeout) or _never_connected(error):
        return Receipt("retry", code="unreachable", detail=f"Twilio could not be reached ({name})")
    return Receipt("unsure", code="no_answer", detail=f"the connection ended before Twilio's answer ({name})")


def _never_connected(error: BaseException) -> bool:
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    wrapped: list[object] = [error]
    for _ in range(6):  # requests wraps urllib3, which wraps the socket's error in `reason` or the arguments
        for item in wrapped:
            if isinstance(item, NewConnectionError | ConnectTimeoutError | ssl.SSLCertVerificationError):
                return True
        wrapped = [
            inner
            for item in wrapped
            if isinstance(item, BaseException)
            for inner in (*item.args, getattr(item, "reason", None))
        ]
    return False
