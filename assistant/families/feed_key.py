"""The secret in the address of a caregiver's calendar feed."""

from __future__ import annotations

import secrets

_BYTES = 24


def new_key() -> str:
    """192 random bits, as letters that an address takes."""
    return secrets.token_urlsafe(_BYTES)
