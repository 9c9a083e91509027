"""Turns of phrase that settle a text by themselves, and texts that only look like them."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from assistant.replies.interpret import interpret
from assistant.replies.types import Incoming, KnownService, OpenItem

NOW = datetime(2026, 9, 1, 16, 0, tzinfo=ZoneInfo("America/Los_Angeles"))
TODAY = date(2026, 9, 1)
SPEECH = OpenItem("1", "Speech therapy", ("speech",), TODAY, time(14), 30)
OT = OpenItem("2", "Occupational therapy", ("OT",), TODAY, time(9, 30), 30)
KNOWN = tuple(KnownService(one.service, one.aliases) for one in (SPEECH, OT))


def said(text: str, *items: OpenItem) -> str:
    meaning = interpret(Incoming(text, "en", NOW, items or (SPEECH,), KNOWN, "Leo"))
    if not meaning.answers:
        return meaning.intent.value
    return " ".join(
        f"{one.outcome.value}{'/' + one.cause.value if one.cause else ''}" for one in meaning.answers
    )


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("different room than usual but yes he was seen", "held"),
        ("it got moved twice so yes", "held"),
        ("the planner says no", "missed"),
        ("la hoja dice que no sé", "unknown"),
        ("there was no sheet in her folder so idk", "unknown"),
        ("he never wrote anything so not sure", "unknown"),
        ("once a month if we are lucky. not today", "missed"),
        ("district closed, they put homework online", "no_school/closure"),
        ("it was a holiday but they counted it", "no_school/closure"),
        ("they cancelled and nobody told us", "missed"),
        ("cancelaron y nadie nos avisó", "missed"),
        ("she called out sick", "missed/provider_absent"),
        ("she cancelled five minutes before it was supposed to start", "missed/provider_absent"),
        ("we couldn't get her into the classroom", "missed/child_refused"),
        ("CAASPP this week, his class was told not to come", "missed/testing"),
        ("she hasn't had it for weeks", "missed"),
        ("sin terapia hoy", "missed"),
        ("lleva dos semanas sin sesiones", "missed"),
        ("20 min not 30", "partial"),
        ("she came a little later instead of at ten", "held"),
    ],
)
def test_what_settles_a_text(text: str, meaning: str) -> None:
    assert said(text) == meaning


@pytest.mark.parametrize(
    "text",
    [
        "nobody told us if it was cancelled",
        "no but yes",
        "maybe so yes",
        "she has not had it yet, but yes later",
        "no one told me whether they skipped it",
        "is the school closed?",
        "they will make it up, not sure when",
    ],
)
def test_what_only_looks_settled_is_logged_as_nothing_but_unknown(text: str) -> None:
    assert said(text) in ("unclear", "unknown", "unrelated")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("am no, pm yes", "missed held"),
        ("morning yes afternoon no", "held missed"),
        ("yes both", "held held"),
        ("no to both", "missed missed"),
        ("both no", "missed missed"),
        ("las dos sí", "held held"),
        ("nomás la ocupacional", "missed held"),
        ("2", "unclear"),
        ("1", "unclear"),
    ],
)
def test_two_sessions_in_few_words(text: str, meaning: str) -> None:
    found = said(text, OT, SPEECH) if "am" in text or "morning" in text else said(text, SPEECH, OT)
    assert found == meaning


def test_a_spanish_reaction_is_no_answer() -> None:
    assert said("A Ana le gustó “Leo: ¿hubo speech hoy? Mande 1 sí, 2 no”") == "reaction"
    assert said("Le gustó “Leo: ¿hubo speech hoy? Mande 1 sí, 2 no, 3 no sé”") == "reaction"
    assert said("No le gustó “1 sí, 2 no, 3 no sé”") == "reaction"


def test_the_name_of_a_service_may_be_its_person() -> None:
    meaning = interpret(Incoming("OT was out today", "en", NOW, (SPEECH,), KNOWN, "Leo"))
    (answer,) = meaning.answers
    assert (answer.id, answer.service, answer.outcome.value) == (None, "Occupational therapy", "missed")
