"""Words for the guide's texts: what would leave a hole is found before it can go live."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.guide.leaf_rules import Fault, faults
from assistant.guide.leaves import PIECES, words_of
from assistant.guide.loader import load_guide
from assistant.words import LANGUAGES

GUIDE = load_guide("us-ca")
TODAY = date(2026, 9, 1)


def found(piece: str, key: str, text: str) -> list[tuple[str, str, str]]:
    said = words_of(GUIDE, piece, "en")
    (whole,) = [one for one in said if one == key or one.startswith(f"{key}.")][:1]
    wrong: list[Fault] = faults(GUIDE, piece, "en", said | {whole: text}, TODAY)
    return [(one.code, one.name, one.near) for one in wrong]


@pytest.mark.parametrize("piece", PIECES)
def test_our_own_words_have_no_fault(piece: str) -> None:
    for language in LANGUAGES:
        assert faults(GUIDE, piece, language, words_of(GUIDE, piece, language), TODAY) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{{ nicknam }}", ("near", "nicknam", "nickname")),
        ("{{ dates.records.dew }}", ("near", "dates.records.dew", "dates.records.due")),
        ("{% for one in helpers %}{{ one.nam }}{% endfor %}", ("near", "helpers.nam", "helpers.name")),
        ("{% if nickname %}a{% else %}{{ cite.recods }}{% endif %}", ("near", "cite.recods", "cite.records")),
        ("{{ zzzz }}", ("unknown", "zzzz", "")),
        ("{{ why.x }}", ("unknown", "why.x", "")),
        ("{{ dates }}", ("parts", "dates", "")),
        ("", ("empty", "", "")),
    ],
)
def test_placeholders_of_a_mail(text: str, fault: tuple[str, str, str]) -> None:
    assert found("mail.document", "body", text) == [fault]


def test_what_only_some_families_have_needs_an_if() -> None:
    assert [code for code, *_ in found("mail.document", "body", "{{ dates.records.due }}")] == ["hole"]
    assert found("mail.document", "body", "{% if dates.records %}{{ dates.records.due }}{% endif %} x") == []
    assert [code for code, *_ in found("letter.written_notice", "4", "{{ grade }}")] == ["hole"]
    assert found("letter.written_notice", "4", "{% if grade %}{{ grade }}{% endif %} x") == []


def test_a_letter_states_only_what_its_part_rests_on() -> None:
    assert found("letter.written_notice", "4", "{{ misses }}") == [("rests_on", "misses", "misses / all")]
    assert found("letter.thank_you", "title", "Thanks, {{ child }}") == [("plain", "", "")]
    (broken,) = found("mail.document", "subject", "{{ nickname")
    assert broken[0] == "form"
    assert found("mail.document", "body", "x\n=== subject\ny") == [("marks", "", "")]
