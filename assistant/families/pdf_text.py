"""The words of a PDF that a parent sends. The file itself is looked at once and kept nowhere."""

from __future__ import annotations

import io
import logging

from pypdf import PdfReader

MOST_PAGES = 40
MOST_TEXT = 60_000  # characters

logging.getLogger("pypdf").setLevel(logging.ERROR)  # it warns of every oddity of somebody's private file


class PdfError(ValueError):
    """It cannot be read: no PDF, locked, or damaged."""


def text_of_pdf(data: bytes) -> str:
    """The words of its first pages, "" where it has only pictures. Raises PdfError."""
    parts: list[str] = []
    try:
        reader = PdfReader(io.BytesIO(data))
        for number, page in enumerate(reader.pages):
            if number >= MOST_PAGES or sum(map(len, parts)) > MOST_TEXT:
                break
            parts.append(page.extract_text())
    except Exception as error:  # a stranger's file: whatever its oddity raises, it cannot be read
        raise PdfError(type(error).__name__) from error
    return "\n\n".join(parts).replace("\0", " ")[:MOST_TEXT].strip()
