"""What a reading is handed on as."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from assistant.replies.reading import Said
from assistant.replies.types import Answer, Meaning, OpenItem
from assistant.words import Intent

UNCLEAR = Meaning(Intent.UNCLEAR, ask_back=True, confidence=0.0)


def answer_of(item: str | None, service: str, day: date | None, said: Said) -> Answer:
    """What was said, as the answer to the open item `item`; None: a report. An outcome was said."""
    assert said.outcome is not None
    return Answer(
        item, service, day, said.outcome, said.cause, said.minutes, said.sessions, said.knows, said.chances
    )


def meaning_of(answers: Sequence[Answer], why: tuple[str, ...]) -> Meaning:
    """The answers as a meaning: a report where none of them is to something open."""
    intent = Intent.ANSWER if any(answer.id is not None for answer in answers) else Intent.REPORT
    return Meaning(intent, tuple(answers), confidence=0.95, why=why)


def same(items: Sequence[OpenItem], said: Said) -> Meaning:
    """The same for every item."""
    return meaning_of([answer_of(item.id, item.service, item.date, said) for item in items], said.why)
