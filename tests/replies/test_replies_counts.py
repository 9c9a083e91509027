"""What a number means depends on what was asked; where two readings are left, nothing is logged."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from assistant.replies.interpret import interpret
from assistant.replies.jsonl import incoming_from_json, meaning_to_json
from assistant.replies.types import Incoming, KnownService, Meaning, OpenItem
from assistant.words import Asks, Language

NOW = datetime(2026, 9, 4, 16, 0, tzinfo=ZoneInfo("America/Los_Angeles"))
FRIDAY = date(2026, 9, 4)


def item(asks: Asks, due: int = 1, minutes: int = 0, alias: str = "OT", number: int = 1) -> OpenItem:
    return OpenItem(str(number), alias, (alias,), FRIDAY, None, minutes, "period", due, asks)


COUNT = item(Asks.COUNT, 2, 60)
MINUTES = item(Asks.MINUTES, 1, 60, "PT", 2)
WITHOUT = item(Asks.WITHOUT, 5, 0, "aide", 3)
GIVEN = item(Asks.GIVEN, 1, 0, "extra time", 4)
HEARD = item(Asks.HEARD, 1, 15, "consult", 5)
SPEECH = OpenItem("6", "speech", ("speech",), FRIDAY, time(14), 30)


def read(text: str, *items: OpenItem, lang: Language = "en") -> Meaning:
    known = tuple(KnownService(one.service, one.aliases) for one in items)
    return interpret(Incoming(text, lang, NOW, items, known, "Leo"))


def said(text: str, *items: OpenItem, lang: Language = "en") -> str:
    """The answers in short; "?" where it is asked back."""
    meaning = read(text, *items, lang=lang)
    if meaning.ask_back:
        return "?"
    parts = []
    for one in meaning.answers:
        amount = [one.sessions, one.minutes, one.chances]
        parts.append(" ".join([one.outcome.value, *(str(n) for n in amount if n is not None)]))
    return ", ".join(parts)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("2", "held 2"),
        ("1", "partial 1"),
        ("0", "missed 0"),
        ("3", "held 3"),
        ("two", "held 2"),
        ("Both.", "held 2"),
        ("BOTH TIMES", "held 2"),
        ("all of them", "held 2"),
        ("none", "missed 0"),
        ("no", "missed 0"),
        ("nope, none", "missed 0"),
        ("not even one", "missed 0"),
        ("just once", "partial 1"),
        ("only 1", "partial 1"),
        ("OT 1", "partial 1"),
        ("1 of 2", "partial 1"),
        ("1/2", "partial 1"),
        ("1 out of 2", "partial 1"),
        ("she missed one", "partial 1"),
        ("all but one", "partial 1"),
        ("?", "unknown"),
        ("idk", "unknown"),
        ("not sure", "unknown"),
        ("none, school was closed", "no_school"),
        ("yes", "?"),
        ("maybe 2", "?"),
        ("not both", "?"),
        ("7", "?"),
        ("1 of 3", "?"),
        ("1 or 2", "?"),
        ("I think 2?", "?"),
        ("no 1", "?"),
        ("can you call me about the bus tomorrow", "?"),
    ],
)
def test_how_many_of_two(text: str, meaning: str) -> None:
    assert said(text, COUNT) == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("dos", "held 2"),
        ("las dos", "held 2"),
        ("ambas", "held 2"),
        ("todas", "held 2"),
        ("solo una", "partial 1"),
        ("nomás 1", "partial 1"),
        ("una vez", "partial 1"),
        ("1 de 2", "partial 1"),
        ("faltó una", "partial 1"),
        ("ninguna", "missed 0"),
        ("ni una", "missed 0"),
        ("nada", "missed 0"),
        ("no sé", "unknown"),
        ("no todas", "?"),
        ("creo que 2", "?"),
    ],
)
def test_cuantas_de_dos(text: str, meaning: str) -> None:
    assert said(text, COUNT, lang="es") == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("1", "held 1"),
        ("yes", "held"),
        ("0", "missed 0"),
        ("no", "missed"),
        ("2", "?"),
        ("only 15 min", "partial 15"),
    ],
)
def test_of_one_session_a_two_is_asked_back(text: str, meaning: str) -> None:
    """Twice, or the "2 no" of another question?"""
    assert said(text, item(Asks.COUNT, 1, 30)) == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("60", "held 60"),
        ("75", "held 75"),
        ("about 45 min", "partial 45"),
        ("half", "partial 30"),
        ("half an hour", "partial 30"),
        ("an hour", "held 60"),
        ("an hour and a half", "?"),
        ("1 hour", "held 60"),
        ("2 x 30", "held 60"),
        ("la mitad", "partial 30"),
        ("30 de 60", "partial 30"),
        ("all of it", "held 60"),
        ("yes", "held 60"),
        ("none", "missed 0"),
        ("0", "missed 0"),
        ("?", "unknown"),
        ("20 or 30", "?"),
        ("not all", "?"),
    ],
)
def test_how_many_minutes(text: str, meaning: str) -> None:
    assert said(text, MINUTES) == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("0", "held 5"),
        ("no", "held 5"),
        ("none", "held 5"),
        ("ninguno", "held 5"),
        ("all good", "held 5"),
        ("todo bien", "held 5"),
        ("she was there every day", "held 5"),
        ("1", "partial 4"),
        ("2 days", "partial 3"),
        ("tuesday", "partial 4"),
        ("tue and thu", "partial 3"),
        ("el martes", "partial 4"),
        ("no aide on monday", "partial 4"),
        ("5", "missed 0"),
        ("6", "?"),
        ("yes", "?"),
        ("every day", "?"),
        ("?", "unknown"),
    ],
)
def test_any_day_without(text: str, meaning: str) -> None:
    """Here "no" is good news, and "yes" says too little."""
    assert said(text, WITHOUT) == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("2 of 3", "partial 2 3"),
        ("3/3", "held 3 3"),
        ("0 of 2", "missed 0 2"),
        ("0 of 0", "no_school 0"),
        ("2 de 3", "partial 2 3"),
        ("no tests this week", "no_school 0"),
        ("always", "held"),
        ("never", "missed"),
        ("2", "?"),
        ("3 of 2", "?"),
        ("not always", "?"),
    ],
)
def test_given_how_often_of_how_many(text: str, meaning: str) -> None:
    assert said(text, GIVEN) == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("1", "held"),
        ("yes", "held"),
        ("2", "unknown"),
        ("no", "unknown"),
        ("3", "unknown"),
        ("no, the teacher told me they skipped it", "missed"),
    ],
)
def test_heard_of_it(text: str, meaning: str) -> None:
    assert said(text, HEARD) == meaning


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("A1 B2 C0 D2/3", "held, held 2, held 5, partial 2 3"),
        ("a1 b 1 c0 d 0 of 0", "held, partial 1, held 5, no_school 0"),
        ("A yes, B 2, C none, D ?", "held, held 2, held 5, unknown"),
        ("speech yes, OT 2, aide 0, extra time 2 of 3", "held, held 2, held 5, partial 2 3"),
        ("B2", "held 2"),
        ("speech no", "missed"),
        ("idk", "unknown, unknown, unknown, unknown"),
        ("all good", "held, held, held, held"),
        ("2", "?"),
        ("yes", "?"),
        ("no", "?"),
        ("1 2 0", "?"),
        ("A1 A2", "?"),
        ("E1", "?"),
    ],
)
def test_several_kinds_in_one_text(text: str, meaning: str) -> None:
    assert said(text, SPEECH, COUNT, WITHOUT, GIVEN) == meaning


def test_a_period_of_the_contract_is_counted_and_other_kinds_can_be_named() -> None:
    line = {
        "text": "1",
        "lang": "en",
        "received": "2026-09-04T16:00:00-07:00",
        "open": [
            {
                "id": "7",
                "service": "OT",
                "aliases": ["OT"],
                "form": "period",
                "due_sessions": 2,
                "minutes": 60,
            }
        ],
    }
    (answer,) = meaning_to_json(interpret(incoming_from_json(line)))["answers"]
    assert (answer["outcome"], answer["sessions"], "chances" in answer) == ("partial", 1, False)
    line["open"] = [{"id": "7", "service": "aide", "form": "period", "due_sessions": 5, "asks": "without"}]
    (answer,) = meaning_to_json(interpret(incoming_from_json(line)))["answers"]
    assert (answer["outcome"], answer["sessions"]) == ("partial", 4)
    line["open"] = [{"id": "7", "service": "aide", "asks": "how"}]
    with pytest.raises(ValueError, match=r'"open\[0\].asks": expected one of happened, count'):
        incoming_from_json(line)
