"""What a channel takes and what it gives back, the same for a real provider and for the sandbox.

A channel never raises for what happened on the way: it says what is known about the message in a Receipt,
and the outbox acts on the state alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

State = Literal["sent", "retry", "failed", "unsure", "halt"]
Effect = Literal["opted_out", "number_invalid", "landline", "address_dead", "too_large"]


@dataclass(frozen=True, slots=True)
class Text:
    """One SMS. `to` is E.164; `reference` is ours and comes back in status callbacks.

    `valid_for_seconds`: how long the provider may keep it queued; None leaves the provider's own limit.
    """

    to: str
    body: str
    reference: str
    valid_for_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file with an e-mail; `content_type` like "application/pdf"."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Email:
    """One e-mail to one person.

    `to` and `sender`: an address, or a name with an address in angle brackets. `message_id`, `in_reply_to`
    and `references` carry their angle brackets; the id stays the same over every retry, so that a mailbox can
    tell a second copy. `headers`: further ones, like List-Unsubscribe. `return_path`: where a bounce goes,
    the sender's own address when None.
    """

    to: str
    sender: str
    subject: str
    text: str
    message_id: str
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    in_reply_to: str | None = None
    references: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    return_path: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is known after one try.

    state:
      "sent"    the provider has it; `provider_id` is its name there
      "retry"   it certainly did not get through, and later it may (`retry_after_seconds`, where asked for)
      "failed"  it will not get through, ever; `effect` says what that tells about the address
      "unsure"  it may or may not have been taken: ask the provider (`find`), do not send again blindly
      "halt"    nothing will get through until a person mends our side; the message itself keeps waiting
    code: the provider's own code, or a short word of ours when it gave none.
    detail: for an administrator; holds no phone number, address or message text.
    status: the provider's word for what became of a message that it took and gave up at once.
    """

    state: State
    provider_id: str | None = None
    code: str | None = None
    detail: str = ""
    effect: Effect | None = None
    retry_after_seconds: int | None = None
    status: str = ""


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """A text that the provider has. `created`: when it took it, aware, in UTC, whole seconds."""

    provider_id: str
    status: str
    created: datetime
    error_code: str | None = None


class CannotAskError(Exception):
    """The provider could not be asked. Not the same as an answer of "I have nothing"."""


class TextChannel(Protocol):
    """Something that sends texts."""

    def send(self, text: Text) -> Receipt:
        """Try once. Never raises for what happened on the way."""
        ...

    def find(self, text: Text, since: datetime) -> tuple[FoundMessage, ...]:
        """Texts the provider took that have this number, this exact body, and were made at `since` or later.

        Newest first. `since` is aware; take off a minute for the clocks' difference. Raises CannotAskError.
        """
        ...

    def fetch(self, provider_id: str) -> FoundMessage | None:
        """The text of this name as the provider has it now; None where it has none. Raises CannotAskError."""
        ...


class EmailChannel(Protocol):
    """Something that sends e-mails."""

    def send(self, email: Email) -> Receipt:
        """Try once. Never raises for what happened on the way."""
        ...
