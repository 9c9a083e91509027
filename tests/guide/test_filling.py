"""Filling is bounded: no text, whoever wrote it, grows without end, goes round for ever or calculates."""

from __future__ import annotations

import pytest
from jinja2 import TemplateSyntaxError

from assistant.guide.filling import (
    LONGEST_FILLED,
    LONGEST_SOURCE,
    MOST_ROUNDS,
    LetterError,
    Phrases,
    rendered,
)

MANY = {"many": list(range(400)), "long": "x" * 1_000}


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in range(9) %}x{% endfor %}",
        "{{ 'x' * 1000000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ long | center(1000000000) }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% set a = long ~ long %}",
        "{% include 'x' %}",
        "{{ long.join(many) }}",
        "{{ many[0] }}",
        "x" * (LONGEST_SOURCE + 1),
    ],
)
def test_a_text_names_asks_and_lists_and_nothing_else(text: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        rendered(text, MANY)


def test_lists_in_lists_come_to_an_end() -> None:
    inner = "{% for a in many %}{% for b in many %}{% for c in many %}{% endfor %}{% endfor %}{% endfor %}"
    with pytest.raises(LetterError, match=str(MOST_ROUNDS)):
        rendered(inner, MANY)
    with pytest.raises(LetterError, match=str(MOST_ROUNDS)):  # a phrase spends the rounds of who asks for it
        phrases = Phrases({"p": "{% for b in many %}{% endfor %}"}, lambda text: rendered(text, MANY))
        rendered("{% for a in many %}{{ say.p }}{% endfor %}", {**MANY, "say": phrases})
    assert rendered("{% for a in many[:2] %}{{ a }}{% endfor %}", MANY) == "01"


def test_what_grows_too_long_is_stopped() -> None:
    with pytest.raises(LetterError, match=str(LONGEST_FILLED)):
        rendered("{% for a in many %}{{ long }}{% endfor %}", MANY)
