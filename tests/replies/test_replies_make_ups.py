"""Make-ups as parents tell of them. Thursday 3 September 2026."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.replies.make_ups import read_make_up
from assistant.replies.normalise import fold
from assistant.words import Language

THURSDAY = date(2026, 9, 3)
TUE, MON, FRI = date(2026, 9, 1), date(2026, 8, 31), date(2026, 9, 4)


@pytest.mark.parametrize(
    ("text", "lang", "act", "missed", "on"),
    [
        ("they made up tuesday's session", "en", "given", TUE, THURSDAY),
        ("she made up tues today", "en", "given", TUE, THURSDAY),
        ("they made it up", "en", "given", None, THURSDAY),
        ("speech was made up today", "en", "given", None, THURSDAY),
        ("he had his make-up", "en", "given", None, THURSDAY),
        ("they made up monday on tuesday", "en", "given", MON, TUE),
        ("they will make it up friday", "en", "promised", None, FRI),
        ("she's going to make up tuesday on friday", "en", "promised", TUE, FRI),
        ("no, but they'll make it up tomorrow", "en", "promised", None, FRI),
        ("the make-up is set for 9/18", "en", "promised", None, date(2026, 9, 18)),
        ("they said they'd make it up next week", "en", "promised", None, date(2026, 9, 7)),
        ("they will make it up", "en", "offered", None, None),
        ("they will make up tuesday", "en", "offered", TUE, None),
        ("the school offered to make it up", "en", "offered", None, None),
        ("I said no to the make-up", "en", "declined", None, None),
        ("ya la repusieron", "es", "given", None, THURSDAY),
        ("repusieron la del martes", "es", "given", TUE, THURSDAY),
        ("la van a reponer el viernes", "es", "promised", None, FRI),
        ("ofrecieron reponerla", "es", "offered", None, None),
        ("no quise la reposición", "es", "declined", None, None),
    ],
)
def test_what_is_said_of_a_make_up(
    text: str, lang: Language, act: str, missed: date | None, on: date | None
) -> None:
    said = read_make_up(fold(text), THURSDAY, lang)
    assert said is not None
    assert (said.act, said.missed, said.on) == (act, missed, on)


@pytest.mark.parametrize(
    "text",
    [
        "will they make it up?",
        "they didn't make it up",
        "they never made it up",
        "she has not made up tuesday",
        "they won't make it up",
        "no la repusieron",
        "yes",
        "he made his bed",
        "she wears makeup",
        "when will you make up the session",
    ],
)
def test_what_says_nothing_of_one(text: str) -> None:
    assert read_make_up(fold(text), THURSDAY, "en") is None
