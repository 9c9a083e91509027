"""What happens to words on their way from a phone to us: packed as base64, cut in parts.

Twilio joins the parts of a long text; other carriers and gateways do not always. Pure: words in, words out.
"""

from __future__ import annotations

import base64
import binascii
import re

_PACKED = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
_PACKED_AT_LEAST = 60  # characters; shorter ones may be a word that a cat typed
_READABLE = 0.9  # share of characters that can be seen
# A first part is full: what one SMS holds with and without the header of a joined one (3GPP TS 23.040).
_FULL_ASCII, _FULL_UCS2 = frozenset({153, 160}), frozenset({67, 70})
_PART = re.compile(r"^\s*[(\[]([1-9])\s*/\s*([2-9])[)\]]|[(\[]([1-9])\s*/\s*([2-9])[)\]]\s*$")
_GOES_ON = re.compile(r"(?:\.\.\.|…)\s*$")


def unpacked(body: str) -> str | None:
    """The text inside a body that some carriers hand over as base64; None where it is plain as it came."""
    if len(body) < _PACKED_AT_LEAST or len(body) % 4 or not _PACKED.fullmatch(body):
        return None
    try:
        text = base64.b64decode(body, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    seen = sum(char.isprintable() or char in "\n\r\t" for char in text)
    return text if " " in text.strip() and seen >= _READABLE * len(text) else None


def looks_cut(body: str) -> bool:
    """Whether more of this text may be on its way: it says so, or fills one SMS to the last letter."""
    part = _PART.search(body)
    if part:
        number, of = (part[1] or part[3]), (part[2] or part[4])
        return number < of
    if _GOES_ON.search(body):
        return True
    return len(body) in (_FULL_ASCII if body.isascii() else _FULL_UCS2)


def joined(parts: list[str]) -> str:
    """The parts as the one text that they were. A part that ends inside a word meets its other half."""
    text = ""
    for part in parts:
        bare = _PART.sub("", part)
        inside = text and len(text) in (_FULL_ASCII | _FULL_UCS2) and not text[-1].isspace()
        text = text + bare if inside or not text else f"{text.rstrip()} {bare.lstrip()}"
    return text.strip()
