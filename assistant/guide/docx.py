"""A letter as an editable Word document on US letter paper. The same paper gives the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from copy import deepcopy
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from docx import Document
from docx.document import Document as Doc
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Inches, Pt

from assistant.guide.letter import Block
from assistant.guide.paper import Paper

# A fixed day for the file's own dates: the same letter has to give the same bytes on any day.
_STAMP = datetime(2026, 1, 1, tzinfo=UTC)
# What XML cannot hold; names come from people.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_LANGUAGE = {"en": "en-US", "es": "es-US"}


def docx(paper: Paper) -> bytes:
    """The paper as a Word document, which may go to the school as it is."""
    document = Document()
    page = document.sections[0]
    page.page_width, page.page_height = Inches(8.5), Inches(11)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Inches(1)
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Calibri", Pt(11)
    style.paragraph_format.space_after = Pt(8)
    _language(style.element.get_or_add_rPr(), _LANGUAGE[paper.language])
    properties = document.core_properties
    properties.title, properties.author, properties.comments = paper.title, "", ""
    properties.language = _LANGUAGE[paper.language]
    properties.created = properties.modified = _STAMP.replace(tzinfo=None)
    for number, section in enumerate(paper.sections):
        if number:
            document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        for block in section.blocks:
            _write(document, block, Pt(9) if section.annex else None)
    raw = io.BytesIO()
    document.save(raw)
    return _same_bytes(raw.getvalue())


def _write(document: Doc, block: Block, size: Any) -> None:
    if block.kind in ("table", "sheet"):
        _table(document, block, size)
    elif block.kind == "list":
        style = _style_id("List Bullet")
        for line in block.lines:
            made = document.add_paragraph(_safe(line))
            made._p.style = style
            made.paragraph_format.space_after = Pt(2)
    elif block.kind == "heading":
        document.add_paragraph(_safe(" ".join(block.lines)))._p.style = _style_id("Heading 2")
    else:
        made = document.add_paragraph(
            _safe("\n".join(block.lines[:1] if block.kind == "closing" else block.lines))
        )
        if block.kind == "closing":
            # Room to sign by hand, above the name.
            made.paragraph_format.keep_with_next = True
            name = document.add_paragraph(_safe("\n".join(block.lines[1:])))
            name.paragraph_format.space_before = Pt(36)


@lru_cache(maxsize=8)
def _style_id(name: str, kind: WD_STYLE_TYPE = WD_STYLE_TYPE.PARAGRAPH) -> str:
    """What the document's own sheet of styles calls a style; every new document has the same sheet."""
    part: Any = Document().part
    found: str = part.get_style_id(name, kind)
    return found


def _table(document: Doc, block: Block, size: Any) -> None:
    """The rows of the body are copies of the first one with other words: a log of a year has hundreds."""
    width = len(block.head or block.rows[0])
    made = document.add_table(rows=0, cols=width)
    made._tbl.tblStyle_val = _style_id("Table Grid", WD_STYLE_TYPE.TABLE)
    if block.head:
        head = _row(made, [True] * width, size)
        _repeat(head)
        _keep_whole(head)
        _fill(head._tr, block.head)
    if block.rows:
        first = _row(made, [column == 0 and not block.head for column in range(width)], size)
        _keep_whole(first)
        pattern = deepcopy(first._tr)
        _fill(first._tr, block.rows[0])
        for row in block.rows[1:]:
            copy = deepcopy(pattern)
            made._tbl.append(copy)
            _fill(copy, row)
    document.add_paragraph()


def _row(table: Any, bold: Sequence[bool], size: Any) -> Any:
    """A new row with one run of nothing in each cell."""
    row = table.add_row()
    for cell, is_bold in zip(row.cells, bold, strict=True):
        paragraph = cell.paragraphs[0]
        run = paragraph.add_run()
        run.bold = is_bold
        run.font.size = size or Pt(10)
        paragraph.paragraph_format.space_after = Pt(2)
    return row


def _fill(row: Any, texts: Sequence[str]) -> None:
    for run, text in zip(row.iter(qn("w:r")), texts, strict=True):
        if text:
            run.text = _safe(text)


def _repeat(row: Any) -> None:
    """The heading row stands again on every page, and is one for screen readers."""
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _keep_whole(row: Any) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def paper_text(data: bytes) -> str:
    """The words of a document that `docx` made, a line a paragraph."""
    return "\n".join(one.text for one in Document(io.BytesIO(data)).paragraphs)


def _language(properties: Any, code: str) -> None:
    mark = OxmlElement("w:lang")
    mark.set(qn("w:val"), code)
    properties.append(mark)


def _safe(text: str) -> str:
    return _NOT_XML.sub("", text)


def _same_bytes(data: bytes) -> bytes:
    """The same archive with every member's time fixed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, _STAMP.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(name))
    return out.getvalue()
