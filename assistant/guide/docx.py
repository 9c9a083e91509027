"""A letter as an editable Word document on US letter paper. The same paper gives the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime
from typing import Any

from docx import Document
from docx.document import Document as Doc
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
        for line in block.lines:
            made = document.add_paragraph(_safe(line), style="List Bullet")
            made.paragraph_format.space_after = Pt(2)
    elif block.kind == "heading":
        document.add_heading(_safe(" ".join(block.lines)), level=2)
    else:
        made = document.add_paragraph(
            _safe("\n".join(block.lines[:1] if block.kind == "closing" else block.lines))
        )
        if block.kind == "closing":
            # Room to sign by hand, above the name.
            made.paragraph_format.keep_with_next = True
            name = document.add_paragraph(_safe("\n".join(block.lines[1:])))
            name.paragraph_format.space_before = Pt(36)


def _table(document: Doc, block: Block, size: Any) -> None:
    rows = [*([block.head] if block.head else []), *block.rows]
    made = document.add_table(rows=0, cols=len(rows[0]))
    made.style = "Table Grid"
    for place, row in enumerate(rows):
        cells = made.add_row().cells
        for column, (cell, text) in enumerate(zip(cells, row, strict=True)):
            run = cell.paragraphs[0].add_run(_safe(text))
            run.bold = (place == 0 and bool(block.head)) or (column == 0 and not block.head)
            run.font.size = size or Pt(10)
            cell.paragraphs[0].paragraph_format.space_after = Pt(2)
    if block.head:
        _repeat(made.rows[0])
    for row in made.rows:
        _keep_whole(row)
    document.add_paragraph()


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
