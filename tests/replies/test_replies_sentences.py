"""Five hundred sentences: none is logged as what it does not mean; most plain ones are understood."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from assistant.replies.interpret import interpret
from assistant.replies.types import Incoming, KnownService, Meaning, OpenItem
from tests.replies.reply_sentences import SENTENCES

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
    assert len(understood) >= 0.9 * len(texts), sorted(set(texts) - set(understood))
