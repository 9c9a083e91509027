"""What a parent reads on pages is as easy as what they get by text: every sentence is measured."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from assistant.web.speech import speech
from assistant.words import Language
from tests.support.readability import LINES, english_grade, spanish_ease

ROOMS = (
    "answer", "common", "consent", "contacts", "enter", "erase", "evidence", "family", "family_nav", "feed",
    "home", "letters", "mark", "meant", "month", "note", "promise", "register", "said", "school_log",
    "settings", "signals", "start", "step", "steps", "unknown",
)  # fmt: skip
# A sentence alone says little: one long word tips a short one. So sentences may be of grade 7, and in Spanish
# "normal" on the INFLESZ scale, and what a page says as a whole has to be easier than that.
SENTENCE_GRADE, SENTENCE_EASE = 7.0, 55.0
ROOM_GRADE, ROOM_EASE = 5.0, 70.0
SHORT = 5  # words; a label is no sentence
# What cannot be said more easily, and why.
EXCEPTIONS = {
    "settings.phone_country": "names of countries",
    "settings.invite_country": "names of countries",
    "register.consent_texts": "consent has to name automatic texts",
    "contacts.job_hint": "titles of people at a school",
}


def sentences(room: str, language: Language) -> Iterator[tuple[str, str]]:
    for key, said in speech(language).entries.items():
        if key.partition(".")[0] != room:
            continue
        plain = re.sub(r"\{[^}]*\}", "Leo", re.sub(r"<[^>]+>", "", said))
        for one in re.split(r"(?<=[.!?:;])\s+", plain):
            if len(re.findall(r"\w+", one)) > SHORT:
                yield key, one


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_sentence_for_parents_is_easy_to_read(language: Language) -> None:
    hard: dict[str, str] = {}
    for room in ROOMS:
        for key, one in sentences(room, language):
            is_hard = (
                english_grade(one, LINES) > SENTENCE_GRADE
                if language == "en"
                else spanish_ease(one, LINES) < SENTENCE_EASE
            )
            hard |= {key: one} if is_hard else {}
    assert {key: one for key, one in hard.items() if key not in EXCEPTIONS} == {}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_as_a_whole_is_easier_than_its_hardest_sentence(room: str) -> None:
    english = ". ".join(one.rstrip(".!?:;") for _, one in sentences(room, "en"))
    spanish = ". ".join(one.rstrip(".!?:;") for _, one in sentences(room, "es"))
    if english:
        assert english_grade(english, LINES) <= ROOM_GRADE, english_grade(english, LINES)
        assert spanish_ease(spanish, LINES) >= ROOM_EASE, spanish_ease(spanish, LINES)


def test_no_exception_is_needless() -> None:
    for key in EXCEPTIONS:
        room = key.partition(".")[0]
        grades = [english_grade(one, LINES) for at, one in sentences(room, "en") if at == key]
        eases = [spanish_ease(one, LINES) for at, one in sentences(room, "es") if at == key]
        assert any(one > SENTENCE_GRADE for one in grades) or any(one < SENTENCE_EASE for one in eases), key
