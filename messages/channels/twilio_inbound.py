"""What Twilio has that came in: its list of texts, for those whose webhook was lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from assistant.config import Twilio
from messages.channels.twilio_client import TwilioClient, asking

_PAGE = 1000  # Twilio's limit
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


class InboundChannel(Protocol):
    """Something that can be asked what came in."""

    def received(self, since: datetime) -> list[Received]:
        """Every text that came in at `since` (aware) or later, oldest first. Raises CannotAskError."""
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
