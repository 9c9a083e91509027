"""A letter on paper: which blocks a document is made of, also when the parent has changed its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.guide.letter import Block, Letter, Writing
from assistant.words import Language


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks that begin on a page of their own. `annex`: set smaller."""

    language: Language
    blocks: tuple[Block, ...]
    annex: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """What a document holds. The same paper gives the same document, byte for byte."""

    title: str
    language: Language
    sections: tuple[Section, ...]


def paper(letter: Letter, edited: str | None = None, *, with_copy: bool = False) -> Paper:
    """The letter for the school with its annex, as the log gives it or with the parent's changes.

    `with_copy` adds the parent's copy after it; a letter that was changed has none, as it would not agree.
    """
    blocks = letter.school.blocks if edited is None else blocks_of(edited, letter.school)
    sections = [Section("en", blocks)]
    if letter.annex:
        sections.append(Section("en", letter.annex, annex=True))
    if with_copy and edited is None:
        sections += copy_sections(letter)
    return Paper(letter.school.title, "en", tuple(sections))


def copy_paper(letter: Letter) -> Paper | None:
    """The parent's own copy alone; None where the parent reads English."""
    return Paper(letter.copy.title, letter.copy.language, copy_sections(letter)) if letter.copy else None


def copy_sections(letter: Letter) -> tuple[Section, ...]:
    """The letter in the parent's language, marked as a copy, with its annex."""
    if letter.copy is None:
        return ()
    language = letter.copy.language
    note = Block("heading", (letter.copy_note,))
    sections = [Section(language, (note, *letter.copy.blocks))]
    if letter.copy_annex:
        sections.append(Section(language, letter.copy_annex, annex=True))
    return tuple(sections)


def plain_text(one: Paper) -> str:
    """The paper as plain text to paste into an e-mail."""
    parts = ["\n\n".join(block.text for block in section.blocks) for section in one.sections]
    return ("\n\n" + "-" * 60 + "\n\n").join(parts) + "\n"


def blocks_of(text: str, written: Writing) -> tuple[Block, ...]:
    """A changed text as blocks. What is as it was keeps its form: heads, headings, tables, sheets.

    Lines of the table that are left as they were stay a table, so that a parent may take one out.
    """
    known = {block.text: block for block in written.blocks}
    rows = {
        f"- {line}": (block.head, line, row)
        for block in written.blocks
        if block.kind == "table"
        for line, row in zip(block.lines, block.rows, strict=True)
    }
    found: list[Block] = []
    for chunk in _chunks(text):
        if chunk in known:
            found.append(known[chunk])
            continue
        lines = chunk.split("\n")
        while lines:
            taken = [rows[line] for line in _while(lines, rows)]
            if taken:
                head = taken[0][0]
                said, cells = tuple(line for _, line, _ in taken), tuple(row for _, _, row in taken)
                found.append(Block("table", said, head, cells))
            else:
                bullet = lines[0].startswith("- ")
                run = []
                for line in lines:
                    if line in rows or line.startswith("- ") != bullet:
                        break
                    run.append(line)
                cut = tuple(line[2:] for line in run) if bullet else tuple(run)
                found.append(Block("list" if bullet else "paragraph", cut))
                taken = run  # type: ignore[assignment]  # only its length matters below
            lines = lines[len(taken) :]
    return tuple(found)


def _while(lines: list[str], rows: Mapping[str, tuple[tuple[str, ...], str, tuple[str, ...]]]) -> list[str]:
    """The lines at the beginning that are rows of one table."""
    found: list[str] = []
    for line in lines:
        if line not in rows or (found and rows[line][0] != rows[found[0]][0]):
            break
        found.append(line)
    return found


def _chunks(text: str) -> list[str]:
    """The text by its empty lines; line ends as browsers send them are ours."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    chunks: list[list[str]] = [[]]
    for line in lines:
        if line:
            chunks[-1].append(line)
        elif chunks[-1]:
            chunks.append([])
    return ["\n".join(chunk) for chunk in chunks if chunk]
