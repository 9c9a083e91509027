"""The evidence on paper: values to text in one language, and text to a tagged PDF."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from assistant.evidence.collected import Evidence
from assistant.evidence.paper.glyphs import printable
from assistant.evidence.paper.shape import shape

_TEMPLATE = Path(__file__).parent / "evidence.typ"


def as_pdf(evidence: Evidence) -> bytes:
    """The evidence as a tagged PDF (PDF/UA-1, US letter), the same bytes for the same evidence."""
    return printed(shape(evidence), evidence, "pdf")[0]


def as_pictures(evidence: Evidence, ppi: int = 100) -> list[bytes]:
    """Every page as a PNG, to look at."""
    return printed(shape(evidence), evidence, "png", ppi)


def printed(
    data: dict[str, Any], evidence: Evidence, form: Literal["pdf", "png"], ppi: int | None = None
) -> list[bytes]:
    """The template filled with `data`, as one PDF or a PNG a page."""
    import typst  # takes long to load, and only an export needs it

    compiler = typst.Compiler(input=str(_TEMPLATE), ignore_system_fonts=True)

    def compiled(every: bool) -> bytes | list[bytes]:
        ready = {**printable({key: data[key] for key in data if key != "raw"}, every), "raw": data["raw"]}
        out = compiler.compile(
            format=form,
            ppi=ppi,
            sys_inputs={"data": json.dumps(ready, ensure_ascii=False)},
            pdf_standards="ua-1" if form == "pdf" else [],
            timestamp=int(evidence.as_of.timestamp()),
        )
        assert out is not None  # it is None only where typst writes a file itself
        return out

    try:
        made = compiled(every=False)
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
        made = compiled(every=True)  # signs that the fonts have, but not as they stand together
    return made if isinstance(made, list) else [made]
