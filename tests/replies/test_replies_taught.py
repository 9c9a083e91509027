"""What staff taught is read as the whole reply, last of all; and what may mean two things cannot be taught."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from assistant.conversation.phrases import examples
from assistant.replies.interpret import interpret
from assistant.replies.jsonl import incoming_from_json, meaning_to_json
from assistant.replies.stopping import STOPPERS
from assistant.replies.taught import phrase_of
from assistant.replies.teaching import TEACHABLE, problems_of
from assistant.replies.types import Incoming, KnownService, OpenItem, Taught
from assistant.words import Asks, Language, Outcome

SPEECH = OpenItem("7", "Speech therapy", ("speech",), date(2026, 9, 1), time(10), 30)
OT = OpenItem("8", "Occupational therapy", ("OT",), date(2026, 9, 1), time(11), 30)
COUNT = OpenItem("9", "Speech therapy", ("speech",), date(2026, 9, 4), form="period", asks=Asks.COUNT)
KNOWN = (KnownService("Speech therapy", ("speech",)), KnownService("Occupational therapy", ("OT",)))
NOW = datetime(2026, 9, 1, 20, tzinfo=UTC)
GHOSTED = Taught(3, "ghosted us", "en", Outcome.MISSED)


def said(
    text: str, *items: OpenItem, lang: Language = "en", taught: tuple[Taught, ...] = (GHOSTED,)
) -> Incoming:
    return Incoming(text, lang, NOW, items, KNOWN, "Leo", taught)


@pytest.mark.parametrize(
    "text", ["ghosted us", "Ghosted us!!", "sorry, GHOSTED  us. Thanks", "ghosted us lol"]
)
def test_the_whole_reply_is_read_as_it_was_taught(text: str) -> None:
    meaning = interpret(said(text, SPEECH))
    assert [(one.id, one.outcome) for one in meaning.answers] == [("7", Outcome.MISSED)]
    assert (meaning.taught, meaning.why, meaning.ask_back) == (3, ("ghosted us",), False)
    assert meaning_to_json(meaning)["taught"] == 3
    assert "taught" not in meaning_to_json(interpret(said("yes", SPEECH)))
    assert not interpret(said(text, SPEECH, taught=())).answers


@pytest.mark.parametrize(
    "incoming",
    [
        said("they ghosted us again and she cried all day", SPEECH),  # not the whole of it
        said("ghosted us", SPEECH, OT),  # which of the two?
        said("ghosted us", COUNT),  # how many?
        said("ghosted us"),  # nothing is open
        said("ghosted us", SPEECH, lang="es"),
        said("ot on ice", SPEECH, taught=(Taught(3, "ot on ice", "en", Outcome.MISSED),)),  # the other one
        said("monday on ice", SPEECH, taught=(Taught(3, "monday on ice", "en", Outcome.MISSED),)),
    ],
)
def test_where_it_may_be_about_something_else_it_is_asked(incoming: Incoming) -> None:
    meaning = interpret(incoming)
    assert meaning.taught is None
    assert not meaning.answers


@pytest.mark.parametrize(
    ("text", "phrase"), [("STOP", "stop"), ("yes", "yes"), ("no", "no"), ("cancel", "cancel")]
)
def test_what_the_reader_knows_comes_before_what_was_taught(text: str, phrase: str) -> None:
    turned = Taught(1, phrase, "en", Outcome.HELD if text == "no" else Outcome.MISSED)
    assert interpret(said(text, SPEECH, taught=(turned,))) == interpret(said(text, SPEECH, taught=()))


@pytest.mark.parametrize(
    ("text", "outcome", "problem"),
    [
        ("yes", Outcome.MISSED, "contradicts"), ("yes", Outcome.HELD, "known"),
        ("cancelled", Outcome.HELD, "contradicts"), ("the end", Outcome.MISSED, "stop"),
        ("opt out", Outcome.MISSED, "stop"), ("baja", Outcome.MISSED, "stop"),
        ("no more texts please", Outcome.MISSED, "stop"), ("help", Outcome.MISSED, "command"),
        ("english please", Outcome.MISSED, "command"), ("they hit him", Outcome.MISSED, "danger"),
        ("20 of em", Outcome.HELD, "number"), ("monday vibes", Outcome.HELD, "names"),
        ("speech vibes", Outcome.HELD, "names"), ("thank you", Outcome.HELD, "empty"),
        ("k", Outcome.HELD, "empty"), ("i think so", Outcome.HELD, "unsure"),
        ("quien sabra?", Outcome.UNKNOWN, "question"), ("make it up some day", Outcome.MISSED, "later"),
        ("she is sick", Outcome.MISSED, "who"), ("never mind lol", Outcome.HELD, "opposite"),
        ("all good over here no sweat bro yo fam", Outcome.HELD, "long"),
    ],
)  # fmt: skip
def test_what_may_mean_two_things_cannot_be_taught(text: str, outcome: Outcome, problem: str) -> None:
    assert problem in problems_of(text, outcome, "en")


@pytest.mark.parametrize(
    ("text", "outcome", "lang"),
    [
        ("ghosted us", Outcome.MISSED, "en"), ("all systems go", Outcome.HELD, "en"),
        ("quien sabra", Outcome.UNKNOWN, "es"), ("nos dejaron plantados", Outcome.MISSED, "es"),
        ("todo chido", Outcome.HELD, "es"),
    ],
)  # fmt: skip
def test_what_is_plain_can_be(text: str, outcome: Outcome, lang: Language) -> None:
    assert problems_of(text, outcome, lang) == ()


def test_no_word_that_stops_can_be_taught_alone_or_among_others() -> None:
    for word in STOPPERS:
        for text in (word, f"that is the {word}", f"{word} lol"):
            assert "stop" in problems_of(text, Outcome.MISSED, "en"), text


def test_none_of_the_shipped_examples_can_be_taught_as_something_else() -> None:
    for phrase, labels in list(examples().items())[::9]:
        for outcome in TEACHABLE:
            if labels & {"held", "missed"} and outcome.value not in labels and phrase:
                assert problems_of(phrase, outcome, "en"), (phrase, outcome)


def test_the_command_takes_phrases_and_says_where_one_was_used() -> None:
    line = {
        "text": "todo chido", "lang": "es", "received": NOW.isoformat(), "open": [{"id": "1", "service": "habla"}],
        "taught": [{"phrase": "Todo chido.", "outcome": "held"}],
    }  # fmt: skip
    meaning = meaning_to_json(interpret(incoming_from_json(line)))
    assert (meaning["taught"], meaning["answers"][0]["outcome"]) == (1, "held")
    with pytest.raises(ValueError, match=r"taught\[0\].outcome"):
        incoming_from_json({**line, "taught": [{"phrase": "x", "outcome": "great"}]})


def test_a_phrase_is_kept_in_a_plain_form() -> None:
    assert phrase_of("¡Sí, se ARMÓ! gracias.") == phrase_of("si se armo") == "si se armo"
