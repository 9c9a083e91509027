"""Filling steps and letters from facts: plain text that is complete by itself, and simple HTML from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from assistant.escalation.types import DueDate, StepKey
from assistant.guide.facts import StepFacts
from assistant.guide.loader import LETTER_OF, Guide, environment
from assistant.guide.mail import Parts, as_html, as_text, safe
from assistant.guide.types import StepText
from assistant.guide.values import date_value, long_day, values
from assistant.words import Language

BLANK = "[{what}]"
TABLE = "@@table@@"  # where the table of sessions goes; a Word document makes a real table of it


@dataclass(frozen=True, slots=True)
class Table:
    """The sessions of a letter: a heading row and a row a session."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter, ready to be edited. `english` goes to the school; `translation` is the parent's copy.

    Both hold the marker TABLE on a line of its own. `entries`: the log entries that it rests on.
    """

    key: str
    title: str
    english: str
    translation: str | None
    table: Table
    translated_table: Table | None
    translated_title: str
    before_you_send: tuple[str, ...]
    before_title: str
    footer: tuple[str, ...]
    file_name: str
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RenderedStep:
    """A step's e-mail."""

    subject: str
    text: str
    html: str


def render_step(guide: Guide, step: StepKey, language: Language, facts: StepFacts) -> RenderedStep:
    """The e-mail of a step: one thing to do, a button to the step's page, the dates, the footer.

    Where the review of the step or of its letter has run out, it has facts and help contacts instead.
    """
    part = (
        guide.steps[step, language] if letter_allowed(guide, step, facts.today) else guide.expired[language]
    )
    return _mail(guide, part, language, facts, {}, _footer(guide, step, language, facts.today))


def render_clock_mail(
    guide: Guide,
    when: Literal["before", "after"],
    clock: str,
    step: StepKey,
    language: Language,
    facts: StepFacts,
    due: DueDate,
) -> RenderedStep:
    """The e-mail before a date of a step, or after it went by unanswered. KeyError for an unknown clock."""
    frame, words = guide.clock_mails[when, language], guide.words[language]
    subject, line = frame.phrases[clock]
    kind = words[due.kind]
    shown = date_value(due, language) | {
        "by": words["by_range" if due.due != due.latest else "by_day"].format(
            due=long_day(due.due, language), latest=long_day(due.latest, language)
        ),
        "label": kind.format(cite=due.citation) if due.citation else kind.replace(" ({cite})", ""),
        "note": guide.clock_note(clock, language),
        "whose": guide.clock_texts[clock].whose,
    }
    part = StepText(subject, frame.body, frame.button, frame.beside)
    more = {"date": shown, "line": line}
    return _mail(guide, part, language, facts, more, _footer(guide, step, language, facts.today))


def letter_allowed(guide: Guide, step: StepKey, today: date) -> bool:
    """Whether a step may be sent with its letter: neither its own review nor the letter's has run out."""
    keys = (step.value, LETTER_OF.get(step, step.value))
    return all(guide.review_of(key, today) != "expired" for key in keys)


def _mail(
    guide: Guide,
    part: StepText,
    language: Language,
    facts: StepFacts,
    more: Mapping[str, Any],
    footer: tuple[str, ...],
) -> RenderedStep:
    words = guide.words[language]

    def fill(text: str, found: Mapping[str, Any]) -> str:
        said = dict(found) | dict(more)
        if "line" in more:
            said["line"] = environment().from_string(more["line"]).render(said)
        return environment().from_string(text).render(said).strip()

    found = values(guide, facts, language, BLANK)
    parts = Parts(
        subject=" ".join(fill(part.subject, found).split()),
        body=fill(part.body, found),
        marked=fill(part.body, values(guide, facts, language, BLANK, safe)),
        button=part.button,
        beside=part.beside or words["not_now"],
        page=facts.page_url,
        reading=[
            (guide.reading[key].name[language], guide.reading[key].page[language]) for key in part.reading
        ],
        terms=[
            (guide.glossary[key].term[language], guide.glossary[key].text[language]) for key in part.terms
        ],
        read_more=words["read_more"],
        terms_title=words["terms"],
        footer=footer,
    )
    return RenderedStep(parts.subject, as_text(parts), as_html(parts, language))


