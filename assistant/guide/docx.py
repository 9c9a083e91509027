"""A letter as an editable Word document. The same letter gives the same bytes."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

from docx import Document
from docx.document import Document as Doc
from docx.enum.text import WD_BREAK
from docx.shared import Pt

from assistant.guide.render import TABLE, Letter, Table

# A fixed day for the file's own dates: the same letter has to give the same bytes on any day.
_STAMP = datetime(2026, 1, 1, tzinfo=UTC)


def letter_docx(letter: Letter) -> bytes:
    """The English letter and, on a page of its own, the parent's copy.

    What to check before sending stands in the e-mail, not here: this file may go to the school as it is.
    """
    document = Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Calibri", Pt(11)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = letter.title, "", ""
    properties.created = properties.modified = _STAMP.replace(tzinfo=None)
    _write(document, letter.english, letter.table)
    if letter.translation is not None and letter.translated_table is not None:
        _new_page(document)
        document.add_heading(letter.translated_title, level=1)
        _write(document, letter.translation, letter.translated_table)
    raw = io.BytesIO()
    document.save(raw)
    return _same_bytes(raw.getvalue())


def _write(document: Doc, text: str, table: Table) -> None:
    for block in text.split("\n\n"):
        if block.strip() == TABLE:
            _add_table(document, table)
            continue
        lines = block.strip("\n").split("\n")
        if all(line.startswith("- ") for line in lines):
            for line in lines:
                document.add_paragraph(line[2:], style="List Bullet")
        else:
            document.add_paragraph("\n".join(lines))


def _new_page(document: Doc) -> None:
    document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)


def _add_table(document: Doc, table: Table) -> None:
    made = document.add_table(rows=1, cols=len(table.head))
    made.style = "Table Grid"
    for cell, text in zip(made.rows[0].cells, table.head, strict=True):
        cell.paragraphs[0].add_run(text).bold = True
    for row in table.rows:
        for cell, text in zip(made.add_row().cells, row, strict=True):
            cell.text = text
    document.add_paragraph()


def _same_bytes(data: bytes) -> bytes:
    """The same archive with every member's time fixed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, _STAMP.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(name))
    return out.getvalue()
