"""SMS segments: the edges of both encodings, and the way to plain characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.segments import count, plain

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@pytest.mark.parametrize(
    ("text", "encoding", "segments"),
    [
        ("YES", "GSM-7", 1),
        ("A" * 160, "GSM-7", 1),
        ("A" * 161, "GSM-7", 2),
        ("A" * 306, "GSM-7", 2),
        ("A" * 307, "GSM-7", 3),
        ("A" * 459, "GSM-7", 3),
        ("A" * 460, "GSM-7", 4),
        ("éñüàòìùÑÉ¿¡", "GSM-7", 1),
        *((letter, "UCS-2", 1) for letter in "áíóúÁÚ"),
        ("Ç", "GSM-7", 1),
        ("ç", "UCS-2", 1),
        ("Speech \u2014 did it happen?", "UCS-2", 1),
        ("3\u20134 PM", "UCS-2", 1),
        ("Thanks\u2026", "UCS-2", 1),
        ("3\u00a0PM", "UCS-2", 1),
        ("ab\u200bc", "UCS-2", 1),
        ("[]{}^~\\|€", "GSM-7", 1),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("A" * 159 + "€", "GSM-7", 2),
        ("A" * 152 + "€" + "A" * 152, "GSM-7", 3),  # 306 units, but the euro may not straddle
        ("`", "UCS-2", 1),
        ("a\tb", "UCS-2", 1),
        ("a\nb", "GSM-7", 1),
        ("a\r\nb", "GSM-7", 1),
        ("@£$¥_§Δ", "GSM-7", 1),
        ("♥" * 70, "UCS-2", 1),
        ("♥" * 71, "UCS-2", 2),
        ("♥" * 134, "UCS-2", 2),
        ("♥" * 135, "UCS-2", 3),
        ("👍", "UCS-2", 1),
        ("👍🏽", "UCS-2", 1),
        (FAMILY, "UCS-2", 1),
        ("👍" * 35, "UCS-2", 1),
        ("👍" * 36, "UCS-2", 2),
        ("A" * 69 + "👍", "UCS-2", 2),
        ("A" * 66 + "👍" + "A" * 66, "UCS-2", 3),  # 134 units, but the pair may not straddle
        ("e\u0301", "GSM-7", 1),  # composed before counting: what is sent is é
        ("今天有课吗?", "UCS-2", 1),
        ("نعم", "UCS-2", 1),
        ("", "GSM-7", 1),
    ],
)
def test_counts_as_a_carrier_does(text: str, encoding: str, segments: int) -> None:
    found = count(text)
    assert (found.encoding, found.segments) == (encoding, segments), found


@pytest.mark.parametrize(
    ("text", "units"),
    [("[]{}^~\\|€", 18), ("a\nb", 3), ("a\r\nb", 4), ("👍", 2), ("👍🏽", 4), (FAMILY, 8)],
)
def test_units(text: str, units: int) -> None:
    assert count(text).units == units


def test_names_the_characters_that_cost() -> None:
    assert count("¿Tuvo Sofía su sesión? Sofía").unicode_chars == ("í", "ó")


@pytest.mark.parametrize(
    "text",
    ["Leo\u2019s", "a \u2014 b", "3\u20134", "so\u2026", "3\u00a0PM", "ab\u200bc", "`", "a\tb", "“so”"],
)
def test_typographic_marks_become_plain(text: str) -> None:
    assert count(plain(text)).encoding == "GSM-7"


def test_accents_go_only_when_asked_and_only_where_they_cost() -> None:
    assert plain("¿Recibió Sofía, señor? ü é") == "¿Recibió Sofía, señor? ü é"
    assert plain("¿Recibió Sofía, señor? ü é", strip_accents=True) == "¿Recibio Sofia, señor? ü é"


@given(st.text())
def test_any_text_has_a_size(text: str) -> None:
    found = count(text)
    assert found.segments >= 1
    assert (found.encoding == "UCS-2") == bool(found.unicode_chars)
    single = 160 if found.encoding == "GSM-7" else 70
    assert (found.segments == 1) == (found.units <= single)


@given(st.text())
def test_plain_settles(text: str) -> None:
    for strip in (False, True):
        once = plain(text, strip_accents=strip)
        assert plain(once, strip_accents=strip) == once
