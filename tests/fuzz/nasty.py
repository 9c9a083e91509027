"""Values that nobody types by mistake, and requests that no browser makes. Drawn from a seeded source."""

from __future__ import annotations

import random

from tests.fuzz.forms import Pairs

VALUES = (
    "", " ", "0", "-1", "1e9", "999999999999999999999999", "2147483648", "٣", "½", "NaN", "null", "None", "true",
    "0000-00-00", "9999-12-31", "99999-01-01", "2026-02-30", "1/1/1", "25:61", "12:00:00.0000001", "tue 99:99",
    "\x00", "a\x00b", "\x1b[31m", "\r\nSet-Cookie: a=b", "%00", "%ff%fe", "\ufeff", "\u202e\u2066", "e\u0301",
    "\U0001f469\u200d\U0001f467", "\ud7ff", "’; --", "' OR 1=1 --", "Robert'); DROP TABLE caregivers;--",
    "{{7*7}}", "{0.__class__}", "{child.__class__.__mro__}", "${7*7}", "%(name)s", "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0", "@SUM(1)", "+1+1", "../../etc/passwd", "file:///etc/passwd",
    "http://169.254.169.254/", "javascript:alert(1)", "//evil.example", "+1415555", "+14155550101;ext=9", "(900) 555-0100",
    "a@b", "a@b.c\r\nBcc: d@e.f", "\"very odd\"@example.org", "A" * 300, "9" * 300, "á" * 5_000, "x" * 20_000,
    "\n" * 5_000, "[" * 2_000, "&" * 2_000, "Speech 30 min " * 500,
)  # fmt: skip
BODIES = (
    b"",
    b"\x00" * 64,
    b"\xff\xfe\xfd",
    b"{",
    b'{"Body": 1}',
    b"a=b&" * 5_000,
    b"%",
    b"%zz=%zz",
    b"=&=&=",
    b"Body",
)
TYPES = (
    "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-16", "application/json",
    "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=x", "text/xml", "", "\u00e9/\u00e9",
)  # fmt: skip


def mutated(draw: random.Random, fields: Pairs) -> Pairs:
    """The same fields with one to three things wrong; a token against forged forms is mostly left alone."""
    pairs = list(fields)
    for _ in range(draw.randint(1, 3)):
        free = [at for at, (name, _) in enumerate(pairs) if name != "csrf_token"]
        if not free or draw.random() < 0.1:
            pairs.append(
                (draw.choice(("csrf_token", "extra", "services-99-minutes", "")), draw.choice(VALUES))
            )
            continue
        at = draw.choice(free)
        what = draw.random()
        if what < 0.7:
            pairs[at] = (pairs[at][0], draw.choice(VALUES))
        elif what < 0.8:
            del pairs[at]
        elif what < 0.9:
            pairs.append((pairs[at][0], draw.choice(VALUES)))
        else:
            pairs[at] = (draw.choice(VALUES)[:50] or "x", pairs[at][1])
    return pairs
