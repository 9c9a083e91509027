"""Markdown as a short list of blocks, so that one text can become plain text, a page and a Word document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph, a list's item or a table. A paragraph's text may hold line breaks.

    `level` is a heading's; `mark` an item's ("-" or "1."); `rows` a table's, its header first.
    """

    kind: Literal["heading", "paragraph", "item", "table"]
    text: str = ""
    level: int = 0
    mark: str = ""
    rows: tuple[Row, ...] = ()


def markdown() -> MarkdownIt:
    """The Markdown we use: CommonMark with tables, and no HTML of its own."""
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def blocks_of(text: str) -> tuple[Block, ...]:
    """The blocks of a Markdown text, in order."""
    return tuple(_blocks(markdown().parse(text)))


def plain(blocks: Sequence[Block]) -> str:
    """The blocks as plain text that is complete by itself: a table's row names its columns."""
    parts: list[str] = []
    for number, block in enumerate(blocks):
        tight = block.kind == "item" and number > 0 and blocks[number - 1].kind == "item"
        parts.append(("\n" if tight else "\n\n") + _plain(block))
    return "".join(parts).strip()


def _plain(block: Block) -> str:
    if block.kind == "heading":
        return block.text.upper() if block.level < 3 else block.text
    if block.kind == "item":
        return f"{block.mark} {block.text}"
    if block.kind == "table":
        header, *rows = block.rows
        cells = (zip(header, row, strict=True) for row in rows)
        return "\n".join("- " + "; ".join(f"{name}: {cell}" for name, cell in row if cell) for row in cells)
    return block.text


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    rows: list[Row] = []
    row: list[str] = []
    lists: list[int] = []  # the next number of each open list; 0 for one without numbers
    around = ""
    for number, token in enumerate(tokens):
        if token.type in ("ordered_list_open", "bullet_list_open"):
            lists.append(1 if token.type == "ordered_list_open" else 0)
        elif token.type in ("ordered_list_close", "bullet_list_close"):
            lists.pop()
        elif token.type == "table_open":
            rows = []
        elif token.type == "table_close":
            yield Block("table", rows=tuple(rows))
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close":
            rows.append(tuple(row))
        elif token.type == "inline":
            around, text = tokens[number - 1].type, _inline(token)
            if around in ("th_open", "td_open"):
                row.append(text)
            elif around == "heading_open":
                yield Block("heading", text, level=int(tokens[number - 1].tag[1:]))
            elif lists:
                mark = f"{lists[-1]}." if lists[-1] else "-"
                lists[-1] += bool(lists[-1])
                yield Block("item", text, mark=mark)
            else:
                yield Block("paragraph", text)


def _inline(token: Token) -> str:
    """The text of a line; a link whose text is not its address is followed by the address."""
    out: list[str] = []
    href, began = "", 0
    for child in token.children or ():
        if child.type in ("text", "code_inline", "text_special"):
            out.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            out.append("\n" if child.type == "hardbreak" else " ")
        elif child.type == "link_open":
            href, began = str(child.attrGet("href") or ""), len(out)
        elif child.type == "link_close" and "".join(out[began:]) != href:
            out.append(f" ({href})")
    return "".join(out).strip()
