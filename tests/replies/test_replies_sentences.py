"""Five hundred sentences: none is logged as what it does not mean; most plain ones are understood."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from assistant.replies.interpret import interpret
from assistant.replies.types import Incoming, KnownService, Meaning, OpenItem
from jobs.bench_replies import replies

SENTENCES: dict[str, list[str]] = {}
for line in Path("examples/replies.jsonl").read_text(encoding="utf-8").splitlines():
    row = json.loads(line)
    SENTENCES.setdefault(" ".join(filter(None, (row["label"], row.get("cause")))), []).append(row["text"])
RECEIVED = datetime(2026, 9, 1, 15, 10, tzinfo=ZoneInfo("America/Los_Angeles"))
SPEECH = OpenItem("11", "Speech therapy", ("speech",), date(2026, 9, 1), None, 30)
SERVICES = (KnownService("Speech therapy", ("speech",)), KnownService("Occupational therapy", ("OT",)))


def read(text: str) -> Meaning:
    return interpret(Incoming(text, "en", RECEIVED, (SPEECH,), SERVICES, "Leo"))


def fits(meaning: Meaning, label: str) -> bool:
    (answer,) = meaning.answers
    outcome, _, cause = label.partition(" ")
    if answer.outcome != outcome:
        return False
    return not cause or answer.cause == cause


@pytest.mark.parametrize("label", list(SENTENCES))
def test_nothing_is_logged_that_was_not_said(label: str) -> None:
    for text in SENTENCES[label]:
        meaning = read(text)
        if meaning.answers:
            assert label != "doubt", text
            assert fits(meaning, label), (text, meaning.answers)


@pytest.mark.parametrize("label", ["held", "missed", "unknown"])
def test_nine_in_ten_plain_answers_are_understood(label: str) -> None:
    texts = SENTENCES[label]
    understood = [text for text in texts if read(text).answers]
    assert len(texts) > 20
    assert len(understood) >= 0.9 * len(texts), sorted(set(texts) - set(understood))


def test_the_benchmark_counts_right_asked_back_and_wrong(tmp_path: Path) -> None:
    rows = [
        {"text": "yes", "lang": "en", "label": "held", "source": "own"},
        {"text": "no problem, she had it", "lang": "en", "label": "held", "source": "own"},
        {"text": "no", "lang": "en", "label": "held", "source": "own"},
        {"text": "blue", "lang": "en", "label": "missed", "source": "own"},
        {"text": "how are you", "lang": "en", "label": "doubt", "source": "own"},
        {
            "text": "he was home sick",
            "lang": "en",
            "label": "missed",
            "cause": "provider_absent",
            "source": "own",
        },
    ]
    file = tmp_path / "replies-en.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    total = next(one for one in replies([file]) if one.get("label") == "all")
    assert (total["right"], total["asked_back"], total["wrong"], total["wrong_cause"]) == (3, 1, 1, 1)
    # By the first letter "no problem" is a no, and what begins with neither asks back.
    assert total["baseline"] == {"right": 2, "asked_back": 2, "wrong": 2}
    file.write_text("yes\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 1: expected an object with text and label"):
        list(replies([file]))


def test_none_of_our_own_sentences_is_logged_wrong() -> None:
    for figure in replies():
        if figure.get("label") == "all":
            assert figure["wrong"] == 0
            assert figure["right"] >= 0.93 * figure["samples"]
            assert figure["baseline"]["wrong"] > 20
