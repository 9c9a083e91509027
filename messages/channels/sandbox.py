"""The sandbox's channels: a message has left when the store says so. Nothing goes anywhere.

The pages show the outbox itself, so there is nothing to keep here.
"""

from __future__ import annotations

from datetime import datetime

from messages.channels.types import Email, FoundMessage, Receipt, Text


class StaysHere:
    """A channel that gives nothing out of this machine."""


class SandboxText(StaysHere):
    """Takes every text."""

    def send(self, text: Text) -> Receipt:
        return Receipt("sent", provider_id=f"SB{text.reference}")

    def find(self, text: Text, since: datetime) -> tuple[FoundMessage, ...]:
        """Nothing leaves the sandbox, so what the store does not know was never sent."""
        return ()

    def fetch(self, provider_id: str) -> FoundMessage | None:
        """Likewise: there is no news from anywhere."""
        return None


class SandboxEmail(StaysHere):
    """Takes every e-mail."""

    def send(self, email: Email) -> Receipt:
        return Receipt("sent", provider_id=email.message_id.strip("<>").partition("@")[0])
