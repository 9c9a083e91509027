"""Addresses of ours that say what an e-mail is about: "answers+r.REFERENCE.PROOF@host".

The tag comes back in answers and bounces. Its proof is made with the server's key, so nobody can make one for
a message they did not get. Lower case and short on purpose: some mail servers change the case, and a name
may have 64 characters (RFC 5321 4.5.3.1.1).
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from assistant.config import Settings

TagKind = Literal["answer", "bounce", "leave"]
_LETTER: dict[TagKind, str] = {"answer": "r", "bounce": "b", "leave": "u"}
_KIND: dict[str, TagKind] = {letter: kind for kind, letter in _LETTER.items()}
_TAG = re.compile(r"([rbu])\.([0-9a-z]{1,24})\.([a-z2-7]{16})")
_PROOF_BYTES = 10


@dataclass(frozen=True, slots=True)
class Tag:
    """What an address of ours names. `name`: a message's reference, or with "leave" a caregiver's number."""

    kind: TagKind
    name: str


def tagged(settings: Settings, kind: TagKind, name: str) -> str | None:
    """The mailbox's address with a tag; None where there is no mailbox to take what comes back."""
    if not settings.reads_mail:
        return None
    local, _, host = settings.mailbox.address.partition("@")
    proof = _proof(settings.server.secret_key, kind, name)
    return f"{local}+{_LETTER[kind]}.{name}.{proof}@{host}"


def read_tags(settings: Settings, addresses: Iterable[str]) -> tuple[Tag, ...]:
    """The tags that we made, of the addresses an e-mail was for. A forged or broken one is passed over."""
    local, _, host = settings.mailbox.address.lower().partition("@")
    found: dict[Tag, None] = {}
    for address in addresses:
        name, _, where = address.lower().rpartition("@")
        mine, _, tag = name.partition("+")
        parts = _TAG.fullmatch(tag)
        if parts is None or (mine, where) != (local, host):
            continue
        kind = _KIND[parts[1]]
        if hmac.compare_digest(parts[3], _proof(settings.server.secret_key, kind, parts[2])):
            found[Tag(kind, parts[2])] = None
    return tuple(found)


def named_in(address: str) -> str:
    """The message that a Return-Path names, "" for another address. Its proof is not looked at."""
    _, _, tag = address.strip("<> ").lower().rpartition("@")[0].partition("+")
    parts = _TAG.fullmatch(tag)
    return parts[2] if parts and parts[1] == _LETTER["bounce"] else ""


def _proof(secret: str, kind: TagKind, name: str) -> str:
    digest = hmac.new(secret.encode(), f"every-session-mail:{kind}:{name}".encode(), sha256).digest()
    return b32encode(digest[:_PROOF_BYTES]).decode("ascii").lower()
