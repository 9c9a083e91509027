"""Writing a letter from its parts and the facts: blocks of text, each factual sentence numbered and traced.

A letter is written in English for the school, with a copy in the parent's language. What states a fact of the
log gets a raised number, and the annex names for each number the entries it rests on; a statement that rests
on no entry is left out where the letter can do without it, and is an error where it cannot.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from assistant.guide.facts import StepFacts
from assistant.guide.filling import LetterError, fill
from assistant.guide.letter_values import letter_values, resting, what_happened, when
from assistant.guide.letters import Item, Part
from assistant.words import Knows, Language

if TYPE_CHECKING:
    from assistant.guide.types import Guide

BlockKind = Literal["paragraph", "head", "closing", "heading", "list", "table", "sheet"]
_COLUMNS = ("date", "due", "given", "what", "knows", "entry")  # of the table of sessions
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a letter. `rows`: of a table or a sheet; `lines` say a table's rows as text."""

    kind: BlockKind
    lines: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def text(self) -> str:
        """The block as plain text, one line a row: narrow enough for any phone."""
        if self.kind in ("list", "table"):
            return "\n".join(f"- {line}" for line in self.lines)
        if self.kind == "sheet":
            return "\n".join(f"{label}: {value}" for label, value in self.rows)
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class Statement:
    """A numbered statement of a letter and the entries of the log that it rests on."""

    number: int
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Writing:
    """A letter in one language."""

    language: Language
    title: str
    blocks: tuple[Block, ...]
    statements: tuple[Statement, ...]

    @property
    def text(self) -> str:
        """The letter as plain text, ready to paste; blocks stand apart by an empty line."""
        return "\n\n".join(block.text for block in self.blocks)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter, ready to be changed. `school` goes to the school, in English; `copy` is the parent's own.

    `annex` and `copy_annex`: which entries each numbered statement rests on. `stem`: the file's name.
    """

    key: str
    school: Writing
    copy: Writing | None
    annex: tuple[Block, ...]
    copy_annex: tuple[Block, ...]
    copy_note: str
    before_title: str
    before_you_send: tuple[str, ...]
    stem: str

    @property
    def own_title(self) -> str:
        """What the letter is called in the language of its copy."""
        return (self.copy or self.school).title

    @property
    def entries(self) -> tuple[int, ...]:
        """The log entries that the letter rests on."""
        return tuple(sorted({number for one in self.school.statements for number in one.entries}))


def write_letter(guide: Guide, name: str, language: Language, facts: StepFacts) -> Letter:
    """A letter of the guide from these facts, with its copy in `language`.

    Raises LetterError where a fact it needs is not known, or a statement it must make rests on nothing.
    """
    from assistant.guide.annex import annex

    book = guide.letters
    mine = book.texts[name, language]
    found = letter_values(guide, book, facts, language)
    school = _write(guide, name, "en", facts)
    copy = _write(guide, name, language, facts) if language != "en" else None
    slug = re.sub(r"[^a-z0-9]+", "-", facts.alias.casefold()).strip("-")
    return Letter(
        key=name,
        school=school,
        copy=copy,
        annex=annex(guide, facts, school),
        copy_annex=annex(guide, facts, copy) if copy else (),
        copy_note=book.phrases[language]["copy_note"],
        before_title=book.phrases[language]["before_you_send"],
        before_you_send=tuple(fill(line, found) for line in mine.before_you_send),
        stem="-".join(part for part in (name.replace("_", "-"), slug) if part),
    )


def raised(number: int) -> str:
    """The number as it stands behind a statement: ¹²."""
    return str(number).translate(_RAISED)


def _write(guide: Guide, name: str, language: Language, facts: StepFacts) -> Writing:
    text = guide.letters.texts[name, language]
    pen = _Pen(guide, language)
    pen.parts(text.parts, facts)
    return Writing(language, text.title, tuple(pen.blocks), tuple(pen.statements))


class _Pen:
    """Writes parts one after the other, and counts the statements."""

    def __init__(self, guide: Guide, language: Language) -> None:
        self.guide, self.language = guide, language
        self.blocks: list[Block] = []
        self.statements: list[Statement] = []

    def parts(self, parts: Sequence[Part], facts: StepFacts) -> None:
        values = letter_values(self.guide, self.guide.letters, facts, self.language)
        entries = resting(facts)
        for part in parts:
            if part.when and not values[part.when]:
                continue
            if part.unless and values[part.unless]:
                continue
            if part.issues:
                if part.heading:
                    self.blocks.append(Block("heading", (fill(part.heading, values),)))
                for issue in facts.issues:
                    self.parts(part.issues, replace(issue, details=facts.details))
                continue
            made = self._part(part, facts, values, entries)
            if made is None:
                continue
            if part.heading:
                self.blocks.append(Block("heading", (fill(part.heading, values),)))
            self._add(part, made)

    def _add(self, part: Part, made: list[Block]) -> None:
        last = self.blocks[-1] if self.blocks else None
        if part.joins and last is not None and last.kind == "paragraph" and made[0].kind == "paragraph":
            joined = f"{last.lines[-1]} {made[0].lines[0]}"
            self.blocks[-1] = replace(last, lines=(*last.lines[:-1], joined, *made[0].lines[1:]))
            made = made[1:]
        self.blocks += made

    def _part(
        self, part: Part, facts: StepFacts, values: Mapping[str, Any], entries: Mapping[str, tuple[int, ...]]
    ) -> list[Block] | None:
        """The part's blocks, or None where it may be left out and there is nothing to rest it on."""
        if part.rests_on and not entries[part.rests_on]:
            if part.optional:
                return None
            raise LetterError(f"{part.where}: nothing in the log to rest this on ({part.rests_on})")
        made: list[Block] = []
        # The items of a list are numbered by themselves; what leads in to them states nothing.
        numbered = part.rests_on if not (part.each or part.items) else ""
        if part.body:
            text = fill(part.body, values)
            if numbered and not part.fields:
                text += self._number(entries[numbered])
            made.append(Block(_kind(part), tuple(text.split("\n"))))
        if part.each:
            made.append(Block("list", tuple(self._each(part, values))))
        if part.items:
            lines = self._items(part, values, entries)
            made += [Block("list", tuple(lines))] if lines else []
        if part.table:
            made.append(self._table(facts))
        if part.fields:
            made.append(Block("sheet", rows=tuple(self._sheet(part, values, entries))))
        return made or None

    def _each(self, part: Part, values: Mapping[str, Any]) -> list[str]:
        lines = []
        for one in values[part.each]:
            if not one["entries"]:
                raise LetterError(f"{part.where}: an item of {part.each} rests on no entry")
            lines.append(fill(part.item, {**values, "one": one}) + self._number(one["entries"]))
        return lines

    def _items(
        self, part: Part, values: Mapping[str, Any], entries: Mapping[str, tuple[int, ...]]
    ) -> list[str]:
        return [text for _, text in self._rows(part.items, part, values, entries)]

    def _sheet(
        self, part: Part, values: Mapping[str, Any], entries: Mapping[str, tuple[int, ...]]
    ) -> list[tuple[str, ...]]:
        return [
            (fill(one.label, values), text) for one, text in self._rows(part.fields, part, values, entries)
        ]

    def _rows(
        self,
        items: Sequence[Item],
        part: Part,
        values: Mapping[str, Any],
        entries: Mapping[str, tuple[int, ...]],
    ) -> list[tuple[Item, str]]:
        found = []
        for one in items:
            if one.when and not values[one.when]:
                continue
            rests = one.rests_on or part.rests_on
            if rests and not entries[rests]:
                continue
            text = " ".join(fill(one.text, values).split("\n"))
            found.append((one, text + (self._number(entries[rests]) if rests else "")))
        return found

    def _table(self, facts: StepFacts) -> Block:
        words, phrases = self.guide.words[self.language], self.guide.letters.phrases[self.language]
        rows = tuple(
            (
                when(row.day, row.period, self.language),
                str(row.expected),
                str(row.received),
                what_happened(row.outcome, row.cause, words)
                + ("" if row.cause and row.cause != "not_given" else f" ({phrases['no_reason']})"),
                phrases[f"knows_{Knows(row.knows)}"],
                str(row.entry),
            )
            for row in facts.rows
        )
        lines = tuple(fill(phrases["table_line"], dict(zip(_COLUMNS, row, strict=True))) for row in rows)
        return Block("table", lines, tuple(phrases[f"head_{key}"] for key in _COLUMNS), rows)

    def _number(self, entries: tuple[int, ...]) -> str:
        number = len(self.statements) + 1
        self.statements.append(Statement(number, tuple(sorted(set(entries)))))
        return raised(number)


def _kind(part: Part) -> BlockKind:
    return part.style or "paragraph"
