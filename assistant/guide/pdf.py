"""A letter as a tagged PDF on US letter paper, set by typst from `letter.typ`.

The text goes in as data, never as markup, so nothing that a name holds can be read as a command.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst

from assistant.guide.letter import Block
from assistant.guide.paper import Paper

_TEMPLATE = Path(__file__).parent / "letter.typ"
_STAMP = datetime(2026, 1, 1, tzinfo=UTC)  # as in docx.py
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028\u2029\u202a-\u202e\ufffe\uffff\ud800-\udfff]"
)
# Page x of y, in the language of the letter.
_PAGE = {"en": ("Page", "of"), "es": ("Página", "de")}


def pdf(paper: Paper) -> bytes:
    """The paper as a PDF that meets PDF/UA-1; tagged only, where no font has a name's letters."""
    try:
        return _compile(paper, standards=("ua-1",))
    except typst.TypstError:
        return _compile(paper, standards=())


def png(paper: Paper, ppi: int = 80) -> list[bytes]:
    """The pages as pictures, to look at."""
    made: Any = typst.compile(_source(), format="png", ppi=ppi, sys_inputs=_inputs(paper))
    return made if isinstance(made, list) else [made]


def _compile(paper: Paper, standards: Sequence[Literal["ua-1"]]) -> bytes:
    made: bytes = typst.compile(
        _source(), format="pdf", sys_inputs=_inputs(paper), pdf_standards=[*standards], timestamp=_STAMP
    )
    return made


@cache
def _source() -> bytes:
    return _TEMPLATE.read_bytes()


def _inputs(paper: Paper) -> dict[str, str]:
    page, of = _PAGE[paper.language]
    data = {
        "title": _safe(paper.title),
        "language": paper.language,
        "page": page,
        "of": of,
        "sections": [
            {
                "language": section.language,
                "annex": section.annex,
                "blocks": [_block(block) for block in section.blocks],
            }
            for section in paper.sections
        ],
    }
    return {"data": json.dumps(data)}


def _block(block: Block) -> dict[str, Any]:
    return {
        "kind": block.kind,
        "lines": [_safe(line) for line in block.lines],
        "head": [_safe(cell) for cell in block.head],
        "rows": [[_safe(cell) for cell in row] for row in block.rows],
    }


def _safe(text: str) -> str:
    return _UNSEEN.sub("", text)
