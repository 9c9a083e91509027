"""Filled examples of the texts in use: for the page that says what is sent, and for registration."""

from __future__ import annotations

import string
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from assistant.config import Settings
from assistant.words import Language
from messages.templates import Shelf, TemplateError, fill, short_day, when, word

SHOWN = ("invite", "welcome", "question_one", "reminder_one", "confirm", "help", "stopped")
_ALIAS = {"en": "speech", "es": "habla"}
_CHILD = "Sam"


@dataclass(frozen=True, slots=True)
class Sample:
    """A text as a phone would show it, and the template it comes from."""

    key: str
    body: str


def samples(
    session: Session, language: Language, today: date, settings: Settings, keys: Iterable[str] = SHOWN
) -> list[Sample]:
    """These texts in their newest versions, for a made-up child; one that cannot be filled is left out."""
    shelf, found = Shelf(session), []
    values = _values(language, today, settings)
    for key in keys:
        try:
            body, _ = shelf.take(f"texts.{key}", language)
            wanted = {name for _, name, _, _ in string.Formatter().parse(body) if name}
            found.append(Sample(key, fill(body, {name: values.get(name, "") for name in wanted}, key)))
        except (TemplateError, ValueError):
            continue  # a draft of staff's with a hole: it would not be sent either
    return found


def _values(language: Language, today: date, settings: Settings) -> dict[str, str]:
    day = today - timedelta(days=1)
    alias = _ALIAS[language]
    return {
        "program": settings.program.name,
        "child": _CHILD,
        "alias": alias,
        "when": when(day, today, language),
        "day": short_day(day, language),
        "answers": f"{alias} {short_day(day, language)}: {word('held', language)}",
        "per_week": str(settings.asking.max_questions_a_week),
        "days": str(settings.asking.late_answer_days),
    }
