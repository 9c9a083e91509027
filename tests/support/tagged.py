"""Whether a PDF is tagged so that a screen reader can read it: what is wrong with it, one line each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ContentStream, DictionaryObject

_SHOWS = {b"Tj", b"TJ", b"'", b'"', b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*", b"S", b"s", b"Do", b"sh"}
_HEADINGS = tuple(f"/H{level}" for level in range(1, 7))


def problems(reader: PdfReader, language: str) -> list[str]:
    """What a check for PDF/UA-1 by its simpler rules finds; [] where all is well."""
    root: Any = reader.trailer["/Root"]
    found = []
    if not root.get("/MarkInfo", {}).get("/Marked"):
        found.append("is not marked as tagged")
    if not str(root.get("/Lang", "")).startswith(language):
        found.append(f"its language is {root.get('/Lang')}")
    if not (reader.metadata and reader.metadata.title):
        found.append("has no title")
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle"):
        found.append("does not show its title")
    if b"pdfuaid" not in root["/Metadata"].get_object().get_data():
        found.append("does not say that it is PDF/UA")
    if "/StructTreeRoot" not in root:
        return [*found, "has no structure tree"]
    elements = list(_elements(root["/StructTreeRoot"].get_object().get("/K")))
    found += _in_structure(elements)
    known: dict[int, set[int]] = defaultdict(set)
    for one in elements:
        for where, mark in _marked(one):
            known[where].add(mark)
    for number, page in enumerate(reader.pages, start=1):
        assert page.indirect_reference is not None
        marks = known[page.indirect_reference.idnum]
        found += [f"page {number}: {line}" for line in _on_page(page, marks)]
    return found


def _elements(node: Any) -> Iterator[Any]:
    """Every structure element, in reading order."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        for one in node:
            yield from _elements(one)
    elif isinstance(node, dict):
        if "/S" in node:
            yield node
        if "/K" in node:
            yield from _elements(node["/K"])


def _children(element: Any) -> list[str]:
    kids = element.get("/K", [])
    kids = kids if isinstance(kids, list) else [kids]
    objects = [kid.get_object() for kid in kids if hasattr(kid, "get_object")]
    return [str(kid["/S"]) for kid in objects if isinstance(kid, dict) and "/S" in kid]


def _in_structure(elements: list[Any]) -> list[str]:
    found, level = [], 0
    kinds = [str(one["/S"]) for one in elements]
    for one, kind in zip(elements, kinds, strict=True):
        if kind == "/Figure" and not str(one.get("/Alt", "")).strip():
            found.append("a figure has no alternative text")
        if kind == "/Table" and not {"/THead", "/TBody"} <= set(_children(one)):
            found.append("a table has no head")
        if kind == "/THead":
            rows = [row.get_object() for row in one["/K"]]
            if any(set(_children(row)) != {"/TH"} for row in rows):
                found.append("a table's head has cells that are no heads")
        if kind in _HEADINGS:
            if _HEADINGS.index(kind) + 1 > level + 1:
                found.append(f"a heading {kind} follows level {level}")
            level = _HEADINGS.index(kind) + 1
    if "/H1" not in kinds or "/Table" not in kinds or "/Figure" not in kinds:
        found.append("has no headings, tables or figures")
    return found


def _on_page(page: Any, known: set[int]) -> list[str]:
    """Whatever is shown has to be either content of the tree or an artifact."""
    stream = ContentStream(page["/Contents"].get_object(), page.pdf)
    open_, loose, ids = [], 0, set()
    for operands, operator in stream.operations:
        if operator in (b"BDC", b"BMC"):
            open_.append(str(operands[0]))
            if len(operands) > 1 and isinstance(operands[1], dict) and "/MCID" in operands[1]:
                ids.add(int(operands[1]["/MCID"]))
        elif operator == b"EMC":
            open_.pop()
        elif operator in _SHOWS and not open_:
            loose += 1
    found = [f"{loose} things are shown outside the tree"] if loose else []
    if ids != known:
        found.append(f"marked content without an element, or the reverse: {sorted(ids ^ known)[:5]}")
    if "/StructParents" not in page:
        found.append("does not lead to the tree")
    return found


def _marked(element: Any) -> Iterator[tuple[int, int]]:
    """The marked content of an element: the object number of its page, and its own number there."""
    kids, here = element.get("/K", []), element.raw_get("/Pg") if "/Pg" in element else None
    each: list[Any] = kids if isinstance(kids, list) else [kids]
    for kid in each:
        if isinstance(kid, int) and here is not None:
            yield here.idnum, int(kid)
        elif isinstance(kid, DictionaryObject) and kid.get("/Type") == "/MCR":
            where = kid.raw_get("/Pg") if "/Pg" in kid else here
            if where is not None:
                yield where.idnum, int(str(kid["/MCID"]))
