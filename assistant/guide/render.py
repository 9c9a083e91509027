"""Filling steps and letters from facts: plain text that is complete by itself, and simple HTML from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import Any

from assistant.escalation.types import StepKey
from assistant.guide.facts import StepFacts
from assistant.guide.loader import LETTER_OF, Guide, environment
from assistant.guide.values import long_day, values
from assistant.words import Language

BLANK = "[{what}]"
_MARKUP = re.compile(r"([\\`*_<>\[\]#|~])")
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
    """The e-mail of a step, with its letter (if it has one) under it and the footer at the end."""
    part = guide.steps[step, language]
    found = values(guide, facts, language, BLANK)
    subject = " ".join(environment().from_string(part.subject).render(found).split())
    body = environment().from_string(part.body).render(found).strip()
    marked = environment().from_string(part.body).render(_without_markup(found)).strip()
    letters = render_letters(guide, step, language, facts)
    footer = footer_lines(guide, language)
    text = [body.replace("**", "")]
    html = [_markdown(marked)]
    for letter in letters:
        plain = letter_text(letter)
        text += ["-" * 60, plain]
        html.append(
            f'<div style="border:1px solid #bbb;padding:12px;white-space:pre-wrap">{escape(plain)}</div>'
        )
    text.append("-- \n" + "\n".join(footer))
    html.append('<p style="color:#444;font-size:14px">' + "<br>".join(map(escape, footer)) + "</p>")
    return RenderedStep(subject, "\n\n".join(text) + "\n", _page(language, subject, "\n".join(html)))


def render_letters(guide: Guide, step: StepKey, language: Language, facts: StepFacts) -> tuple[Letter, ...]:
    """The letters of a step: in English for the school, with the parent's language beside it."""
    name = LETTER_OF.get(step)
    if name is None:
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
            footer=footer_lines(guide, language),
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


def footer_lines(guide: Guide, language: Language) -> tuple[str, ...]:
    """What everything that is sent carries: jurisdiction, version, review state, "not legal advice"."""
    words = guide.words[language]
    return (
        guide.jurisdiction[language],
        f"{words['guide_version']} {guide.version}. {guide.review[language]}",
        f"{words['verified_on']} {long_day(guide.verified_on, language)}.",
        guide.not_advice[language],
    )


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


def _without_markup(found: dict[str, Any]) -> dict[str, Any]:
    """The values with all that Markdown would read as markup escaped; the guide's own addresses stay."""
    own = ("page", "place", "helpers", "cite", "dates", "rows", "earlier", "not_counted")
    return {
        key: _MARKUP.sub(r"\\\1", value) if isinstance(value, str) and key not in own else value
        for key, value in found.items()
    }


def _markdown(text: str) -> str:
    """The plain text as HTML: paragraphs, lists and links, and nothing that a name could bring along."""
    from markdown_it import MarkdownIt

    rendered: str = (
        MarkdownIt("commonmark", {"html": False, "breaks": True})
        .disable(["image", "link", "heading", "lheading", "code"])
        .render(text)
    )
    return rendered


def _page(language: Language, title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>' + escape(title) + "</title></head>"
        '<body style="font:18px/1.5 system-ui,sans-serif;max-width:40em;margin:auto;padding:12px;color:#111">'
        + body
        + "</body></html>"
    )