def render_letters(guide: Guide, step: StepKey, language: Language, facts: StepFacts) -> tuple[Letter, ...]:
    """The letters of a step: in English for the school, with the parent's language beside it."""
    name = LETTER_OF.get(step)
    if name is None or (name, language) not in guide.letters or not letter_allowed(guide, step, facts.today):
        return ()
    mine = guide.letters[name, language]
    slug = re.sub(r"[^a-z0-9]+", "-", facts.alias.casefold()).strip("-") or "service"
    return (
        Letter(
            key=name,
            title=guide.letters[name, "en"].title,
            english=_letter(guide, name, "en", facts),
            translation=_letter(guide, name, language, facts) if language != "en" else None,
            table=_table(guide, "en", facts),
            translated_table=_table(guide, language, facts) if language != "en" else None,
            translated_title=mine.title,
            before_you_send=mine.before_you_send,
            before_title=guide.words[language]["before_you_send"],
            footer=footer_lines(guide, language, name, facts.today),
            file_name=f"{name.replace('_', '-')}-{slug}.docx",
            entries=tuple(row.entry for row in facts.rows),
        ),
    )


def letter_text(letter: Letter) -> str:
    """A letter as plain text, to paste: what to check first, the letter, and the parent's copy."""
    parts = [letter.before_title + "\n" + "\n".join(f"- {line}" for line in letter.before_you_send)]
    parts.append("-" * 60 + "\n" + letter.english.replace(TABLE, _text_table(letter.table)))
    if letter.translation is not None and letter.translated_table is not None:
        copy = letter.translation.replace(TABLE, _text_table(letter.translated_table))
        parts.append("-" * 60 + f"\n{letter.translated_title}\n\n{copy}")
    return "\n\n".join(parts)


def footer_lines(
    guide: Guide, language: Language, key: str = "", today: date | None = None
) -> tuple[str, ...]:
    """What everything that is sent carries: jurisdiction, version, review state, "not legal advice".

    `key`: the step or letter whose review is told, as of `today`; without them it is "pending".
    """
    words = guide.words[language]
    return (
        guide.jurisdiction[language],
        f"{words['guide_version']} {guide.version}. {review_line(guide, language, key, today)}",
        f"{words['verified_on']} {long_day(guide.verified_on, language)}.",
        guide.not_advice[language],
    )


def review_line(guide: Guide, language: Language, key: str = "", today: date | None = None) -> str:
    """The review state of a step or letter in one sentence."""
    review = guide.review_for(key)
    state = review.state(today) if today else "pending"
    until = long_day(review.until, language) if review.until else ""
    return guide.words[language][f"review_{state}"].format(by=review.by, until=until)


def _footer(guide: Guide, step: StepKey, language: Language, today: date) -> tuple[str, ...]:
    """The footer with the weaker of the two reviews: the step's and its letter's."""
    order = ("expired", "pending", "reviewed")
    keys = (step.value, LETTER_OF.get(step, step.value))
    weakest = min(keys, key=lambda key: order.index(guide.review_of(key, today)))
    return footer_lines(guide, language, weakest, today)


def _letter(guide: Guide, name: str, language: Language, facts: StepFacts) -> str:
    found: dict[str, Any] = {**values(guide, facts, language, BLANK), "table": TABLE}
    filled = environment().from_string(guide.letters[name, language].body).render(found)
    return re.sub(r"\n{3,}", "\n\n", filled).strip()


def _table(guide: Guide, language: Language, facts: StepFacts) -> Table:
    words = guide.words[language]
    head = tuple(
        words[key] for key in ("head_date", "head_expected", "head_received", "head_reason", "head_entry")
    )
    rows = values(guide, facts, language, BLANK)["rows"]
    return Table(
        head,
        tuple(
            (
                row["day"],
                str(row["expected"]),
                str(row["received"]),
                f"{row['what']}: {row['reason']}",
                str(row["entry"]),
            )
            for row in rows
        ),
    )


def _text_table(table: Table) -> str:
    """One line a session: narrow enough for any phone."""
    return "\n".join(
        f"- {day}. {table.head[1]}: {due}. {table.head[2]}: {given}. {what}. {table.head[4]} {entry}."
        for day, due, given, what, entry in table.rows
    )
