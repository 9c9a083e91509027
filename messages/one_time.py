"""Sign-in links and codes in messages. What is stored is a stand-in; the secret is put in on the way out.

So whoever reads the database, a backup of it or a family's texts finds nothing to sign in with. The secret
follows from the stand-in and the server's secret key. A stand-in is as long as its secret and of the same
letters, so that segments are counted right.
"""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, replace
from datetime import datetime

from messages.channels.types import Email, EmailChannel, FoundMessage, Receipt, Text, TextChannel

CODE_DIGITS = 6
TOKEN_LETTERS = 24
_STANDS_FOR_CODE = "=code="  # six letters as well
_LINK = re.compile(r"/enter/=([A-Za-z0-9_-]{23})")


def new_nonce() -> str:
    """What a new link and its code follow from, together with the secret key."""
    return secrets.token_urlsafe(17)  # 23 letters


def stored_link(nonce: str) -> str:
    """The end of the address of a link, as it is stored."""
    return f"/enter/={nonce}"


STORED_CODE = _STANDS_FOR_CODE


def token_of(nonce: str, secret_key: str) -> str:
    """The secret at the end of the link's address: 24 letters."""
    return urlsafe_b64encode(
        hmac.digest(secret_key.encode(), f"link {nonce}".encode(), "sha256")[:18]
    ).decode()


def code_of(nonce: str, secret_key: str) -> str:
    """The six digits to type instead."""
    digest = hmac.digest(secret_key.encode(), f"code {nonce}".encode(), "sha256")
    return f"{int.from_bytes(digest[:8]) % 10**CODE_DIGITS:0{CODE_DIGITS}}"


def revealed(text: str, secret_key: str) -> str:
    """A text with the secrets in the place of what stands for them; any other text as it is."""
    found = _LINK.search(text)
    if found is None:
        return text
    whole = _LINK.sub(lambda one: f"/enter/{token_of(one[1], secret_key)}", text)
    return whole.replace(_STANDS_FOR_CODE, code_of(found[1], secret_key))


def without_secrets(text: str) -> str:
    """A text with neither a secret nor what it follows from: the same for everybody, at any time."""
    return _LINK.sub(f"/enter/{'0' * TOKEN_LETTERS}", text).replace(_STANDS_FOR_CODE, "0" * CODE_DIGITS)


@dataclass(frozen=True, slots=True)
class RevealingText:
    """A way out for texts that puts the secrets in."""

    channel: TextChannel
    secret_key: str

    def send(self, text: Text) -> Receipt:
        return self.channel.send(self._whole(text))

    def find(self, text: Text, since: datetime) -> tuple[FoundMessage, ...]:
        return self.channel.find(self._whole(text), since)

    def fetch(self, provider_id: str) -> FoundMessage | None:
        return self.channel.fetch(provider_id)

    def _whole(self, text: Text) -> Text:
        return replace(text, body=revealed(text.body, self.secret_key))


@dataclass(frozen=True, slots=True)
class RevealingEmail:
    """The same for e-mails."""

    channel: EmailChannel
    secret_key: str

    def send(self, email: Email) -> Receipt:
        html = None if email.html is None else revealed(email.html, self.secret_key)
        return self.channel.send(replace(email, text=revealed(email.text, self.secret_key), html=html))
