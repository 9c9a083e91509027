"""Sealing of single values: what the thief of a disk or of a backup must not read.

AES-SIV is deterministic: the same number sealed twice looks the same, so that a look-up by number and a
unique index work on sealed values. It costs that whoever reads the file sees which rows hold the same value,
and roughly how long a value is (in steps of 16 bytes). A changed value does not open.

A sealed value is text: "s1." + the name of the key + "." + base64. The name is made from the key and tells
nothing about it; it says which key opens the value, so that keys can be changed while the program runs.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assistant.config import MOST_DATA_KEYS

MARK = "s1."  # what every sealed value begins with
_BLOCK = 16  # bytes; a value is filled up to a multiple of it, so that its length says little
_END = b"\x80"  # where the value ends and the filling begins


class SealError(Exception):
    """A value cannot be opened; the message says why, without the value."""


def is_sealed(value: str) -> bool:
    """Whether a stored value is sealed, under whatever key."""
    return value.startswith(MARK)


@dataclass(frozen=True, slots=True)
class _Key:
    name: str
    siv: AESSIV


class Cipher:
    """Seals under the first of its keys, opens what any of them sealed. Keys are long random texts."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not 1 <= len(keys) <= MOST_DATA_KEYS:
            raise ValueError(f"expected one to {MOST_DATA_KEYS} keys")
        self._keys = [_key(one) for one in keys]
        self._by_name = {key.name: key.siv for key in self._keys}
        self.mark = f"{MARK}{self._keys[0].name}."  # what values sealed under the first key begin with

    def __repr__(self) -> str:
        return f"Cipher({', '.join(self.names)})"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the keys, the one in use first."""
        return tuple(key.name for key in self._keys)

    def seal(self, value: str, purpose: str, which: int = 0) -> str:
        """`value` sealed for `purpose` (a value sealed for one purpose does not open for another).

        `which`: the key, counted from 0; the first where there are not so many.
        """
        key = self._keys[which] if which < len(self._keys) else self._keys[0]
        plain = value.encode("utf-8", "surrogatepass") + _END
        plain += bytes(-len(plain) % _BLOCK)
        sealed = key.siv.encrypt(plain, [purpose.encode()])
        return f"{MARK}{key.name}.{urlsafe_b64encode(sealed).decode().rstrip('=')}"

    def open(self, stored: str, purpose: str) -> str:
        """What was sealed; a value stored before there was a key comes back as it is. Raises SealError."""
        if not stored.startswith(MARK):
            return stored
        name, _, text = stored[len(MARK) :].partition(".")
        siv = self._by_name.get(name)
        if siv is None:
            raise SealError(f"a stored value is sealed under key {name}, which is not in server.data_key")
        try:
            plain = siv.decrypt(urlsafe_b64decode(text + "=" * (-len(text) % 4)), [purpose.encode()])
        except (InvalidTag, ValueError):
            raise SealError("a sealed value was changed, or stands where it does not belong") from None
        return plain[: plain.rindex(_END)].decode("utf-8", "surrogatepass")

    def is_current(self, stored: str) -> bool:
        """Whether a stored value is sealed under the first key."""
        return stored.startswith(self.mark)


def cipher_for(keys: Sequence[str]) -> Cipher | None:
    """The cipher of the keys that are set; None, and values are stored plain, where there are none."""
    return Cipher(keys) if keys else None


def _key(text: str) -> _Key:
    def derived(length: int, use: bytes) -> bytes:
        made = HKDF(algorithm=SHA512(), length=length, salt=None, info=b"every-session " + use)
        return made.derive(text.encode())

    return _Key(derived(4, b"key name").hex(), AESSIV(derived(64, b"sealed columns")))
