"""Whatever a phone adds to a text never turns a yes into a no; and any text at all gives a result."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.replies.interpret import interpret
from assistant.replies.types import Incoming, KnownService, Meaning, OpenItem
from assistant.words import Asks, Language
from tests.support.examples import some

NOW = datetime(2026, 9, 1, 15, 10, tzinfo=ZoneInfo("America/Los_Angeles"))
DAY = date(2026, 9, 1)
SPEECH = OpenItem("1", "Speech therapy", ("speech",), DAY, time(14), 30)
OT = OpenItem("2", "Occupational therapy", ("OT",), DAY, time(9, 30), 30)
COUNT = OpenItem("3", "Physical therapy", ("PT",), DAY, None, 60, "period", 2, Asks.COUNT)
AIDE = OpenItem("4", "Aide", ("aide",), DAY, None, 0, "period", 5, Asks.WITHOUT)
KNOWN = tuple(KnownService(one.service, one.aliases) for one in (SPEECH, OT, COUNT, AIDE))
SAMPLES = [json.loads(line) for line in Path("examples/replies.jsonl").read_text("utf-8").splitlines()]
OPPOSITE = {
    "held": {"missed", "no_school"},
    "missed": {"held", "partial", "other"},
    "no_school": {"held", "partial"},
}


def read(text: str, *items: OpenItem, lang: Language = "en") -> Meaning:
    return interpret(Incoming(text, lang, NOW, items or (SPEECH,), KNOWN, "Leo"))


def outcome(meaning: Meaning) -> str:
    return meaning.answers[0].outcome.value if meaning.answers else ""


dressings = st.sampled_from(
    [
        "please {}",
        "{} please",
        "{} por favor",
        "Leo: {}",
        "{} thanks!",
        "{} 🙏",
        "{} 😊😊",
        "{}!!!",
        "{}.",
        "{}...",
        "  {}  ",
        "{}\n",
        "“{}”",
        "hola, {}",
    ]
)
cases = st.sampled_from([str, str.upper, str.lower, str.capitalize])


@settings(max_examples=some(600))
@given(st.sampled_from(SAMPLES), dressings, cases)
def test_dressing_up_never_flips_an_outcome(sample: dict[str, str], dressing: str, case: object) -> None:
    plain = outcome(read(sample["text"]))
    dressed = outcome(read(dressing.format(case(sample["text"]))))  # type: ignore[operator]
    assert dressed not in OPPOSITE.get(plain, set()), (sample["text"], dressing, plain, dressed)
    assert dressed not in OPPOSITE.get(sample["label"], set()), (sample["text"], dressing)


@settings(max_examples=some(400))
@given(
    st.text(max_size=200) | st.sampled_from([one["text"] for one in SAMPLES]),
    st.lists(st.sampled_from([SPEECH, OT, COUNT, AIDE]), max_size=4, unique_by=lambda one: one.id),
    st.sampled_from(["en", "es"]),
)
def test_any_text_gives_one_result(text: str, items: list[OpenItem], lang: Language) -> None:
    incoming = Incoming(text, lang, NOW, tuple(items), KNOWN, "Leo")
    first, second = interpret(incoming), interpret(incoming)
    assert first == second
    assert not (first.ask_back and first.answers)
    assert 0 <= first.confidence <= 1
    known = {one.id for one in items}
    assert {one.id for one in first.answers} <= known | {None}


@pytest.mark.parametrize("lang", ["en", "es"])
@given(st.text(alphabet="yesno sí123?¿.,!🙂👍abcd/", max_size=40))
def test_scraps_of_answers_never_raise(lang: Language, text: str) -> None:
    for items in ((SPEECH,), (SPEECH, OT), (COUNT,), (AIDE, COUNT, SPEECH)):
        interpret(Incoming(text, lang, NOW, items, KNOWN, "Leo"))
