"""What phones really send, as a golden file: reactions, skin tones, curly quotes, machines, packed texts.

`expect`: the outcome that is logged, "reaction", "auto" (no answer, and none is given), or "none": nothing is
logged. Invisible signs are written as escapes.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.replies.carried import unpacked
from assistant.replies.interpret import interpret
from assistant.replies.types import Incoming
from assistant.words import Language
from jobs.bench_replies import KNOWN, NOW, SPEECH

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "phones.jsonl").read_text(encoding="utf-8").splitlines()
]


def as_kept(body: str) -> str:
    """As `arriving` keeps it: unpacked, without control characters."""
    plain = "".join(char for char in body if char >= " " or char in "\t\n")
    return unpacked(plain) or plain


def test_there_are_enough() -> None:
    assert len(ROWS) >= 200


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_text_is_taken_for_what_it_is(language: Language) -> None:
    wrong = []
    for row in ROWS:
        meaning = interpret(Incoming(as_kept(row["text"]), language, NOW, (SPEECH,), KNOWN, "Leo"))
        word = {"reaction": "reaction", "auto_reply": "auto"}.get(meaning.intent.value, "none")
        got = meaning.answers[0].outcome.value if meaning.answers else word
        if got != row["expect"]:
            wrong.append((row["text"][:60], row["expect"], got))
    assert wrong == []


@pytest.mark.parametrize(
    "question",
    [
        "Leo: did speech happen today? Text 1 yes, 2 no, 3 not sure.",
        "Leo: ¿hubo habla hoy? Mande 1 sí, 2 no, 3 no sé.",
        "Today: A speech, B OT. Did they happen? Text like A1 B2: 1 yes, 2 no, 3 not sure.",
    ],
)
def test_a_quoted_question_never_yields_an_answer(question: str) -> None:
    for cut in range(8, len(question) + 1, 3):
        words = question[:cut] + ("…" if cut < len(question) else "")
        for text in (
            f"Liked “{words}”",
            f'Loved "{words}"',
            f"\u200a\u200b👍\u200b to \u200a{words}\u200a\u200a",
        ):
            meaning = interpret(Incoming(text, "en", NOW, (SPEECH,), KNOWN, "Leo"))
            assert meaning.answers == (), text
