"""The annex of a letter: for each numbered statement the log entries that it rests on, and those entries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from babel.dates import format_datetime

from assistant.guide.facts import LogLine, StepFacts
from assistant.guide.filling import fill
from assistant.guide.letter import Block, Writing
from assistant.guide.letter_values import short_day, spans, what_happened
from assistant.words import Language

if TYPE_CHECKING:
    from assistant.guide.types import Guide

_LOCALES: Mapping[Language, str] = {"en": "en_US", "es": "es_MX"}
_STAMP: Mapping[Language, str] = {"en": "MMM d, y, h:mm a", "es": "d MMM y, H:mm"}


def annex(guide: Guide, facts: StepFacts, letter: Writing) -> tuple[Block, ...]:
    """The annex, in the letter's language; nothing where the letter states nothing of the log."""
    if not letter.statements:
        return ()
    language = letter.language
    words, phrases = guide.words[language], guide.letters.phrases[language]
    log = _log_of(facts)
    numbers = sorted({number for one in letter.statements for number in one.entries})
    statements = tuple((str(one.number), spans(one.entries)) for one in letter.statements)
    entries = tuple(
        (
            str(number),
            short_day(log[number].day, language),
            _stamp(log[number].recorded_at, language),
            _what(log[number], words, phrases),
        )
        for number in numbers
    )
    return (
        Block("heading", (phrases["annex_title"],)),
        Block("paragraph", (phrases["annex_says"],)),
        _table(phrases, ("number", "entries"), statements),
        _table(phrases, ("entry", "day", "recorded", "what"), entries),
    )


def _table(phrases: Mapping[str, str], columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Block:
    text = phrases[f"annex_line_{columns[0]}"]
    lines = tuple(fill(text, dict(zip(columns, row, strict=True))) for row in rows)
    return Block("table", lines, tuple(phrases[f"annex_{key}"] for key in columns), rows)


def _log_of(facts: StepFacts) -> dict[int, LogLine]:
    found = dict(facts.log)
    for issue in facts.issues:
        found |= issue.log
    return found


def _stamp(moment: datetime, language: Language) -> str:
    said = format_datetime(moment, _STAMP[language], locale=_LOCALES[language])
    return said.replace("\u202f", " ").replace("sept", "sep").replace(".", "")


def _what(one: LogLine, words: Mapping[str, str], phrases: Mapping[str, str]) -> str:
    """What the entry says, in a few words: "not held: the provider was out"."""
    if one.outcome is None:
        said = phrases[f"kind_{one.kind}"]
    else:
        said = what_happened(one.outcome, one.cause, words)
        if one.kind == "make_up":
            said = f"{phrases['kind_make_up']} ({said})"
        if one.sessions is not None and one.due_sessions:
            said += f", {one.sessions}/{one.due_sessions}"
        elif one.minutes is not None:
            said += f", {one.minutes} min"
    if one.supersedes is not None:
        said += f"; {phrases['corrects'].replace('{number}', str(one.supersedes))}"
    return said
