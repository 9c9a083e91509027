"""Texts about a step: read where the whole text says so, never where it answers about a session."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.replies.marks import mark_in

ALIASES = ("speech", "OT", "terapia física")


@pytest.mark.parametrize(
    ("text", "act", "service"),
    [
        ("SENT", "done", ""),
        ("Sent it", "done", ""),
        ("I sent the letter today", "done", ""),
        ("i already emailed it", "done", ""),
        ("sent OT", "done", "OT"),
        ("sent the letter for speech", "done", "speech"),
        ("Speech letter sent", "done", "speech"),
        ("Ya la mandé", "done", ""),
        ("enviada", "done", ""),
        ("mandé la carta de terapia física", "done", "terapia física"),
        ("They answered", "answered", ""),
        ("school wrote back", "answered", ""),
        ("got an answer", "answered", ""),
        ("Ya me contestaron", "answered", ""),
        ("la escuela respondió", "answered", ""),
        ("REFUSED", "refused", ""),
        ("the school refused", "refused", ""),
        ("Se negaron", "refused", ""),
        ("FIXED", "resolved", ""),
        ("It's fixed now", "resolved", ""),
        ("OT is fixed", "resolved", "OT"),
        ("ya está arreglado", "resolved", ""),
        ("not now", "not_now", ""),
        ("Ahora no", "not_now", ""),
    ],
)
def test_what_was_done_with_a_step(text: str, act: str, service: str) -> None:
    found = mark_in(text, ALIASES)
    assert found is not None
    assert (found.act, found.service) == (act, service)


@pytest.mark.parametrize(
    "text",
    [
        "they sent him home",
        "she was sent to the office",
        "sent home early",
        "he refused to go",
        "the teacher answered the phone",
        "fix",
        "FIX speech was no",
        "no",
        "1",
        "they never sent anyone",
        "lo mandaron a casa",
        "se negó a ir",
        "contestó bien en terapia",
        "",
    ],
)
def test_what_is_about_something_else(text: str) -> None:
    assert mark_in(text, ALIASES) is None


@pytest.mark.parametrize("text", ["refused", "not now", "ahora no"])
def test_what_may_answer_a_question_says_so(text: str) -> None:
    found = mark_in(text)
    assert found is not None
    assert not found.plain


def test_no_reply_about_a_session_is_taken_for_a_mark() -> None:
    """None of the sentences we know as answers, in either language."""
    for name in ("replies.jsonl", "replies-in-context.jsonl"):
        for line in Path("examples", name).read_text(encoding="utf-8").splitlines():
            data = json.loads(line)
            text = data.get("text") or data.get("input", {}).get("text", "")
            found = mark_in(text, ALIASES)
            assert found is None or not found.plain, text


@given(st.text(max_size=80))
def test_any_text_is_read_or_left(text: str) -> None:
    found = mark_in(text, ALIASES)
    assert found is None or found.act in ("done", "answered", "refused", "resolved", "not_now")
